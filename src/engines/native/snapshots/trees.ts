// Merged trees of snapshots, those used last held, each built on the one below where that is held.
import { limits } from "../../../base/limits.ts";
import type { Origin } from "../../../tree/entry.ts";
import { applyLayer, type LayerEntry } from "../../../tree/layers.ts";
import { finishTree, treeBuilder, treeOf } from "../../../tree/memory-tree.ts";
import type { Tree } from "../../../tree/tree.ts";
import type { SnapshotLayer } from "./snapshot.ts";

export interface Trees {
  /** The tree of layers, lowest first. @throws ToolError "malformed"; whatever reading a layer's entries throws */
  of(layers: readonly SnapshotLayer[]): Promise<Tree>;
  /** The tree of layers over the tree of all but the last; entries that the last leaves as they are are the same objects. */
  withLower(layers: readonly SnapshotLayer[]): Promise<{ readonly lower: Tree; readonly merged: Tree }>;
}

const emptyTree: Tree = treeOf([]);

export function heldTrees(entriesOf: (layer: SnapshotLayer) => Promise<readonly LayerEntry[]>): Trees {
  const held = new Map<string, Promise<Tree>>();
  const hold = (layers: readonly SnapshotLayer[], make: () => Promise<Tree>): Promise<Tree> => {
    const key = keyOf(layers);
    const known = held.get(key);
    held.delete(key);
    const tree = known ?? make();
    held.set(key, tree);
    tree.catch(() => held.delete(key));
    const [oldest] = held.keys();
    if (held.size > limits.heldTreesMax && oldest !== undefined) held.delete(oldest);
    return tree;
  };
  const isHeld = (layers: readonly SnapshotLayer[]): boolean => held.has(keyOf(layers));
  const of = (layers: readonly SnapshotLayer[]): Promise<Tree> => {
    if (layers.length === 0) return Promise.resolve(emptyTree);
    return hold(layers, async () => {
      // Trees in between that nobody asked for aren't made.
      let from = layers.length - 1;
      while (from > 0 && !isHeld(layers.slice(0, from))) from -= 1;
      return await over(await of(layers.slice(0, from)), layers, from);
    });
  };
  const over = async (lower: Tree, layers: readonly SnapshotLayer[], from: number): Promise<Tree> => {
    const builder = treeBuilder(lower);
    for (const [at, layer] of layers.slice(from).entries()) {
      const index = from + at;
      const digest = layer.image?.descriptor.digest ?? layer.id;
      applyLayer(builder, withOrigin(await entriesOf(layer), { kind: "layer", digest, index }), index);
    }
    return finishTree(builder);
  };
  return {
    of,
    withLower: async (layers) => {
      const lower = await of(layers.slice(0, -1));
      const merged = await over(lower, layers, layers.length - 1);
      held.delete(keyOf(layers));
      await hold(layers, () => Promise.resolve(merged));
      return { lower, merged };
    },
  };
}

/** Entries are read once for all the places that their layer has in snapshots. */
function* withOrigin(entries: readonly LayerEntry[], origin: Origin): Generator<LayerEntry> {
  const origins = [origin];
  for (const entry of entries) yield { ...entry, origins };
}

function keyOf(layers: readonly SnapshotLayer[]): string {
  return layers.map(({ id }) => id).join();
}
