// Effects on what is there: cp -a, mv, rm, rmdir, chmod, chown.
import type { Entry, Origin } from "../../tree/entry.ts";
import { addEntry, removeEntry } from "../../tree/memory-tree.ts";
import { isWithin, joinPath, parentOf, root, type TreePath, treePath } from "../../tree/path.ts";
import { placeOf } from "../../tree/placing.ts";
import { matchesName } from "../effects/pattern.ts";
import {
  type Applying,
  changeAttributes,
  found,
  foundItself,
  makeFolder,
  realPlace,
  type Wanted,
} from "./applying.ts";

/** `cp -a FROM TO`, where TO is the new name. The names of one inode are those of another one afterwards. */
export function copyTree(state: Applying, from: TreePath, to: TreePath, origin: Origin): void {
  place(state, from, to, origin, (link, target) => `${link} copied to ${target}`);
}

/** `mv FROM TO`, where TO is the new name. */
export function moveTree(state: Applying, from: TreePath, to: TreePath, origin: Origin): void {
  const source = foundItself(state, from);
  if (source === undefined || isWithin(placeOf(state.builder, to), source.path)) return;
  place(state, from, to, origin, (link) => link);
  removeEntry(state.builder, source.path);
}

function place(
  state: Applying,
  from: TreePath,
  to: TreePath,
  origin: Origin,
  linkAt: (link: string, target: TreePath) => string,
): void {
  const source = foundItself(state, from);
  if (source === undefined || makeFolder(state, parentOf(to), origin) === undefined) return;
  const target = placeOf(state.builder, to);
  for (const entry of [...withAllBelow(state, source)]) {
    const path = treePath(`${target}${entry.path.slice(source.path.length)}`);
    if (path === undefined) continue;
    const moved = { ...entry, path, origins: [...entry.origins, origin] };
    addEntry(
      state.builder,
      moved.kind === "file" && moved.link !== undefined
        ? { ...moved, link: linkAt(moved.link, target) }
        : moved,
    );
  }
}

/** @param isPattern whether `text` is a shell pattern (XCU 2.13) */
export function remove(
  state: Applying,
  text: string,
  isPattern: boolean,
  what: "file" | "tree" | "empty-folder",
): void {
  const named = treePath(text);
  const single = named === undefined ? undefined : foundItself(state, named);
  const targets = isPattern ? [...matchingPattern(state, text)] : single === undefined ? [] : [single];
  for (const entry of targets) {
    const isFolder = entry.kind === "directory";
    if (what === "file" && isFolder) continue;
    if (what === "empty-folder" && (!isFolder || state.view.children(entry.path).length > 0)) continue;
    removeEntry(state.builder, entry.path);
  }
}

/** Pathname expansion (XCU 2.6.6). Links to folders are followed, but for the last component. */
function* matchingPattern(state: Applying, pattern: string): Generator<Entry> {
  let folders: TreePath[] = [root];
  const parts = pattern.split("/").filter((part) => part !== "");
  const last = parts.pop();
  if (last === undefined) return;
  const matches = (folder: TreePath, part: string): TreePath[] =>
    state.view
      .children(folder)
      .filter((name) => matchesName(part, name))
      .map((name) => joinPath(folder, name));
  for (const part of parts) {
    folders = folders.flatMap((folder) => matches(folder, part)).map((path) => realPlace(state, path));
  }
  for (const path of folders.flatMap((folder) => matches(folder, last))) {
    const entry = state.builder.entries.get(path);
    if (entry !== undefined) yield entry;
  }
}

/** chmod and chown follow a link that they are given, but none that they meet below it. */
export function setAttributes(state: Applying, path: TreePath, wanted: Wanted, recursive: boolean): void {
  const entry = found(state, path);
  if (entry === undefined) return;
  const entries = recursive ? [...withAllBelow(state, entry)] : [entry];
  for (const one of entries) if (one.kind !== "symlink") changeAttributes(state, one, wanted);
}

function* withAllBelow(state: Applying, entry: Entry): Generator<Entry> {
  yield entry;
  if (entry.kind !== "directory") return;
  for (const name of state.view.children(entry.path)) {
    const child = state.builder.entries.get(joinPath(entry.path, name));
    if (child !== undefined) yield* withAllBelow(state, child);
  }
}
