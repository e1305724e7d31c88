// The directory of a zip archive (PKWARE's APPNOTE 4.3), also of one that was appended to another file, with ZIP64's sizes.
// Invariant: what a member claims is taken for nothing but a place to look at.
import { bufferOf } from "../../base/bytes.ts";
import { limits } from "../../base/limits.ts";
import { decodeName } from "../../base/names.ts";
import type { RandomAccess } from "../../formats/random-access.ts";

export interface ZipMember {
  readonly name: string;
  /** 0 stored, 8 deflated; others aren't read. */
  readonly method: number;
  readonly encrypted: boolean;
  readonly compressedBytes: number;
  readonly sizeBytes: number;
  /** Of its local header, from the start of the source. */
  readonly offset: number;
}

export interface ZipDirectory {
  readonly members: readonly ZipMember[];
  /** Bytes of another file before it. */
  readonly prefixBytes: number;
  /** Where the directory itself begins, and where its end record ends, a comment apart. */
  readonly start: number;
  readonly end: number;
  /** Whether there are members that could not be read, or too many. */
  readonly cut: "corrupt" | "limit" | undefined;
}

const endBytes = 22;
const commentBytesMax = 65_535;
/** Where an end record can be: it, and the longest comment behind it. */
export const zipTailBytesMax: number = endBytes + commentBytesMax;
export const endSignature: Buffer = Buffer.from("PK\x05\x06", "latin1");
const centralSignature = 0x02014b50;
const centralBytes = 46;
const localSignature = 0x04034b50;
const localBytes = 30;
/** What looks like an end record and is none, before the search for one is given up. */
const endRecordsMax = 16;
const unset = 0xffffffff;

