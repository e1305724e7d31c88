// A tree that is being changed: the one below, which stays as it is, and what was put over it and taken away. What comes of it
// are a layer's entries (image-spec layer.md).
// Invariant: entries below a removed or replaced folder can't be seen, and an entry's parent is a folder.
import { bytesOf } from "../../../base/bytes.ts";
import type { Span } from "../../../base/diagnostics.ts";
import { digestOf } from "../../../base/digest.ts";
import { assert, ToolError } from "../../../base/errors.ts";
import { lazy } from "../../../base/lazy.ts";
import { limits } from "../../../base/limits.ts";
import type { DirectoryEntry, Entry, FileEntry } from "../../../tree/entry.ts";
import { isWhiteout, type LayerEntry } from "../../../tree/layers.ts";
import { defaultFolder } from "../../../tree/memory-tree.ts";
import {
  baseName,
  comparePaths,
  joinPath,
  parentOf,
  root,
  type TreePath,
  treePath,
} from "../../../tree/path.ts";
import type { Tree } from "../../../tree/tree.ts";
import { type Lookup, realPath } from "./real-path.ts";
import { refuse } from "./refuse.ts";

export interface WorkingTree {
  readonly below: Tree;
  readonly put: Map<TreePath, Entry>;
  /** Names that were put, by their folder. */
  readonly names: Map<TreePath, Set<string>>;
  /** Paths of `below` that are no longer seen, with all that lies below them there. */
  readonly hidden: Set<TreePath>;
  readonly lookup: Lookup;
  /** The instruction, for mistakes. */
  readonly span: Span | undefined;
}

export interface FolderAttributes {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly mtime: number;
}

export function workingTree(below: Tree, span: Span | undefined): WorkingTree {
  const put = new Map<TreePath, Entry>();
  const hidden = new Set<TreePath>();
  const seesBelow = (path: TreePath): boolean => {
    if (hidden.size === 0) return true;
    for (let at = path; ; at = parentOf(at)) {
      if (hidden.has(at)) return false;
      if (at === root) return true;
    }
  };
  const top = lazy(() => below.lookup(root) ?? defaultFolder(root, []));
  return {
    below,
    put,
    names: new Map(),
    hidden,
    lookup: (path) => {
      const known = put.get(path);
      if (known !== undefined) return known;
      if (path === root) return top();
      return seesBelow(path) ? below.lookup(path) : undefined;
    },
    span,
  };
}

/**
 * Puts an entry at its path, whose parent is there. What stood there is replaced; a folder stays the folder that it was.
 * @throws InvalidInput for a name that a layer can't hold; ToolError "limit"
 */
export function putEntry(work: WorkingTree, entry: Entry): void {
  const { path } = entry;
  checkPath(work, path);
  const present = work.lookup(path);
  if (present?.kind === "directory" && entry.kind !== "directory") removeEntry(work, path);
  // A folder in place of something else begins empty, whatever lies below there in a lower layer: nothing, since that was no folder.
  work.put.set(path, entry);
  if (path === root) return;
  const folder = parentOf(path);
  const names = work.names.get(folder);
  if (names === undefined) work.names.set(folder, new Set([baseName(path)]));
  else names.add(baseName(path));
}

/** Removes an entry with all below it. */
export function removeEntry(work: WorkingTree, path: TreePath): void {
  const pending = [path];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    work.put.delete(next);
    const names = work.names.get(next);
    if (names === undefined) continue;
    work.names.delete(next);
    for (const name of names) pending.push(joinPath(next, name));
  }
  work.names.get(parentOf(path))?.delete(baseName(path));
  if (work.lookup(path) !== undefined) work.hidden.add(path);
}

/** Names in a folder, in order. */
export function namesIn(work: WorkingTree, folder: TreePath): readonly string[] {
  const names = new Set(work.names.get(folder));
  for (const name of work.below.children(folder)) {
    if (work.lookup(joinPath(folder, name)) !== undefined) names.add(name);
  }
  return [...names].sort();
}

/**
 * Where a path really is. With `last` false, its last component is left as it is.
 * @throws InvalidInput where what should be a folder is none, or links lead in a circle
 */
export function placeIn(
  work: WorkingTree,
  path: TreePath,
  last = true,
  lookup: Lookup = work.lookup,
): TreePath {
  const real = realPath(lookup, path, last);
  if ("path" in real) return real.path;
  if (real.problem === "no-folder") refuseObstacle(work, path, real.at, "a folder", lookup);
  return refuse(tooManyLinks(real.at), work.span);
}

/** The mistake of links that don't end. */
export function tooManyLinks(at: TreePath): { readonly rule: string; readonly message: string } {
  return {
    rule: "file-links",
    message: `too many links at ${JSON.stringify(at)} (symlinksFollowedMax: ${limits.symlinksFollowedMax})`,
  };
}

