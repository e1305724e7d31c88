// Blobs over the distribution-spec: fetched with resumption where a connection is cut ("end-2", Range), pushed in one piece
// ("end-4b", "end-6") or mounted from another repository ("end-11").
import { createReadStream } from "node:fs";
import { open, rename, rm } from "node:fs/promises";
import type { Bytes } from "../../base/bytes.ts";
import { blobFile, type Cache, cacheTemporary, findBlob, openBlob, storeBlob } from "../../base/cache.ts";
import { systemCode, ToolError } from "../../base/errors.ts";
import { diskError } from "../../base/files.ts";
import { type BlobSource, verified } from "../blob.ts";
import type { Descriptor } from "../model.ts";
import type { Scope } from "./challenge.ts";
import { type ApiRequest, type RegistryClient, send } from "./client.ts";
import { Transient, waitOrGiveUp, withRetries } from "./retry.ts";

/** A repository of a registry, and what we may do there. */
export interface Repository {
  readonly registry: string;
  readonly repository: string;
  readonly insecure: boolean;
  readonly scopes: readonly Scope[];
}

/** Progress that earns a fresh set of attempts; a server that drips bytes between cuts gets none. */
const progressBytesMin = 1_048_576;
const advanceBytes = 1_048_576;

/**
 * A blob's bytes from the network: its size is checked, its digest is NOT. A cut connection is continued with Range.
 * @throws ToolError "network", "registry", "not-found", "unauthorized", "digest-mismatch" (wrong size)
 */
export async function* fetchBlobUnverified(
  client: RegistryClient,
  repository: Repository,
  descriptor: Descriptor,
): AsyncGenerator<Uint8Array> {
  const what = `fetching ${descriptor.digest} of ${repository.registry}/${repository.repository}`;
  let received = 0;
  let attempt = 1;
  let attemptStart = 0;
  while (received < descriptor.size || attempt === 1) {
    try {
      for await (const chunk of blobFrom(client, repository, descriptor, received, what)) {
        received += chunk.length;
        if (received > descriptor.size) throw wrongSize(what, `more than ${descriptor.size}`, descriptor);
        yield chunk;
      }
      if (received < descriptor.size) throw wrongSize(what, `${received}`, descriptor);
      return;
    } catch (thrown) {
      if (!(thrown instanceof Transient)) throw thrown;
      if (received - attemptStart >= progressBytesMin) attempt = 1;
      attemptStart = received;
      await waitOrGiveUp(client.retry, client.task.signal, attempt, thrown);
      attempt += 1;
    }
  }
}

/** One answer, from byte `offset` on. */
async function* blobFrom(
  client: RegistryClient,
  repository: Repository,
  descriptor: Descriptor,
  offset: number,
  what: string,
): AsyncGenerator<Uint8Array> {
  const response = await client.attempt({
    ...repository,
    method: "GET",
    path: `/v2/${repository.repository}/blobs/${descriptor.digest}`,
    headers: offset === 0 ? {} : { range: `bytes=${offset}-` },
    expect: [200, 206],
    what,
  });
  // A server that ignores Range sends the whole again.
  let skip = response.status === 206 ? 0 : offset;
  if (response.status === 206 && rangeStart(response.headers["content-range"]) !== offset) {
    response.discard();
    throw new ToolError("registry", {
      what,
      why: "it continued the blob at another place than it was asked to",
    });
  }
  for await (const chunk of response.body) {
    if (skip >= chunk.length) {
      skip -= chunk.length;
      continue;
    }
    yield skip === 0 ? chunk : chunk.subarray(skip);
    skip = 0;
  }
}

function rangeStart(header: string | undefined): number | undefined {
  const found = /^bytes (\d+)-/.exec(header ?? "");
  return found === null ? undefined : Number(found[1]);
}

function wrongSize(what: string, found: string, descriptor: Descriptor): ToolError {
  return new ToolError("digest-mismatch", {
    what,
    why: `it sent ${found} bytes, the descriptor says ${descriptor.size}`,
    hint: "the registry's copy is damaged, or something between changes it",
  });
}

/** Brings a blob into the cache, unless it is there. @returns its file */
export async function fetchIntoCache(
  client: RegistryClient,
  repository: Repository,
  cache: Cache,
  descriptor: Descriptor,
): Promise<string> {
  const known = await findBlob(cache, descriptor.digest, descriptor.size);
  if (known !== undefined) return known.file;
  const stream = withProgress(
    client,
    "pull",
    descriptor,
    fetchBlobUnverified(client, repository, descriptor),
  );
  try {
    return (await storeBlob(cache, stream, descriptor.digest)).file;
  } catch (thrown) {
    throw explainMismatch(thrown, repository, descriptor);
  }
}

/**
 * A blob as it arrives, kept in the cache when it is complete: readers don't wait for the whole. From the cache where it
 * has it.
 */
export function openThroughCache(
  client: RegistryClient,
  repository: Repository,
  cache: Cache,
  descriptor: Descriptor,
): Bytes {
  return {
    async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
      if ((await findBlob(cache, descriptor.digest, descriptor.size)) !== undefined) {
        yield* openBlob(cache, descriptor.digest);
        return;
      }
      const fetched = withProgress(
        client,
        "pull",
        descriptor,
        fetchBlobUnverified(client, repository, descriptor),
      );
      const what = `${descriptor.digest} of ${repository.registry}/${repository.repository}`;
      yield* keep(cache, verified(fetched, descriptor, what), descriptor);
    },
  };
}

