// The programs of an image, one for each file as the kernel knows it (hard links are one), with the names by which somebody in
// the container can call them: executable, and on the PATH or in a folder for programs, through whatever links lead there.
import { defaultPath, searchPath } from "../../base/search-path.ts";
import type { Facts } from "../../content/facts.ts";
import type { FileEntry } from "../../tree/entry.ts";
import { joinPath, type TreePath, treePath } from "../../tree/path.ts";
import { resolve } from "../../tree/resolve.ts";
import type { Tree } from "../../tree/tree.ts";
import { isExplained, isNeeded } from "../roles.ts";
import type { Subject } from "../subject.ts";

/** A regular file under all of its names. */
export interface Inode {
  /** The name that stands for it: one that is needed, else explained, else callable, else the first in path order. */
  readonly path: TreePath;
  readonly entry: FileEntry;
  readonly facts: Facts;
  /** Every path of the file, and every path in a folder for programs that leads to it. */
  readonly names: readonly TreePath[];
  /** Those of `names` by which a shell finds it; empty where nobody can call it by a name. */
  readonly callable: readonly TreePath[];
  /** The closure has a reason for one of its paths. */
  readonly explained: boolean;
  /** The entrypoint's closure needs one of its paths. */
  readonly needed: boolean;
}

/** Where programs are looked for, whatever the config's PATH says: whoever starts a program sets its PATH. */
const programFolders = searchPath(defaultPath);

/** The files of the merged tree for which `wanted` holds, in path order. */
export function inodesOf(subject: Subject, wanted: (entry: FileEntry, facts: Facts) => boolean): Inode[] {
  const callable = callablePaths(subject);
  const files = new Map<string, FileEntry[]>();
  for (const entry of subject.tree.walk()) {
    if (entry.kind !== "file" || !wanted(entry, subject.facts(entry))) continue;
    const key = inodeKey(entry);
    const names = files.get(key);
    if (names === undefined) files.set(key, [entry]);
    else names.push(entry);
  }
  return [...files].map(([key, entries]) => inodeOf(subject, entries, callable.get(key) ?? []));
}

function inodeOf(subject: Subject, entries: readonly FileEntry[], callable: readonly TreePath[]): Inode {
  const { role } = subject.closure;
  const [first] = entries as readonly [FileEntry];
  const needed = entries.find((one) => isNeeded(role(one.path)));
  const explained = needed ?? entries.find((one) => isExplained(role(one.path)));
  const called = new Set(callable);
  const entry = explained ?? entries.find((one) => called.has(one.path)) ?? first;
  const names = [...new Set([...entries.map((one) => one.path), ...callable])];
  return {
    path: entry.path,
    entry,
    facts: subject.facts(entry),
    names,
    callable,
    explained: explained !== undefined,
    needed: needed !== undefined,
  };
}

/** Whether no other name of the file came before; files with one name aren't kept in `seen`. */
export function isNewFile(seen: Set<string>, { link }: FileEntry): boolean {
  if (link === undefined) return true;
  if (seen.has(link)) return false;
  seen.add(link);
  return true;
}

/** Names of one inode have the same key. */
export function inodeKey({ link, path }: FileEntry): string {
  return link === undefined ? path : `link ${link}`;
}

/** By inode, the paths by which an executable file is called. */
function callablePaths({ launch, tree }: Subject): ReadonlyMap<string, readonly TreePath[]> {
  const found = new Map<string, TreePath[]>();
  const seen = new Set<TreePath>();
  for (const written of [...programFolders, ...programPath(launch)]) {
    const folder = treePath(written);
    // /bin of a merged /usr is /usr/bin: its programs are called by one name each, not two.
    const real = folder === undefined ? undefined : resolve(tree, folder)?.path;
    if (real === undefined || seen.has(real)) continue;
    seen.add(real);
    for (const name of tree.children(real)) addCallable(tree, joinPath(real, name), found);
  }
  return found;
}

function addCallable(tree: Tree, path: TreePath, found: Map<string, TreePath[]>): void {
  const entry = resolve(tree, path)?.entry;
  if (entry?.kind !== "file" || (entry.mode & 0o111) === 0) return;
  const key = inodeKey(entry);
  const paths = found.get(key);
  if (paths === undefined) found.set(key, [path]);
  else paths.push(path);
}

/** The folders of a launch's PATH, in order. */
export function programPath({ env, workingDir }: Subject["launch"]): string[] {
  return searchPath(env["PATH"]).map((one) => (one.startsWith("/") ? one : `${workingDir}/${one}`));
}
