// Where layers lie in the cache: layers/<64 hex>/ with any of
//
//   fs/        the tree as overlayfs stacks it: whiteouts are devices 0/0, opaque folders are marked
//   index      the layer's entries (layer-index.ts)
//   content    contents of its files in a row, at the offsets that the index tells
//
// Layers that stand for themselves lie under their id. A folder unpacked for a place in a stack lies under a digest of all the
// ids up to it, and of whose ids its files have: what a layer's tar means depends on what it is laid over.
//
// Invariant: a folder comes into layers/ by one rename, and `index` into one that is there by another; nothing in it is
// changed afterwards. What a killed process leaves lies in tmp/.
import { mkdir, rename, rm, stat, utimes } from "node:fs/promises";
import { join } from "node:path";
import { type Cache, cacheTemporary } from "../../../base/cache.ts";
import { canonicalJson } from "../../../base/canonical-json.ts";
import { type Digest, digestOf, hexOf } from "../../../base/digest.ts";
import { messageOf, systemCode, ToolError } from "../../../base/errors.ts";
import { diskError } from "../../../base/files.ts";
import type { Packer } from "./packer.ts";

export type LayerPart = "fs" | "index" | "content";

/** Where a part of a layer lies, or would. */
export function layerPart(cache: Cache, key: Digest, part: LayerPart): string {
  return join(cache.folder, "layers", hexOf(key), part);
}

/**
 * The key of the folder that the last of these layers is, laid over those before it. `space` says whose ids its files have
 * (Identity.space of the runner).
 */
export function stackKey(space: string, ids: readonly Digest[], form: "layer" | "merged"): Digest {
  return digestOf(canonicalJson(["layers", 2, space, form, ...ids]));
}

/** Use is noted at most once an hour, as of blobs. */
const useResolutionMs = 3_600_000;

/** Whether the part is there; its layer counts as used then. @throws ToolError "disk" */
export async function hasPart(cache: Cache, key: Digest, part: LayerPart, nowMs: number): Promise<boolean> {
  const folder = join(cache.folder, "layers", hexOf(key));
  try {
    const [status] = await Promise.all([stat(folder), stat(join(folder, part))]);
    if (nowMs - status.mtimeMs > useResolutionMs) {
      await utimes(folder, nowMs / 1000, nowMs / 1000).catch(() => undefined);
    }
    return true;
  } catch (thrown) {
    if (systemCode(thrown) === "ENOENT") return false;
    throw diskError(`reading the layer ${key} in the cache`, thrown);
  }
}

/** An empty folder that may become a layer. Nobody else can read it: set-user-id programs of layers lie in there. */
export async function temporaryLayer(cache: Cache): Promise<string> {
  const folder = cacheTemporary(cache);
  try {
    await mkdir(folder, { mode: 0o700 });
    return folder;
  } catch (thrown) {
    throw diskError("writing to the cache", thrown);
  }
}

/** Makes the folder the layer of this key. Where another process was first, its layer stays, and this one goes. */
export async function commitLayer(
  cache: Cache,
  temporary: string,
  key: Digest,
  packer: Packer,
): Promise<void> {
  try {
    await rename(temporary, join(cache.folder, "layers", hexOf(key)));
  } catch (thrown) {
    const code = systemCode(thrown);
    if (code !== "ENOTEMPTY" && code !== "EEXIST") throw diskError("writing to the cache", thrown);
    await packer.remove(temporary);
  }
}

/** Removes a layer whose content is not what it was, so that it is made again, and says so. */
export async function discardLayer(
  cache: Cache,
  key: Digest,
  packer: Packer,
  why: string,
): Promise<ToolError> {
  const away = cacheTemporary(cache);
  try {
    await rename(join(cache.folder, "layers", hexOf(key)), away);
    await packer.remove(away);
  } catch (thrown) {
    if (systemCode(thrown) !== "ENOENT")
      return cacheError(key, `${why}, and it can't be removed: ${messageOf(thrown)}`);
  }
  return cacheError(key, `${why}; it was removed`);
}

function cacheError(key: Digest, why: string): ToolError {
  return new ToolError("cache", {
    what: `reading the layer ${key} in the cache`,
    why,
    hint: "run the command again; if it comes back, check the disk, or use another --cache-dir",
  });
}

/** Removes what is left of a layer that wasn't finished; the reason why is the one to tell. */
export async function abandonLayer(temporary: string, packer: Packer): Promise<void> {
  await packer
    .remove(temporary)
    .catch(() => rm(temporary, { recursive: true, force: true }).catch(() => undefined));
}
