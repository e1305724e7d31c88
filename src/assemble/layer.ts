// A layer blob from tree entries (image-spec layer.md): deterministic bytes, cached by what the entries hold.
import { createHash, type Hash } from "node:crypto";
import { Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Bytes } from "../base/bytes.ts";
import { type Cache, findBlob, findRecord, openBlob, storeBlob, storeRecord } from "../base/cache.ts";
import { canonicalJson, type Json } from "../base/canonical-json.ts";
import { type Digest, finishDigest, parseDigest } from "../base/digest.ts";
import { ToolError } from "../base/errors.ts";
import { compress } from "../formats/compression.ts";
import { type Layer, mediaTypes } from "../oci/model.ts";
import { tarOfEntries } from "../oci/tree-tar.ts";
import { isWhiteout, type LayerEntry } from "../tree/layers.ts";
import { parallelGzip } from "./parallel-gzip.ts";

export interface LayerOptions {
  readonly compression: "gzip" | "zstd";
  /** Blocks compressed at a time. Not part of the result. */
  readonly width: number;
  /** The entries are of a layer over others: whiteouts among them mean what they say. Absent, a name that means one is refused. */
  readonly withWhiteouts?: boolean;
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
const layerFormat = 2;
const gzipLevel = 6;
const zstdLevel = 3;

/**
 * The layer that holds exactly these entries (sorted by path, parents included), from the cache or made anew.
 * @throws ToolError "malformed" for a name that means a whiteout; "disk", "cache"; whatever reading an entry's content throws
 */
export async function assembleLayer(
  entries: readonly LayerEntry[],
  cache: Cache,
  options: LayerOptions,
  signal: AbortSignal,
): Promise<AssembledLayer> {
  if (options.withWhiteouts !== true) refuseWhiteouts(entries);
  const mediaType = options.compression === "gzip" ? mediaTypes.layerGzip : mediaTypes.layerZstd;
  const key = layerKey(entries, options.compression);
  const known = await findLayer(cache, namespace, key);
  if (known !== undefined) return { ...cachedLayer(cache, known, mediaType), cached: true };

  const diff = createHash("sha256");
  const tar = hashing(tarOfEntries(entries, signal), diff);
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
  await rememberLayer(cache, namespace, key, stored);
  return { ...cachedLayer(cache, stored, mediaType), cached: false };
}

function refuseWhiteouts(entries: readonly LayerEntry[]): void {
  const refused = entries.find((entry) => isWhiteout(entry.path));
  if (refused === undefined) return;
  throw new ToolError("malformed", {
    what: "making a layer",
    why: `${JSON.stringify(refused.path)} can't be in an image: in a layer, a name that starts with .wh. removes files`,
    hint: "leave it out, or copy it under another name",
  });
}

export interface StoredLayer {
  readonly digest: Digest;
  readonly sizeBytes: number;
  readonly diffId: Digest;
  readonly file: string;
}

const namespace = "layers";

/** Notes what was made for a key. @throws ToolError "disk" */
export async function rememberLayer(
  cache: Cache,
  records: string,
  key: Digest,
  { diffId, digest, sizeBytes }: Omit<StoredLayer, "file">,
): Promise<void> {
  await storeRecord(cache, records, key, { digest, size: sizeBytes, diffId });
}

/** What was made for a key of these records, where its blob is still there. */
export async function findLayer(
  cache: Cache,
  records: string,
  key: Digest,
): Promise<StoredLayer | undefined> {
  const record = await findRecord(cache, records, key);
  if (record === null || typeof record !== "object" || !("digest" in record)) return undefined;
  const { digest: digestText, diffId: diffIdText, size } = record;
  if (typeof digestText !== "string" || typeof diffIdText !== "string") return undefined;
  const digest = parseDigest(digestText);
  const diffId = parseDigest(diffIdText);
  if (digest === undefined || diffId === undefined) return undefined;
  const blob = await findBlob(cache, digest, Number(size));
  return blob === undefined ? undefined : { digest, diffId, sizeBytes: blob.sizeBytes, file: blob.file };
}

/** The layer for a blob of the cache; its bytes are verified as they are read, and a damaged blob is removed. */
export function cachedLayer(cache: Cache, stored: StoredLayer, mediaType: string): CachedLayer {
  return {
    descriptor: { mediaType, digest: stored.digest, size: stored.sizeBytes },
    diffId: stored.diffId,
    file: stored.file,
    open: () => openBlob(cache, stored.digest),
  };
}

/** Reads layers of the cache to their ends: a blob that is not what its digest says is removed, so that it is made again. */
export async function discardDamaged(layers: readonly Layer[]): Promise<void> {
  for (const layer of layers) {
    try {
      await pipeline(layer.open(), new Writable({ write: (_chunk, _encoding, done) => done() }));
    } catch {
      // That it can't be read is known already.
    }
  }
}

function layerKey(entries: readonly LayerEntry[], compression: string): Digest {
  const hash = createHash("sha256");
  // Another release of a compressor may give other bytes.
  const { zlib, zstd } = process.versions;
  hash.update(canonicalJson([layerFormat, compression, gzipLevel, zstdLevel, zlib, zstd ?? ""]));
  for (const entry of entries) hash.update(`\n${canonicalJson(identityOf(entry))}`);
  return finishDigest(hash);
}

/** Everything of an entry that reaches the layer's bytes. */
export function identityOf(entry: LayerEntry): Json {
  if (entry.kind === "hardlink") return [entry.kind, entry.path, entry.target];
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
