// Folders where anybody may add files, but not replace those of others (the sticky bit). That is right for temporary files, and
// wrong where programs or libraries are looked for: what is added there runs.
import { searchPath } from "../../base/search-path.ts";
import type { DirectoryEntry } from "../../tree/entry.ts";
import { joinPath, parentOf, root, type TreePath, treePath } from "../../tree/path.ts";
import { resolve } from "../../tree/resolve.ts";
import type { Tree } from "../../tree/tree.ts";
import { programPath } from "../programs/inodes.ts";
import type { Subject } from "../subject.ts";

/** Where loaders look without being told (ld.so(8)); folders below them hold libraries, and are known by these. */
const libraryFolders = ["/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib"];

/** Says of a sticky folder why it isn't one for temporary files; undefined where it may be. */
export function stickyFault(subject: Subject): (folder: DirectoryEntry) => string | undefined {
  const { env, workingDir } = subject.launch;
  const atWork = (one: string): string => (one.startsWith("/") ? one : `${workingDir}/${one}`);
  const programs = placesOf(subject.tree, programPath(subject.launch));
  const named = env["LD_LIBRARY_PATH"];
  const libraries = placesOf(subject.tree, [
    ...libraryFolders,
    ...(named === undefined ? [] : searchPath(named).map(atWork)),
  ]);
  return ({ path }) => {
    if (programs.has(path)) return "programs are looked for there";
    if (libraries.has(path)) return "libraries are looked for there";
    return holdsCode(subject, path) ? "it holds programs" : undefined;
  };
}

/** The folders, links followed. For one that isn't there the folder above that is: who may write there can make it. */
function placesOf(tree: Tree, folders: readonly string[]): ReadonlySet<TreePath> {
  const places = new Set<TreePath>();
  for (const written of folders) {
    let at = treePath(written);
    while (at !== undefined && at !== root && resolve(tree, at) === undefined) at = parentOf(at);
    const place = at === undefined ? undefined : resolve(tree, at)?.path;
    if (place !== undefined) places.add(place);
  }
  return places;
}

function holdsCode({ facts, tree }: Subject, folder: TreePath): boolean {
  return tree.children(folder).some((name) => {
    const entry = tree.lookup(joinPath(folder, name));
    if (entry?.kind !== "file") return false;
    const { magic } = facts(entry);
    return magic === "elf" || magic === "script";
  });
}
