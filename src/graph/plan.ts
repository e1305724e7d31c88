// What an image is to hold, as data: frontends make it, engines carry it out. Everything in it can change the image;
// everything that can't (names, tags, where it is written) is outside.
import type { Json } from "../base/canonical-json.ts";
import type { Span } from "../base/diagnostics.ts";
import type { RepositoryRequest } from "../debian/sources.ts";
import type { RunConfig } from "../oci/model.ts";

/** A phase of a build: `run` ships; `init` prepares volumes and exits. */
export type Phase = (typeof phases)[number];

export const phases: readonly ["run", "init"] = ["run", "init"];

/** How a lock names a stage of `build` that starts from packages. */
export type StagePhase = `build/${string}`;

/** The phase of a stage by its name. */
export function stagePhase(stage: string): StagePhase {
  return `build/${stage}`;
}

export interface PackageRequest {
  /** "postgresql-15", "nginx=1.22*", "!debconf". */
  readonly text: string;
  readonly span?: Span;
}

/** What is put into the tree beside packages. Owners are "user", "user:group" or numbers; undefined is root. */
export type Addition =
  | {
      readonly kind: "copy";
      /** The stage of `build` that has the source; absent for the context. */
      readonly from?: string;
      /** Relative to the context; of a stage, absolute. */
      readonly source: string;
      readonly target: string;
      readonly mode?: number;
      readonly owner?: string;
      readonly span?: Span;
    }
  | {
      readonly kind: "file";
      readonly path: string;
      readonly text: string;
      readonly mode: number;
      readonly owner?: string;
      readonly span?: Span;
    }
  | {
      readonly kind: "directory";
      readonly path: string;
      readonly mode: number;
      readonly owner?: string;
      readonly span?: Span;
    }
  | { readonly kind: "link"; readonly path: string; readonly target: string; readonly span?: Span };

/** How the entries that an addition brings name it in their origins: "files /etc/x", "copy dist", "copy app:/out". */
export function declaredName(addition: Addition): string {
  switch (addition.kind) {
    case "copy":
      return `${copiedPrefix}${addition.from === undefined ? "" : `${addition.from}:`}${addition.source}`;
    case "directory":
      return `directories ${addition.path}`;
    case "file":
      return `files ${addition.path}`;
    case "link":
      return `links ${addition.path}`;
  }
}

/** How `declaredName` begins for everything that was copied. */
export const copiedPrefix = "copy ";

export interface AccountRequest {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly group: string;
  readonly home: string;
}

/** A glob with the place that declares it. */
export interface GlobRequest {
  readonly glob: string;
  readonly span?: Span;
}

export interface ImagePlan {
  readonly name: string;
  readonly phase: Phase;
  readonly repositories: readonly RepositoryRequest[];
  readonly packages: readonly PackageRequest[];
  readonly additions: readonly Addition[];
  readonly accounts: readonly AccountRequest[];
  readonly keep: readonly GlobRequest[];
  readonly drop: readonly GlobRequest[];
  /** Packages whose unmodelled script effects are declared unneeded, with the reason. */
  readonly ignoredEffects: Readonly<Record<string, string>>;
  readonly alternatives: Readonly<Record<string, string>>;
  /** The image's configuration, but for the platform and root file system. */
  readonly config: RunConfig;
  /** `pruned`: only the closure of the launch ships. `whole`: every file of every package does (init images). */
  readonly content: "pruned" | "whole";
}

/**
 * What a stage of `build` starts from, where that is packages: a whole system with their scripts' effects modelled. It never
 * ships, so nothing is declared of it; it shares what `run` declares of packages.
 */
export interface StagePlan
  extends Pick<ImagePlan, "repositories" | "packages" | "ignoredEffects" | "alternatives"> {
  readonly phase: StagePhase;
}

/** A plan as JSON without the places where it was written: equal for plans that mean the same. */
export function planJson(plan: ImagePlan): Json {
  const placeless = <T extends { readonly span?: unknown }>({ span, ...rest }: T): Omit<T, "span"> => rest;
  return JSON.parse(
    JSON.stringify({
      ...plan,
      packages: plan.packages.map(placeless),
      additions: plan.additions.map(placeless),
      keep: plan.keep.map(placeless),
      drop: plan.drop.map(placeless),
    }),
  ) as Json;
}

/** What a stage's composition looks at beside its packages; a mirror or the stage's name is not among it. */
export function stageJson({ alternatives, ignoredEffects, repositories }: StagePlan): Json {
  return { codename: repositories[0]?.debian ?? "", alternatives, ignoredEffects };
}
