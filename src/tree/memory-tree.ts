// Trees held in memory, and the builder behind them. Invariant of every tree made here: an entry's parent is a directory
// of the same tree, so a path that `lookup` finds holds no symbolic link except perhaps its last component.
import { lazy } from "../base/lazy.ts";
import type { DirectoryEntry, Entry, Origin } from "./entry.ts";
import { baseName, joinPath, parentOf, root, type TreePath } from "./path.ts";
import type { Tree } from "./tree.ts";

/** A tree under construction. Owned by one writer; `tree` ends its use. */
export interface TreeBuilder {
  readonly entries: Map<TreePath, Entry>;
  /** Names in each folder that has any. */
  readonly names: Map<TreePath, Set<string>>;
}

/** An empty builder, or one that starts with the entries of `from`. */
export function treeBuilder(from?: Tree): TreeBuilder {
  const builder: TreeBuilder = { entries: new Map(), names: new Map() };
  if (from !== undefined) {
    const top = from.lookup(root);
    if (top !== undefined) builder.entries.set(root, top);
    for (const entry of from.walk()) addEntry(builder, entry);
  }
  return builder;
}

/**
 * Adds an entry at exactly its path. It replaces what was there, together with everything below where that was a folder and
 * this one isn't; a folder on a folder keeps the content and lists the origins of both, and so do equal files and links. A
 * missing parent is made (0755, root's, with this entry's origins); a parent that is no folder gives way to one.
 */
export function addEntry(builder: TreeBuilder, entry: Entry): void {
  const { path } = entry;
  const present = builder.entries.get(path);
  if (present === undefined) {
    if (path !== root) link(builder, path, entry);
    builder.entries.set(path, entry);
    return;
  }
  if (present.kind === "directory" && entry.kind !== "directory") {
    if (path === root) return;
    removeBelow(builder, path);
  }
  builder.entries.set(path, isSame(present, entry) ? withOrigins(entry, present.origins) : entry);
}

/** Removes an entry with everything below it. The root stays, empty. */
export function removeEntry(builder: TreeBuilder, path: TreePath): void {
  removeBelow(builder, path);
  if (path === root) return;
  builder.entries.delete(path);
  const siblings = builder.names.get(parentOf(path));
  siblings?.delete(baseName(path));
}

/** Empties a folder. */
export function removeBelow(builder: TreeBuilder, folder: TreePath): void {
  const pending = [folder];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const names = builder.names.get(next);
    if (names === undefined) continue;
    builder.names.delete(next);
    for (const name of names) {
      const path = joinPath(next, name);
      builder.entries.delete(path);
      pending.push(path);
    }
  }
}

/** The finished tree. The builder is not to be used afterwards. */
export function finishTree(builder: TreeBuilder): Tree {
  const { entries, names } = builder;
  if (!entries.has(root)) entries.set(root, defaultFolder(root, []));
  const sorted = new Map<TreePath, readonly string[]>();
  const children = (folder: TreePath): readonly string[] => {
    const known = sorted.get(folder);
    if (known !== undefined) return known;
    const list = [...(names.get(folder) ?? [])].sort();
    sorted.set(folder, list);
    return list;
  };
  const inOrder = lazy(() => [...descend(root, entries, children)]);
  return {
    lookup: (path) => entries.get(path),
    children,
    walk: inOrder,
    size: entries.size - 1,
  };
}

/** A tree of these entries; a later entry for a path replaces an earlier one, as `addEntry` tells. */
export function treeOf(entries: Iterable<Entry>): Tree {
  const builder = treeBuilder();
  for (const entry of entries) addEntry(builder, entry);
  return finishTree(builder);
}

/** The trees laid over each other, the last on top. */
export function mergeTrees(...trees: readonly Tree[]): Tree {
  const builder = treeBuilder();
  for (const tree of trees) {
    const top = tree.lookup(root);
    if (top !== undefined) addEntry(builder, top);
    for (const entry of tree.walk()) addEntry(builder, entry);
  }
  return finishTree(builder);
}

/** A folder as made where an archive names none: 0755, root's, dated to the epoch. */
export function defaultFolder(path: TreePath, origins: readonly Origin[]): DirectoryEntry {
  return { kind: "directory", path, origins, mode: 0o755, uid: 0, gid: 0, mtime: 0 };
}

/** Enters a path that is new into its folder's names, and makes the folder where it isn't one. */
function link(builder: TreeBuilder, path: TreePath, entry: Entry): void {
  const folder = parentOf(path);
  const names = builder.names.get(folder);
  if (names !== undefined) {
    names.add(baseName(path));
    return;
  }
  builder.names.set(folder, new Set([baseName(path)]));
  const parent = builder.entries.get(folder);
  if (parent?.kind === "directory") return;
  if (parent === undefined && folder !== root) link(builder, folder, entry);
  builder.entries.set(folder, defaultFolder(folder, entry.origins));
}

function isSame(present: Entry, entry: Entry): boolean {
  if (present.kind === "directory") return entry.kind === "directory";
  if (present.kind === "symlink") return entry.kind === "symlink" && entry.target === present.target;
  return present.kind === "file" && entry.kind === "file" && entry.digest === present.digest;
}

/** The entry with `earlier` origins before its own, each one once. */
function withOrigins(entry: Entry, earlier: readonly Origin[]): Entry {
  const added = earlier.filter((one) => !entry.origins.some((own) => isSameOrigin(one, own)));
  return added.length === 0 ? entry : { ...entry, origins: [...added, ...entry.origins] };
}

function isSameOrigin(a: Origin, b: Origin): boolean {
  switch (a.kind) {
    case "layer":
      return b.kind === "layer" && a.index === b.index && a.digest === b.digest;
    case "package":
      return b.kind === "package" && a.package === b.package && a.version === b.version;
    case "effect":
      return b.kind === "effect" && a.effect === b.effect && a.package === b.package;
    case "stage":
      return b.kind === "stage" && a.stage === b.stage;
    case "declared":
      return b.kind === "declared" && a.what === b.what && a.span === b.span;
  }
}

function* descend(
  from: TreePath,
  entries: ReadonlyMap<TreePath, Entry>,
  children: (folder: TreePath) => readonly string[],
): Generator<Entry> {
  // A stack of our own: a tree may be as deep as limits.pathComponentsMax, generators nested as deep are slow.
  const pending: TreePath[] = [];
  const push = (folder: TreePath): void => {
    const names = children(folder);
    for (let index = names.length - 1; index >= 0; index--)
      pending.push(joinPath(folder, names[index] ?? ""));
  };
  push(from);
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const entry = entries.get(next);
    if (entry === undefined) continue;
    yield entry;
    if (entry.kind === "directory") push(next);
  }
}
