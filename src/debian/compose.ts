// One tree from the contents of packages, as dpkg would unpack them over each other, but in an order that is always the
// same. What scripts would do comes afterwards (effects/).
//
// Rules, each with its reason in dpkg (archive.c, tarobject): a folder that is there stays as it is, whoever brings it again;
// a link to a folder stays where a package ships the folder itself, and what lies below goes to where the link leads; two
// packages with one file need Replaces or a diversion.
import { ToolError } from "../base/errors.ts";
import { field } from "../formats/deb822.ts";
import type { Attributes, Entry, FileEntry, Origin } from "../tree/entry.ts";
import { addEntry, finishTree, type TreeBuilder, treeBuilder } from "../tree/memory-tree.ts";
import type { TreePath } from "../tree/path.ts";
import { placeOf } from "../tree/placing.ts";
import { resolve } from "../tree/resolve.ts";
import type { Tree } from "../tree/tree.ts";
import { type Base, baseEntries, completeBase } from "./base-recipe.ts";
import { meets, parseRelations } from "./dependency.ts";
import { nameOf, type PackageContents, type PackageControl } from "./package.ts";

/** dpkg-divert(1): files at `path` of every package but `owner` are placed at `to`. */
export interface Diversion {
  readonly path: TreePath;
  readonly to: TreePath;
  /** A package's name, or "LOCAL" for none. */
  readonly owner: string;
}

export interface ComposeInput {
  /** Of the packages that are decoded. */
  readonly contents: readonly PackageContents[];
  /** Of all packages, decoded or not. */
  readonly controls: readonly PackageControl[];
  readonly diversions: readonly Diversion[];
  readonly base: Base;
  /** Files that keep setuid and setgid. Declared by the user; all others lose them. */
  readonly privileged: ReadonlySet<TreePath>;
}

/** Something that a user should hear of. */
export interface ComposeNotice {
  readonly rule: "privilege-dropped" | "replaced";
  readonly path: TreePath;
  readonly message: string;
}

export interface Composition {
  readonly tree: Tree;
  readonly notices: readonly ComposeNotice[];
}

interface Composer {
  readonly input: ComposeInput;
  readonly builder: TreeBuilder;
  /** The builder's entries as a tree, for following links. */
  readonly view: Tree;
  readonly diverted: ReadonlyMap<TreePath, Diversion>;
  readonly controls: ReadonlyMap<string, PackageControl>;
  readonly notices: ComposeNotice[];
}

/**
 * Composes packages over the base folders.
 * @throws ToolError "unsatisfiable" where two packages ship different files of one name, "malformed" where links run in a circle
 */
export function composeTree(input: ComposeInput): Composition {
  const builder = treeBuilder();
  for (const entry of baseEntries(input.base)) addEntry(builder, entry);
  const composer: Composer = {
    input,
    builder,
    view: { lookup: (path) => builder.entries.get(path), children: () => [], walk: () => [], size: 0 },
    diverted: new Map(input.diversions.map((one) => [one.path, one])),
    controls: new Map(input.controls.map((control) => [control.id, control])),
    notices: [],
  };
  for (const { id, entries } of input.contents.toSorted(byUnpackOrder)) {
    for (const entry of entries) place(composer, id, entry);
  }
  for (const entry of completeBase(composer.view, input.base)) addEntry(builder, entry);
  return { tree: finishTree(builder), notices: composer.notices };
}

/** base-files first, whose folders have the attributes that count; then by name. */
function byUnpackOrder(a: PackageContents, b: PackageContents): number {
  const rank = ({ id }: PackageContents): number => (nameOf(id) === "base-files" ? 0 : 1);
  return rank(a) - rank(b) || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
}

