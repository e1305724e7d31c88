// Blobs in local files whose content was seen to match its digest. A known layer is read again unless this very file, unchanged
// since, was read before: a name in a layout promises nothing.
import { stat } from "node:fs/promises";
import { type Cache, findRecord, storeRecord } from "../../base/cache.ts";
import { type Digest, digestOf } from "../../base/digest.ts";
import type { Task } from "../../base/io.ts";
import type { Layer } from "../../oci/model.ts";

const namespace = "verified-blobs";

/** A change within one tick of the file system's clock after another one doesn't show in its times. */
const settledMs = 2000;

/** What a file was when it was looked at. */
export interface FileIdentity {
  readonly text: string;
  readonly changedMs: number;
}

/** The identity of the file that holds a layer's blob; undefined where the blob is no local file. */
export async function identityOf(layer: Layer): Promise<FileIdentity | undefined> {
  const file = layer.file ?? layer.within;
  if (file === undefined) return undefined;
  const status = await stat(file, { bigint: true }).catch(() => undefined);
  if (status === undefined) return undefined;
  const { ctimeNs, dev, ino, mtimeNs, size } = status;
  const changedMs = Math.max(Number(ctimeNs / 1_000_000n), Number(mtimeNs / 1_000_000n));
  return { text: `${dev} ${ino} ${size} ${mtimeNs} ${ctimeNs}`, changedMs };
}

/** Whether the layer's blob was verified in the file that `identity` is of. */
export async function wasVerified(cache: Cache, layer: Layer, identity: FileIdentity): Promise<boolean> {
  return (await findRecord(cache, namespace, keyOf(layer.descriptor.digest, identity))) === true;
}

/**
 * Notes that the layer's blob was verified. `before`: what its file was before it was read. Where it changed meanwhile, or so
 * lately that another change might not show, nothing is noted.
 */
export async function noteVerified(
  cache: Cache,
  layer: Layer,
  before: FileIdentity,
  task: Task,
): Promise<void> {
  const after = await identityOf(layer);
  if (after?.text !== before.text || task.now() - after.changedMs < settledMs) return;
  await storeRecord(cache, namespace, keyOf(layer.descriptor.digest, before), true);
}

function keyOf(digest: Digest, identity: FileIdentity): Digest {
  return digestOf(`${namespace} ${digest} ${identity.text}`);
}
