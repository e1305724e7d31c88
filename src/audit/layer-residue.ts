// What lower layers hold and the merged tree doesn't show: deleted, replaced or under an opaque folder. It ships all the same.
import { lazy } from "../base/lazy.ts";
import type { FileEntry } from "../tree/entry.ts";
import { isWhiteout } from "../tree/layers.ts";
import { baseName } from "../tree/path.ts";
import { resolve } from "../tree/resolve.ts";
import type { Tree } from "../tree/tree.ts";
import type { ScannedLayer, Subject } from "./subject.ts";

export interface LayerResidue {
  readonly layer: ScannedLayer;
  /** Files that the tree doesn't show where the layer has them, in the archive's order. */
  readonly gone: readonly FileEntry[];
  /** Those that it doesn't show elsewhere either. */
  readonly hidden: readonly FileEntry[];
}

/** Of each layer, from the bottom up. */
export function layerResidue({ layers, tree }: Pick<Subject, "layers" | "tree">): readonly LayerResidue[] {
  const places = lazy(() => placesOf(tree));
  return layers.map((layer) => {
    const gone = layer.entries.filter((entry) => entry.kind === "file").filter((one) => isGone(tree, one));
    const hidden = gone.filter(
      (entry) => tree.lookup(entry.path) !== undefined || !places().has(placeOf(entry)),
    );
    return { layer, gone, hidden };
  });
}

/** A layer can name a path several times, of which the last one counts: only the content tells that the tree has it. */
function isGone(tree: Tree, entry: FileEntry): boolean {
  if (isWhiteout(entry.path)) return false;
  // A layer may name a folder's link as a parent: the file is shown then under the folder's own path.
  const shown = tree.lookup(entry.path) ?? resolve(tree, entry.path)?.entry;
  return shown?.kind !== "file" || shown.digest !== entry.digest;
}

function placesOf(tree: Tree): ReadonlySet<string> {
  const places = new Set<string>();
  for (const entry of tree.walk()) if (entry.kind === "file") places.add(placeOf(entry));
  return places;
}

/** A file of this name and content, wherever it lies. */
function placeOf({ digest, path }: FileEntry): string {
  return `${digest} ${baseName(path)}`;
}
