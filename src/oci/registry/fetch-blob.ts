// Blobs from a registry ("end-2"): continued with Range where a connection is cut, kept in the cache, verified.
import { createHash } from "node:crypto";
import { open, rename, rm } from "node:fs/promises";
import type { Bytes } from "../../base/bytes.ts";
import { blobFile, type Cache, cacheTemporary, findBlob, openBlob } from "../../base/cache.ts";
import { finishDigest } from "../../base/digest.ts";
import { systemCode, ToolError } from "../../base/errors.ts";
import { diskError } from "../../base/files.ts";
import type { Descriptor } from "../model.ts";
import { batchWriter } from "./batch-writer.ts";
import type { RegistryClient } from "./client.ts";
import { withProgress } from "./progress.ts";
import { Transient, waitOrGiveUp } from "./retry.ts";
import type { Repository } from "./sources.ts";

/** Progress that earns a fresh set of attempts; a server that drips bytes between cuts gets none. */
const progressBytesMin = 1_048_576;

/** A blob, and where it may be fetched from: the first place that has it. */
export interface RemoteBlob {
  readonly client: RegistryClient;
  readonly sources: readonly Repository[];
  readonly descriptor: Descriptor;
}

/** Brings a blob into the cache, unless it is there. @returns its file. @throws as `openThroughCache` when it is read */
export async function fetchIntoCache(blob: RemoteBlob, cache: Cache): Promise<string> {
  const { digest, size } = blob.descriptor;
  const known = await findBlob(cache, digest, size);
  if (known !== undefined) return known.file;
  const chunks = fetchAndKeep(blob, cache);
  while ((await chunks.next()).done !== true);
  return blobFile(cache, digest);
}

/**
 * A blob as it arrives, kept in the cache once it is complete: readers don't wait for the whole. From the cache where it
 * has it. Verified: in place of the end comes an error where size or digest differ.
 * @throws ToolError "network", "registry", "not-found", "unauthorized", "digest-mismatch", "disk", "cache" when it is read
 */
export function openThroughCache(blob: RemoteBlob, cache: Cache): Bytes {
  const { digest, size } = blob.descriptor;
  return {
    async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
      const known = await findBlob(cache, digest, size);
      yield* known === undefined ? fetchAndKeep(blob, cache) : openBlob(cache, digest);
    },
  };
}

async function* fetchAndKeep(blob: RemoteBlob, cache: Cache): AsyncGenerator<Uint8Array> {
  const { client, descriptor, sources } = blob;
  const stream = withProgress(client.task.emit, "pull", descriptor, fetchUnverified(blob));
  const hash = createHash("sha256");
  const temporary = cacheTemporary(cache);
  try {
    const handle = await open(temporary, "wx", 0o644);
    try {
      const writer = batchWriter(handle);
      for await (const chunk of stream) {
        hash.update(chunk);
        const full = writer.add(chunk);
        if (full !== undefined) await full;
        yield chunk;
      }
      await writer.finish();
    } finally {
      await handle.close();
    }
    const digest = finishDigest(hash);
    if (digest !== descriptor.digest) {
      const what = `fetching ${descriptor.digest} from ${sources[0]?.registry ?? "a registry"}`;
      throw new ToolError("digest-mismatch", { what, why: `its content is ${digest}`, hint: damaged });
    }
    await rename(temporary, blobFile(cache, descriptor.digest));
  } catch (thrown) {
    if (systemCode(thrown) !== undefined) throw diskError("writing to the cache", thrown);
    throw thrown;
  } finally {
    // Also where the reader stops early; after the rename there is nothing to remove.
    await rm(temporary, { force: true });
  }
}

/** The bytes from the first source that has them. Their size is checked, their digest is NOT. */
async function* fetchUnverified(blob: RemoteBlob): AsyncGenerator<Uint8Array> {
  const { client, descriptor, sources } = blob;
  for (const [index, source] of sources.entries()) {
    let begun = false;
    try {
      for await (const chunk of fetchFrom(client, source, descriptor)) {
        begun = true;
        yield chunk;
      }
      return;
    } catch (thrown) {
      if (begun || index === sources.length - 1 || !(thrown instanceof ToolError)) throw thrown;
      client.task.emit({ type: "log", level: "info", message: `${thrown.message}; trying the next source` });
    }
  }
}

/** The bytes from one source. A cut connection is continued where it broke off. */
async function* fetchFrom(
  client: RegistryClient,
  source: Repository,
  descriptor: Descriptor,
): AsyncGenerator<Uint8Array> {
  let received = 0;
  let receivedBefore = 0;
  for (let attempt = 1; ; attempt++) {
    try {
      for await (const chunk of answerFrom(client, source, descriptor, received)) {
        received += chunk.length;
        yield chunk;
      }
      return;
    } catch (thrown) {
      if (!(thrown instanceof Transient)) throw thrown;
      if (received === descriptor.size && received > 0) return;
      if (received - receivedBefore >= progressBytesMin) attempt = 1;
      receivedBefore = received;
      await waitOrGiveUp(client.retry, client.task.signal, attempt, thrown);
    }
  }
}

/** One answer, from byte `offset` on. @throws Transient where it breaks off */
async function* answerFrom(
  client: RegistryClient,
  source: Repository,
  descriptor: Descriptor,
  offset: number,
): AsyncGenerator<Uint8Array> {
  const what = `fetching ${descriptor.digest} of ${source.registry}/${source.repository}`;
  const response = await client.attempt({
    ...source,
    method: "GET",
    path: `/v2/${source.repository}/blobs/${descriptor.digest}`,
    headers: offset === 0 ? {} : { range: `bytes=${offset}-` },
    expect: [200, 206],
    what,
  });
  // A server that doesn't know Range sends the whole again.
  let skipped = response.status === 206 ? offset : 0;
  if (response.status === 206 && rangeStart(response.headers.get("content-range")) !== offset) {
    response.discard();
    throw new ToolError("registry", {
      what,
      why: "it continues the blob at another place than it was asked to",
    });
  }
  let sizeBytes = skipped;
  for await (const chunk of response.body) {
    sizeBytes += chunk.length;
    if (sizeBytes > descriptor.size) throw wrongSize(what, "more", descriptor);
    const skip = Math.min(offset - skipped, chunk.length);
    skipped += skip;
    if (skip < chunk.length) yield skip === 0 ? chunk : chunk.subarray(skip);
  }
  if (sizeBytes === descriptor.size) return;
  const short = wrongSize(what, `${sizeBytes}`, descriptor);
  // Without a stated length a cut connection looks like an end.
  throw response.headers.has("content-length") ? short : new Transient(short);
}

function rangeStart(header: string | undefined): number | undefined {
  const found = /^bytes (\d+)-/.exec(header ?? "");
  return found === null ? undefined : Number(found[1]);
}

const damaged = "the registry's copy is damaged, or something between changes it";

function wrongSize(what: string, found: string, descriptor: Descriptor): ToolError {
  const why = `it holds ${found} bytes, the descriptor says ${descriptor.size}`;
  return new ToolError("digest-mismatch", { what, why, hint: damaged });
}
