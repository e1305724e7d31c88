// Names in an ELF file's read-only data: absolute paths and sonames that the program may open at run time. They are hints:
// only those that exist in a tree come to count, so too many is better than too few.
// Invariant: each byte of the file is looked at once, however its segments overlap, 1 MiB at a time.
import { bufferOf } from "../base/bytes.ts";
import { lazy } from "../base/lazy.ts";
import { limits } from "../base/limits.ts";
import { type ElfImage, type Segment, segmentType } from "./elf-image.ts";
import type { RandomAccess } from "./random-access.ts";

export interface StringFacts {
  /** In order of first appearance, unique. */
  readonly pathStrings: readonly string[];
  readonly sonameStrings: readonly string[];
}

const chunkBytes = 1024 * 1024;
/** Chunks overlap by this, so that a name across their border is seen whole. */
const nameBytesMax = 1024;
/** Lent to every read of a chunk: a fresh buffer for each would pile up as garbage while a big file is read. */
const scratch = lazy(() => Buffer.allocUnsafe(chunkBytes + nameBytesMax));

const executable = 1;
const writable = 2;

/**
 * The names in segments that are readable only; in executable ones where there are no such (older link layouts). Names in
 * `known` are left out. At most limits.elfStringsMax: what comes later in the file is not looked at.
 */
export function readStrings(image: ElfImage, source: RandomAccess, known: ReadonlySet<string>): StringFacts {
  const paths = new Set<string>();
  const sonames = new Set<string>();
  for (const { start, end } of dataRanges(image, source.sizeBytes)) {
    for (let at = start; at < end; at += chunkBytes) {
      const bytes = source.read(at, Math.min(chunkBytes + nameBytesMax, end - at), scratch());
      const chunk = bufferOf(bytes);
      const isLast = at + chunkBytes + nameBytesMax >= end;
      collectPaths(chunk, { isFirst: at === start, isLast }, paths);
      collectSonames(chunk, { isFirst: at === start, isLast }, sonames);
      if (paths.size + sonames.size >= limits.elfStringsMax) return factsFrom(paths, sonames, known);
    }
  }
  return factsFrom(paths, sonames, known);
}

function factsFrom(paths: Set<string>, sonames: Set<string>, known: ReadonlySet<string>): StringFacts {
  const kept = (names: Set<string>): string[] =>
    [...names].filter((name) => !known.has(name)).slice(0, limits.elfStringsMax);
  return { pathStrings: kept(paths), sonameStrings: kept(sonames) };
}

/** The file ranges to look at, merged and in file order. */
function dataRanges(image: ElfImage, sizeBytes: number): { start: number; end: number }[] {
  const loads = image.segments.filter((one) => one.type === segmentType.load && one.fileBytes > 0);
  const readOnly = loads.filter((one) => (one.flags & (executable | writable)) === 0);
  const chosen = readOnly.length > 0 ? readOnly : loads.filter((one) => (one.flags & writable) === 0);
  const range = (segment: Segment): { start: number; end: number } => ({
    start: Math.min(segment.offset, sizeBytes),
    end: Math.min(segment.offset + segment.fileBytes, sizeBytes),
  });
  const merged: { start: number; end: number }[] = [];
  for (const next of chosen.map(range).sort((a, b) => a.start - b.start)) {
    const last = merged.at(-1);
    if (last !== undefined && next.start <= last.end) last.end = Math.max(last.end, next.end);
    else if (next.end > next.start) merged.push(next);
  }
  return merged;
}

const slash = 0x2f;
/** Characters of a plausible file name. */
const plausible = byteTable(/[\w.+@~-]/);
/** Before these a path is a pattern's beginning ("/usr/lib/%s"), not a name. */
const patternMarks = byteTable(/[%$*?{[<]/);

function byteTable(pattern: RegExp): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, byte) => (pattern.test(String.fromCharCode(byte)) ? 1 : 0));
}

/** Whether a chunk begins or ends its range: elsewhere a name at its border is cut, and seen whole by the neighbour. */
interface Borders {
  readonly isFirst: boolean;
  readonly isLast: boolean;
}

