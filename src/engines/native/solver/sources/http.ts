// A file of a URL (ADD https://...). What was read before is kept by its digest, and asked for again only where the server says
// that it changed (RFC 9110 sections 8.8 and 13.1); with a checksum that is there, the server isn't asked at all.
import type { Bytes } from "../../../../base/bytes.ts";
import {
  findBlob,
  findRecord,
  openBlob,
  type StoredBlob,
  storeBlob,
  storeRecord,
} from "../../../../base/cache.ts";
import { type Digest, digestOf, parseDigest } from "../../../../base/digest.ts";
import { assert, ToolError } from "../../../../base/errors.ts";
import { limits } from "../../../../base/limits.ts";
import type { HttpOperation } from "../../../../graph/operation.ts";
import type { FileEntry } from "../../../../tree/entry.ts";
import { treeOf } from "../../../../tree/memory-tree.ts";
import { isName, joinPath, root } from "../../../../tree/path.ts";
import { sourceKey } from "../keys.ts";
import { resultOfTree } from "../result.ts";
import type { SolverServices, Validators } from "../solver.ts";
import type { Source } from "../sources.ts";

const namespace = "build-downloads";

interface Downloaded extends Validators {
  readonly blob: StoredBlob;
  readonly cached: boolean;
}

/** @throws ToolError "digest-mismatch" where it isn't what the checksum says, "limit"; what downloading throws */
export async function openHttp(
  operation: HttpOperation,
  services: SolverServices,
  signal: AbortSignal,
): Promise<Source> {
  const { gid, mode, name, uid } = operation;
  assert(isName(name), `a download's name is one: ${JSON.stringify(name)}`);
  const { blob, cached, lastModified } = await downloaded(operation, services, signal);
  const mtime = secondsOf(lastModified);
  const entry: FileEntry = {
    kind: "file",
    path: joinPath(root, name),
    origins: [{ kind: "declared", what: `ADD ${operation.url}` }],
    mode,
    uid,
    gid,
    mtime,
    sizeBytes: blob.sizeBytes,
    digest: blob.digest,
    content: openBlob(services.cache, blob.digest),
  };
  return {
    key: sourceKey("http", [blob.digest, name, mode, uid, gid, mtime]),
    result: resultOfTree(treeOf([entry]), services.store),
    cached,
  };
}

async function downloaded(
  { checksum, url }: HttpOperation,
  services: SolverServices,
  signal: AbortSignal,
): Promise<Downloaded> {
  const { cache } = services;
  const key = digestOf(url);
  const known = await knownDownload(services, key);
  if (known !== undefined && known.blob.digest === checksum) return known;
  const { etag, lastModified } = known ?? {};
  const validators = {
    ...(etag === undefined ? {} : { etag }),
    ...(lastModified === undefined ? {} : { lastModified }),
  };
  // What isn't wanted any more is no reason not to send what is.
  const asked = checksum === undefined ? validators : {};
  const answer = await services.download(url, asked, signal);
  if (answer === "unchanged") {
    if (known !== undefined) return known;
    throw new ToolError("network", {
      what: `downloading ${url}`,
      why: "the server says it is unchanged, but it was never read",
    });
  }
  const blob = await stored(services, url, answer.content, checksum);
  const record = {
    digest: blob.digest,
    sizeBytes: blob.sizeBytes,
    etag: answer.etag,
    lastModified: answer.lastModified,
  };
  await storeRecord(cache, namespace, key, record);
  return {
    blob,
    cached: false,
    ...(answer.etag === undefined ? {} : { etag: answer.etag }),
    ...(answer.lastModified === undefined ? {} : { lastModified: answer.lastModified }),
  };
}

async function stored(
  { cache }: SolverServices,
  url: string,
  content: Bytes,
  checksum: Digest | undefined,
): Promise<StoredBlob> {
  const blob = await storeBlob(cache, bounded(content, url));
  if (checksum === undefined || blob.digest === checksum) return blob;
  throw new ToolError("digest-mismatch", {
    what: `downloading ${url}`,
    why: `it is ${blob.digest}, the checksum says ${checksum}`,
    hint: "the file was changed at its source: look at it, then change --checksum",
  });
}

async function knownDownload({ cache }: SolverServices, key: Digest): Promise<Downloaded | undefined> {
  const record = await findRecord(cache, namespace, key);
  if (record === null || typeof record !== "object" || !("digest" in record)) return undefined;
  const { digest: text, etag, lastModified, sizeBytes } = record;
  const digest = typeof text === "string" ? parseDigest(text) : undefined;
  if (digest === undefined || typeof sizeBytes !== "number") return undefined;
  const blob = await findBlob(cache, digest, sizeBytes);
  if (blob === undefined) return undefined;
  return {
    blob,
    cached: true,
    ...(typeof etag === "string" ? { etag } : {}),
    ...(typeof lastModified === "string" ? { lastModified } : {}),
  };
}

function bounded(content: Bytes, url: string): Bytes {
  return {
    async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
      let sizeBytes = 0;
      for await (const chunk of content) {
        sizeBytes += chunk.length;
        if (sizeBytes > limits.downloadBytesMax) {
          const why = `it is larger than ${limits.downloadBytesMax} bytes (downloadBytesMax)`;
          throw new ToolError("limit", { what: `downloading ${url}`, why });
        }
        yield chunk;
      }
    },
  };
}

/** Of an HTTP date, whole seconds since the epoch; the epoch itself where there is none. */
function secondsOf(date: string | undefined): number {
  const timeMs = Date.parse(date ?? "");
  return Number.isNaN(timeMs) ? 0 : Math.max(0, Math.floor(timeMs / 1000));
}
