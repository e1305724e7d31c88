// The image that a solved target is: the layers of its base as they are, one layer for each thing that was done above it, and
// the config and history that the frontend made (image-spec config.md). With SOURCE_DATE_EPOCH no time of a layer that was
// made here is later than that.
import { cachedLayer, findLayer, rememberLayer } from "../../../assemble/layer.ts";
import { canonicalJson } from "../../../base/canonical-json.ts";
import { digestOf } from "../../../base/digest.ts";
import type { BuildTarget } from "../../../graph/vertex.ts";
import { makeImage } from "../../../oci/derive.ts";
import {
  type HistoryEntry,
  type Image,
  type ImageConfig,
  type Layer,
  mediaTypes,
} from "../../../oci/model.ts";
import { layerOf } from "../snapshots/image-layer.ts";
import type { SnapshotLayer } from "../snapshots/snapshot.ts";
import type { Solved, SolverServices } from "./solver.ts";

export interface ImageOptions {
  readonly compression: "gzip" | "zstd";
  /** What else the config is to hold: an inline cache (cache-artifact.ts). */
  readonly members?: Readonly<Record<string, unknown>>;
}

type ImageServices = Pick<SolverServices, "cache" | "settings" | "store" | "task">;

/** @throws ToolError "disk", "cache", "limit"; whatever reading a layer throws */
export async function imageOf(
  target: BuildTarget,
  solved: Solved,
  services: ImageServices,
  options: ImageOptions,
): Promise<Image> {
  const layers: Layer[] = [];
  for (const layer of solved.snapshot.layers) layers.push(await blobOf(layer, services, options.compression));
  const config: ImageConfig = {
    ...target.config,
    ...options.members,
    rootfs: { type: "layers", diff_ids: layers.map(({ diffId }) => diffId) },
    history: historyFor(target.history, layers.length),
  };
  return makeImage({ config, layers });
}

/**
 * The history whose entries without `empty_layer` are as many as the layers. Images may come without a history, or with a part of
 * it: what their layers lack is added before all else, since they are the lowest; entries that have no layer are marked so.
 */
export function historyFor(history: readonly HistoryEntry[], layerCount: number): readonly HistoryEntry[] {
  const told = history.filter((entry) => entry.empty_layer !== true).length;
  if (told <= layerCount) {
    const untold = Array.from(
      { length: layerCount - told },
      (): HistoryEntry => ({ comment: "not told by the base image" }),
    );
    return [...untold, ...history];
  }
  let left = layerCount;
  return history.map((entry) => {
    if (entry.empty_layer === true) return entry;
    left -= 1;
    return left < 0 ? { ...entry, empty_layer: true } : entry;
  });
}

/** The blob of a layer: an image's own, or one made of what it holds. */
export async function blobOf(
  layer: SnapshotLayer,
  { cache, settings, store, task }: ImageServices,
  compression: "gzip" | "zstd",
): Promise<Layer> {
  if (layer.image !== undefined) return layer.image;
  const { sourceDateEpoch, width } = settings;
  const mediaType = compression === "gzip" ? mediaTypes.layerGzip : mediaTypes.layerZstd;
  // Other releases of the compressors may give other bytes.
  const { zlib, zstd } = process.versions;
  const key = digestOf(canonicalJson([layer.id, compression, sourceDateEpoch ?? null, zlib, zstd ?? ""]));
  const known = await findLayer(cache, namespace, key);
  if (known !== undefined) return cachedLayer(cache, known, mediaType);
  const made = await layerOf(
    layer,
    store,
    cache,
    { compression, width, ...(sourceDateEpoch === undefined ? {} : { sourceDateEpoch }) },
    task.signal,
  );
  const { digest, size } = made.descriptor;
  await rememberLayer(cache, namespace, key, { digest, sizeBytes: size, diffId: made.diffId });
  return made;
}

const namespace = "build-layers";
