// What is remembered of a layer that was read: its entries, their facts, and which contents are kept. One file of the cache,
// written as the layer streams by and read back in one go; a layer of a million files needs memory for its entries only.
//
//   {"format":..,"layer":..,"diffId":..}     what it is of
//   {"magic":..}                             facts, numbered in this order, each before the first row that names it
//   [[..],[..]]                              entries in the archive's order, as rows.ts has them
//   null or {"digest":..,"sizeBytes":..}     the kept contents
//   sha256:..                                of everything before
import { createHash } from "node:crypto";
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Cache } from "../../base/cache.ts";
import { type Digest, digestOf, finishDigest, hexOf } from "../../base/digest.ts";
import { systemCode } from "../../base/errors.ts";
import { diskError, onDisk, writeWholeSync } from "../../base/files.ts";
import { lazy } from "../../base/lazy.ts";
import type { Facts } from "../../content/facts.ts";
import type { FileEntry } from "../../tree/entry.ts";
import type { LayerEntry } from "../../tree/layers.ts";
import type { KeptBlob } from "./kept-writer.ts";
import { type FilePlace, type Row, rowOf } from "./rows.ts";

/** Names the meaning of records; whatever changes it changes this. */
const format = 1;
const namespace = "layer-scan";

export interface RecordHeader {
  readonly layer: Digest;
  readonly diffId: Digest;
}

/** Facts of a file; parsed when first asked for. */
export type RecordedFacts = () => Facts;

export interface LayerRecord<T> extends RecordHeader {
  /** What was made of the rows. */
  readonly entries: readonly T[];
  readonly kept: KeptBlob | undefined;
}

/**
 * @param layer names the blob and how it is read
 * @param maker names whatever facts depend on beside the bytes: another program or rule set finds other facts
 */
export function recordFile(cache: Cache, layer: string, maker: string): string {
  const key = digestOf(`${namespace} ${format} ${maker} ${layer}`);
  return join(cache.folder, "records", namespace, hexOf(key));
}

export interface RecordWriter {
  /** Adds an entry that is complete. */
  add(entry: LayerEntry): void;
  /** Keeps the place of a file whose content is still examined: the function returned fills it. */
  reserve(): (file: FileEntry, place: Omit<FilePlace, "facts">, facts: string) => void;
  /** Puts the record in its place. Everything was completed. */
  finish(kept: KeptBlob | undefined): Promise<void>;
  abandon(): Promise<void>;
}

const rowsInLine = 512;
const bufferedLengthMax = 1 << 18;
/** Facts of most files are few and short texts, that are written once. */
const sharedFactsLengthMax = 256;
const sharedFactsMax = 50_000;

interface Writing {
  readonly temporary: string;
  readonly fd: number;
  readonly hash: ReturnType<typeof createHash>;
  /** Lines not yet written. */
  text: string;
  /** Rows not yet written, in order; undefined where its file is still examined. */
  rows: (Row | undefined)[];
  /** How many of `rows` from the first on are complete. */
  complete: number;
  /** Of the first of `rows` among all. */
  base: number;
  factsCount: number;
  readonly shared: Map<string, number>;
}

/** A record in the making, under a temporary name on the file system of `file`. @throws ToolError "disk" (its methods as well) */
export function createRecordWriter(temporary: string, file: string, header: RecordHeader): RecordWriter {
  const fd = onDisk("writing to the cache", () => openSync(temporary, "wx", 0o644));
  const writing: Writing = {
    temporary,
    fd,
    hash: createHash("sha256"),
    text: `${JSON.stringify({ format, ...header })}\n`,
    rows: [],
    complete: 0,
    base: 0,
    factsCount: 0,
    shared: new Map(),
  };
  let open = true;
  const close = (): void => {
    if (open) closeSync(fd);
    open = false;
  };
  return {
    add: (entry) => {
      writing.rows.push(rowOf(entry, undefined));
      advance(writing);
    },
    reserve: () => {
      const number = writing.base + writing.rows.length;
      writing.rows.push(undefined);
      return (file, place, facts) => {
        writing.rows[number - writing.base] = rowOf(file, { ...place, facts: numberOf(writing, facts) });
        advance(writing);
      };
    },
    async finish(kept): Promise<void> {
      onDisk("writing to the cache", () => {
        writeRows(writing, writing.rows.length);
        writing.text += `${JSON.stringify(kept ?? null)}\n`;
        flush(writing);
        writeWholeSync(fd, Buffer.from(`${finishDigest(writing.hash)}\n`));
        close();
      });
      try {
        await mkdir(dirname(file), { recursive: true });
        await rename(temporary, file);
      } catch (thrown) {
        throw diskError("writing to the cache", thrown);
      }
    },
    async abandon(): Promise<void> {
      close();
      await rm(temporary, { force: true });
    },
  };
}

