// rpmdb.sqlite: as much of SQLite's file format (sqlite.org/fileformat2.html) as lists one table by its b-tree, read from memory.
// An engine for SQL would run a hostile file's schema; nothing here does more than follow page numbers, each one once.
import { type ByteView, byteView } from "../byte-view.ts";
import { malformed } from "../claim.ts";
import type { RpmRecord } from "./record.ts";
import { type PageVersions, versionsIn } from "./sqlite-wal.ts";

const fileHeaderBytes = 100;
const interiorTable = 0x05;
const leafTable = 0x0d;
const magic = "SQLite format 3\0";

interface Database {
  readonly what: string;
  readonly main: ByteView;
  readonly log: PageVersions | undefined;
  readonly pageSize: number;
  /** Of a page, without what extensions reserve at its end. */
  readonly usableSize: number;
  /** Pages met: none is part of two trees, or of two values. */
  readonly used: Set<number>;
}

interface Page {
  readonly view: ByteView;
  readonly number: number;
  /** Where the b-tree's page header begins: after the file's own on the first page. */
  readonly start: number;
}

export function isSqlite(bytes: Uint8Array): boolean {
  return Buffer.from(bytes.subarray(0, magic.length)).toString("latin1") === magic;
}

/** `log`: the write-ahead log beside it (rpmdb.sqlite-wal), where there is one. */
export function* sqliteRecords(bytes: Uint8Array, what: string, log?: Uint8Array): Generator<RpmRecord> {
  const database = openDatabase(bytes, what, log);
  const top = rootOf(database, "Packages");
  if (top === undefined) throw malformed(what, "it has no table Packages");
  for (const { payload, page } of rowsOf(database, top)) {
    const blob = columnsOf(payload, what)[1];
    if (!(blob instanceof Uint8Array)) throw malformed(what, `page ${page}: a package without a blob`);
    yield { header: blob, at: `page ${page}` };
  }
}

function openDatabase(bytes: Uint8Array, what: string, log: Uint8Array | undefined): Database {
  if (!isSqlite(bytes)) throw malformed(what, "byte 0: no SQLite database");
  const main = byteView(bytes, "big", what);
  const pageSize = main.u16(16) === 1 ? 65_536 : main.u16(16);
  if (pageSize < 512 || (pageSize & (pageSize - 1)) !== 0)
    throw malformed(what, `byte 16: a page size of ${pageSize} bytes`);
  const usableSize = pageSize - main.u8(20);
  if (usableSize < 480) throw malformed(what, `byte 20: ${usableSize} bytes of a page are usable`);
  const versions = log === undefined ? undefined : versionsIn(log, pageSize);
  return { what, main, log: versions, pageSize, usableSize, used: new Set() };
}

/** The page as the last committed transaction left it. */
function pageAt(database: Database, number: number): Page {
  const { main, log, pageSize, used, what } = database;
  if (used.has(number)) throw malformed(what, `page ${number}: it is used twice`);
  used.add(number);
  if (number < 1) throw malformed(what, `page ${number}: pages have numbers from 1 on`);
  const bytes = log?.pageOf(number) ?? main.slice((number - 1) * pageSize, pageSize);
  const view = byteView(bytes, "big", `page ${number} of ${what}`);
  return { view, number, start: number === 1 ? fileHeaderBytes : 0 };
}

/** The root page of a table: sqlite_schema, on page 1, has type, name, table, root page and SQL of each. */
function rootOf(database: Database, table: string): number | undefined {
  for (const { payload } of rowsOf(database, 1)) {
    const [type, name, , root] = columnsOf(payload, database.what);
    if (type === "table" && name === table && typeof root === "number") return root;
  }
  return undefined;
}

interface Row {
  readonly payload: Uint8Array;
  readonly page: number;
}

/** The rows of a table's b-tree, in its order. */
function* rowsOf(database: Database, top: number): Generator<Row> {
  const pending = [top];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const page = pageAt(database, next);
    const { view, start } = page;
    const kind = view.u8(start);
    const cells = view.u16(start + 3);
    if (kind === leafTable) {
      let room = database.usableSize;
      for (let index = 0; index < cells; index++) {
        const { payload, cellBytes } = payloadAt(database, page, view.u16(start + 8 + index * 2));
        room -= cellBytes;
        if (room < 0) throw malformed(database.what, `page ${next}: its rows overlap`);
        yield { payload, page: next };
      }
    } else if (kind === interiorTable) {
      pending.push(view.u32(start + 8));
      for (let index = cells - 1; index >= 0; index--) {
        pending.push(view.u32(view.u16(start + 12 + index * 2)));
      }
    } else throw malformed(database.what, `page ${next}: type ${kind} is no page of a table`);
  }
}

