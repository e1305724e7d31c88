// Following symbolic links, always inside the tree: an absolute target starts at its root, `..` stops there
// (path_resolution(7) of a process that is confined by chroot).
import { limits } from "../base/limits.ts";
import type { Entry } from "./entry.ts";
import { joinPath, parentOf, root, type TreePath } from "./path.ts";
import type { Tree } from "./tree.ts";

export interface Resolution {
  /** Where the entry really is: no component of it is a link. */
  readonly path: TreePath;
  readonly entry: Entry;
  /** Every link met, in order, those of the parents too. */
  readonly links: readonly TreePath[];
  /** Every folder left again through `..`: without it the path leads nowhere. */
  readonly left: readonly TreePath[];
}

interface ResolveOptions {
  /** False gives the last component itself, even where it is a link (lstat(2)); links among the parents are followed. */
  readonly followLast?: boolean;
}

/** What the path leads to; undefined where there is nothing, a component is no folder, or more links are met than a kernel follows. */
export function resolve(tree: Tree, path: TreePath, options: ResolveOptions = {}): Resolution | undefined {
  // A tree's entries lie under real folders, so a direct hit needs no walk.
  const direct = tree.lookup(path);
  const followLast = options.followLast ?? true;
  if (direct !== undefined && (direct.kind !== "symlink" || !followLast)) {
    return { path, entry: direct, links: [], left: [] };
  }
  const links: TreePath[] = [];
  const left: TreePath[] = [];
  const rest = path.split("/").reverse();
  let at: TreePath = root;
  let entry = tree.lookup(root);
  for (let part = rest.pop(); part !== undefined; part = rest.pop()) {
    if (part === "") continue;
    if (entry?.kind !== "directory") return undefined;
    if (part === ".") continue;
    if (part === "..") left.push(at);
    const next = part === ".." ? parentOf(at) : joinPath(at, part);
    const found = tree.lookup(next);
    if (found?.kind !== "symlink" || (!followLast && rest.length === 0)) {
      at = next;
      entry = found;
      continue;
    }
    links.push(next);
    if (links.length > limits.symlinksFollowedMax) return undefined;
    // The target's components come before what is left; an absolute one starts again at the root.
    if (found.target.startsWith("/")) at = root;
    entry = tree.lookup(at);
    const target = found.target.split("/");
    for (let index = target.length - 1; index >= 0; index--) rest.push(target[index] ?? "");
    if (rest.length > limits.pathComponentsMax) return undefined;
  }
  return entry === undefined ? undefined : { path: at, entry, links, left };
}