function numberOf(writing: Writing, facts: string): number {
  const known = writing.shared.get(facts);
  if (known !== undefined) return known;
  const number = writing.factsCount++;
  if (facts.length <= sharedFactsLengthMax && writing.shared.size < sharedFactsMax)
    writing.shared.set(facts, number);
  writeLine(writing, facts);
  return number;
}

function advance(writing: Writing): void {
  const { rows } = writing;
  while (writing.complete < rows.length && rows[writing.complete] !== undefined) writing.complete += 1;
  if (writing.complete >= rowsInLine) writeRows(writing, writing.complete);
}

function writeRows(writing: Writing, count: number): void {
  for (let at = 0; at < count; at += rowsInLine)
    writeLine(writing, JSON.stringify(writing.rows.slice(at, Math.min(at + rowsInLine, count))));
  writing.rows = writing.rows.slice(count);
  writing.base += count;
  writing.complete = 0;
}

function writeLine(writing: Writing, line: string): void {
  writing.text += `${line}\n`;
  if (writing.text.length >= bufferedLengthMax) onDisk("writing to the cache", () => flush(writing));
}

function flush(writing: Writing): void {
  const bytes = Buffer.from(writing.text);
  writing.text = "";
  writing.hash.update(bytes);
  writeWholeSync(writing.fd, bytes);
}

const readBytes = 1 << 20;
/** "sha256:", 64 digits, a line feed. */
const trailerBytes = 72;

/**
 * The record in a file, its rows made into what `make` makes of them; undefined where there is none. A damaged one is removed.
 * @throws ToolError "disk"
 */
export async function readRecord<T>(
  file: string,
  make: (row: Row, facts: readonly RecordedFacts[]) => T,
): Promise<LayerRecord<T> | undefined> {
  let fd: number;
  try {
    fd = openSync(file, "r");
  } catch (thrown) {
    if (systemCode(thrown) === "ENOENT") return undefined;
    throw diskError("reading the cache", thrown);
  }
  let record: LayerRecord<T> | undefined;
  try {
    record = recordIn(fd, make);
  } catch (thrown) {
    if (systemCode(thrown) !== undefined) throw diskError("reading the cache", thrown);
    // Whatever else is wrong with it, its digest would have told.
  } finally {
    closeSync(fd);
  }
  if (record === undefined) await rm(file, { force: true });
  return record;
}

/** @throws SyntaxError, TypeError where it is damaged */
function recordIn<T>(
  fd: number,
  make: (row: Row, facts: readonly RecordedFacts[]) => T,
): LayerRecord<T> | undefined {
  const bodyBytes = fstatSync(fd).size - trailerBytes;
  const hash = createHash("sha256");
  const entries: T[] = [];
  const facts: RecordedFacts[] = [];
  let header: (RecordHeader & { readonly format: number }) | undefined;
  let last = "null";
  for (const line of linesOf(fd, bodyBytes, (bytes) => hash.update(bytes))) {
    last = line;
    if (header === undefined) header = JSON.parse(line) as RecordHeader & { readonly format: number };
    else if (line.startsWith("{")) facts.push(lazy(() => JSON.parse(line) as Facts));
    else if (line.startsWith("["))
      for (const row of JSON.parse(line) as readonly Row[]) entries.push(make(row, facts));
  }
  if (header?.format !== format || finishDigest(hash) !== trailerOf(fd, bodyBytes)) return undefined;
  const kept = (JSON.parse(last) as KeptBlob | null) ?? undefined;
  return { layer: header.layer, diffId: header.diffId, entries, kept };
}

function trailerOf(fd: number, offset: number): string {
  const trailer = Buffer.alloc(trailerBytes);
  readSync(fd, trailer, 0, trailerBytes, offset);
  return trailer.toString("latin1", 0, trailerBytes - 1);
}

function* linesOf(fd: number, sizeBytes: number, see: (bytes: Uint8Array) => void): Generator<string> {
  let rest: Buffer = Buffer.alloc(0);
  for (let at = 0; at < sizeBytes; ) {
    const chunk = Buffer.allocUnsafe(Math.min(readBytes, sizeBytes - at));
    const count = readSync(fd, chunk, 0, chunk.length, at);
    if (count === 0) return;
    at += count;
    see(chunk.subarray(0, count));
    const bytes = Buffer.concat([rest, chunk.subarray(0, count)]);
    let start = 0;
    for (let end = bytes.indexOf(0x0a); end >= 0; end = bytes.indexOf(0x0a, start)) {
      yield bytes.toString("utf8", start, end);
      start = end + 1;
    }
    rest = bytes.subarray(start);
  }
}
