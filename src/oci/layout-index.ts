// index.json of a layout folder (image-spec v1.1, image-layout.md): read, changed and replaced by one process at a time.
// Invariants: of several processes that add images, each one's is there in the end; what other tools wrote about their images
// stays as they wrote it, unknown members and annotations included.
import { open, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { systemCode, ToolError } from "../base/errors.ts";
import { statusOf, temporaryName, writeFileAtomically } from "../base/files.ts";
import { limits } from "../base/limits.ts";
import { indexBytes, indexDocument } from "./derive.ts";
import { type JsonObject, parseJsonObject } from "./json.ts";
import { indexFile, refNameAnnotation, taggedDescriptor } from "./layout-files.ts";
import type { Descriptor } from "./model.ts";
import { parseIndex } from "./validate.ts";

/** Its presence marks the layout as being changed. */
const lockFile = `${indexFile}.lock`;
const lockPollMs = 25;
/** The lock is held for milliseconds, so this is long even behind many others. */
const lockPollsMax = 400;

/**
 * Puts `descriptor` into the layout's index.json as the image named `tag` (or as the one without a name) in place of what had
 * the name.
 * @throws ToolError "malformed", "limit"; "disk" where another process keeps its lock; the system's own error
 */
export async function addToIndex(
  folder: string,
  descriptor: Descriptor,
  tag: string | undefined,
  signal?: AbortSignal,
): Promise<void> {
  const lock = await takeLock(folder, signal);
  try {
    const known = await readIndex(folder);
    await writeFileAtomically(join(folder, indexFile), withTag(known, descriptor, tag));
  } finally {
    await rm(lock, { force: true });
  }
}

/** Refuses a folder whose index.json can't be added to. @throws as `addToIndex` */
export async function checkIndex(folder: string): Promise<void> {
  await readIndex(folder);
}

/**
 * Removes a layout that has no index.json, and with it everything in the folder. It goes at once, so that another process that
 * was adding an image there fails, and names nothing that is gone.
 * @returns whether it was removed
 */
export async function removeUnfinished(folder: string): Promise<boolean> {
  const lock = await takeLock(folder, undefined);
  const aside = temporaryName(folder);
  let moved = false;
  try {
    if ((await statusOf(join(folder, indexFile))) !== undefined) return false;
    await rename(folder, aside);
    moved = true;
  } finally {
    // The lock went with the folder; one that is there by its name is another's.
    if (!moved) await rm(lock, { force: true });
  }
  await rm(aside, { recursive: true, force: true });
  return true;
}

interface KnownIndex {
  /** As it stands in the file. */
  readonly document: JsonObject;
  readonly manifests: readonly Descriptor[];
}

async function readIndex(folder: string): Promise<KnownIndex | undefined> {
  const file = join(folder, indexFile);
  const status = await statusOf(file);
  if (status === undefined) return undefined;
  if (!status.isFile() || status.size > limits.manifestBytesMax) {
    throw new ToolError("malformed", { what: `reading ${file}`, why: "it is no file, or too large" });
  }
  const bytes = await readFile(file);
  const { manifests } = parseIndex(bytes, file);
  return { document: parseJsonObject(bytes, limits.manifestBytesMax, file), manifests };
}

function withTag(known: KnownIndex | undefined, descriptor: Descriptor, tag: string | undefined): Uint8Array {
  const added = taggedDescriptor(descriptor, tag);
  if (known === undefined) return indexBytes([added]);
  const { document, manifests } = known;
  const written = (document["manifests"] ?? []) as readonly unknown[];
  const others = written.filter((_, at) => manifests[at]?.annotations?.[refNameAnnotation] !== tag);
  return indexDocument(document, others, added);
}

/** Makes the lock file. @returns its path, to be removed */
async function takeLock(folder: string, signal: AbortSignal | undefined): Promise<string> {
  const file = join(folder, lockFile);
  for (let polls = 0; ; polls++) {
    try {
      await (await open(file, "wx", 0o644)).close();
      return file;
    } catch (thrown) {
      if (systemCode(thrown) !== "EEXIST") throw thrown;
    }
    if (polls === lockPollsMax) {
      throw new ToolError("disk", {
        what: `writing ${join(folder, indexFile)}`,
        why: `another process has been changing it for ${(lockPollsMax * lockPollMs) / 1000} seconds`,
        hint: `where none is, remove ${file}`,
      });
    }
    signal?.throwIfAborted();
    await delay(lockPollMs);
  }
}