/**
 * A cell's payload: the beginning on its page, the rest on a chain of overflow pages ("Cell Payload Overflow Pages"). `cellBytes`:
 * what of it is on the page.
 */
function payloadAt(
  database: Database,
  page: Page,
  cell: number,
): { readonly payload: Uint8Array; readonly cellBytes: number } {
  const { usableSize: usable, what, main, log } = database;
  const { view } = page;
  const size = varint(view, cell);
  const rowId = varint(view, size.end);
  // Nothing is larger than all that there is; also keeps what is allocated in bounds.
  if (size.value > main.bytes.length + (log?.sizeBytes ?? 0))
    throw malformed(what, `page ${page.number}: a row of ${size.value} bytes`);
  const mostLocal = usable - 35;
  const cellBytes = (local: number): number => rowId.end - cell + local;
  if (size.value <= mostLocal)
    return { payload: view.slice(rowId.end, size.value), cellBytes: cellBytes(size.value) };
  const leastLocal = Math.floor(((usable - 12) * 32) / 255) - 23;
  const fitting = leastLocal + ((size.value - leastLocal) % (usable - 4));
  const local = fitting <= mostLocal ? fitting : leastLocal;
  const pieces = [view.slice(rowId.end, local)];
  let left = size.value - local;
  for (let next = view.u32(rowId.end + local); left > 0; ) {
    const overflow = pageAt(database, next).view;
    const piece = overflow.slice(4, Math.min(left, usable - 4));
    pieces.push(piece);
    left -= piece.length;
    next = overflow.u32(0);
  }
  return { payload: Buffer.concat(pieces), cellBytes: cellBytes(local) };
}

/** sqlite_schema has the most columns of what is read, and its fourth is the last that counts. */
const columnsMax = 4;

/** A record's first columns ("Record Format"). Floating-point numbers are left out: no column that is read here has one. */
function columnsOf(payload: Uint8Array, what: string): readonly (string | number | Uint8Array | undefined)[] {
  const view = byteView(payload, "big", `a row of ${what}`);
  const headerSize = varint(view, 0);
  const columns: (string | number | Uint8Array | undefined)[] = [];
  let body = headerSize.value;
  for (let at = headerSize.end; at < headerSize.value && columns.length < columnsMax; ) {
    const type = varint(view, at);
    at = type.end;
    const size = sizeOfType(type.value);
    const bytes = view.slice(body, size);
    body += size;
    if (type.value >= 12) columns.push(type.value % 2 === 0 ? bytes : Buffer.from(bytes).toString("utf8"));
    else if (type.value === 8 || type.value === 9) columns.push(type.value - 8);
    else columns.push(type.value >= 1 && type.value <= 6 ? integerOf(bytes) : undefined);
  }
  return columns;
}

const fixedSizes: readonly number[] = [0, 1, 2, 3, 4, 6, 8, 8, 0, 0, 0, 0];

function sizeOfType(type: number): number {
  return fixedSizes[type] ?? Math.floor((type - 12) / 2);
}

/** Big-endian, with a sign; one that no number holds exactly is as good as any that is out of bounds. */
function integerOf(bytes: Uint8Array): number {
  let value = (bytes[0] ?? 0) >= 0x80 ? -1 : 0;
  for (const byte of bytes) value = value * 256 + byte;
  return value;
}

/** Seven bits a byte, the highest bit says that another follows; all eight of the ninth. */
function varint(view: ByteView, at: number): { readonly value: number; readonly end: number } {
  let value = 0;
  for (let index = 0; index < 8; index++) {
    const byte = view.u8(at + index);
    value = value * 128 + (byte & 0x7f);
    if (byte < 0x80) return { value, end: at + index + 1 };
  }
  return { value: value * 256 + view.u8(at + 8), end: at + 9 };
}