/**
 * Makes a folder and those above it that aren't there, all alike. `path` holds no link.
 * @throws InvalidInput where something else is in the way
 */
export function makeFolders(work: WorkingTree, path: TreePath, attributes: FolderAttributes): void {
  const missing: TreePath[] = [];
  for (let at = path; ; at = parentOf(at)) {
    const present = work.lookup(at);
    if (present?.kind === "directory") break;
    if (present !== undefined) refuseObstacle(work, path, at, "a folder");
    missing.push(at);
  }
  for (const at of missing.reverse()) putEntry(work, folderEntry(at, attributes));
}

export function folderEntry(path: TreePath, attributes: FolderAttributes): DirectoryEntry {
  return { ...attributes, kind: "directory", path, origins: [] };
}

/** @throws InvalidInput, always: what is to be at `path` can't, since there is something else at `at` */
export function refuseObstacle(
  work: WorkingTree,
  path: TreePath,
  at: TreePath,
  wanted: "a folder" | "a file",
  lookup: Lookup = work.lookup,
): never {
  const present = lookup(at);
  const kind = present === undefined ? "not there" : (kindNames[present.kind] ?? "a device");
  const message =
    path === at
      ? `${JSON.stringify(at)} is ${kind}, and ${wanted} can't take its place`
      : `${JSON.stringify(path)} can't be made: ${JSON.stringify(at)} is ${kind}`;
  const hint = "choose another target, or remove what is there first";
  refuse({ rule: "file-in-the-way", message, hint }, work.span);
}

const kindNames: Readonly<Partial<Record<Entry["kind"], string>>> = {
  directory: "a folder",
  file: "a file",
  symlink: "a link",
  fifo: "a pipe",
};

/** What was done, as the entries of a layer, in order; names of one file are hard links to the first of them. */
export function layerOf(work: WorkingTree): readonly LayerEntry[] {
  const whiteouts = whiteoutsOf(work);
  const paths = [...work.put.keys()].sort(comparePaths);
  const firsts = new Map<string, TreePath>();
  const entries = paths.map((path): LayerEntry => {
    const entry = work.put.get(path);
    assert(entry !== undefined, "a path that was put has an entry");
    if (entry.kind !== "file" || entry.link === undefined) return entry;
    const { link, ...single } = entry;
    const first = firsts.get(link);
    if (first !== undefined) return { kind: "hardlink", path, target: first, origins: entry.origins };
    firsts.set(link, path);
    return single;
  });
  return whiteouts.length === 0
    ? entries
    : [...entries, ...whiteouts].sort((a, b) => comparePaths(a.path, b.path));
}

/** For what is no longer seen: gone, or a folder that began anew. Where a file took the place, its entry says it all. */
function whiteoutsOf(work: WorkingTree): readonly FileEntry[] {
  const whiteouts: FileEntry[] = [];
  for (const path of work.hidden) {
    const folder = parentOf(path);
    const isTold = isBelowHidden(work, folder) || work.lookup(folder)?.kind !== "directory";
    const present = work.put.get(path);
    if (isTold || (present !== undefined && present.kind !== "directory")) continue;
    whiteouts.push(
      present === undefined ? whiteout(folder, `.wh.${baseName(path)}`) : whiteout(path, ".wh..wh..opq"),
    );
  }
  return whiteouts;
}

function isBelowHidden(work: WorkingTree, path: TreePath): boolean {
  for (let at = path; at !== root; at = parentOf(at)) if (work.hidden.has(at)) return true;
  return false;
}

function whiteout(folder: TreePath, name: string): FileEntry {
  const empty = new Uint8Array(0);
  const attributes = { mode: 0o644, uid: 0, gid: 0, mtime: 0, origins: [] };
  const content = { sizeBytes: 0, digest: digestOf(empty), content: bytesOf(empty) };
  return { kind: "file", path: joinPath(folder, name), ...attributes, ...content };
}

function checkPath(work: WorkingTree, path: TreePath): void {
  if (isWhiteout(path)) {
    const message = `${JSON.stringify(path)} can't be in an image: in a layer, a name that begins with .wh. removes files`;
    refuse(
      { rule: "file-name", message, hint: "rename it, or leave it out (.dockerignore, --exclude)" },
      work.span,
    );
  }
  // Few paths are so long that they have to be counted.
  if (path.length > limits.pathComponentsMax && treePath(path) === undefined) {
    const bounds = `pathBytesMax: ${limits.pathBytesMax}, pathComponentsMax: ${limits.pathComponentsMax}`;
    throw new ToolError("limit", {
      what: "copying files",
      why: `the path ${JSON.stringify(`${path.slice(0, 60)}...`)} is too long or too deep (${bounds})`,
    });
  }
}