async function* keep(cache: Cache, stream: Bytes, descriptor: Descriptor): AsyncGenerator<Uint8Array> {
  const temporary = cacheTemporary(cache);
  try {
    const handle = await open(temporary, "wx", 0o644);
    try {
      for await (const chunk of stream) {
        await handle.writeFile(chunk);
        yield chunk;
      }
    } finally {
      await handle.close();
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

function explainMismatch(thrown: unknown, repository: Repository, descriptor: Descriptor): unknown {
  if (!(thrown instanceof ToolError) || thrown.code !== "digest-mismatch" || thrown.what !== "storing a blob")
    return thrown;
  return new ToolError("digest-mismatch", {
    what: `fetching ${descriptor.digest} of ${repository.registry}/${repository.repository}`,
    why: thrown.why.replace(/, expected.*/, ""),
    hint: "the registry's copy is damaged, or something between changes it",
    cause: thrown,
  });
}

export type PushedBlob = "existed" | "mounted" | "uploaded";

/** Makes sure that the repository has a blob. @throws ToolError as for any request, or what `blob.open` throws */
export async function pushBlob(
  client: RegistryClient,
  target: Repository,
  blob: BlobSource,
  mountFrom: readonly string[],
): Promise<PushedBlob> {
  const { digest } = blob.descriptor;
  const what = `pushing ${digest} to ${target.registry}/${target.repository}`;
  const head = await send(client, {
    ...target,
    method: "HEAD",
    path: `/v2/${target.repository}/blobs/${digest}`,
    expect: [200, 404],
    what,
  });
  head.discard();
  if (head.status === 200) return "existed";
  return withRetries(client.retry, client.task.signal, () =>
    mountOrUpload(client, target, blob, mountFrom, what),
  );
}

async function mountOrUpload(
  client: RegistryClient,
  target: Repository,
  blob: BlobSource,
  mountFrom: readonly string[],
  what: string,
): Promise<PushedBlob> {
  const { digest, size } = blob.descriptor;
  const start = (query: string): ApiRequest => ({
    ...target,
    method: "POST",
    path: `/v2/${target.repository}/blobs/uploads/${query}`,
    headers: { "content-length": "0" },
    expect: [201, 202],
    what,
  });
  let location: string | undefined;
  for (const from of mountFrom) {
    const response = await client.attempt(
      start(`?mount=${encodeURIComponent(digest)}&from=${encodeURIComponent(from)}`),
    );
    response.discard();
    if (response.status === 201) return "mounted";
    // Not mounted: the answer is an upload session, as for a plain start. The last one is used, others expire.
    location = response.headers["location"];
  }
  if (location === undefined) {
    const response = await client.attempt(start(""));
    response.discard();
    location = response.headers["location"];
  }
  if (location === undefined)
    throw new ToolError("registry", { what, why: `${target.registry} gave no upload address` });
  const answer = await client.attempt({
    ...target,
    method: "PUT",
    path: withDigest(location, digest),
    headers: { "content-type": "application/octet-stream" },
    body: {
      sizeBytes: size,
      open: () => withProgress(client, "push", blob.descriptor, withheldEnd(contentOf(blob))),
    },
    expect: [201, 204],
    what,
  });
  answer.discard();
  return "uploaded";
}

function withDigest(location: string, digest: string): string {
  return `${location}${location.includes("?") ? "&" : "?"}digest=${encodeURIComponent(digest)}`;
}

/** The blob's bytes, verified; from its file where it has one. */
function contentOf(blob: BlobSource): Bytes {
  if (blob.file === undefined) return blob.open();
  const stream = createReadStream(blob.file, { highWaterMark: 1 << 20 }) as AsyncIterable<Buffer>;
  return verified(stream, blob.descriptor, blob.file);
}

/** The last chunk comes only after its stream ended well: a registry is never sent all of a blob that failed verification. */
async function* withheldEnd(stream: Bytes): AsyncGenerator<Uint8Array> {
  let held: Uint8Array | undefined;
  for await (const chunk of stream) {
    if (held !== undefined) yield held;
    held = chunk;
  }
  if (held !== undefined) yield held;
}

async function* withProgress(
  client: RegistryClient,
  verb: "pull" | "push",
  descriptor: Descriptor,
  stream: Bytes,
): AsyncGenerator<Uint8Array> {
  const id = `${verb} ${descriptor.digest}`;
  const { emit } = client.task;
  emit({
    type: "start",
    id,
    name: `${verb} ${descriptor.digest.slice(7, 19)}`,
    total: descriptor.size,
    unit: "bytes",
  });
  let done = 0;
  let told = 0;
  let complete = false;
  try {
    for await (const chunk of stream) {
      done += chunk.length;
      if (done - told >= advanceBytes) {
        emit({ type: "advance", id, done });
        told = done;
      }
      yield chunk;
    }
    complete = true;
  } finally {
    emit(complete ? { type: "end", id } : { type: "fail", id, message: `stopped after ${done} bytes` });
  }
}
