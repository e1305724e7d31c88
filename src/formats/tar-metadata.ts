// From a raw header block and what preceded it (pax records, GNU long names) to one entry's header. POSIX.1-2017 pax:
// records of the entry override global ones, which override the block; an empty value restores the block's.
import { limits } from "../base/limits.ts";
import { decodeName } from "../base/names.ts";
import { type PaxRecord, parsePaxNumber, parsePaxTime } from "./pax.ts";
import type { RawTarHeader } from "./tar-header.ts";
import type { TarHeader } from "./tar-reader.ts";

/** What applies to the entry that follows. */
export interface Pending {
  readonly records: readonly PaxRecord[];
  readonly longName: string | undefined;
  readonly longLink: string | undefined;
}

export const nothingPending: Pending = { records: [], longName: undefined, longLink: undefined };

const xattrPrefix = "SCHILY.xattr.";
/** In a global header these would turn every entry into one; readers differ in what they make of that. */
const neverGlobal = /^(?:path$|linkpath$|size$|GNU\.sparse\.|SCHILY\.xattr\.)/;
/** Charged for each attribute beside its name and value: many small ones take memory, too. */
const xattrOverheadBytes = 128;

/** Takes over owner and time from a global header; what describes no entry (comments) is dropped. */
export function addGlobal(global: Map<string, Buffer>, records: readonly PaxRecord[]): string | undefined {
  for (const { key, value } of records) {
    if (neverGlobal.test(key)) return `a global header sets ${key} for all entries`;
    // A copy: the value is a view of the whole header's body.
    if (key === "uid" || key === "gid" || key === "mtime") global.set(key, Buffer.from(value));
  }
  return undefined;
}

/** The entry's header, or what is wrong in a clause. `sizeBytes` is the stored size; sparse files correct it later. */
export function mergeHeader(
  raw: RawTarHeader,
  pending: Pending,
  global: ReadonlyMap<string, Buffer>,
): TarHeader | string {
  const values = new Map(global);
  for (const { key, value } of pending.records) {
    if (value.length === 0 && !key.startsWith(xattrPrefix)) values.delete(key);
    else values.set(key, value);
  }
  const sparseName = values.get("GNU.sparse.name");
  const name = pending.longName ?? textOf(sparseName) ?? textOf(values.get("path")) ?? raw.name;
  const linkName = pending.longLink ?? textOf(values.get("linkpath")) ?? raw.linkName;
  if (name.includes("\0") || linkName.includes("\0")) return "its name holds a NUL";
  const number = (key: string, fallback: number): number => {
    const value = values.get(key);
    if (value === undefined) return fallback;
    const parse = key === "mtime" ? parsePaxTime : parsePaxNumber;
    return parse(value.toString("latin1")) ?? Number.NaN;
  };
  const kind = kindOf(raw.type, name);
  const header: TarHeader = {
    name,
    kind,
    mode: raw.mode & 0o7777,
    uid: number("uid", raw.uid),
    gid: number("gid", raw.gid),
    mtime: number("mtime", raw.mtime),
    sizeBytes: kind === "file" ? number("size", raw.sizeBytes) : 0,
    linkName: kind === "hardlink" || kind === "symlink" ? linkName : "",
    deviceMajor: raw.deviceMajor,
    deviceMinor: raw.deviceMinor,
  };
  const wrong = problemOf(header);
  if (wrong !== undefined) return wrong;
  const xattrs = xattrsOf(values);
  return xattrs.size === 0 ? header : { ...header, xattrs };
}

function textOf(value: Buffer | undefined): string | undefined {
  return value === undefined ? undefined : decodeName(value);
}

function problemOf(header: TarHeader): string | undefined {
  const { uid, gid, mtime, sizeBytes } = header;
  if (Number.isNaN(uid + gid + mtime + sizeBytes)) return "a number in its pax records is not one";
  if (header.name === "") return "it has no name";
  return undefined;
}

function xattrsOf(values: ReadonlyMap<string, Buffer>): Map<string, Uint8Array> {
  const xattrs = new Map<string, Uint8Array>();
  for (const [key, value] of values) {
    // A copy: the value is a view of the whole header's body.
    if (key.startsWith(xattrPrefix)) xattrs.set(key.slice(xattrPrefix.length), Uint8Array.from(value));
  }
  return xattrs;
}

/** What an entry's extended attributes count towards limits.xattrBytesMax. */
export function xattrBytes({ xattrs }: TarHeader): number {
  let bytes = 0;
  for (const [name, value] of xattrs ?? []) bytes += name.length + value.length + xattrOverheadBytes;
  return bytes;
}

/** A type that POSIX doesn't know counts as a file; a file whose name ends in a slash as a folder, as old tar wrote them. */
function kindOf(type: string, name: string): TarHeader["kind"] {
  switch (type) {
    case "1":
      return "hardlink";
    case "2":
      return "symlink";
    case "3":
      return "character-device";
    case "4":
      return "block-device";
    case "5":
    case "D":
      return "directory";
    case "6":
      return "fifo";
    default:
      return name.endsWith("/") ? "directory" : "file";
  }
}

/** Names longer than a path may be: the limit's name, else undefined. */
export function exceededLimit(header: TarHeader): "pathBytesMax" | undefined {
  const longest = limits.pathBytesMax;
  return header.name.length > longest || header.linkName.length > longest ? "pathBytesMax" : undefined;
}
