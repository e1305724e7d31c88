// Layers of build steps and file operations as layers of an image: the tar in its one spelling (assemble/layer.ts), cached.
import { assembleLayer, type CachedLayer } from "../../../assemble/layer.ts";
import type { Cache } from "../../../base/cache.ts";
import type { LayerEntry } from "../../../tree/layers.ts";
import { canonicalEntries, withPlainLinks } from "./canonical.ts";
import type { SnapshotLayer, SnapshotStore } from "./snapshot.ts";

export interface ImageLayerOptions {
  readonly compression: "gzip" | "zstd";
  /** Blocks compressed at a time. Not part of the result. */
  readonly width: number;
  /** Seconds since the epoch: files that are newer get this time. */
  readonly sourceDateEpoch?: number;
}

/**
 * The layer as an image has it: entries in one order, whiteouts as files, whole seconds. A layer that came from an image is
 * better taken as it is there (`layer.image`).
 * @throws ToolError "disk", "cache"; whatever reading the layer throws
 */
export async function layerOf(
  layer: SnapshotLayer,
  store: SnapshotStore,
  cache: Cache,
  options: ImageLayerOptions,
  signal: AbortSignal,
): Promise<CachedLayer> {
  const { compression, sourceDateEpoch, width } = options;
  const entries = withPlainLinks(canonicalEntries(await store.entries(layer)));
  const dated =
    sourceDateEpoch === undefined ? entries : entries.map((one) => notAfter(one, sourceDateEpoch));
  return await assembleLayer(dated, cache, { compression, width, withWhiteouts: true }, signal);
}

function notAfter(entry: LayerEntry, epoch: number): LayerEntry {
  return entry.kind === "hardlink" || entry.mtime <= epoch ? entry : { ...entry, mtime: epoch };
}
