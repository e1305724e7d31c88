// Known layers, seen to be what their digests say. Apart from what reads them: an image that was judged before needs no more.
import type { Bytes } from "../../base/bytes.ts";
import type { Cache } from "../../base/cache.ts";
import type { Task } from "../../base/io.ts";
import { verified } from "../../oci/blob.ts";
import type { Image, Layer } from "../../oci/model.ts";
import { reusedChunks } from "../../oci/reused-chunks.ts";
import { type FileIdentity, identityOf, noteVerified, wasVerified } from "./verified-blobs.ts";

export interface VerifyServices {
  readonly cache: Cache;
  readonly task: Task;
}

/**
 * Sees to it that the layers of an image that was scanned before are what their digests say.
 * @throws ToolError "digest-mismatch"; whatever opening a layer throws
 */
export async function verifyLayers(image: Image, services: VerifyServices): Promise<void> {
  for (const layer of image.layers) await verifyLayer(layer, services);
}

/**
 * Sees to it that a known layer is what its digest says, where nothing but a name says so.
 * @throws ToolError "digest-mismatch"; whatever opening it throws
 */
export async function verifyLayer(layer: Layer, { cache, task }: VerifyServices): Promise<void> {
  if (layer.addressed === true) return;
  const before: FileIdentity | undefined = await identityOf(layer);
  if (before !== undefined && (await wasVerified(cache, layer, before))) return;
  const chunks = frugal(layer).open()[Symbol.asyncIterator]();
  while ((await chunks.next()).done !== true) task.signal.throwIfAborted();
  if (before !== undefined) await noteVerified(cache, layer, before, task);
}

/** The layer for one reader that keeps no chunk: a local file is read in memory that is used again. */
export function frugal(layer: Layer): Layer {
  const { addressed, descriptor, file } = layer;
  if (file === undefined || addressed === true) return layer;
  // One more byte than there should be, so that a longer file is noticed.
  const open = (): Bytes =>
    verified(reusedChunks(file, descriptor.size + 1), descriptor, `the blob ${descriptor.digest}`);
  return { ...layer, open };
}