/** The directory of the archive that ends the source; undefined where none does. */
export function zipDirectory(source: RandomAccess): ZipDirectory | undefined {
  const tailBytes = Math.min(source.sizeBytes, zipTailBytesMax);
  const tailAt = source.sizeBytes - tailBytes;
  const tail = bufferOf(source.read(tailAt, tailBytes));
  // The end record has a byte 6, text has none: most files are done with one look.
  if (tail.lastIndexOf(6) < 0) return undefined;
  let tried = 0;
  for (
    let at = tail.lastIndexOf(endSignature);
    at >= 0 && tried < endRecordsMax;
    at = at === 0 ? -1 : tail.lastIndexOf(endSignature, at - 1)
  ) {
    if (at + endBytes > tail.length) continue;
    tried += 1;
    const found = zipDirectoryAt(source, tailAt + at);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The directory whose end record begins at `endAt`; undefined where none does. */
export function zipDirectoryAt(source: RandomAccess, endAt: number): ZipDirectory | undefined {
  const end = bufferOf(source.read(endAt, endBytes));
  if (end.length < endBytes) return undefined;
  let count = end.readUInt16LE(10);
  let sizeBytes = end.readUInt32LE(12);
  let offset = end.readUInt32LE(16);
  let directoryEnd = endAt;
  const wide = wideEnd(source, endAt);
  if (wide !== undefined) ({ count, sizeBytes, offset, at: directoryEnd } = wide);
  const start = directoryEnd - sizeBytes;
  const prefixBytes = start - offset;
  if (prefixBytes < 0 || start < 0) return undefined;
  const place = { prefixBytes, start, end: endAt + endBytes };
  if (sizeBytes === 0) return { ...place, members: [], cut: count === 0 ? undefined : "corrupt" };
  const first = bufferOf(source.read(start, 4));
  if (first.length < 4 || first.readUInt32LE(0) !== centralSignature) return undefined;
  if (sizeBytes > limits.zipDirectoryBytesMax) return { ...place, members: [], cut: "limit" };
  const { cut, members } = membersOf(bufferOf(source.read(start, sizeBytes)), prefixBytes);
  // Writers without ZIP64 count on from 0.
  const isCounted = members.length % 65_536 === count % 65_536;
  return { ...place, members, cut: cut ?? (isCounted ? undefined : "corrupt") };
}

/** ZIP64's end record, which a locator before the usual one points to. */
function wideEnd(
  source: RandomAccess,
  endAt: number,
):
  | { readonly count: number; readonly sizeBytes: number; readonly offset: number; readonly at: number }
  | undefined {
  const locatorBytes = 20;
  const recordBytes = 56;
  const at = endAt - locatorBytes - recordBytes;
  if (at < 0) return undefined;
  const read = bufferOf(source.read(at, locatorBytes + recordBytes));
  if (read.readUInt32LE(recordBytes) !== 0x07064b50 || read.readUInt32LE(0) !== 0x06064b50) return undefined;
  return {
    count: Number(read.readBigUInt64LE(32)),
    sizeBytes: Number(read.readBigUInt64LE(40)),
    offset: Number(read.readBigUInt64LE(48)),
    at,
  };
}

/** The members of a directory: all that it has, whatever the end record counts. */
function membersOf(table: Buffer, prefixBytes: number): Pick<ZipDirectory, "members" | "cut"> {
  const members: ZipMember[] = [];
  for (let at = 0; at < table.length; ) {
    if (members.length >= limits.nestedMembersMax) return { members, cut: "limit" };
    if (at + centralBytes > table.length || table.readUInt32LE(at) !== centralSignature)
      return { members, cut: "corrupt" };
    const nameBytes = table.readUInt16LE(at + 28);
    const extraBytes = table.readUInt16LE(at + 30);
    const extra = table.subarray(at + centralBytes + nameBytes, at + centralBytes + nameBytes + extraBytes);
    const wide = wideSizes(
      extra,
      [24, 20, 42].map((place) => table.readUInt32LE(at + place)),
    );
    const [sizeBytes = 0, compressedBytes = 0, offset = 0] = wide;
    members.push({
      name: decodeName(table.subarray(at + centralBytes, at + centralBytes + nameBytes)),
      method: table.readUInt16LE(at + 10),
      encrypted: (table.readUInt16LE(at + 8) & 1) !== 0,
      compressedBytes,
      sizeBytes,
      offset: prefixBytes + offset,
    });
    at += centralBytes + nameBytes + extraBytes + table.readUInt16LE(at + 32);
  }
  return { members, cut: undefined };
}

/** Values of the directory that don't fit into 32 bits stand in the extra field 1, in this order (4.5.3). */
function wideSizes(extra: Buffer, values: readonly number[]): readonly number[] {
  if (!values.includes(unset)) return values;
  for (let at = 0; at + 4 <= extra.length; at += 4 + extra.readUInt16LE(at + 2)) {
    if (extra.readUInt16LE(at) !== 1) continue;
    let next = at + 4;
    return values.map((value) => {
      if (value !== unset || next + 8 > extra.length) return value;
      next += 8;
      return Number(extra.readBigUInt64LE(next - 8));
    });
  }
  return values;
}

/** Where a member's content lies; undefined where its local header isn't there. */
export function zipContentAt(source: RandomAccess, member: ZipMember): number | undefined {
  const header = bufferOf(source.read(member.offset, localBytes));
  if (header.length < localBytes || header.readUInt32LE(0) !== localSignature) return undefined;
  const at = member.offset + localBytes + header.readUInt16LE(26) + header.readUInt16LE(28);
  return at + member.compressedBytes <= source.sizeBytes ? at : undefined;
}

/** Where the deflated content of a local header begins, which no directory need tell of; undefined where there is none. */
export function zipDeflatedAt(source: RandomAccess, offset: number): number | undefined {
  const header = bufferOf(source.read(offset, localBytes));
  if (header.length < localBytes || header.readUInt32LE(0) !== localSignature) return undefined;
  if (header.readUInt16LE(8) !== 8 || (header.readUInt16LE(6) & 1) !== 0) return undefined;
  return offset + localBytes + header.readUInt16LE(26) + header.readUInt16LE(28);
}
