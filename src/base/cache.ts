// The cache folder: content-addressed blobs and small records. Safe under parallel processes and kill -9: everything is
// written to a temporary name and renamed; what is read back is verified, and what fails is discarded and made again.
//
//   blobs/<64 hex>              files named by their SHA-256
//   records/<namespace>/<key>   canonical JSON with its own digest in the first line
//   unpacked/<key>/             folders made by the package unpacker
//   layers/<64 hex>/            layers of build steps: folders with their owners, indexes, contents (engines/native/snapshots)
//   mounts/<64 hex>/<n>/        what RUN --mount=type=cache keeps (engines/native/solver/exec/cache-mounts.ts)
//   tmp/<process>-<16 hex>      what is being made, by whom (processes.ts)
import { createHash, randomBytes } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, open, readFile, rename, rm, stat, utimes } from "node:fs/promises";
import { join } from "node:path";
import type { Bytes } from "./bytes.ts";
import { canonicalJson, type Json } from "./canonical-json.ts";
import { type Digest, digestOf, finishDigest, hexOf } from "./digest.ts";
import { messageOf, systemCode, ToolError } from "./errors.ts";
import { diskError, makeFolder, writeChunk } from "./files.ts";
import { ownProcessName } from "./processes.ts";

export interface Cache {
  readonly folder: string;
}

export interface StoredBlob {
  readonly digest: Digest;
  readonly sizeBytes: number;
  readonly file: string;
}

/** Opens (and makes) a cache folder. @throws ToolError "disk" */
export async function openCache(folder: string): Promise<Cache> {
  try {
    await Promise.all(
      ["blobs", "records", "unpacked", "layers", "tmp"].map((name) => makeFolder(join(folder, name))),
    );
  } catch (thrown) {
    throw diskError(`opening the cache ${folder}`, thrown);
  }
  return { folder };
}

/** Where the blob lies if the cache has it. */
export function blobFile(cache: Cache, digest: Digest): string {
  return join(cache.folder, "blobs", hexOf(digest));
}

/** A new name in the cache's own temporary folder (same file system, so a rename is atomic). */
export function cacheTemporary(cache: Cache): string {
  return join(cache.folder, "tmp", `${ownProcessName()}-${randomBytes(8).toString("hex")}`);
}

/**
 * The blob if it is there with the right size. Marks it as used. Its content is verified when it is read; one of another
 * size stays, since the size is what somebody else said of it.
 */
export async function findBlob(
  cache: Cache,
  digest: Digest,
  sizeBytes?: number,
): Promise<StoredBlob | undefined> {
  const file = blobFile(cache, digest);
  try {
    const status = await stat(file);
    if (sizeBytes !== undefined && status.size !== sizeBytes) return undefined;
    await markUsed(file, status.mtimeMs);
    return { digest, sizeBytes: status.size, file };
  } catch (thrown) {
    if (systemCode(thrown) === "ENOENT") return undefined;
    throw diskError(`reading the cache entry ${digest}`, thrown);
  }
}

/**
 * Stores a stream. With `expected`, content that differs is refused and nothing is stored.
 * @throws ToolError "digest-mismatch", "disk"
 */
export async function storeBlob(
  cache: Cache,
  content: Bytes | Uint8Array,
  expected?: Digest,
): Promise<StoredBlob> {
  const temporary = cacheTemporary(cache);
  const hash = createHash("sha256");
  let sizeBytes = 0;
  try {
    const handle = await open(temporary, "wx", 0o644);
    try {
      for await (const chunk of content instanceof Uint8Array ? [content] : content) {
        hash.update(chunk);
        sizeBytes += chunk.length;
        await writeChunk(handle, chunk);
      }
    } finally {
      await handle.close();
    }
    const digest = finishDigest(hash);
    if (expected !== undefined && digest !== expected) {
      throw new ToolError("digest-mismatch", {
        what: "storing a blob",
        why: `it is ${digest}, expected ${expected}`,
      });
    }
    const file = blobFile(cache, digest);
    await rename(temporary, file);
    return { digest, sizeBytes, file };
  } catch (thrown) {
    await rm(temporary, { force: true });
    if (systemCode(thrown) !== undefined) throw diskError("writing to the cache", thrown);
    throw thrown;
  }
}

/**
 * A blob's content, verified as it streams: the last chunk is followed by an error where the digest differs, and the bad
 * blob is removed, so that the next run makes it again.
 * @throws ToolError "cache" where it is absent or corrupt
 */
export function openBlob(cache: Cache, digest: Digest): Bytes {
  return {
    async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
      const file = blobFile(cache, digest);
      const hash = createHash("sha256");
      try {
        for await (const chunk of createReadStream(file, {
          highWaterMark: 1 << 20,
        }) as AsyncIterable<Buffer>) {
          hash.update(chunk);
          yield chunk;
        }
      } catch (thrown) {
        if (systemCode(thrown) === undefined) throw thrown;
        throw cacheError(digest, messageOf(thrown));
      }
      if (finishDigest(hash) !== digest) {
        await rm(file, { force: true });
        throw cacheError(digest, "its content does not match its digest; it was removed");
      }
    },
  };
}

/** A record by namespace and key; undefined where there is none or where it is damaged. */
export async function findRecord(cache: Cache, namespace: string, key: Digest): Promise<Json | undefined> {
  const file = recordFile(cache, namespace, key);
  try {
    const text = await readFile(file, "utf8");
    const cut = text.indexOf("\n");
    const body = text.slice(cut + 1);
    if (text.slice(0, cut) !== digestOf(body)) {
      await rm(file, { force: true });
      return undefined;
    }
    const status = await stat(file);
    await markUsed(file, status.mtimeMs);
    return JSON.parse(body) as Json;
  } catch (thrown) {
    if (systemCode(thrown) === "ENOENT") return undefined;
    throw diskError("reading the cache", thrown);
  }
}

/** Stores a record. The key must name everything that the value depends on. @throws ToolError "disk" */
export async function storeRecord(cache: Cache, namespace: string, key: Digest, value: Json): Promise<void> {
  const body = canonicalJson(value);
  const temporary = cacheTemporary(cache);
  try {
    await mkdir(join(cache.folder, "records", namespace), { recursive: true });
    const handle = await open(temporary, "wx", 0o644);
    try {
      await handle.writeFile(`${digestOf(body)}\n${body}`);
    } finally {
      await handle.close();
    }
    await rename(temporary, recordFile(cache, namespace, key));
  } catch (thrown) {
    await rm(temporary, { force: true });
    throw diskError("writing to the cache", thrown);
  }
}

function recordFile(cache: Cache, namespace: string, key: Digest): string {
  return join(cache.folder, "records", namespace, hexOf(key));
}

/** Entries unused for longest are pruned first; an hour's resolution keeps hot reads from writing. */
async function markUsed(file: string, mtimeMs: number): Promise<void> {
  const now = new Date();
  if (now.getTime() - mtimeMs > 3_600_000) await utimes(file, now, now).catch(() => undefined);
}

function cacheError(digest: Digest, why: string): ToolError {
  return new ToolError("cache", {
    what: `reading the cache entry ${digest}`,
    why,
    hint: "run the command again; if it comes back, check the disk, or use another --cache-dir",
  });
}
