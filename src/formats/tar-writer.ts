// Writing tar archives: ustar blocks, with a pax header before them only where ustar can't say it (POSIX.1-2017 pax).
// Invariant: the bytes are a function of the headers and contents alone; no time, no owner name, no host detail.
import type { Bytes } from "../base/bytes.ts";
import { ToolError } from "../base/errors.ts";
import { encodeName } from "../base/names.ts";
import { formatPaxRecords } from "./pax.ts";
import { blockBytes, checksums, fitsOctal, writeNumber } from "./tar-header.ts";
import type { TarHeader, TarKind } from "./tar-reader.ts";

/** Two zero blocks. */
export const tarEnd: Uint8Array = new Uint8Array(2 * blockBytes);

const typeFlags: Readonly<Record<TarKind, string>> = {
  file: "0",
  hardlink: "1",
  symlink: "2",
  "character-device": "3",
  "block-device": "4",
  directory: "5",
  fifo: "6",
};

const nameBytesMax = 100;
const prefixBytesMax = 155;

/** The header's blocks: one, or three and more where a pax header has to go first. Names are written as they are. */
export function tarHeader(header: TarHeader): Uint8Array {
  const name = encodeName(header.name);
  const linkName = encodeName(header.linkName);
  const split = splitName(name);
  const sizeBytes = header.kind === "file" ? header.sizeBytes : 0;
  const records = paxRecords(header, name, linkName, sizeBytes, split === undefined);
  const block = new Uint8Array(blockBytes);
  writeBlock(block, {
    name: split?.name ?? name.subarray(0, nameBytesMax),
    prefix: split?.prefix ?? new Uint8Array(0),
    linkName: linkName.subarray(0, nameBytesMax),
    header,
    sizeBytes,
    type: typeFlags[header.kind],
  });
  if (records.length === 0) return block;
  const body = formatPaxRecords(records);
  const lead = new Uint8Array(blockBytes);
  writeBlock(lead, {
    name: paxName(name),
    prefix: new Uint8Array(0),
    linkName: new Uint8Array(0),
    header: { ...header, mode: 0o644, uid: 0, gid: 0, mtime: 0, deviceMajor: 0, deviceMinor: 0 },
    sizeBytes: body.length,
    type: "x",
  });
  return Buffer.concat([lead, body, tarPadding(body.length), block]);
}

/** The zeros that fill a content of `sizeBytes` up to a whole block. */
export function tarPadding(sizeBytes: number): Uint8Array {
  return tarEnd.subarray(0, (blockBytes - (sizeBytes % blockBytes)) % blockBytes);
}

/**
 * A whole archive. Content is expected for files only and has to be as long as its header says.
 * @throws ToolError "malformed" where it isn't; whatever the contents throw
 */
export async function* writeTar(
  entries: AsyncIterable<{ readonly header: TarHeader; readonly content?: Bytes }>,
): AsyncGenerator<Uint8Array> {
  for await (const { header, content } of entries) {
    yield tarHeader(header);
    if (header.kind !== "file") continue;
    let written = 0;
    for await (const chunk of content ?? []) {
      written += chunk.length;
      if (written > header.sizeBytes) throw wrongSize(header, `more than ${header.sizeBytes} bytes`);
      yield chunk;
    }
    if (written !== header.sizeBytes) throw wrongSize(header, `${written} bytes, not ${header.sizeBytes}`);
    const padding = tarPadding(written);
    if (padding.length > 0) yield padding;
  }
  yield tarEnd;
}

function wrongSize(header: TarHeader, why: string): ToolError {
  return new ToolError("malformed", {
    what: `writing ${header.name} into a tar archive`,
    why: `its content has ${why}`,
  });
}

/** Records in a fixed order: what describes the encoding, POSIX keys, then extended attributes by name. */
function paxRecords(
  header: TarHeader,
  name: Uint8Array,
  linkName: Uint8Array,
  sizeBytes: number,
  nameIsLong: boolean,
): (readonly [string, string | Uint8Array])[] {
  const records: (readonly [string, string | Uint8Array])[] = [];
  if (nameIsLong) records.push(["path", name]);
  if (linkName.length > nameBytesMax) records.push(["linkpath", linkName]);
  const isBinary = records.some(([, value]) => !isUtf8(value));
  if (isBinary) records.unshift(["hdrcharset", "BINARY"]);
  if (!fitsOctal(sizeBytes, 12)) records.push(["size", String(sizeBytes)]);
  if (!fitsOctal(header.uid, 8)) records.push(["uid", String(header.uid)]);
  if (!fitsOctal(header.gid, 8)) records.push(["gid", String(header.gid)]);
  if (!fitsOctal(header.mtime, 12)) records.push(["mtime", String(header.mtime)]);
  const xattrs = [...(header.xattrs ?? [])].sort(([a], [b]) => (a < b ? -1 : 1));
  for (const [key, value] of xattrs) records.push([`SCHILY.xattr.${key}`, value]);
  return records;
}

function isUtf8(value: string | Uint8Array): boolean {
  if (typeof value === "string") return true;
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(value);
    return true;
  } catch {
    return false;
  }
}

/** The name as prefix and name around a slash; undefined where it fits neither whole nor split. */
function splitName(name: Uint8Array): { readonly name: Uint8Array; readonly prefix: Uint8Array } | undefined {
  if (name.length <= nameBytesMax) return { name, prefix: name.subarray(0, 0) };
  if (name.length > nameBytesMax + 1 + prefixBytesMax) return undefined;
  // The last slash that leaves a prefix short enough; one that ends the name would leave nothing after it.
  const cut = name.lastIndexOf(0x2f, Math.min(prefixBytesMax, name.length - 2));
  if (cut <= 0 || name.length - cut - 1 > nameBytesMax) return undefined;
  return { name: name.subarray(cut + 1), prefix: name.subarray(0, cut) };
}

/** For readers that don't know pax: a name that tells what the entry is. */
function paxName(name: Uint8Array): Uint8Array {
  const end = name.at(-1) === 0x2f ? name.length - 1 : name.length;
  const base = name.subarray(end === 0 ? 0 : name.lastIndexOf(0x2f, end - 1) + 1, end);
  return Buffer.concat([Buffer.from("PaxHeaders/"), base.subarray(0, 80)]);
}

interface Block {
  readonly name: Uint8Array;
  readonly prefix: Uint8Array;
  readonly linkName: Uint8Array;
  readonly header: TarHeader;
  readonly sizeBytes: number;
  readonly type: string;
}

function writeBlock(block: Uint8Array, fields: Block): void {
  const { header } = fields;
  block.set(fields.name, 0);
  writeNumber(block, 100, 8, header.mode);
  writeNumber(block, 108, 8, header.uid);
  writeNumber(block, 116, 8, header.gid);
  writeNumber(block, 124, 12, fields.sizeBytes);
  writeNumber(block, 136, 12, header.mtime);
  block[156] = fields.type.charCodeAt(0);
  block.set(fields.linkName, 157);
  block.set(Buffer.from("ustar\x0000"), 257);
  writeNumber(block, 329, 8, header.deviceMajor);
  writeNumber(block, 337, 8, header.deviceMinor);
  block.set(fields.prefix, 345);
  writeNumber(block, 148, 7, checksums(block).unsigned);
  block[155] = 0x20;
}
