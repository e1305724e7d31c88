// rpm's databases in each of their formats, small, for tests: headers built tag by tag, the containers around them by hand, and
// SQLite's by SQLite itself.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

export interface RpmSample {
  readonly name: string;
  readonly version?: string;
  readonly release?: string;
  readonly epoch?: number;
  readonly architecture?: string;
  readonly paths?: readonly string[];
  /** RPMFILE_STATE of each path. */
  readonly states?: readonly number[];
  readonly requires?: readonly string[];
  readonly provides?: readonly string[];
}

interface Tag {
  readonly tag: number;
  readonly type: number;
  readonly count: number;
  readonly data: Buffer;
}

const types = { char: 1, int32: 4, string: 6, stringArray: 8 };

/** The header as the database has it: without the magic of package files. */
export function rpmHeader(sample: RpmSample): Buffer {
  const tags = tagsOf(sample);
  let offset = 0;
  const index = Buffer.alloc(8 + tags.length * 16);
  const data: Buffer[] = [];
  for (const [at, { tag, type, count, data: bytes }] of tags.entries()) {
    const padding = type === types.int32 ? (4 - (offset % 4)) % 4 : 0;
    data.push(Buffer.alloc(padding), bytes);
    offset += padding;
    for (const [field, value] of [tag, type, offset, count].entries())
      index.writeUInt32BE(value, 8 + at * 16 + field * 4);
    offset += bytes.length;
  }
  index.writeUInt32BE(tags.length, 0);
  index.writeUInt32BE(offset, 4);
  return Buffer.concat([index, ...data]);
}

function tagsOf(sample: RpmSample): readonly Tag[] {
  const { name, version = "1", release = "1", epoch, architecture, paths = [], states } = sample;
  const folders = [...new Set(paths.map((one) => one.slice(0, one.lastIndexOf("/") + 1)))];
  const indexes = paths.map((one) => folders.indexOf(one.slice(0, one.lastIndexOf("/") + 1)));
  return [
    string(1000, name),
    string(1001, version),
    string(1002, release),
    ...(epoch === undefined ? [] : [integers(1003, [epoch])]),
    ...(architecture === undefined ? [] : [string(1022, architecture)]),
    ...(states === undefined
      ? []
      : [{ tag: 1029, type: types.char, count: states.length, data: Buffer.from(states) }]),
    strings(1047, sample.provides ?? []),
    strings(1049, sample.requires ?? []),
    integers(1116, indexes),
    strings(
      1117,
      paths.map((one) => one.slice(one.lastIndexOf("/") + 1)),
    ),
    strings(1118, folders),
  ].filter(({ count }) => count > 0);
}

function string(tag: number, text: string): Tag {
  return { tag, type: types.string, count: 1, data: Buffer.from(`${text}\0`) };
}

function strings(tag: number, texts: readonly string[]): Tag {
  const data = Buffer.from(texts.map((text) => `${text}\0`).join(""));
  return { tag, type: types.stringArray, count: texts.length, data };
}

function integers(tag: number, values: readonly number[]): Tag {
  const data = Buffer.alloc(values.length * 4);
  for (const [index, value] of values.entries()) data.writeUInt32BE(value, index * 4);
  return { tag, type: types.int32, count: values.length, data };
}

/** Packages.db */
export function ndbDatabase(headers: readonly Buffer[]): Buffer {
  const slots = Buffer.alloc(4096);
  slots.write("RpmP");
  slots.writeUInt32LE(1, 12);
  for (let at = 32; at < slots.length; at += 16) slots.write("Slot", at);
  let block = slots.length / 16;
  const blobs = headers.map((header, index) => {
    const blocks = Math.ceil((16 + header.length + 12) / 16);
    const blob = Buffer.alloc(blocks * 16);
    blob.write("BlbS");
    blob.writeUInt32LE(index + 1, 4);
    blob.writeUInt32LE(header.length, 12);
    header.copy(blob, 16);
    blob.write("BlbE", blob.length - 4);
    // The first slot that is free after two of the header, with a gap as packages that were removed leave it.
    const slot = 32 + index * 32;
    for (const [field, value] of [index + 1, block, blocks].entries())
      slots.writeUInt32LE(value, slot + 4 + field * 4);
    block += blocks;
    return blob;
  });
  return Buffer.concat([slots, ...blobs]);
}

interface BerkeleyOptions {
  readonly bigEndian?: boolean;
  readonly pageSize?: number;
}

