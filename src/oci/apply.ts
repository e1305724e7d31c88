// The tree of an image: its layers decompressed, verified and laid over each other (image-spec layer.md, "Applying
// Changesets"; whiteouts are tree/layers.ts). Contents go to one scratch file, so memory grows with the number of entries only.
// Invariant: a tree is returned only where every layer had the digest and the diff id that manifest and config state.
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { createTarReader, type TarHeader } from "../formats/tar-reader.ts";
import type { Origin } from "../tree/entry.ts";
import { applyLayer, type LayerEntry } from "../tree/layers.ts";
import { finishTree, type TreeBuilder, treeBuilder } from "../tree/memory-tree.ts";
import type { Tree } from "../tree/tree.ts";
import { layerEntryOf } from "./layer-entry.ts";
import { tarOfLayer } from "./layer-tar.ts";
import type { Image, Layer } from "./model.ts";
import { createSpool, type Spool } from "./spool.ts";

export interface ApplyOptions {
  /** A folder for the files' contents. The caller removes it, after the last read of a file of the tree. */
  readonly scratchFolder: string;
  readonly signal?: AbortSignal;
}

/**
 * The merged tree of an image. Each entry's origin is the layer that brought it.
 * @throws ToolError "malformed", "digest-mismatch", "limit", "disk"; whatever opening a layer throws
 */
export async function treeOfImage(image: Image, options: ApplyOptions): Promise<Tree> {
  const builder = treeBuilder();
  const spool = createSpool(join(options.scratchFolder, `files-${randomBytes(8).toString("hex")}`));
  try {
    for (const [index, layer] of image.layers.entries()) {
      await addLayer(builder, layer, index, spool, options.signal);
    }
  } finally {
    spool.close();
  }
  return finishTree(builder);
}

async function addLayer(
  builder: TreeBuilder,
  layer: Layer,
  index: number,
  spool: Spool,
  signal: AbortSignal | undefined,
): Promise<void> {
  const what = `the layer ${layer.descriptor.digest}`;
  const origin: Origin = { kind: "layer", digest: layer.descriptor.digest, index };
  const entries: LayerEntry[] = [];
  let current: TarHeader | undefined;
  const reader = createTarReader(
    {
      entry: (header) => {
        current = header;
      },
      data: (chunk) => spool.write(chunk),
      end: () => {
        if (current === undefined) return;
        const content = current.kind === "file" ? spool.finish() : undefined;
        entries.push(layerEntryOf(current, content, origin, what));
        current = undefined;
      },
    },
    what,
  );
  for await (const chunk of tarOfLayer(layer)) {
    signal?.throwIfAborted();
    reader.write(chunk);
  }
  reader.finish();
  applyLayer(builder, entries, index);
}
