// The tree: an immutable view of a root file system.
import type { Entry } from "./entry.ts";
import type { TreePath } from "./path.ts";

export interface Tree {
  /** The entry with exactly this path; symbolic links are not followed. */
  lookup(path: TreePath): Entry | undefined;
  /** Names in a folder, in UTF-16 code unit order; empty where it isn't one. */
  children(folder: TreePath): readonly string[];
  /** All entries but the root, in `comparePaths` order. */
  walk(): Iterable<Entry>;
  readonly size: number;
}