/** Packages: a metadata page, a hash page for each value, chains of overflow pages. */
export function berkeleyDatabase(headers: readonly Buffer[], options: BerkeleyOptions = {}): Buffer {
  const { bigEndian = false, pageSize = 512 } = options;
  const u16 = (page: Buffer, value: number, at: number): number =>
    bigEndian ? page.writeUInt16BE(value, at) : page.writeUInt16LE(value, at);
  const u32 = (page: Buffer, value: number, at: number): number =>
    bigEndian ? page.writeUInt32BE(value, at) : page.writeUInt32LE(value, at);
  const pages: Buffer[] = [Buffer.alloc(pageSize)];
  const metadata = pages[0] ?? Buffer.alloc(0);
  u32(metadata, 0x061561, 12);
  u32(metadata, 9, 16);
  u32(metadata, pageSize, 20);
  metadata[25] = 8;
  const newPage = (type: number): { readonly page: Buffer; readonly number: number } => {
    const page = Buffer.alloc(pageSize);
    u32(page, pages.length, 8);
    page[25] = type;
    pages.push(page);
    return { page, number: pages.length - 1 };
  };
  const fill = (page: Buffer, items: readonly Buffer[]): void => {
    u16(page, items.length, 20);
    let end = pageSize;
    for (const [index, item] of items.entries()) {
      end -= item.length;
      item.copy(page, end);
      u16(page, end, 26 + index * 2);
    }
  };
  const overflow = (value: Buffer): Buffer => {
    const item = Buffer.alloc(12);
    item[0] = 3;
    u32(item, pages.length, 4);
    u32(item, value.length, 8);
    for (let at = 0; at < value.length; at += pageSize - 26) {
      const piece = value.subarray(at, at + pageSize - 26);
      const { page, number } = newPage(7);
      if (at + piece.length < value.length) u32(page, number + 1, 16);
      u16(page, piece.length, 22);
      piece.copy(page, 26);
    }
    return item;
  };
  const keyOf = (number: number): Buffer => {
    const key = Buffer.from([1, 0, 0, 0, 0]);
    u32(key, number, 1);
    return key;
  };
  // Buckets lie on the pages from 1 on, so that readers that go by them find all of them.
  const buckets = [undefined, ...headers].map((header) => ({ header, page: newPage(13).page }));
  u32(metadata, buckets.length - 1, 72);
  for (let index = 0; index < 32; index++) u32(metadata, 1, 96 + index * 4);
  for (const [number, { header, page }] of buckets.entries()) {
    const inline = Buffer.concat([Buffer.from([1]), header ?? Buffer.from([9, 0, 0, 0])]);
    const item = header === undefined || inline.length < pageSize - 60 ? inline : overflow(header);
    fill(page, [keyOf(number), item]);
  }
  u32(metadata, pages.length - 1, 32);
  return Buffer.concat(pages);
}

export interface SqliteFiles {
  readonly database: Buffer;
  /** Where `logged` headers were asked for: what was committed and not yet moved into the database. */
  readonly log: Buffer | undefined;
}

/** rpmdb.sqlite, with other tables around as rpm has them. */
export function sqliteDatabase(
  headers: readonly Buffer[],
  options: { readonly pageSize?: number; readonly logged?: readonly Buffer[] } = {},
): SqliteFiles {
  const folder = mkdtempSync(join(tmpdir(), "rpmdb-"));
  const file = join(folder, "rpmdb.sqlite");
  const database = new DatabaseSync(file);
  try {
    database.exec(`PRAGMA page_size = ${options.pageSize ?? 4096}`);
    database.exec("CREATE TABLE Before (a INTEGER, b TEXT)");
    database.exec("CREATE TABLE 'Packages' (hnum INTEGER PRIMARY KEY AUTOINCREMENT, blob BLOB NOT NULL)");
    const insert = database.prepare("INSERT INTO Packages (blob) VALUES (?)");
    database.exec("BEGIN");
    for (const header of headers) insert.run(header);
    database.exec("COMMIT");
    if (options.logged !== undefined) {
      database.exec("PRAGMA journal_mode = WAL");
      database.exec("PRAGMA wal_autocheckpoint = 0");
      for (const header of options.logged) insert.run(header);
    }
    const log = options.logged === undefined ? undefined : readFileSync(`${file}-wal`);
    return { database: readFileSync(file), log };
  } finally {
    database.close();
    rmSync(folder, { recursive: true, force: true });
  }
}
