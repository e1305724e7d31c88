// A layer blob from tree entries (image-spec layer.md): deterministic bytes, cached by what the entries hold.
import { createHash, type Hash } from "node:crypto";
import { createReadStream } from "node:fs";
import type { Bytes } from "../base/bytes.ts";
import { type Cache, findBlob, findRecord, storeBlob, storeRecord } from "../base/cache.ts";
import { canonicalJson, type Json } from "../base/canonical-json.ts";
import { type Digest, finishDigest, parseDigest } from "../base/digest.ts";
import { ToolError } from "../base/errors.ts";
import { compress } from "../formats/compression.ts";
import { tarEnd, tarHeader, tarPadding } from "../formats/tar-writer.ts";
import { type Layer, mediaTypes } from "../oci/model.ts";
import type { Entry, FileEntry } from "../tree/entry.ts";
import { parallelGzip } from "./parallel-gzip.ts";

export interface LayerOptions {
  readonly compression: "gzip" | "zstd";
  /** Blocks compressed at a time. Not part of the result. */
  readonly width: number;
}

/** A layer whose blob is a file of the cache. */
export interface CachedLayer extends Layer {
  readonly file: string;
}

export interface AssembledLayer extends CachedLayer {
  /** Whether it was there before. */
  readonly cached: boolean;
}

/** Part of every layer's cache key: raise it when the bytes made from the same entries change. */
const layerFormat = 1;
const gzipLevel = 6;
const zstdLevel = 3;

/**
 * The layer that holds exactly these entries (sorted by path, parents included), from the cache or made anew.
 * @throws ToolError "disk", "cache"; whatever reading an entry's content throws
 */
export async function assembleLayer(
  entries: readonly Entry[],
  cache: Cache,
  options: LayerOptions,
  signal: AbortSignal,
): Promise<AssembledLayer> {
  const mediaType = options.compression === "gzip" ? mediaTypes.layerGzip : mediaTypes.layerZstd;
  const key = layerKey(entries, options.compression);
  const known = await findLayer(cache, key);
  if (known !== undefined) return { ...cachedLayer(known, mediaType), cached: true };

  const diff = createHash("sha256");
  const tar = hashing(tarOf(entries, signal), diff);
  const blob = await storeBlob(
    cache,
    options.compression === "gzip"
      ? parallelGzip(tar, gzipLevel, options.width)
      : compress(tar, "zstd", zstdLevel),
  );
  const stored = {
    digest: blob.digest,
    sizeBytes: blob.sizeBytes,
    diffId: finishDigest(diff),
    file: blob.file,
  };
  await storeRecord(cache, "layers", key, {
    digest: stored.digest,
    size: stored.sizeBytes,
    diffId: stored.diffId,
  });
  return { ...cachedLayer(stored, mediaType), cached: false };
}

export interface StoredLayer {
  readonly digest: Digest;
  readonly sizeBytes: number;
  readonly diffId: Digest;
  readonly file: string;
}

async function findLayer(cache: Cache, key: Digest): Promise<StoredLayer | undefined> {
  const record = await findRecord(cache, "layers", key);
  if (record === null || typeof record !== "object" || !("digest" in record)) return undefined;
  const { digest: digestText, diffId: diffIdText, size } = record;
  if (typeof digestText !== "string" || typeof diffIdText !== "string") return undefined;
  const digest = parseDigest(digestText);
  const diffId = parseDigest(diffIdText);
  if (digest === undefined || diffId === undefined) return undefined;
  const blob = await findBlob(cache, digest, Number(size));
  return blob === undefined ? undefined : { digest, diffId, sizeBytes: blob.sizeBytes, file: blob.file };
}

/** The layer for a blob of the cache; its bytes are verified as they are read. */
export function cachedLayer(stored: StoredLayer, mediaType: string): CachedLayer {
  return {
    descriptor: { mediaType, digest: stored.digest, size: stored.sizeBytes },
    diffId: stored.diffId,
    file: stored.file,
    open: () => verified(stored.file, stored.digest),
  };
}

/** A blob file's bytes; ends with an error where they are not what the digest says. */
function verified(file: string, digest: Digest): Bytes {
  return {
    async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
      const hash = createHash("sha256");
      for await (const chunk of createReadStream(file, {
        highWaterMark: 1_048_576,
      }) as AsyncIterable<Buffer>) {
        hash.update(chunk);
        yield chunk;
      }
      if (finishDigest(hash) !== digest) {
        throw new ToolError("cache", {
          what: `reading the layer ${digest}`,
          why: "its cached blob is damaged",
          hint: "run `distill cache prune --all`, then build again",
        });
      }
    },
  };
}

