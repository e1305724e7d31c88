// The offset index of a Packages file: where each stanza lies, which names lead to it, and a digest for every block.
//
//   header      format, stanzas, names, entries, blocks (u32 each, little-endian)
//   u32[]       stanza offsets (stanzas + 1)
//   u32[]       name offsets into the name bytes (names + 1); names are sorted by their bytes
//   u32[]       first entry of each name (names + 1)
//   u32[]       entries: stanza number * 2, plus 1 where the name is only provided
//   32 bytes[]  SHA-256 of each block of the Packages file
//   bytes       names
import { createHash, type Hash } from "node:crypto";
import type { Bytes } from "../base/bytes.ts";
import { assert, ToolError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";

export interface OffsetIndex {
  readonly stanzaOffsets: Uint32Array;
  readonly nameOffsets: Uint32Array;
  readonly firstEntries: Uint32Array;
  readonly entries: Uint32Array;
  blockDigest(number: number): Uint8Array;
  /** The bytes of all names, one after the other. */
  readonly nameBytes: Buffer;
}

/** Changes with the layout and with what is indexed. */
export const offsetIndexFormat = 1;
export const blockBytes = 16_384;

const headerWords = 5;

/** The bytes of the index of a Packages file. @throws ToolError "malformed", "limit" */
export async function buildOffsetIndex(content: Bytes, what: string): Promise<Uint8Array> {
  const builder: Builder = {
    offsets: [],
    names: new Map(),
    pairs: [],
    digests: [],
    hash: createHash("sha256"),
    hashedBytes: 0,
  };
  // One buffer for all pieces: a fresh one for each would be garbage of several times the file's size.
  let buffer = Buffer.allocUnsafe(pieceBytes);
  let length = 0;
  let position = 0;
  for await (const chunk of content) {
    hashBlocks(builder, chunk);
    if (length + chunk.length > buffer.length) buffer = grown(buffer, length, chunk.length, what);
    buffer.set(chunk, length);
    length += chunk.length;
    const cut = buffer.subarray(0, length).lastIndexOf("\n\n", undefined, "latin1");
    const whole = cut < 0 ? 0 : cut + 2;
    scan(builder, buffer.subarray(0, whole), position, what);
    position += whole;
    buffer.copyWithin(0, whole, length);
    length -= whole;
  }
  scan(builder, buffer.subarray(0, length), position, what);
  builder.offsets.push(position + length);
  if (builder.hashedBytes > 0) builder.digests.push(builder.hash.digest());
  return layOut(builder);
}

const pieceBytes = 2 * 1024 * 1024;

function grown(
  buffer: Buffer<ArrayBuffer>,
  length: number,
  moreBytes: number,
  what: string,
): Buffer<ArrayBuffer> {
  if (length > limits.stanzaBytesMax) {
    throw new ToolError("limit", {
      what: `reading ${what}`,
      why: `a stanza is larger than ${limits.stanzaBytesMax} bytes (stanzaBytesMax)`,
    });
  }
  const larger = Buffer.allocUnsafe(Math.max(2 * buffer.length, length + moreBytes));
  larger.set(buffer.subarray(0, length));
  return larger;
}

interface Builder {
  readonly offsets: number[];
  /** Names in the order met, numbered. */
  readonly names: Map<string, number>;
  /** Number of a name, entry, and so on. */
  readonly pairs: number[];
  readonly digests: Buffer[];
  hash: Hash;
  /** Bytes of the open block that went into `hash`. */
  hashedBytes: number;
}

function hashBlocks(builder: Builder, chunk: Uint8Array): void {
  for (let at = 0; at < chunk.length; ) {
    const piece = chunk.subarray(at, at + blockBytes - builder.hashedBytes);
    builder.hash.update(piece);
    builder.hashedBytes += piece.length;
    at += piece.length;
    if (builder.hashedBytes === blockBytes) {
      builder.digests.push(builder.hash.digest());
      builder.hash = createHash("sha256");
      builder.hashedBytes = 0;
    }
  }
}

const lineFeed = 10;
const firstField = Buffer.from("Package: ");

/** Takes in whole stanzas; `position` is where the piece lies in the file. */
function scan(builder: Builder, piece: Buffer, position: number, what: string): void {
  let nextProvides = piece.indexOf("\nProvides:", 0, "latin1");
  for (let start = 0; start < piece.length; ) {
    if (piece[start] === lineFeed) {
      start += 1;
      continue;
    }
    const blank = piece.indexOf("\n\n", start, "latin1");
    const end = blank < 0 ? piece.length : blank;
    const number = builder.offsets.length;
    builder.offsets.push(position + start);
    enter(builder, packageName(piece, start, end, what), number * 2);
    while (nextProvides >= 0 && nextProvides < start) {
      nextProvides = piece.indexOf("\nProvides:", nextProvides + 1, "latin1");
    }
    if (nextProvides >= 0 && nextProvides < end) {
      for (const name of providedNames(piece, nextProvides + 10, end)) enter(builder, name, number * 2 + 1);
    }
    start = end + 1;
  }
}

function enter(builder: Builder, name: string, entry: number): void {
  const known = builder.names.get(name);
  const number = known ?? builder.names.size;
  if (known === undefined) builder.names.set(name, number);
  builder.pairs.push(number, entry);
}

function packageName(piece: Buffer, start: number, end: number, what: string): string {
  let at = start;
  if (piece.compare(firstField, 0, firstField.length, start, start + firstField.length) !== 0) {
    const found = piece.subarray(start, end).indexOf("\nPackage:", 0, "latin1");
    if (found < 0)
      throw new ToolError("malformed", { what: `reading ${what}`, why: "a stanza has no Package field" });
    at = start + found + 1;
  }
  const feed = piece.indexOf(lineFeed, at);
  return piece.toString("latin1", at + 8, feed < 0 || feed > end ? end : feed).trim();
}

/** The names in a Provides field, without versions; the field may be folded. */
function providedNames(piece: Buffer, from: number, end: number): string[] {
  let stop = from;
  do {
    const feed = piece.indexOf(lineFeed, stop + 1);
    stop = feed < 0 || feed > end ? end : feed;
  } while (stop < end && piece[stop + 1] === 32);
  return piece
    .toString("latin1", from, stop)
    .split(",")
    .map((one) => /^\s*([^\s(:]+)/.exec(one)?.[1] ?? "")
    .filter((name) => name !== "");
}

function layOut(builder: Builder): Uint8Array {
  const { offsets, pairs, digests } = builder;
  const names = [...builder.names.keys()].sort((a, b) => (a < b ? -1 : 1));
  const entryCount = pairs.length / 2;
  const words = new Uint32Array(headerWords + offsets.length + 2 * (names.length + 1) + entryCount);
  words.set([offsetIndexFormat, offsets.length - 1, names.length, entryCount, digests.length]);
  words.set(offsets, headerWords);
  const nameOffsets = words.subarray(headerWords + offsets.length);
  const firstEntries = nameOffsets.subarray(names.length + 1);
  const entries = firstEntries.subarray(names.length + 1);
  const counts = new Uint32Array(names.length);
  for (let at = 0; at < pairs.length; at += 2) counts[pairs[at] ?? 0] = (counts[pairs[at] ?? 0] ?? 0) + 1;
  /** By a name's number: where its next entry goes. */
  const slots = new Uint32Array(names.length);
  let nameOffset = 0;
  let entry = 0;
  for (const [index, name] of names.entries()) {
    const number = builder.names.get(name) ?? 0;
    nameOffsets[index] = nameOffset;
    firstEntries[index] = entry;
    slots[number] = entry;
    nameOffset += name.length;
    entry += counts[number] ?? 0;
  }
  nameOffsets[names.length] = nameOffset;
  firstEntries[names.length] = entry;
  for (let at = 0; at < pairs.length; at += 2) {
    const number = pairs[at] ?? 0;
    const slot = slots[number] ?? 0;
    entries[slot] = pairs[at + 1] ?? 0;
    slots[number] = slot + 1;
  }
  return Buffer.concat([Buffer.from(words.buffer), ...digests, Buffer.from(names.join(""), "latin1")]);
}

/** Reads what `buildOffsetIndex` made; the caller has verified the bytes. */
export function readOffsetIndex(bytes: Uint8Array): OffsetIndex {
  // A copy: typed arrays need an aligned start.
  const buffer = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length);
  const [format, stanzas = 0, names = 0, entryCount = 0, blocks = 0] = new Uint32Array(
    buffer,
    0,
    headerWords,
  );
  assert(format === offsetIndexFormat, "an offset index has the format that its key names");
  let at = headerWords * 4;
  const take = (length: number): Uint32Array => {
    const words = new Uint32Array(buffer, at, length);
    at += length * 4;
    return words;
  };
  const stanzaOffsets = take(stanzas + 1);
  const nameOffsets = take(names + 1);
  const firstEntries = take(names + 1);
  const entries = take(entryCount);
  const digests = Buffer.from(buffer, at, blocks * 32);
  return {
    stanzaOffsets,
    nameOffsets,
    firstEntries,
    entries,
    blockDigest: (number) => digests.subarray(number * 32, number * 32 + 32),
    nameBytes: Buffer.from(buffer, at + blocks * 32),
  };
}

export interface NameEntries {
  /** Numbers of the stanzas of this name, in file order. */
  readonly real: readonly number[];
  /** Numbers of the stanzas that name it in Provides. */
  readonly provided: readonly number[];
}

/** The stanzas that a name leads to. */
export function lookUp(index: OffsetIndex, name: string): NameEntries {
  const real: number[] = [];
  const provided: number[] = [];
  const at = findName(index, Buffer.from(name, "latin1"));
  if (at !== undefined) {
    const end = index.firstEntries[at + 1] ?? 0;
    for (const entry of index.entries.subarray(index.firstEntries[at] ?? 0, end)) {
      (entry % 2 === 0 ? real : provided).push(Math.floor(entry / 2));
    }
  }
  return { real, provided };
}

function findName(index: OffsetIndex, wanted: Buffer): number | undefined {
  let low = 0;
  let high = index.nameOffsets.length - 2;
  while (low <= high) {
    const middle = (low + high) >>> 1;
    const order = wanted.compare(
      index.nameBytes,
      index.nameOffsets[middle] ?? 0,
      index.nameOffsets[middle + 1] ?? 0,
    );
    if (order === 0) return middle;
    if (order < 0) high = middle - 1;
    else low = middle + 1;
  }
  return undefined;
}

/** All names, in order: real and provided. */
export function* allNames(index: OffsetIndex): Generator<string> {
  for (let at = 0; at + 1 < index.nameOffsets.length; at++) {
    yield index.nameBytes.toString("latin1", index.nameOffsets[at] ?? 0, index.nameOffsets[at + 1] ?? 0);
  }
}
