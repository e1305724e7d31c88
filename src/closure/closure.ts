// The closure's shapes: why is each file here, what is missing, what is unproven. Build, explain and audit read it.

import type { Facts } from "../content/facts.ts";
import type { Entry, FileEntry } from "../tree/entry.ts";
import type { TreePath } from "../tree/path.ts";
import type { Tree } from "../tree/tree.ts";

/** What starts the image's program: the parts of an OCI image config that name or influence files. */
export interface Launch {
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly workingDir: string;
  /** As in the config: "", "0", "70:70", "postgres". */
  readonly user: string;
  readonly healthcheck: readonly string[];
  readonly architecture: string;
}

export type EdgeKind =
  | "root"
  | "interpreter"
  | "needed"
  | "link"
  | "folder"
  | "dlopen-note"
  | "knowledge"
  | "path-string"
  | "soname-string"
  | "package-data"
  | "declared"
  | "account";

export type Confidence = "certain" | "known" | "likely" | "declared";

/** An edge into a file. `from` is a path of the tree, or the name of a root ("entrypoint", "keep /etc/**"). */
export interface Reason {
  readonly from: TreePath | string;
  readonly kind: EdgeKind;
  /** What proves it: "DT_NEEDED libpq.so.5", "rule openssl-config". */
  readonly evidence: string;
  readonly confidence: Confidence;
  /** Why it shows no need of a program, although it keeps the file; absent where it does. */
  readonly weak?: Weakness;
}

/**
 * `named`: it names a path, and that may be no more than data: a word among arguments, a preload, a pattern of a rule.
 * `unrecognised`: of a rule about a runtime that the content of `from` isn't known to be.
 */
export type Weakness = "named" | "unrecognised";

export type Role = "entrypoint-runtime" | "closure" | "declared" | "package-data" | "unproven" | "foreign";

export interface Missing {
  /** What is needed: a soname, a path, a symbol version "libc.so.6(GLIBC_2.38)", a declared glob that matches nothing. */
  readonly what: string;
  readonly kind: "library" | "interpreter" | "program" | "symbol-version" | "account" | "declared-path";
  readonly neededBy: TreePath | string;
  readonly evidence: string;
}

/** Something kept by a declaration of the spec or policy, or left out by one. */
export interface Declaration {
  /** A glob: `*` and `?` within one component, `**` across components. */
  readonly glob: string;
  readonly source: string;
}

/** What is known of packages whose content is not in the tree yet (debian.md: control data comes before content). */
export interface Pending {
  has(packageName: string): boolean;
  /** The package whose file list names this path. */
  packageOfPath(path: TreePath): string | undefined;
  /** The packages whose file list has a path that matches. */
  packagesOfGlob(glob: string): readonly string[];
  /** The package that says it ships this soname (shlibs, symbols). */
  packageOfSoname(soname: string): string | undefined;
  /** Packages still pending among the direct dependencies of this one. */
  dependenciesOf(packageName: string): readonly string[];
  /** Whether its file list names a program or a library: some path of it passes `looksLikeCode` (code-paths.ts). */
  namesCode(packageName: string): boolean;
}

/** What the closure may know of the packages behind the tree. Absent facts make roles `unproven`, never a guess. */
export interface PackageView {
  /** Asked for by name: its data stays. Names as in an entry's origins: "name:architecture". */
  readonly requested: ReadonlySet<string>;
  /** Direct dependencies (Depends, Pre-Depends), by "name:architecture". */
  dependenciesOf(packageName: string): readonly string[];
  readonly pending: Pending;
  /** The package of an entry whose origins don't tell (an image's layers). Without it, origins decide. */
  packageOf?(entry: Entry): string | undefined;
}

export interface ClosureInput {
  readonly tree: Tree;
  readonly facts: (file: FileEntry) => Facts;
  readonly launch: Launch;
  readonly keep: readonly Declaration[];
  readonly drop: readonly Declaration[];
  readonly packages?: PackageView;
  /** The text of the few configuration files that decide what is loaded, by path (`readSettings`); absent ones have defaults. */
  readonly settings?: ReadonlyMap<TreePath, string>;
}

export interface LeftOut {
  readonly entry: Entry;
  readonly why: string;
}

/** A program or library that a kept file names, and that is not kept for it: the name alone proves no need. */
export interface Mention {
  readonly path: TreePath;
  readonly by: TreePath;
  readonly evidence: string;
}

/** What the closure can't tell of a file. */
export interface Unproven {
  readonly path: TreePath;
  /**
   * `no-rule`: a runtime, loader or wrapper that loads or starts what no rule tells. `unread`: its content is not known.
   * `unloadable`: what it needs is not there. `unnamed`: a library of a kept package that nothing names. `named`: code that
   * an audit finds named, and not needed (audit/roles.ts).
   */
  readonly kind: "no-rule" | "unread" | "unloadable" | "unnamed" | "named";
  readonly why: string;
}

export interface Closure {
  /** Kept paths with their reasons; the first reason is the one that brought the path in. */
  readonly reasons: ReadonlyMap<TreePath, readonly Reason[]>;
  readonly role: (path: TreePath) => Role;
  readonly missing: readonly Missing[];
  /** Worked out when it is asked for: of a whole distribution there are a million. */
  readonly leftOut: () => readonly LeftOut[];
  readonly mentioned: readonly Mention[];
  /** Packages whose content has to be in the tree before this closure is final. Empty: it is final. */
  readonly deferred: ReadonlySet<string>;
  /** Never guessed. A build says those of kind `no-rule` aloud. */
  readonly unproven: readonly Unproven[];
}
