// What a pattern of COPY, ADD or a removal names in a tree: Go's filepath.Match over paths below the folder before the first
// wildcard. Links are followed to that folder and no further; what was found isn't searched.
import { hasWildcard, parsePathPattern } from "../../../formats/path-pattern.ts";
import type { Entry } from "../../../tree/entry.ts";
import { joinPath, root, type TreePath, treePath } from "../../../tree/path.ts";
import { realPath } from "./real-path.ts";

/** The part of a tree that a search needs. */
export interface Searched {
  lookup(path: TreePath): Entry | undefined;
  children(folder: TreePath): readonly string[];
}

export type Found =
  | { readonly paths: readonly TreePath[] }
  /** The pattern's own folder isn't there. */
  | { readonly problem: "absent" | "links"; readonly at: TreePath }
  | { readonly problem: "pattern"; readonly text: string };

/** What the pattern names, in order. Without a wildcard, that is the path itself, whether or not it is there. */
export function findMatching(tree: Searched, pattern: TreePath, followLinks: boolean): Found {
  const parts = pattern.slice(1).split("/");
  const first = parts.findIndex((part) => hasWildcard(part));
  if (first < 0) return { paths: [pattern] };
  const text = parts.slice(first).join("/");
  const compiled = parsePathPattern(text, "filepath-match");
  if (compiled === undefined) return { problem: "pattern", text };
  const folder = treePath(parts.slice(0, first).join("/")) ?? root;
  const real = realPath((path) => tree.lookup(path), folder, followLinks);
  if ("problem" in real) {
    return real.problem === "links" ? { problem: "links", at: real.at } : { problem: "absent", at: folder };
  }
  if (tree.lookup(real.path) === undefined) return { problem: "absent", at: folder };
  const paths: TreePath[] = [];
  const cut = real.path === root ? 1 : real.path.length + 1;
  const search = (at: TreePath, depth: number): void => {
    for (const name of tree.children(at)) {
      const path = joinPath(at, name);
      if (compiled.matches(path.slice(cut))) paths.push(path);
      else if (depth > 1 && tree.lookup(path)?.kind === "directory") search(path, depth - 1);
    }
  };
  // A class may hold a slash; without one, a pattern is as deep as it has names.
  search(real.path, text.includes("[") ? Number.POSITIVE_INFINITY : parts.length - first);
  return { paths };
}
