// Names in an ELF file's read-only data: absolute paths and sonames that the program may open at run time. They are hints:
// only those that exist in a tree come to count, so too many is better than too few.
// Invariant: each byte of the file is looked at once, however its segments overlap, 1 MiB at a time.
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

const executable = 1;
const writable = 2;

/** The names in segments that are readable only; in executable ones where there are no such (older link layouts). */
export function readStrings(image: ElfImage, source: RandomAccess): StringFacts {
  const paths = new Set<string>();
  const sonames = new Set<string>();
  for (const { start, end } of dataRanges(image, source.sizeBytes)) {
    for (let at = start; at < end; at += chunkBytes) {
      const length = Math.min(chunkBytes + nameBytesMax, end - at);
      const bytes = source.read(at, length);
      const chunk = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
      collectPaths(chunk, at === start, at + length >= end, paths);
      collectSonames(chunk, sonames);
      if (paths.size + sonames.size >= limits.elfStringsMax) break;
    }
  }
  return { pathStrings: [...paths], sonameStrings: [...sonames] };
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
/** Characters of a plausible file name: letters, digits and . _ + - @ ~ */
const plausible = new Uint8Array(256);
for (const character of "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._+-@~") {
  plausible[character.charCodeAt(0)] = 1;
}
/** After these a path is a pattern's beginning ("/usr/lib/%s"), not a name. */
const patternMarks: ReadonlySet<number> = new Set([..."%$*?{[<"].map((character) => character.charCodeAt(0)));

function collectPaths(chunk: Buffer, isFirst: boolean, isLast: boolean, paths: Set<string>): void {
  for (let at = chunk.indexOf(slash); at >= 0; at = chunk.indexOf(slash, at)) {
    let end = at + 1;
    let components = 0;
    while (end < chunk.length) {
      const byte = chunk[end] ?? 0;
      if (plausible[byte] === 1) components += chunk[end - 1] === slash ? 1 : 0;
      else if (byte !== slash) break;
      end += 1;
    }
    const before = at > 0 ? (chunk[at - 1] ?? 0) : isFirst ? 0 : slash;
    const isWhole = end < chunk.length || isLast;
    const isPath = components >= 2 && plausible[before] !== 1 && isWhole && end - at <= nameBytesMax;
    if (isPath && !patternMarks.has(chunk[end] ?? 0)) paths.add(pathText(chunk, at, end));
    at = end;
  }
}

function pathText(chunk: Buffer, start: number, end: number): string {
  const last = chunk[end - 1] === slash ? end - 1 : end;
  return chunk.toString("latin1", start, last);
}

const versionMark = Buffer.from(".so.");

/** `lib*.so.N...` around each ".so.". */
function collectSonames(chunk: Buffer, sonames: Set<string>): void {
  for (let at = chunk.indexOf(versionMark); at >= 0; at = chunk.indexOf(versionMark, at + 1)) {
    let start = at;
    while (start > 0 && at - start < 128 && plausible[chunk[start - 1] ?? 0] === 1) start -= 1;
    let end = at + versionMark.length;
    while (end < chunk.length && end - at < 64 && plausible[chunk[end] ?? 0] === 1) end += 1;
    const name = chunk.toString("latin1", start, end);
    if (/^lib.+\.so\.\d[\w.+-]*$/.test(name)) sonames.add(name);
  }
}
