// A Packages file as it lies on disk, with an offset index beside it: stanzas are read one by one, never all of them.
//
// Invariant: what `stanza` returns was verified against the SHA-256 of its block in the index, which is itself a verified blob;
// so neither opening nor reading hashes the whole file.
import { createHash } from "node:crypto";
import { closeSync, openSync, readSync } from "node:fs";
import { collect } from "../base/bytes.ts";
import {
  blobFile,
  type Cache,
  findBlob,
  findRecord,
  openBlob,
  storeBlob,
  storeRecord,
} from "../base/cache.ts";
import { type Digest, digestOf, parseDigest } from "../base/digest.ts";
import { ToolError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import { parseStanzas, type Stanza } from "../formats/deb822.ts";
import {
  allNames,
  blockBytes,
  buildOffsetIndex,
  lookUp,
  type OffsetIndex,
  offsetIndexFormat,
  readOffsetIndex,
} from "./offset-index.ts";

export interface PackagesIndex {
  readonly suite: string;
  /** Numbers of the stanzas of this name, and of those that name it in Provides, in file order. */
  lookUp(name: string): { readonly real: readonly number[]; readonly provided: readonly number[] };
  /** @throws ToolError "cache" where the file was altered on disk */
  stanza(number: number): Stanza;
  names(): Iterable<string>;
  close(): void;
}

const namespace = "packages-index";

/**
 * Opens the index of a decompressed Packages file that the cache holds; builds it at the first time.
 * @throws ToolError "cache", "malformed", "limit", "disk"
 */
export async function openPackagesIndex(cache: Cache, digest: Digest, suite: string): Promise<PackagesIndex> {
  const what = `the Packages file of ${suite}`;
  const index = (await findIndex(cache, digest)) ?? (await makeIndex(cache, digest, what));
  const descriptor = openSync(blobFile(cache, digest), "r");
  const block = blockReader(descriptor, index, what);
  return {
    suite,
    lookUp: (name) => lookUp(index, name),
    stanza: (number) => {
      const start = index.stanzaOffsets[number] ?? 0;
      const end = index.stanzaOffsets[number + 1] ?? start;
      const stanza = parseStanzas(readRange(block, start, end).toString("utf8"), what)[0];
      if (stanza === undefined)
        throw new ToolError("malformed", { what: `reading ${what}`, why: "a stanza is empty" });
      return stanza;
    },
    names: () => allNames(index),
    close: () => closeSync(descriptor),
  };
}

function indexKey(digest: Digest): Digest {
  return digestOf(`${offsetIndexFormat}\n${digest}`);
}

async function findIndex(cache: Cache, digest: Digest): Promise<OffsetIndex | undefined> {
  const record = await findRecord(cache, namespace, indexKey(digest));
  const held = typeof record === "string" ? parseDigest(record) : undefined;
  if (held === undefined || (await findBlob(cache, held)) === undefined) return undefined;
  try {
    return readOffsetIndex(await collect(openBlob(cache, held), limits.packagesIndexBytesMax, "an index"));
  } catch (thrown) {
    // A damaged entry was removed by the cache; it is made again.
    if (thrown instanceof ToolError && thrown.code === "cache") return undefined;
    throw thrown;
  }
}

async function makeIndex(cache: Cache, digest: Digest, what: string): Promise<OffsetIndex> {
  const bytes = await buildOffsetIndex(openBlob(cache, digest), what);
  const stored = await storeBlob(cache, bytes);
  await storeRecord(cache, namespace, indexKey(digest), stored.digest);
  return readOffsetIndex(bytes);
}

type BlockReader = (number: number) => Buffer;

/** Blocks that were read last: neighbours in the file are often asked for together. */
const blocksHeldMax = 64;

function blockReader(descriptor: number, index: OffsetIndex, what: string): BlockReader {
  const held = new Map<number, Buffer>();
  return (number) => {
    const known = held.get(number);
    if (known !== undefined) return known;
    const buffer = Buffer.allocUnsafe(blockBytes);
    const length = readSync(descriptor, buffer, 0, blockBytes, number * blockBytes);
    const block = buffer.subarray(0, length);
    if (!createHash("sha256").update(block).digest().equals(index.blockDigest(number))) {
      throw new ToolError("cache", {
        what: `reading ${what}`,
        why: "its copy in the cache was altered",
        hint: "remove it with `distill cache prune`, or use another --cache-dir",
      });
    }
    if (held.size >= blocksHeldMax) held.delete(held.keys().next().value ?? 0);
    held.set(number, block);
    return block;
  };
}

function readRange(block: BlockReader, start: number, end: number): Buffer {
  const parts: Buffer[] = [];
  for (let at = start; at < end; ) {
    const number = Math.floor(at / blockBytes);
    const from = at - number * blockBytes;
    const piece = block(number).subarray(from, Math.min(blockBytes, from + end - at));
    if (piece.length === 0) break;
    parts.push(piece);
    at += piece.length;
  }
  return Buffer.concat(parts);
}
