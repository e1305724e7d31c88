// What a package's maintainer scripts and declarative files do to an image, as data (Debian Policy ch. 6, deb-postinst(5)).
// Invariant: nothing here is run. An effect is a statement that the composer applies to its tree; what could not be
// understood is an `UnknownEffect`, never a silent omission.
import type { TreePath } from "../../tree/path.ts";
import type { ScriptName } from "../package.ts";
import type { Value } from "./value.ts";

/** Where in a package a statement comes from. Lines count from 1. */
export interface EffectSource {
  readonly package: string;
  readonly script: ScriptName | "triggers" | "sysusers.d" | "tmpfiles.d" | "recipe";
  /** Of the file that holds the line: the script itself, or one that it sources. */
  readonly file: string;
  readonly line: number;
}

export type FileTest =
  | "exists"
  | "file"
  | "directory"
  | "symlink"
  | "executable"
  | "non-empty"
  | "owned-by-user"
  | "owned-by-group";

/**
 * What a script asked before it acted. Answered by the tree as it is before the first effect of the same package: what the
 * script itself changed afterwards is already part of its verdict (`applicableEffects`). Links are followed but for "symlink".
 */
export interface Condition {
  readonly path: TreePath;
  readonly test: FileTest;
  /** Whose, for the last two tests. */
  readonly account?: string;
  readonly holds: boolean;
}

/** Symbolic or octal, as chmod(1) takes it: "0755", "u=rwX,g=rX,o=". */
type ModeText = string;

/** The bytes of a file that an effect makes: literal, or derived from a file of the tree when the effect is applied. */
export type Content =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "copy"; readonly of: TreePath }
  /** The lines of `of` through a sed(1) program of the modelled subset. */
  | { readonly kind: "sed"; readonly of: Content; readonly program: string; readonly options: SedOptions }
  | { readonly kind: "joined"; readonly parts: readonly Content[] };

export interface SedOptions {
  /** -n: nothing is printed but by `p`. */
  readonly quiet: boolean;
  /** -E: extended regular expressions. */
  readonly extended: boolean;
}

export interface AlternativeLink {
  readonly link: TreePath;
  readonly name: string;
  readonly path: TreePath;
}

/** update-alternatives(1) --install. The highest priority wins; among equals the one installed first. */
interface AlternativeEffect extends AlternativeLink {
  readonly kind: "alternative";
  readonly priority: number;
  readonly slaves: readonly AlternativeLink[];
}

/** update-alternatives --set: this path is chosen whatever the priorities. */
interface AlternativeChoiceEffect {
  readonly kind: "alternative-choice";
  readonly name: string;
  readonly path: TreePath;
}

/** dpkg-divert(1) --add: files at `path` of every package but `owner` are placed at `to`. */
interface DiversionEffect {
  readonly kind: "diversion";
  readonly path: TreePath;
  readonly to: TreePath;
  /** A package's name, or "LOCAL". */
  readonly owner: string;
  /** Whether the file that is there already moves too. */
  readonly rename: boolean;
}

/** dpkg-divert --remove. */
interface DiversionRemovalEffect {
  readonly kind: "diversion-removal";
  readonly path: TreePath;
  readonly owner: string;
  readonly rename: boolean;
}

/** A user that must exist. Does nothing where one of that name is there. */
interface UserEffect {
  readonly kind: "user";
  readonly name: string;
  /** Undefined: the next free one of the range. */
  readonly uid?: number;
  /** The primary group by name or number; undefined: what the tool that asked would take (`defaultGroup`). */
  readonly group?: string;
  readonly defaultGroup: "nogroup" | "same-name" | "users";
  readonly home: string;
  readonly shell: string;
  readonly gecos: string;
  readonly range: IdRange;
  /** Make the home folder (owned by the user) where absent. */
  readonly createHome: boolean;
}

/** Which numbers are taken where none is given: adduser's 100..999 upwards, or useradd's and sysusers' 999 downwards. */
export type IdRange = "adduser-system" | "useradd-system" | "ordinary";

interface GroupEffect {
  readonly kind: "group";
  readonly name: string;
  readonly gid?: number;
  readonly range: IdRange;
}

interface MembershipEffect {
  readonly kind: "membership";
  readonly user: string;
  readonly group: string;
}

/** usermod(8): changes to a user that exists. */
interface UserChangeEffect {
  readonly kind: "user-change";
  readonly name: string;
  readonly home?: string;
  readonly shell?: string;
  readonly gecos?: string;
  readonly group?: string;
}

/** A folder that must exist; parents are made 0755 root:root. Attributes change an existing one only where `adjust` is set. */
interface DirectoryEffect {
  readonly kind: "directory";
  readonly path: TreePath;
  readonly mode?: ModeText;
  readonly user?: string;
  readonly group?: string;
  readonly adjust: boolean;
}

/** Replaces what is at `path`. `append` adds to the end instead. */
interface FileEffect {
  readonly kind: "file";
  readonly path: TreePath;
  readonly content: Content;
  /** Undefined: 0644, or as the file copied from where `preserve` is set. */
  readonly mode?: ModeText;
  readonly user?: string;
  readonly group?: string;
  readonly append: boolean;
  readonly preserve: boolean;
}

/** touch(1): an empty file where there is nothing. */
interface TouchEffect {
  readonly kind: "touch";
  readonly path: TreePath;
}

