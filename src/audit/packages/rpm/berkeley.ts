// Packages of Berkeley DB's hash access method (rpm up to RHEL 8): pages of key and value items; a value too large for its page
// lies on a chain of overflow pages. Only what is needed to list every value; nothing is looked up by key, so hashes and buckets
// don't matter. Numbers have the byte order of the machine that wrote it (db_page.h of Berkeley DB 5.3).
import { type ByteView, byteView } from "../byte-view.ts";
import { malformed } from "../claim.ts";
import type { RpmRecord } from "./record.ts";

const hashMagic = 0x061561;
const metadataPageType = 8;
const hashPageTypes: ReadonlySet<number> = new Set([2, 13]);
const overflowPageType = 7;
/** Of every page but the metadata's. */
const pageHeaderBytes = 26;
const keyDataItem = 1;
const offPageItem = 3;

interface Database {
  readonly view: ByteView;
  readonly what: string;
  readonly pageSize: number;
  readonly pages: number;
  /** Overflow pages that belong to a value already: none belongs to two. */
  readonly used: Set<number>;
}

export function isBerkeley(bytes: Uint8Array): boolean {
  return endiannessOf(bytes) !== undefined;
}

function endiannessOf(bytes: Uint8Array): "little" | "big" | undefined {
  if (bytes.length < 16) return undefined;
  const head = Buffer.from(bytes.subarray(12, 16));
  if (head.readUInt32LE(0) === hashMagic) return "little";
  return head.readUInt32BE(0) === hashMagic ? "big" : undefined;
}

export function* berkeleyRecords(bytes: Uint8Array, what: string): Generator<RpmRecord> {
  const database = openDatabase(bytes, what);
  for (let page = 1; page < database.pages; page++) {
    const at = page * database.pageSize;
    if (!hashPageTypes.has(database.view.u8(at + 25))) continue;
    const items = database.view.u16(at + 20);
    if (pageHeaderBytes + items * 2 > database.pageSize)
      throw malformed(what, `byte ${at + 20}: ${items} items don't fit on page ${page}`);
    // Items alternate: a key, its value.
    for (let item = 1; item < items; item += 2) {
      if (isCounter(database, page, item - 1)) continue;
      yield { header: bytesOfItem(database, page, item), at: `page ${page}, item ${item}` };
    }
  }
}

function openDatabase(bytes: Uint8Array, what: string): Database {
  const endianness = endiannessOf(bytes);
  if (endianness === undefined) throw malformed(what, "byte 12: no hash database of Berkeley DB");
  const view = byteView(bytes, endianness, what);
  const pageSize = view.u32(20);
  if (pageSize < 512 || pageSize > 65_536 || (pageSize & (pageSize - 1)) !== 0)
    throw malformed(what, `byte 20: a page size of ${pageSize} bytes`);
  if (view.u8(24) !== 0) throw malformed(what, "byte 24: it is encrypted");
  if (view.u8(25) !== metadataPageType)
    throw malformed(what, `byte 25: the first page has type ${view.u8(25)}`);
  return { view, what, pageSize, pages: Math.floor(bytes.length / pageSize), used: new Set() };
}

/** Key 0 has the last package number, not a package. */
function isCounter(database: Database, page: number, item: number): boolean {
  const { start, end } = itemAt(database, page, item);
  return end - start === 5 && database.view.u32(start + 1) === 0;
}

/** Items grow from the page's end down; each ends where the one before it begins. */
function itemAt(database: Database, page: number, item: number): { start: number; end: number } {
  const { view, what, pageSize } = database;
  const at = page * pageSize;
  const start = view.u16(at + pageHeaderBytes + item * 2);
  const end = item === 0 ? pageSize : view.u16(at + pageHeaderBytes + (item - 1) * 2);
  if (start < pageHeaderBytes || start >= end || end > pageSize)
    throw malformed(
      what,
      `byte ${at + pageHeaderBytes + item * 2}: item ${item} lies outside of page ${page}`,
    );
  return { start: at + start, end: at + end };
}

function bytesOfItem(database: Database, page: number, item: number): Uint8Array {
  const { view, what } = database;
  const { start, end } = itemAt(database, page, item);
  const type = view.u8(start);
  if (type === keyDataItem) return view.slice(start + 1, end - start - 1);
  if (type !== offPageItem) throw malformed(what, `byte ${start}: an item of type ${type}`);
  return overflowOf(database, view.u32(start + 4), view.u32(start + 8));
}

function overflowOf(database: Database, first: number, length: number): Uint8Array {
  const { view, what, pageSize, pages, used } = database;
  const pieces: Uint8Array[] = [];
  let left = length;
  for (let page = first; left > 0; page = view.u32(page * pageSize + 16)) {
    if (page === 0 || page >= pages)
      throw malformed(what, `page ${page}: a value goes on there, and the database has ${pages} pages`);
    if (used.has(page)) throw malformed(what, `page ${page}: it is part of two values, or of one twice`);
    used.add(page);
    const at = page * pageSize;
    const size = view.u16(at + 22);
    if (
      view.u8(at + 25) !== overflowPageType ||
      size > pageSize - pageHeaderBytes ||
      size > left ||
      size === 0
    )
      throw malformed(what, `byte ${at}: page ${page} is no overflow page of this value`);
    pieces.push(view.slice(at + pageHeaderBytes, size));
    left -= size;
  }
  return Buffer.concat(pieces);
}
