// What a vertex gives to those above it: a tree to read and a snapshot to stack, each made when it is asked for.
import { lazy } from "../../../base/lazy.ts";
import { mergeTrees } from "../../../tree/memory-tree.ts";
import type { Tree } from "../../../tree/tree.ts";
import type { Snapshot, SnapshotStore } from "../snapshots/snapshot.ts";

export interface Result {
  readonly snapshot: () => Promise<Snapshot>;
  readonly tree: () => Promise<Tree>;
  /** Why it lacks a path, where that is known. */
  readonly explainAbsent?: (path: string) => Promise<string | undefined>;
}

export const emptySnapshot: Snapshot = { layers: [] };

/** The result that layers are. */
export function resultOfSnapshot(snapshot: Snapshot, store: SnapshotStore): Result {
  const tree = lazy(() =>
    snapshot.layers.length === 0 ? Promise.resolve(mergeTrees()) : store.tree(snapshot),
  );
  return { snapshot: () => Promise.resolve(snapshot), tree };
}

/** The result that a tree is; a layer is made of it only where one is needed. */
export function resultOfTree(tree: Tree, store: SnapshotStore): Result {
  const snapshot = lazy(async () => ({ layers: [await store.fromEntries(tree.walk())] }));
  return { snapshot, tree: () => Promise.resolve(tree) };
}