interface SymlinkEffect {
  readonly kind: "symlink";
  readonly path: TreePath;
  readonly target: string;
  /** `ln -f`: replaces a file or link that is there. Without it an existing name is left alone. */
  readonly replace: boolean;
}

/** Several names for one file: ln(1) without -s. */
interface HardLinkEffect {
  readonly kind: "hard-link";
  readonly path: TreePath;
  readonly target: TreePath;
}

interface CopyEffect {
  /** `cp -a FOLDER`: with all below it. */
  readonly kind: "copy-tree";
  readonly from: TreePath;
  readonly to: TreePath;
}

interface MoveEffect {
  readonly kind: "move";
  readonly from: TreePath;
  readonly to: TreePath;
}

/** rm(1), rmdir(1). `glob`: `path` holds shell pattern characters. An absent path is no error. */
interface RemoveEffect {
  readonly kind: "remove";
  readonly path: string;
  readonly glob: boolean;
  readonly what: "file" | "tree" | "empty-folder";
}

/** chmod(1), chown(1), chgrp(1) on what exists; nothing where it doesn't. */
interface AttributesEffect {
  readonly kind: "attributes";
  readonly path: TreePath;
  readonly mode?: ModeText;
  readonly user?: string;
  readonly group?: string;
  readonly recursive: boolean;
}

/** dpkg-statoverride(1) --add: attributes that hold for this path whoever installs it. Applied last. */
interface StatOverrideEffect {
  readonly kind: "stat-override";
  readonly path: TreePath;
  readonly mode: ModeText;
  readonly user: string;
  readonly group: string;
}

/** Something made from the whole tree once every package is there, by a builder of that name (`generators`). */
interface GenerateEffect {
  readonly kind: "generate";
  readonly generator: Generator;
}

export type Generator =
  | "ld-cache"
  | "ca-certificates"
  | "java-keystore"
  | "mime-cache"
  | "glib-schemas"
  | "gio-modules"
  | "gdk-pixbuf-loaders"
  | "gtk-input-modules"
  | "desktop-database"
  | "icon-cache"
  | "font-cache"
  | "xml-catalog"
  | "login-shells"
  | "pam-configuration";

export type EffectAction =
  | AlternativeEffect
  | AlternativeChoiceEffect
  | DiversionEffect
  | DiversionRemovalEffect
  | UserEffect
  | GroupEffect
  | MembershipEffect
  | UserChangeEffect
  | DirectoryEffect
  | FileEffect
  | TouchEffect
  | SymlinkEffect
  | HardLinkEffect
  | CopyEffect
  | MoveEffect
  | RemoveEffect
  | AttributesEffect
  | StatOverrideEffect
  | GenerateEffect;

export interface Effect {
  readonly action: EffectAction;
  /** All must hold, else the effect does nothing. */
  readonly when: readonly Condition[];
  readonly source: EffectSource;
}

/** A command whose effect could not be decided. */
export interface UnknownEffect {
  readonly source: EffectSource;
  /** The script's own text of the command. */
  readonly text: string;
  readonly why: string;
  readonly hint: string;
}

/** A command that was judged to leave no trace in an image, with the rule that says so. */
export interface InertCommand {
  readonly source: EffectSource;
  readonly command: string;
  readonly why: string;
}

export type Verdict = "none" | "inert" | "modelled" | "declared" | "unknown";

/** What is known about one package's scripts. "none": it has no preinst or postinst; its effects are of its triggers only. */
export interface ScriptVerdict {
  readonly package: string;
  readonly verdict: Verdict;
  /** In the order of a real installation: preinst, then (after unpacking) postinst. */
  readonly effects: readonly Effect[];
  readonly unknown: readonly UnknownEffect[];
  readonly inert: readonly InertCommand[];
  /** Files of other packages that the scripts source or read; their text decided the verdict, or would have (see `unknown`). */
  readonly reads: readonly TreePath[];
}

/** A user as scripts can ask for it: who its groups are, the primary one first. */
export interface KnownUser {
  readonly groups: readonly string[];
  readonly home: string;
}

/** What is there before a package's scripts run: accounts, and files that scripts of earlier packages made. */
export interface Before {
  readonly users: ReadonlyMap<string, KnownUser>;
  readonly groups: ReadonlySet<string>;
  readonly files: ReadonlyMap<TreePath, Value>;
  /** Names of alternatives that are installed. */
  readonly alternatives: ReadonlySet<string>;
}

/** What an image will hold, as far as it is known before its packages are decoded. */
export interface EffectsContext {
  /** Debian's name: "amd64". */
  readonly architecture: string;
  /** Whether a package of the image ships this path. Undefined: it can't be told (a link, an empty folder). */
  readonly shipped: (path: TreePath) => "file" | "directory" | "symlink" | undefined;
  /** Shipped files directly in a folder: names in UTF-16 code unit order. */
  readonly filesIn: (folder: TreePath) => readonly string[];
  /** The text of a shipped file; undefined where it isn't known (yet). */
  readonly read: (path: TreePath) => string | undefined;
  /** The version of a package of the image. */
  readonly version: (packageName: string) => string | undefined;
  /** Declared in the spec: package name to why its unknown effects may be ignored. */
  readonly ignored: ReadonlyMap<string, string>;
}

/**
 * Those of one package's effects that take place in a tree: every question is asked before anything is changed, so call it
 * with the tree as the packages before have left it.
 */
export function applicableEffects(
  effects: readonly Effect[],
  holds: (condition: Condition) => boolean,
): readonly Effect[] {
  return effects.filter(({ when }) => when.every(holds));
}
