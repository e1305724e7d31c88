// The record stream: a file tree as the helper program (runner/pack.c, runner/unpack.c) writes and reads it, and as indexes of
// layers are kept. Each record is a header of fixed length, little-endian, then path, target, extended attributes and, where
// it says so, the content. Paths are relative to the folder, without a slash at either end; the folder itself is "".
//
//   0 magic   4 kind   5 flags   6 mode   8 uid   12 gid   16 mtime (signed)   24 size   32 offset   40 major   44 minor
//   48 path length   52 target length   56 attributes length   60 source   64 SHA-256   96 the bytes
//
// Attributes are name length, value length (4 bytes each), name, value, one after the other. The last record is of the kind
// "end", so that a stream that was cut off is never taken for a whole one.
import { bufferOf } from "../../../base/bytes.ts";
import { type Digest, digestOfHex, hexOf } from "../../../base/digest.ts";
import { assert, ToolError } from "../../../base/errors.ts";
import { limits } from "../../../base/limits.ts";
import { decodeName, encodeName } from "../../../base/names.ts";

/** In the order of their numbers in a header, from 1. The helper program knows them by the same numbers. */
const kinds = [
  "directory",
  "file",
  "symlink",
  "hardlink",
  "fifo",
  "character-device",
  "block-device",
  "whiteout",
  "end",
] as const;

type RecordKind = (typeof kinds)[number];

/** Where a file's bytes are. */
export type RecordContent =
  | { readonly kind: "none" }
  /** They follow the record. */
  | { readonly kind: "inline" }
  /** In the `source`th of the files that go with the stream. */
  | { readonly kind: "stored"; readonly source: number; readonly offset: number };

export interface TreeRecord {
  readonly kind: RecordKind;
  /** Relative, "" for the folder itself. Of a whiteout, what it hides. */
  readonly path: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Whole seconds since the epoch. */
  readonly mtime: number;
  readonly sizeBytes: number;
  /** A folder that hides what lower layers have in it. */
  readonly opaque: boolean;
  readonly deviceMajor: number;
  readonly deviceMinor: number;
  /** As a symlink stores it; the path of a hard link's other name; of a file, the first name of its inode. */
  readonly target: string;
  readonly xattrs?: ReadonlyMap<string, Uint8Array>;
  readonly content: RecordContent;
  /** Of a file's content; of all contents together at the end. */
  readonly digest?: Digest;
}

const magic = 0x31_53_52_44;
const headerBytes = 96;
const flagBits = { opaque: 1, inline: 2, stored: 4, digest: 8 } as const;
const twoTo32 = 2 ** 32;

const plain = {
  mode: 0,
  uid: 0,
  gid: 0,
  mtime: 0,
  sizeBytes: 0,
  opaque: false,
  deviceMajor: 0,
  deviceMinor: 0,
  target: "",
  content: { kind: "none" },
} as const;

/** A record with what isn't said left at nothing: owner root, no content. */
export function recordOf(parts: Pick<TreeRecord, "kind" | "path"> & Partial<TreeRecord>): TreeRecord {
  return { ...plain, ...parts };
}

/** A record's bytes, without content that follows it. */
export function encodeRecord(record: TreeRecord): Buffer {
  const path = encodeName(record.path);
  const target = encodeName(record.target);
  const xattrs = encodeAttributes(record.xattrs);
  const bytes = Buffer.alloc(headerBytes + path.length + target.length + xattrs.length);
  bytes.writeUInt32LE(magic, 0);
  bytes[4] = kinds.indexOf(record.kind) + 1;
  bytes[5] = flagsOf(record);
  bytes.writeUInt16LE(record.mode, 6);
  bytes.writeUInt32LE(record.uid, 8);
  bytes.writeUInt32LE(record.gid, 12);
  writeLong(bytes, 16, record.mtime);
  writeLong(bytes, 24, record.sizeBytes);
  if (record.content.kind === "stored") {
    writeLong(bytes, 32, record.content.offset);
    bytes.writeUInt32LE(record.content.source, 60);
  }
  bytes.writeUInt32LE(record.deviceMajor, 40);
  bytes.writeUInt32LE(record.deviceMinor, 44);
  bytes.writeUInt32LE(path.length, 48);
  bytes.writeUInt32LE(target.length, 52);
  bytes.writeUInt32LE(xattrs.length, 56);
  if (record.digest !== undefined) bytes.write(hexOf(record.digest), 64, "hex");
  bytes.set(path, headerBytes);
  bytes.set(target, headerBytes + path.length);
  bytes.set(xattrs, headerBytes + path.length + target.length);
  return bytes;
}

