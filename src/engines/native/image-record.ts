// What a finished build leaves in the cache, so that the same build again is the assembly of a manifest: no package, no
// tree, no closure is looked at.

import { type CachedLayer, cachedLayer } from "../../assemble/layer.ts";
import type { Level } from "../../audit/levels.ts";
import { type Cache, findBlob, findRecord, storeRecord } from "../../base/cache.ts";
import type { Json } from "../../base/canonical-json.ts";
import { type Digest, parseDigest } from "../../base/digest.ts";
import type { ImageConfig } from "../../oci/model.ts";
import type { LevelFinding } from "./self-audit.ts";

/** What is told of an image beside its bytes. */
export interface ImageFigures {
  readonly level: Level;
  /** What keeps it from a better level, worst first. */
  readonly levelFindings: readonly LevelFinding[];
  readonly files: number;
  /** Of the files' content, uncompressed. */
  readonly sizeBytes: number;
  /** Packages of which something ships, and all that were locked. */
  readonly packagesShipped: number;
  readonly packagesLocked: number;
}

export interface ImageRecord {
  readonly config: ImageConfig;
  readonly layers: readonly CachedLayer[];
  readonly figures: ImageFigures;
}

/** The record for a build's key, if all its layers are still in the cache. */
export async function findImage(cache: Cache, key: Digest): Promise<ImageRecord | undefined> {
  const record = await findRecord(cache, "images", key);
  if (!isStored(record)) return undefined;
  const layers: CachedLayer[] = [];
  for (const stored of record.layers) {
    const digest = parseDigest(stored.digest);
    const diffId = parseDigest(stored.diffId);
    if (digest === undefined || diffId === undefined) return undefined;
    const blob = await findBlob(cache, digest, stored.size);
    if (blob === undefined) return undefined;
    layers.push(
      cachedLayer(cache, { digest, diffId, sizeBytes: stored.size, file: blob.file }, stored.mediaType),
    );
  }
  return { config: record.config, layers, figures: record.figures };
}

/** Remembers a finished build. @throws ToolError "disk" */
export async function storeImage(cache: Cache, key: Digest, image: ImageRecord): Promise<void> {
  const layers = image.layers.map(({ descriptor, diffId }) => ({
    digest: descriptor.digest,
    size: descriptor.size,
    mediaType: descriptor.mediaType,
    diffId,
  }));
  // The round trip drops undefined members and proves that the record is plain JSON.
  const plain = JSON.parse(JSON.stringify({ config: image.config, layers, figures: image.figures })) as Json;
  await storeRecord(cache, "images", key, plain);
}

interface StoredImage {
  readonly config: ImageConfig;
  readonly figures: ImageFigures;
  readonly layers: readonly {
    readonly digest: string;
    readonly size: number;
    readonly mediaType: string;
    readonly diffId: string;
  }[];
}

/** Records carry their own digest, so what is read is what was written; the shape is of this format by the key. */
function isStored(record: unknown): record is StoredImage {
  return record !== undefined && record !== null && typeof record === "object" && "layers" in record;
}
