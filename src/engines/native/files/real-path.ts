// Where a path leads in a tree that may lack its end: links are followed inside the root, as containerd's continuity does
// (fs.RootPath) for BuildKit. `..` of a link's target is resolved by its text.
import { limits } from "../../../base/limits.ts";
import type { Entry } from "../../../tree/entry.ts";
import { joinPath, root, type TreePath, treePath } from "../../../tree/path.ts";

export type Lookup = (path: TreePath) => Entry | undefined;

export type RealPath =
  | { readonly path: TreePath }
  /** What is there instead of a folder, or the link at which it was given up. */
  | { readonly problem: "no-folder" | "links"; readonly at: TreePath };

/** The path without links; with `last` false, its last component is left as it is. What isn't there is no link. */
export function realPath(lookup: Lookup, path: TreePath, last = true): RealPath {
  // A tree's entries lie below folders.
  const direct = lookup(path);
  if (direct !== undefined && (direct.kind !== "symlink" || !last)) return { path };
  let rest = components(path);
  let at: TreePath = root;
  let followed = 0;
  for (let index = 0; index < rest.length; ) {
    const next = joinPath(at, rest[index] ?? "");
    index += 1;
    const entry = lookup(next);
    const isLast = index === rest.length;
    if (entry?.kind !== "symlink" || (isLast && !last)) {
      if (entry !== undefined && entry.kind !== "directory" && !isLast)
        return { problem: "no-folder", at: next };
      at = next;
      continue;
    }
    followed += 1;
    const base = entry.target.startsWith("/") ? "" : at;
    const target = treePath([`${base}/${entry.target}`, ...rest.slice(index)].join("/"));
    if (target === undefined || followed > limits.symlinksFollowedMax) return { problem: "links", at: next };
    rest = components(target);
    at = root;
    index = 0;
  }
  return { path: at };
}

function components(path: TreePath): readonly string[] {
  return path === root ? [] : path.slice(1).split("/");
}
