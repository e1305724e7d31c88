// Regular files of this machine's disk: their digest, and their content as streams that notice when it is no longer what was
// examined. A link in place of a file is never followed, a pipe never waited for.
import { createHash } from "node:crypto";
import { type BigIntStats, closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import type { Bytes } from "../../../base/bytes.ts";
import { type Digest, digestOf, finishDigest } from "../../../base/digest.ts";
import { systemCode, ToolError } from "../../../base/errors.ts";
import { diskError } from "../../../base/files.ts";
import { encodeName } from "../../../base/names.ts";

/** Up to here one synchronous read is cheaper than a stream: a context has thousands of small files. */
const oneReadBytesMax = 262_144;
const chunkBytes = 1_048_576;
const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

export interface ExaminedFile {
  readonly digest: Digest;
  readonly sizeBytes: number;
}

/** A path as the system takes it: names that aren't UTF-8 as their bytes. */
export function diskName(path: string): string | Buffer {
  const bytes = /[\udc80-\udcff]/.test(path) ? encodeName(path) : undefined;
  return bytes ?? path;
}

/**
 * Reads a file once. It has to be the one of `status`, before and after.
 * @throws ToolError "malformed" where it changed meanwhile, "disk"; the signal's reason
 */
export async function examineFile(
  file: string,
  status: BigIntStats,
  signal: AbortSignal,
): Promise<ExaminedFile> {
  try {
    const fd = openSync(diskName(file), flags);
    try {
      const before = fstatSync(fd, { bigint: true });
      if (!isSame(status, before)) throw changed(file);
      const examined =
        before.size <= oneReadBytesMax
          ? examineSmall(fd, Number(before.size))
          : await examineLarge(fd, signal);
      if (!isSame(status, fstatSync(fd, { bigint: true }))) throw changed(file);
      return examined;
    } finally {
      closeSync(fd);
    }
  } catch (thrown) {
    if (systemCode(thrown) === undefined) throw thrown;
    throw unreadable(file, thrown);
  }
}

function isSame(before: BigIntStats, now: BigIntStats): boolean {
  return (
    before.dev === now.dev &&
    before.ino === now.ino &&
    before.size === now.size &&
    before.mtimeNs === now.mtimeNs
  );
}

function examineSmall(fd: number, sizeBytes: number): ExaminedFile {
  const bytes = readWhole(fd, sizeBytes);
  return { digest: digestOf(bytes), sizeBytes: bytes.length };
}

async function examineLarge(fd: number, signal: AbortSignal): Promise<ExaminedFile> {
  const hash = createHash("sha256");
  const buffer = Buffer.allocUnsafe(chunkBytes);
  let sizeBytes = 0;
  for (;;) {
    const length = readSync(fd, buffer, 0, chunkBytes, sizeBytes);
    if (length === 0) return { digest: finishDigest(hash), sizeBytes };
    hash.update(buffer.subarray(0, length));
    sizeBytes += length;
    // An interrupt is seen between two reads.
    await new Promise((settle) => setImmediate(settle));
    signal.throwIfAborted();
  }
}

/** A file's bytes; an error in place of the end where they are no longer those that were examined. */
export function contentOnDisk(file: string, { digest, sizeBytes }: ExaminedFile): Bytes {
  return {
    async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
      try {
        if (sizeBytes <= oneReadBytesMax) {
          const bytes = readSmall(file, sizeBytes);
          if (digestOf(bytes) !== digest) throw changed(file);
          if (bytes.length > 0) yield bytes;
        } else yield* verified(file, digest);
      } catch (thrown) {
        if (systemCode(thrown) === undefined) throw thrown;
        throw unreadable(file, thrown);
      }
    },
  };
}

async function* verified(file: string, digest: Digest): AsyncGenerator<Uint8Array> {
  const handle = await open(diskName(file), flags);
  try {
    const hash = createHash("sha256");
    for await (const chunk of chunksOf(handle)) {
      hash.update(chunk);
      yield chunk;
    }
    if (finishDigest(hash) !== digest) throw changed(file);
  } finally {
    await handle.close();
  }
}

async function* chunksOf(handle: FileHandle): AsyncGenerator<Uint8Array> {
  for (let position = 0; ; ) {
    const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(chunkBytes), 0, chunkBytes, position);
    if (bytesRead === 0) return;
    position += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}

function readSmall(file: string, sizeBytes: number): Uint8Array {
  const fd = openSync(diskName(file), flags);
  try {
    return readWhole(fd, sizeBytes);
  } finally {
    closeSync(fd);
  }
}

/** So many bytes and one more, if the file has one: it would no longer be the same. */
function readWhole(fd: number, sizeBytes: number): Uint8Array {
  const bytes = Buffer.allocUnsafe(sizeBytes + 1);
  let length = 0;
  for (;;) {
    const read = readSync(fd, bytes, length, bytes.length - length, length);
    length += read;
    if (read === 0 || length === bytes.length) return bytes.subarray(0, length);
  }
}

function changed(file: string): ToolError {
  return new ToolError("malformed", {
    what: `reading ${file}`,
    why: "it changed while it was being read",
    hint: "build again when the file no longer changes, or leave it out (.dockerignore)",
  });
}

function unreadable(file: string, thrown: unknown): ToolError {
  const code = systemCode(thrown);
  if (code === "ELOOP" || code === "ENOENT" || code === "ENOTDIR" || code === "ENXIO") return changed(file);
  return diskError(`reading ${file}`, thrown);
}