function flagsOf({ content, digest, opaque }: TreeRecord): number {
  return (
    (opaque ? flagBits.opaque : 0) |
    (content.kind === "inline" ? flagBits.inline : 0) |
    (content.kind === "stored" ? flagBits.stored : 0) |
    (digest === undefined ? 0 : flagBits.digest)
  );
}

function writeLong(bytes: Buffer, at: number, value: number): void {
  assert(Number.isSafeInteger(value), "a record's numbers are whole");
  const high = Math.floor(value / twoTo32);
  bytes.writeUInt32LE(value - high * twoTo32, at);
  bytes.writeInt32LE(high, at + 4);
}

/** Times past what a double holds are possible on some file systems; they end at the largest one that it does hold. */
function readLong(bytes: Buffer, at: number): number {
  const value = bytes.readInt32LE(at + 4) * twoTo32 + bytes.readUInt32LE(at);
  return Math.max(Number.MIN_SAFE_INTEGER, Math.min(Number.MAX_SAFE_INTEGER, value));
}

/** By name, so that equal attributes give equal bytes. */
function encodeAttributes(xattrs: ReadonlyMap<string, Uint8Array> | undefined): Buffer {
  if (xattrs === undefined || xattrs.size === 0) return Buffer.alloc(0);
  const parts: Uint8Array[] = [];
  for (const [name, value] of [...xattrs].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const nameBytes = encodeName(name);
    const lengths = Buffer.alloc(8);
    lengths.writeUInt32LE(nameBytes.length, 0);
    lengths.writeUInt32LE(value.length, 4);
    parts.push(lengths, nameBytes, value);
  }
  return Buffer.concat(parts);
}

/** For each record `record`, then, for content that follows it, `data` any number of times; the record "end" is the last. */
export interface RecordHandler {
  record(record: TreeRecord): void;
  /** A view of the chunk written: to be used within the call or copied. */
  data(chunk: Uint8Array): void;
  /** After a record with content, once all of it was there. */
  contentEnd(): void;
}

/**
 * A reader that is fed with `write` and ended with `finish`. `what` names the stream in errors.
 * @throws ToolError "malformed" where it isn't a record stream or isn't whole, "limit"; whatever the handler throws
 */
export function createRecordReader(
  handler: RecordHandler,
  what: string,
): { write(chunk: Uint8Array): void; finish(): void } {
  let pending: Buffer = Buffer.alloc(0);
  let contentLeft = 0;
  let isWhole = false;
  let count = 0;
  let xattrBytes = 0;
  const take = (record: TreeRecord): void => {
    if (isWhole) throw malformed(what, "records follow its end");
    count += 1;
    for (const [name, value] of record.xattrs ?? []) xattrBytes += name.length + value.length;
    if (count > limits.entriesMax) throw tooMuch(what, "it holds more entries than", "entriesMax");
    if (xattrBytes > limits.xattrBytesMax) {
      throw tooMuch(what, "its extended attributes have more bytes than", "xattrBytesMax");
    }
    isWhole = record.kind === "end";
    handler.record(record);
    if (record.content.kind !== "inline") return;
    contentLeft = record.sizeBytes;
    if (contentLeft === 0) handler.contentEnd();
  };
  return {
    write: (chunk) => {
      let bytes: Buffer = pending.length === 0 ? bufferOf(chunk) : Buffer.concat([pending, chunk]);
      while (bytes.length > 0) {
        if (contentLeft > 0) {
          const part = bytes.subarray(0, contentLeft);
          contentLeft -= part.length;
          handler.data(part);
          bytes = bytes.subarray(part.length);
          if (contentLeft === 0) handler.contentEnd();
          continue;
        }
        const length = recordLength(bytes, what);
        if (length === undefined || length > bytes.length) break;
        take(decodeRecord(bytes.subarray(0, length), what));
        bytes = bytes.subarray(length);
      }
      // A copy: who wrote the chunk may use it again.
      pending = Buffer.from(bytes);
    },
    finish: () => {
      if (!isWhole || pending.length > 0) throw malformed(what, "it ends early");
    },
  };
}

