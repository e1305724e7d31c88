// Merged /usr (Debian Policy 10.1): /bin, /sbin and /lib* are symbolic links into /usr, so "/lib/x" and
// "/usr/lib/x" are two spellings of one file. Invariant: no entry is ever placed below a spelling that is a link.
import type { TreePath } from "../tree/path.ts";

/** Names in the root that are links to the folders of the same name in /usr. */
export const mergedFolders: readonly string[] = ["bin", "lib", "lib32", "lib64", "libo32", "libx32", "sbin"];

const aliased = new RegExp(`^/(?:${mergedFolders.join("|")})(?:/|$)`);

/** The real spelling of a path: "/lib/x" -> "/usr/lib/x". */
export function mergedPath(path: TreePath): TreePath {
  return aliased.test(path) ? (`/usr${path}` as TreePath) : path;
}

/** Whether the path is itself one of the links ("/lib"). */
export function isMergedLink(path: TreePath): boolean {
  return aliased.test(path) && path.lastIndexOf("/") === 0;
}
