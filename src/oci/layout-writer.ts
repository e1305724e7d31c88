// Writes an image set into an OCI image layout (image-spec v1.1, image-layout.md), new or existing.
// Invariant: whenever it stops, index.json names only what is wholly there: blobs are placed under a temporary name, checked
// and renamed; index.json is replaced last. Images that were there under other tags stay. A folder that was made for an image
// goes with it where the image could not be written.
import { createHash } from "node:crypto";
import { createReadStream, type Stats } from "node:fs";
import { link, lstat, mkdir, open, readdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { finishDigest } from "../base/digest.ts";
import { systemCode, ToolError } from "../base/errors.ts";
import { diskError, makeFolder, temporaryName, writeFileAtomically } from "../base/files.ts";
import { limits } from "../base/limits.ts";
import { parallel } from "../base/pool.ts";
import { type BlobSource, blobsOf } from "./blob.ts";
import { indexBytes, rootOf } from "./derive.ts";
import { blobPath, indexFile, layoutMarker, layoutMarkerText, withTag } from "./layout-files.ts";
import type { Descriptor, ImageSet } from "./model.ts";
import { parseIndex } from "./validate.ts";

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
  let made: string | undefined;
  try {
    made = await makeFolder(folder);
    const manifests = await prepareFolder(folder);
    await parallel(blobsOf(set), placedAtOnce, async (blob) => {
      signal?.throwIfAborted();
      await placeBlob(blob, join(folder, blobPath(blob.descriptor.digest)), signal);
    });
    await writeFileAtomically(join(folder, indexFile), indexBytes(withTag(manifests, rootOf(set), tag)));
  } catch (thrown) {
    // Another process may have finished an image here meanwhile.
    if (made !== undefined && !(await exists(join(folder, indexFile)))) {
      await rm(made, { recursive: true, force: true }).catch(() => undefined);
    }
    if (systemCode(thrown) === undefined) throw thrown;
    throw diskError(`writing the OCI layout ${folder}`, thrown);
  }
}

/** Makes what is missing of the layout's frame. Returns the manifests that it names so far. */
async function prepareFolder(folder: string): Promise<readonly Descriptor[]> {
  const names = await readdir(folder);
  if (!names.includes(layoutMarker)) {
    if (names.length > 0) {
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
  if (!names.includes(indexFile)) return [];
  const file = join(folder, indexFile);
  const status = await lstat(file);
  if (!status.isFile() || status.size > limits.manifestBytesMax) {
    throw new ToolError("malformed", { what: `reading ${file}`, why: "it is no file, or too large" });
  }
  return parseIndex(await readFile(file), file).manifests;
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

async function exists(path: string): Promise<boolean> {
  return (await statusOf(path).catch(() => undefined)) !== undefined;
}

async function statusOf(path: string): Promise<Stats | undefined> {
  try {
    return await lstat(path);
  } catch (thrown) {
    if (systemCode(thrown) === "ENOENT") return undefined;
    throw thrown;
  }
}