/** Header and what follows it but for content; undefined where the header isn't there yet. */
function recordLength(bytes: Buffer, what: string): number | undefined {
  if (bytes.length < headerBytes) return undefined;
  if (bytes.readUInt32LE(0) !== magic) throw malformed(what, "a record doesn't begin as one");
  const path = bytes.readUInt32LE(48);
  const target = bytes.readUInt32LE(52);
  const xattrs = bytes.readUInt32LE(56);
  if (Math.max(path, target) > limits.pathBytesMax) {
    throw tooMuch(what, "a path has more bytes than", "pathBytesMax");
  }
  if (xattrs > limits.fileXattrBytesMax) {
    throw tooMuch(what, "a file's extended attributes have more bytes than", "fileXattrBytesMax");
  }
  return headerBytes + path + target + xattrs;
}

function decodeRecord(bytes: Buffer, what: string): TreeRecord {
  const kind = kinds[(bytes[4] ?? 0) - 1];
  const flags = bytes[5] ?? 0;
  if (kind === undefined) throw malformed(what, "a record is of no known kind");
  const sizeBytes = readLong(bytes, 24);
  const offset = readLong(bytes, 32);
  if (sizeBytes < 0 || offset < 0) throw malformed(what, "a size is negative");
  const targetAt = headerBytes + bytes.readUInt32LE(48);
  const xattrsAt = targetAt + bytes.readUInt32LE(52);
  const xattrs = xattrsAt === bytes.length ? undefined : decodeAttributes(bytes.subarray(xattrsAt), what);
  const digest = (flags & flagBits.digest) === 0 ? undefined : digestOfHex(bytes.toString("hex", 64, 96));
  return {
    kind,
    path: decodeName(bytes.subarray(headerBytes, targetAt)),
    mode: bytes.readUInt16LE(6) & 0o7777,
    uid: bytes.readUInt32LE(8),
    gid: bytes.readUInt32LE(12),
    mtime: readLong(bytes, 16),
    sizeBytes,
    opaque: (flags & flagBits.opaque) !== 0,
    deviceMajor: bytes.readUInt32LE(40),
    deviceMinor: bytes.readUInt32LE(44),
    target: decodeName(bytes.subarray(targetAt, xattrsAt)),
    ...(xattrs === undefined ? {} : { xattrs }),
    content: contentOf(flags, bytes.readUInt32LE(60), offset),
    ...(digest === undefined ? {} : { digest }),
  };
}

function contentOf(flags: number, source: number, offset: number): RecordContent {
  if ((flags & flagBits.inline) !== 0) return { kind: "inline" };
  return (flags & flagBits.stored) === 0 ? { kind: "none" } : { kind: "stored", source, offset };
}

function decodeAttributes(bytes: Buffer, what: string): Map<string, Uint8Array> {
  const xattrs = new Map<string, Uint8Array>();
  for (let at = 0; at < bytes.length; ) {
    const valueAt = at + 8 + (at + 8 > bytes.length ? 0 : bytes.readUInt32LE(at));
    const end = valueAt + (at + 8 > bytes.length ? 0 : bytes.readUInt32LE(at + 4));
    if (at + 8 > bytes.length || end > bytes.length) {
      throw malformed(what, "a file's extended attributes are cut off");
    }
    // A copy: the value is a view of a larger chunk.
    xattrs.set(decodeName(bytes.subarray(at + 8, valueAt)), Uint8Array.from(bytes.subarray(valueAt, end)));
    at = end;
  }
  return xattrs;
}

function malformed(what: string, why: string): ToolError {
  return new ToolError("malformed", { what: `reading ${what}`, why });
}

type Limit = "entriesMax" | "fileXattrBytesMax" | "pathBytesMax" | "xattrBytesMax";

function tooMuch(what: string, why: string, limit: Limit): ToolError {
  return new ToolError("limit", { what: `reading ${what}`, why: `${why} ${limits[limit]} (${limit})` });
}
