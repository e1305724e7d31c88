// One 512-byte tar header block: POSIX.1-1988 ustar, old v7, GNU and star variants (POSIX.1-2017 pax, "ustar Interchange
// Format"; tar(5)). Numbers are octal text, or base-256 where the first byte has its high bit set.
import { decodeName } from "../base/names.ts";

export const blockBytes = 512;

/** The fields of a block as they stand; names not yet merged with pax records or long-name entries. */
export interface RawTarHeader {
  readonly name: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly sizeBytes: number;
  readonly mtime: number;
  /** One character; "\0" in old archives. */
  readonly type: string;
  readonly linkName: string;
  readonly deviceMajor: number;
  readonly deviceMinor: number;
}

/** Whether all of a block is zero: the mark of an archive's end. */
export function isZeroBlock(block: Uint8Array): boolean {
  for (let at = 0; at < blockBytes; at++) if (block[at] !== 0) return false;
  return true;
}

/** Whether the checksum field holds the sum of the block's bytes, taken as unsigned or (old writers) signed. */
export function hasValidChecksum(block: Uint8Array): boolean {
  const stored = parseNumber(block, 148, 8);
  if (stored === undefined) return false;
  const { unsigned, signed } = checksums(block);
  return stored === unsigned || stored === signed;
}

/** The sums of a block's bytes with the checksum field (148..155) counted as blanks. */
export function checksums(block: Uint8Array): { readonly unsigned: number; readonly signed: number } {
  let unsigned = 8 * 0x20;
  let high = 0;
  for (let at = 0; at < blockBytes; at++) {
    if (at === 148) at = 156;
    const byte = block[at] ?? 0;
    unsigned += byte;
    high += byte >> 7;
  }
  return { unsigned, signed: unsigned - 256 * high };
}

/** The block's fields, or what is wrong with it in a clause. */
export function parseBlock(block: Uint8Array): RawTarHeader | string {
  const number = (offset: number, length: number): number => parseNumber(block, offset, length) ?? Number.NaN;
  const type = String.fromCharCode(block[156] ?? 0);
  const header: RawTarHeader = {
    name: fullName(block),
    mode: number(100, 8),
    uid: number(108, 8),
    gid: number(116, 8),
    sizeBytes: number(124, 12),
    mtime: number(136, 12),
    type,
    linkName: decodeField(block, 157, 100),
    deviceMajor: type === "3" || type === "4" ? number(329, 8) : 0,
    deviceMinor: type === "3" || type === "4" ? number(337, 8) : 0,
  };
  for (const [key, value] of Object.entries(header)) {
    if (typeof value !== "number") continue;
    if (Number.isNaN(value)) return `its ${key} is not a number`;
    if (value < 0 && key !== "mtime") return `its ${key} is negative`;
  }
  return header;
}

function fullName(block: Uint8Array): string {
  const name = decodeField(block, 0, 100);
  // POSIX magic only: in GNU archives ("ustar  ") the place of the prefix holds times and the sparse map.
  if (decodeField(block, 257, 6) !== "ustar" || block[262] !== 0) return name;
  const star = Buffer.from(block.buffer, block.byteOffset + 508, 4).toString("latin1") === "tar\0";
  const prefix = decodeField(block, 345, star ? 131 : 155);
  return prefix === "" ? name : `${prefix}/${name}`;
}

/** The text of a field up to its first NUL. */
function decodeField(block: Uint8Array, offset: number, length: number): string {
  let end = offset;
  while (end < offset + length && block[end] !== 0) end += 1;
  return end === offset ? "" : decodeName(block.subarray(offset, end));
}

/** A numeric field: octal between blanks and NULs (all blank: 0), or base-256. Undefined where neither, or past 2^53. */
export function parseNumber(block: Uint8Array, offset: number, length: number): number | undefined {
  const first = block[offset] ?? 0;
  if (first >= 0x80) return parseBase256(block, offset, length);
  let at = offset;
  const end = offset + length;
  while (at < end && (block[at] === 0x20 || block[at] === 0)) at += 1;
  let value = 0;
  for (; at < end; at++) {
    const digit = (block[at] ?? 0) - 0x30;
    if (digit < 0 || digit > 7) break;
    value = value * 8 + digit;
  }
  for (; at < end; at++) if (block[at] !== 0x20 && block[at] !== 0) return undefined;
  return value;
}

/** Two's complement, big-endian; the first byte's high bit is the mark and its next bit the sign. */
function parseBase256(block: Uint8Array, offset: number, length: number): number | undefined {
  const first = block[offset] ?? 0;
  const negative = (first & 0x40) !== 0;
  let value = negative ? (first & 0x3f) - 0x40 : first & 0x3f;
  for (let at = offset + 1; at < offset + length; at++) value = value * 256 + (block[at] ?? 0);
  return Number.isSafeInteger(value) ? value : undefined;
}

/** Writes a number as octal digits and a NUL, or as base-256 where they don't suffice. */
export function writeNumber(block: Uint8Array, offset: number, length: number, value: number): void {
  if (fitsOctal(value, length)) {
    const digits = value.toString(8).padStart(length - 1, "0");
    for (let at = 0; at < digits.length; at++) block[offset + at] = digits.charCodeAt(at);
    block[offset + length - 1] = 0;
    return;
  }
  let rest = value;
  for (let at = offset + length - 1; at >= offset; at--) {
    block[at] = ((rest % 256) + 256) % 256;
    rest = Math.floor(rest / 256);
  }
  block[offset] = (block[offset] ?? 0) | 0x80;
}

/** Whether a number can stand as octal text in a field of `length` bytes. */
export function fitsOctal(value: number, length: number): boolean {
  return value >= 0 && value < 8 ** (length - 1);
}
