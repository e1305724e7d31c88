// Effects on what is there: cp -a, rm, rmdir, chmod, chown.
import type { Entry, Origin } from "../../tree/entry.ts";
import { compileGlob, matching } from "../../tree/glob.ts";
import { addEntry, removeEntry } from "../../tree/memory-tree.ts";
import { placeOf } from "../../tree/merged-usr.ts";
import { joinPath, parentOf, type TreePath, treePath } from "../../tree/path.ts";
import { type Applying, found, foundItself, makeFolder, type Wanted, withAttributes } from "./applying.ts";

/** `cp -a FROM TO`, where TO is the new name. */
export function copyTree(state: Applying, from: TreePath, to: TreePath, origin: Origin): void {
  const source = foundItself(state, from);
  if (source === undefined) return;
  makeFolder(state, parentOf(to), origin);
  const target = placeOf(state.builder, to);
  for (const entry of [...withAllBelow(state, source)]) {
    const path = treePath(`${target}${entry.path.slice(source.path.length)}`);
    if (path !== undefined) addEntry(state.builder, { ...entry, path, origins: [...entry.origins, origin] });
  }
}

export function remove(
  state: Applying,
  text: string,
  isGlob: boolean,
  what: "file" | "tree" | "empty-folder",
): void {
  const glob = compileGlob(text);
  const named = treePath(text);
  const single = named === undefined ? undefined : foundItself(state, named);
  const targets = isGlob ? [...matching(state.view, glob)] : single === undefined ? [] : [single];
  for (const entry of targets) {
    const isFolder = entry.kind === "directory";
    if (what === "file" && isFolder) continue;
    if (what === "empty-folder" && (!isFolder || state.view.children(entry.path).length > 0)) continue;
    removeEntry(state.builder, entry.path);
  }
}

/** chmod and chown follow a link that they are given, but none that they meet below it. */
export function setAttributes(state: Applying, path: TreePath, wanted: Wanted, recursive: boolean): void {
  const entry = found(state, path);
  if (entry === undefined) return;
  const entries = recursive ? [...withAllBelow(state, entry)] : [entry];
  for (const one of entries)
    if (one.kind !== "symlink") addEntry(state.builder, withAttributes(state, one, wanted));
}

function* withAllBelow(state: Applying, entry: Entry): Generator<Entry> {
  yield entry;
  if (entry.kind !== "directory") return;
  for (const name of state.view.children(entry.path)) {
    const child = state.builder.entries.get(joinPath(entry.path, name));
    if (child !== undefined) yield* withAllBelow(state, child);
  }
}
