// The value of a distill.yaml (apiVersion distill/v1) after parsing and validation. docs/reference/distill.schema.json is
// generated beside it. Every place that an error may name later keeps its span.
import type { Span } from "../../base/diagnostics.ts";

export interface Located<T> {
  readonly value: T;
  readonly span: Span;
}

export interface Spec {
  readonly file: string;
  readonly name: string;
  readonly platforms: readonly Located<SpecPlatform>[];
  readonly repositories: readonly RepositorySpec[];
  readonly build: Readonly<Record<string, StageSpec>>;
  readonly init?: InitSpec;
  readonly run: RunSpec;
  readonly tests: readonly TestSpec[];
}

/** "linux/amd64", "linux/arm64". */
export interface SpecPlatform {
  readonly os: "linux";
  readonly architecture: "amd64" | "arm64";
}

export interface RepositorySpec {
  /** A release's codename or suite: bullseye, bookworm, trixie, sid. */
  readonly debian: Located<string>;
  /** Defaults by release: bookworm = bookworm, bookworm-updates, bookworm-security; sid = sid. */
  readonly suites?: readonly string[];
  readonly components: readonly string[];
  readonly mirror?: string;
  readonly securityMirror?: string;
  /** A timestamp for a snapshot archive: appended to the mirror by the user's own configuration. */
  readonly snapshot?: string;
  /** A keyring file, relative to the spec. */
  readonly keyring?: string;
  /** `trusted: false` takes an unsigned repository; said aloud at every use. */
  readonly trusted: boolean;
  readonly span: Span;
}

export interface CopySpec {
  /** A stage's name, or "context" for the folder of the spec. */
  readonly from: string;
  readonly source: string;
  readonly target: string;
  readonly mode?: number;
  readonly owner?: string;
  readonly span: Span;
}

export interface FileSpec {
  readonly path: string;
  readonly text: string;
  readonly mode: number;
  readonly owner?: string;
  readonly span: Span;
}

export interface DirectorySpec {
  readonly path: string;
  readonly mode: number;
  readonly owner?: string;
  readonly span: Span;
}

export interface UserSpec {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly group: string;
  readonly home: string;
  readonly span: Span;
}

export interface HealthcheckSpec {
  readonly command: readonly string[];
  readonly intervalMs?: number;
  readonly timeoutMs?: number;
  readonly startPeriodMs?: number;
  readonly retries?: number;
}

export interface RunSpec {
  /** "postgresql-15", "!debconf" (excluded), "nginx=1.22*" (version), "libc6:arm64" is refused: the platform decides. */
  readonly packages: readonly Located<string>[];
  readonly copy: readonly CopySpec[];
  readonly files: readonly FileSpec[];
  readonly keep: readonly Located<string>[];
  readonly drop: readonly Located<string>[];
  readonly users: readonly UserSpec[];
  readonly directories: readonly DirectorySpec[];
  /** Links made in the image: path to target. */
  readonly links: readonly { readonly path: string; readonly target: string; readonly span: Span }[];
  /** Answers for maintainer scripts that aren't modelled: package name to what is declared about it. */
  readonly effects: readonly EffectSpec[];
  /** update-alternatives choices: link name to target path. */
  readonly alternatives: Readonly<Record<string, string>>;
  readonly user?: Located<string>;
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly workingDir?: string;
  readonly ports: readonly string[];
  readonly volumes: readonly string[];
  readonly stopSignal?: string;
  readonly healthcheck?: HealthcheckSpec;
  readonly labels: Readonly<Record<string, string>>;
  readonly span: Span;
}

/** `effects: {some-package: {ignore: "why its script's effect is not needed here"}}`. */
export interface EffectSpec {
  readonly package: string;
  readonly ignore: string;
  readonly span: Span;
}

/** Either `copy` or `run`. */
export interface StepSpec {
  readonly copy?: CopySpec;
  readonly run?: RunStepSpec;
  readonly span: Span;
}

export interface RunStepSpec {
  /** With `shell` one text, which is the shell's last word. */
  readonly argv: readonly string[];
  readonly shell: boolean;
  /** Folders that are kept from one build to the next. */
  readonly cache: readonly string[];
  readonly secrets: readonly StepSecretSpec[];
  readonly network: "default" | "none";
  readonly env: Readonly<Record<string, string>>;
  readonly workingDir?: string;
  readonly user?: string;
}

/** A file, a variable, or both. */
export interface StepSecretSpec {
  /** As --secret has it. */
  readonly id: string;
  readonly target?: string;
  readonly variable?: string;
}

export interface StageSpec {
  readonly name: string;
  readonly packages: readonly Located<string>[];
  readonly image?: Located<string>;
  readonly steps: readonly StepSpec[];
  readonly span: Span;
}

export interface InitSpec {
  readonly packages: readonly Located<string>[];
  readonly image?: Located<string>;
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string | { readonly secret: string }>>;
  readonly volumes: readonly string[];
  readonly user?: string;
  readonly span: Span;
}

export type OutputMatch =
  | { readonly contains: string }
  | { readonly equals: string }
  | { readonly matches: string };

export type TestSpec =
  | {
      readonly kind: "run";
      readonly argv: readonly string[];
      readonly env: Readonly<Record<string, string>>;
      readonly stdin?: string;
      readonly exitCode: number;
      readonly stdout?: OutputMatch;
      readonly stderr?: OutputMatch;
      readonly timeoutMs: number;
      readonly user?: string;
      readonly span: Span;
    }
  | { readonly kind: "absent"; readonly globs: readonly string[]; readonly span: Span }
  | { readonly kind: "present"; readonly globs: readonly string[]; readonly span: Span };