function place(composer: Composer, id: string, entry: Entry): void {
  const diversion = composer.diverted.get(entry.path);
  const isDiverted = diversion !== undefined && diversion.owner !== nameOf(id) && entry.kind !== "directory";
  const wanted = isDiverted ? diversion.to : entry.path;
  const path = placeOf(composer.builder, wanted);
  const present = composer.builder.entries.get(path);
  const made = dropPrivilege(composer, id, { ...entry, path });
  if (present === undefined || isBase(present)) {
    addEntry(composer.builder, made);
    return;
  }
  const winner = settle(composer, id, present, made);
  if (winner !== present) addEntry(composer.builder, winner);
}

/** Which of two entries stays at a path, with the origins that it has then. */
function settle(composer: Composer, id: string, present: Entry, entry: Entry): Entry {
  if (present.kind === "directory" && entry.kind === "directory") return withOrigins(present, entry.origins);
  // A folder that is there stays, be the new one a link to it or not; so does a link to a folder.
  if (present.kind === "directory" && entry.kind === "symlink") return present;
  if (present.kind === "symlink" && entry.kind === "directory") {
    const target = resolve(composer.view, present.path);
    if (target === undefined || target.entry.kind === "directory") return present;
  }
  if (isEqual(present, entry)) return withOrigins(present, entry.origins);
  const other = ownerOf(present);
  const replaces = (a: string, b: string): boolean => isReplacing(composer, a, b);
  if (other === undefined || replaces(id, other)) {
    if (other !== undefined) note(composer, entry.path, `the file of ${id} replaces that of ${other}`);
    return entry;
  }
  if (replaces(other, id)) {
    note(composer, entry.path, `the file of ${other} replaces that of ${id}`);
    return present;
  }
  throw new ToolError("unsatisfiable", {
    what: `composing ${entry.path}`,
    why: `${other} and ${id} both ship it, and neither Replaces the other`,
    hint: "leave one of the two packages out",
  });
}

function note(composer: Composer, path: TreePath, message: string): void {
  composer.notices.push({ rule: "replaced", path, message });
}

/** A file's setuid and setgid bits are a privilege; a folder's setgid only hands on its group. */
function dropPrivilege(composer: Composer, id: string, entry: Entry): Entry {
  if (entry.kind !== "file" || (entry.mode & 0o6000) === 0) return entry;
  if (composer.input.privileged.has(entry.path)) return entry;
  const what = (entry.mode & 0o4000) === 0 ? "setgid" : "setuid";
  composer.notices.push({
    rule: "privilege-dropped",
    path: entry.path,
    message: `${entry.path} of ${id} is shipped without ${what}`,
  });
  return { ...entry, mode: entry.mode & ~0o6000 };
}

function isReplacing(composer: Composer, id: string, other: string): boolean {
  const replaces = field(composer.controls.get(id)?.fields ?? new Map(), "Replaces");
  const version = field(composer.controls.get(other)?.fields ?? new Map(), "Version");
  if (replaces === undefined || version === undefined) return false;
  return parseRelations(replaces)
    .groups.flat()
    .some((one) => one.name === nameOf(other) && meets(one.constraint, version));
}

/** The same for every purpose: packages of several architectures share such files (Multi-Arch: same). */
function isEqual(a: Entry, b: Entry): boolean {
  if (a.kind === "symlink") return b.kind === "symlink" && a.target === b.target;
  return a.kind === "file" && b.kind === "file" && a.digest === b.digest && hasEqualAttributes(a, b);
}

function hasEqualAttributes(a: Attributes & FileEntry, b: Attributes & FileEntry): boolean {
  return a.mode === b.mode && a.uid === b.uid && a.gid === b.gid;
}

function isBase(entry: Entry): boolean {
  return (
    entry.kind !== "symlink" &&
    entry.origins.every((origin) => origin.kind === "effect" && origin.effect === "base")
  );
}

/** "libc6:amd64" of a package's entry; undefined for what no package brought. */
function ownerOf(entry: Entry): string | undefined {
  return entry.origins.findLast((origin) => origin.kind === "package")?.package;
}

function withOrigins(entry: Entry, more: readonly Origin[]): Entry {
  return { ...entry, origins: [...entry.origins, ...more] };
}
