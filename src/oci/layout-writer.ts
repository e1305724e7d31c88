// Writes an image set into an OCI image layout (image-spec v1.1, image-layout.md), new or existing.
// Invariant: whenever it stops, index.json names only what is wholly there: blobs are placed under a temporary name, checked
// and renamed; index.json is replaced last (layout-index.ts). Images that were there under other tags stay. Where the image could
// not be written, the folder that was made for it goes, with those above it that nobody else has put anything into.
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { link, lstat, mkdir, open, readdir, rename, rm, rmdir } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { finishDigest } from "../base/digest.ts";
import { systemCode, ToolError } from "../base/errors.ts";
import { diskError, makeFolder, statusOf, temporaryName, writeFileAtomically } from "../base/files.ts";
import { parallel } from "../base/pool.ts";
import { type BlobSource, blobsOf } from "./blob.ts";
import { rootOf } from "./derive.ts";
import { blobPath, layoutMarker, layoutMarkerText } from "./layout-files.ts";
import { addToIndex, checkIndex, removeUnfinished } from "./layout-index.ts";
import type { Descriptor, ImageSet } from "./model.ts";

const placedAtOnce = 4;

/**
 * Adds `set` to the layout in `folder` as `tag`; without one, as its image without a name.
 * @throws ToolError "usage" where the folder holds something else; "disk"; whatever the set's blobs throw
 */
export async function writeLayout(
  set: ImageSet,
  folder: string,
  tag: string | undefined,
  signal?: AbortSignal,
): Promise<void> {
  const target = resolve(folder);
  let made: string | undefined;
  try {
    made = await makeFolder(target);
    await prepareFolder(target);
    await parallel(blobsOf(set), placedAtOnce, async (blob) => {
      signal?.throwIfAborted();
      await placeBlob(blob, join(target, blobPath(blob.descriptor.digest)), signal);
    });
    await addToIndex(target, rootOf(set), tag, signal);
  } catch (thrown) {
    // What can't be removed is not what the user has to know: that is what failed first.
    if (made !== undefined) await removeMade(target, made).catch(() => undefined);
    if (systemCode(thrown) === undefined) throw thrown;
    throw diskError(`writing the OCI layout ${folder}`, thrown);
  }
}

/** Removes what was made for a layout that is not finished: its folder, and those above up to `topmost` that are empty then. */
async function removeMade(folder: string, topmost: string): Promise<void> {
  if (!(await removeUnfinished(folder))) return;
  for (let at = folder; at !== topmost && at !== dirname(at); ) {
    at = dirname(at);
    await rmdir(at);
  }
}

/** Makes what is missing of the layout's frame, which another process may be making too. */
async function prepareFolder(folder: string): Promise<void> {
  const names = await readdir(folder);
  if (!names.includes(layoutMarker)) {
    if (names.some((name) => !name.startsWith(`${layoutMarker}.tmp-`))) {
      throw new ToolError("usage", {
        what: `writing the OCI layout ${folder}`,
        why: "the folder isn't empty, and isn't an OCI layout",
        hint: "name a new folder",
      });
    }
    await writeFileAtomically(join(folder, layoutMarker), layoutMarkerText);
  }
  for (const name of ["blobs", "blobs/sha256"]) {
    await mkdir(join(folder, name), { recursive: true });
    // A layout that someone else made may point elsewhere; nothing is written through it.
    const status = await lstat(join(folder, name));
    if (!status.isDirectory()) {
      throw new ToolError("malformed", {
        what: `writing the OCI layout ${folder}`,
        why: `${name} is no folder`,
      });
    }
  }
  await checkIndex(folder);
}

async function placeBlob(blob: BlobSource, target: string, signal: AbortSignal | undefined): Promise<void> {
  const present = await statusOf(target);
  if (present?.isFile() === true && present.size === blob.descriptor.size) {
    if (await isIntact(target, blob.descriptor, signal)) return;
  }
  const temporary = temporaryName(target);
  try {
    const linked = blob.file !== undefined && (await linkBlob(blob.file, temporary, blob.descriptor, signal));
    if (!linked) await copyBlob(blob, temporary, signal);
    await rename(temporary, target);
  } finally {
    await rm(temporary, { force: true });
  }
}

/** A second name for the blob's file, where the file system allows one and the content is what it should be. */
async function linkBlob(
  file: string,
  temporary: string,
  descriptor: Descriptor,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  try {
    await link(file, temporary);
  } catch {
    return false;
  }
  const status = await statusOf(temporary);
  if (status?.isFile() === true && (await isIntact(temporary, descriptor, signal))) return true;
  await rm(temporary, { force: true });
  return false;
}

async function copyBlob(blob: BlobSource, temporary: string, signal: AbortSignal | undefined): Promise<void> {
  const handle = await open(temporary, "wx", 0o644);
  try {
    for await (const chunk of blob.open()) {
      signal?.throwIfAborted();
      await handle.writeFile(chunk);
    }
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function isIntact(
  file: string,
  descriptor: Descriptor,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const hash = createHash("sha256");
  const stream = createReadStream(file, {
    highWaterMark: 1 << 20,
    ...(signal === undefined ? {} : { signal }),
  });
  for await (const chunk of stream as AsyncIterable<Buffer>) hash.update(chunk);
  return finishDigest(hash) === descriptor.digest;
}
