// gzip (RFC 1952), member by member: what follows the last one is told apart from it, which Node.js's own decoder takes for an
// error or passes over.
import { crc32 } from "node:zlib";
import { inflateAt } from "./inflate.ts";

const headerBytes = 10;
const trailerBytes = 8;
const flagHeaderChecksum = 2;
const flagExtra = 4;
const flagName = 8;
const flagComment = 16;
const flagsKnown = 31;

export interface GzipMember {
  readonly content: Buffer;
  /** Of its first byte behind the member. */
  readonly end: number;
  /** Whether the trailer agrees with the content. */
  readonly isIntact: boolean;
}

/** Where the compressed content of a member that begins at `at` begins; undefined where none does. */
export function gzipContentAt(bytes: Buffer, at: number): number | undefined {
  if (at + headerBytes > bytes.length || bytes.readUIntBE(at, 3) !== 0x1f8b08) return undefined;
  const flags = bytes[at + 3] ?? 0;
  if (flags > flagsKnown) return undefined;
  let next = at + headerBytes;
  if ((flags & flagExtra) !== 0) {
    if (next + 2 > bytes.length) return undefined;
    next += 2 + bytes.readUInt16LE(next);
  }
  for (const flag of [flagName, flagComment]) {
    if ((flags & flag) === 0) continue;
    const end = bytes.indexOf(0, next);
    if (end < 0) return undefined;
    next = end + 1;
  }
  if ((flags & flagHeaderChecksum) !== 0) next += 2;
  return next < bytes.length ? next : undefined;
}

/**
 * The member that begins at `at`; undefined where none does.
 * @throws what zlib throws for content that is corrupt, cut short or larger than `sizeBytesMax`
 */
export function gzipMemberAt(bytes: Buffer, at: number, sizeBytesMax: number): GzipMember | undefined {
  const contentAt = gzipContentAt(bytes, at);
  if (contentAt === undefined) return undefined;
  // Mostly there is one member, and its trailer ends the bytes.
  const statedBytes = bytes.readUInt32LE(bytes.length - 4);
  const { content, consumed } = inflateAt(bytes.subarray(contentAt), sizeBytesMax, statedBytes);
  const trailer = contentAt + consumed;
  const isIntact =
    trailer + trailerBytes <= bytes.length &&
    bytes.readUInt32LE(trailer) === crc32(content) &&
    bytes.readUInt32LE(trailer + 4) === content.length % 2 ** 32;
  return { content, end: Math.min(bytes.length, trailer + trailerBytes), isIntact };
}
