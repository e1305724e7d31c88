// What the audit finds, and what it says in the end: the values that reports, gates, baselines and comparisons read.
import type { Digest } from "../base/digest.ts";
import type { Role } from "../closure/closure.ts";
import type { Evidence } from "../content/identity.ts";
import type { TreePath } from "../tree/path.ts";
import type { Level } from "./levels.ts";
import type { PackageRef } from "./packages/package.ts";
import type { Primitive } from "./primitives.ts";
import type { RuleId, Severity } from "./rules.ts";

export interface Finding {
  readonly rule: RuleId;
  readonly severity: Severity;
  /** How good the image can be with it; the rule's, or worse where the finding says so (a shell on the PATH). Absent: it moves no level. */
  readonly atMost?: Level;
  readonly path?: TreePath;
  /** One line: "BusyBox 1.35.0 (static, 300 applets)". Never a secret. */
  readonly what: string;
  readonly evidence: readonly Evidence[];
  /** The layer that brought it. */
  readonly layer?: Digest;
  readonly package?: PackageRef;
  /**
   * What tells it from others of its rule and path, the same in every version: a fingerprint's id ("busybox"), the kind of a
   * secret, the name of a variable, the user that a setuid file is of (finding-key.ts). Never a secret.
   */
  readonly subject: string;
  readonly primitives: readonly Primitive[];
  /** Of a finding that stands for more of its rule than a report holds: how many (worst.ts). */
  readonly omitted?: number;
  /** ATT&CK technique ids of the program itself, beside those of the rule and of the primitives. */
  readonly techniques?: readonly string[];
  /** The chain by which the entrypoint needs it, one step a line; absent where it doesn't. */
  readonly reason?: readonly string[];
  /** Why it doesn't count, and until when (policy/apply.ts); absent where it does. */
  readonly waived?: Waived;
}

export interface Waived {
  readonly reason: string;
  /** A date, "2027-03-01": the waiver counts up to the end of that day in UTC. */
  readonly expires?: string;
}

/** A file whose content can't be told. Each has a finding (`hidden-program`, `unread-content`, `unread-packages`) as well. */
export interface Unknown {
  readonly path: TreePath;
  readonly why: string;
}

export interface Verdict {
  /** What is proven: unknown content is taken for the worst that it can be. */
  readonly level: Level;
  /** False where unknown content decides. Then the image may be as good as `atBest`. */
  readonly determinate: boolean;
  readonly atBest: Level;
  /** 0..100: the level's band, and how far inside it (verdict.ts); for trends, never for gates. */
  readonly score: number;
  /** The rule-set version that defines the levels. */
  readonly ruleSet: string;
  /** What a gate counts with: the level without what a policy waives. Absent where nothing is waived: it is `level`. */
  readonly accepted?: Level;
}

/** One primitive over the whole image. */
export interface PrimitiveUse {
  readonly primitive: Primitive;
  readonly files: readonly {
    readonly path: TreePath;
    /** "BusyBox 1.35.0", "imports execve". */
    readonly by: string;
    /** Whether the entrypoint's closure needs the file: what stays then is the application's own risk. */
    readonly needed: boolean;
  }[];
}

/** One command of the start-up path: the entrypoint, command or healthcheck, or what a script of theirs calls. */
export interface StartupStep {
  /** "entrypoint", "command", "healthcheck", or the script's path and line: "/entrypoint.sh:12". */
  readonly from: string;
  /** As written: "sed -i ...", shortened. */
  readonly command: string;
  /** Where in the image the program is; absent where it isn't there. */
  readonly path?: TreePath;
  /** `builtin`: the shell's own. `dynamic`: decided when it runs. */
  readonly kind: "program" | "script" | "shell" | "builtin" | "missing" | "dynamic";
}

/** A file as the lists and maps of a report show it. */
export interface FileRow {
  readonly path: TreePath;
  /** Of the content. */
  readonly digest?: Digest;
  readonly sizeBytes: number;
  readonly kind: "elf" | "script" | "archive" | "text" | "data";
  readonly role: Role;
  /** Index into the report's `packages`. */
  readonly package?: number;
  /** Index of the layer, from 0 at the bottom. */
  readonly layer?: number;
  /** Where this is a hard link: the name of the same file that its bytes count for. Absent there, and of files with one name. */
  readonly linkTo?: TreePath;
  /** Names of what it was recognised as. */
  readonly identities: readonly string[];
  readonly primitives: readonly Primitive[];
}

export interface PackageRow extends PackageRef {
  /** Names of files. */
  readonly files: number;
  /** Of their content, once where several are names of one file. */
  readonly sizeBytes: number;
}

export interface LayerRow {
  readonly digest: Digest;
  readonly compressedBytes: number;
  /** Regular files in it, and those of them that the merged tree shows. */
  readonly files: number;
  readonly visibleFiles: number;
  /** Of its files' content, and of that what a lower layer only holds: replaced or deleted above. */
  readonly sizeBytes: number;
  readonly residueBytes: number;
  /** The history entry's command, if the config has one. */
  readonly createdBy?: string;
}

export interface AuditedImage {
  /** As the user named it. */
  readonly reference: string;
  /** Of the manifest; absent for a bare tree. */
  readonly digest?: Digest;
  /** "linux/amd64" */
  readonly platform: string;
}

/** All that an audit says of one image, as plain data. */
export interface AuditReport {
  readonly image: AuditedImage;
  readonly verdict: Verdict;
  /** Of the merged tree and the config; worst first. */
  readonly findings: readonly Finding[];
  /** Of what only lower layers hold. They move no level, but for secrets (and `sealed`). */
  readonly residue: readonly Finding[];
  readonly unknown: readonly Unknown[];
  readonly primitives: readonly PrimitiveUse[];
  readonly startup: readonly StartupStep[];
  readonly packages: readonly PackageRow[];
  readonly layers: readonly LayerRow[];
  readonly config: ConfigFacts;
  readonly totals: Totals;
}

/** A report with what is known of each file: of an audit that was made, not remembered. */
export interface DetailedReport extends AuditReport {
  /** Every regular file, in path order. */
  readonly files: () => readonly FileRow[];
  /** Why a file is there, one step a line; what is said where nothing needs it. */
  readonly explain: (path: TreePath) => readonly string[];
}

export function isDetailed(report: AuditReport): report is DetailedReport {
  return "files" in report;
}

/** What a comparison shows of the config. */
export interface ConfigFacts {
  readonly user: string;
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
  readonly healthcheck: readonly string[];
  readonly workingDir: string;
  readonly ports: readonly string[];
  readonly volumes: readonly string[];
  /** Names only: a value may be a secret. */
  readonly environment: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
}

export interface Totals {
  /** Regular files; names of one inode count once in `bytes`. */
  readonly files: number;
  readonly bytes: number;
  readonly elf: number;
  readonly scripts: number;
  /** Bytes of files that the closure explains or a package's data. */
  readonly explainedBytes: number;
}