function collectPaths(chunk: Buffer, borders: Borders, paths: Set<string>): void {
  for (let at = chunk.indexOf(slash); at >= 0; at = chunk.indexOf(slash, at)) {
    let end = at + 1;
    let components = 0;
    for (; end < chunk.length; end++) {
      const byte = chunk[end] ?? 0;
      if (plausible[byte] === 1) components += chunk[end - 1] === slash ? 1 : 0;
      else if (byte !== slash) break;
    }
    const isWhole = end < chunk.length || borders.isLast;
    if (components >= 2 && isWhole && end - at <= nameBytesMax && patternMarks[chunk[end] ?? 0] === 0) {
      const before = at > 0 ? (chunk[at - 1] ?? 0) : borders.isFirst ? 0 : slash;
      addPaths(chunk.toString("latin1", at, end), plausible[before] === 0 && before !== slash, paths);
    }
    at = end;
  }
}

/**
 * Folders at which a name may begin inside another string: linkers keep "/etc/x" as the tail of "/usr/local/etc/x", and Go
 * and Rust store strings without anything between them. Not those that usually lie below /usr: "/usr/lib/x" isn't "/lib/x".
 */
const innerRoot = /\/(?=(?:etc|usr|var|opt|srv)\/)/g;

function addPaths(run: string, isStart: boolean, paths: Set<string>): void {
  const text = run.endsWith("/") ? run.slice(0, -1) : run;
  if (isStart && !text.includes("//")) paths.add(text);
  for (const { index } of text.matchAll(innerRoot)) {
    if (paths.size >= limits.elfStringsMax) return;
    const inner = text.slice(index);
    if ((index > 0 || !isStart) && !inner.includes("//")) paths.add(inner);
  }
}

const versionMark = Buffer.from(".so.");
const prefix: readonly number[] = [...Buffer.from("lib")];
const dot = 0x2e;
/** Characters between "lib" and ".so.". */
const stem = byteTable(/[\w.+-]/);
const stemBytesMax = 128;
const versionBytesMax = 64;

/** `lib*.so.N...` around each ".so."; where more follows the numbers, with it and without. Names don't overlap. */
function collectSonames(chunk: Buffer, borders: Borders, sonames: Set<string>): void {
  let from = 0;
  for (let at = chunk.indexOf(versionMark); at >= 0; at = chunk.indexOf(versionMark, at + 1)) {
    const numbersEnd = endOfNumbers(chunk, at + 3);
    if (numbersEnd === at + 3) continue;
    let start = at;
    while (start > 0 && at - start < stemBytesMax && plausible[chunk[start - 1] ?? 0] === 1) start -= 1;
    let end = numbersEnd;
    while (end < chunk.length && end - at < versionBytesMax && plausible[chunk[end] ?? 0] === 1) end += 1;
    if ((start === 0 && !borders.isFirst) || (end === chunk.length && !borders.isLast)) continue;
    const name = startOfName(chunk, at, Math.max(start, from));
    if (name === undefined) continue;
    sonames.add(chunk.toString("latin1", name, numbersEnd));
    if (name === start) sonames.add(chunk.toString("latin1", start, end));
    from = numbersEnd;
  }
}

/** Where ".1.22" ends that begins at `at`; `at` where nothing of it is there. */
function endOfNumbers(chunk: Buffer, at: number): number {
  const end = Math.min(chunk.length, at + versionBytesMax);
  let numbersEnd = at;
  for (let next = at; chunk[next] === dot; next = numbersEnd) {
    let digits = next + 1;
    while (digits < end && isDigit(chunk[digits] ?? 0)) digits += 1;
    if (digits === next + 1) break;
    numbersEnd = digits;
  }
  return numbersEnd;
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}

/** The first "lib" from `least` on that only a stem, of one character or more, parts from ".so." at `at`. */
function startOfName(chunk: Buffer, at: number, least: number): number | undefined {
  let found: number | undefined;
  for (let start = at - 1; start >= least && stem[chunk[start] ?? 0] === 1; start--) {
    if (start + prefix.length < at && prefix.every((byte, index) => chunk[start + index] === byte))
      found = start;
  }
  return found;
}