function layerKey(entries: readonly Entry[], compression: string): Digest {
  const hash = createHash("sha256");
  hash.update(`${layerFormat} ${compression} ${gzipLevel} ${zstdLevel}\n`);
  for (const entry of entries) hash.update(`${canonicalJson(identityOf(entry))}\n`);
  return finishDigest(hash);
}

/** Everything of an entry that reaches the layer's bytes. */
function identityOf(entry: Entry): Json {
  const xattrs = [...(entry.xattrs ?? [])].map(
    ([name, value]): Json => [name, Buffer.from(value).toString("hex")],
  );
  const common: Json[] = [entry.kind, entry.path, entry.mode, entry.uid, entry.gid, entry.mtime, xattrs];
  switch (entry.kind) {
    case "file":
      return [...common, entry.digest, entry.sizeBytes, entry.link ?? null];
    case "symlink":
      return [...common, entry.target];
    case "directory":
      return common;
    default:
      return [...common, entry.deviceMajor, entry.deviceMinor];
  }
}

/** Small pieces are gathered, so that 10,000 headers don't make 10,000 chunks. */
const gatherBytes = 262_144;

function tarOf(entries: readonly Entry[], signal: AbortSignal): Bytes {
  return {
    async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
      let pieces: Uint8Array[] = [];
      let gathered = 0;
      for await (const piece of tarPieces(entries, signal)) {
        pieces.push(piece);
        gathered += piece.length;
        if (gathered < gatherBytes) continue;
        yield Buffer.concat(pieces);
        pieces = [];
        gathered = 0;
      }
      yield Buffer.concat(pieces);
    },
  };
}

async function* tarPieces(entries: readonly Entry[], signal: AbortSignal): AsyncGenerator<Uint8Array> {
  /** First path of each inode in this layer; later names become hard links to it. */
  const written = new Map<string, string>();
  for (const entry of entries) {
    signal.throwIfAborted();
    const first = entry.kind === "file" && entry.link !== undefined ? written.get(entry.link) : undefined;
    yield headerOf(entry, first);
    if (entry.kind !== "file" || first !== undefined) continue;
    if (entry.link !== undefined) written.set(entry.link, memberName(entry));
    yield* contentOf(entry);
    yield tarPadding(entry.sizeBytes);
  }
  yield tarEnd;
}

async function* contentOf(entry: FileEntry): AsyncGenerator<Uint8Array> {
  let sizeBytes = 0;
  for await (const chunk of entry.content) {
    sizeBytes += chunk.length;
    yield chunk;
  }
  if (sizeBytes !== entry.sizeBytes) {
    throw new ToolError("malformed", {
      what: `reading ${entry.path}`,
      why: `it has ${sizeBytes} bytes where ${entry.sizeBytes} were expected: it changed while it was being read`,
      hint: "build again when the file no longer changes",
    });
  }
}

/** Names in a layer are relative; a folder's ends with a slash, as every builder writes them. */
function memberName(entry: Entry): string {
  const name = entry.path.slice(1);
  return entry.kind === "directory" ? `${name}/` : name;
}

function headerOf(entry: Entry, hardLinkTo: string | undefined): Uint8Array {
  const special = entry.kind === "character-device" || entry.kind === "block-device" || entry.kind === "fifo";
  return tarHeader({
    name: memberName(entry),
    kind: hardLinkTo === undefined ? entry.kind : "hardlink",
    mode: entry.mode,
    uid: entry.uid,
    gid: entry.gid,
    mtime: entry.mtime,
    sizeBytes: entry.kind === "file" && hardLinkTo === undefined ? entry.sizeBytes : 0,
    linkName: hardLinkTo ?? (entry.kind === "symlink" ? entry.target : ""),
    deviceMajor: special ? entry.deviceMajor : 0,
    deviceMinor: special ? entry.deviceMinor : 0,
    ...(entry.xattrs === undefined ? {} : { xattrs: entry.xattrs }),
  });
}

function hashing(content: Bytes, hash: Hash): Bytes {
  return {
    async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
      for await (const chunk of content) {
        hash.update(chunk);
        yield chunk;
      }
    },
  };
}
