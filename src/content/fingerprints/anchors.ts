// The strings that fingerprints are searched by, in one pass: each with the places where it was met.

import { bufferOf } from "../../base/bytes.ts";
import { lazy } from "../../base/lazy.ts";
import type { RandomAccess } from "../../formats/random-access.ts";
import { goFunctions } from "../capabilities.ts";
import type { Region } from "../regions.ts";
import { stringSearch } from "../string-search.ts";
import { type AppletTable, appletTableAt, tableEntries } from "./applets.ts";
import type { Signal } from "./fingerprint.ts";

import { fingerprints } from "./rules.ts";

/** What a pass over a file's data met. */
export interface Met {
  /** For each anchor that is there, where its first occurrences are, as file offsets. */
  readonly anchors: ReadonlyMap<string, readonly number[]>;
  /** The best one. */
  readonly applets?: AppletTable;
  /** Where an ELF file may begin. */
  readonly elfHeaders: readonly number[];
}

/** "\xff Go buildinf:", the beginning of what Go's linker writes (debug/buildinfo). */
export const goAnchor = "\xff Go buildinf:";
const elfMagic = Buffer.from("\x7fELF", "latin1");

const chunkBytes = 1024 * 1024;
/** Chunks overlap, so that a string or an applet table across a border is seen whole in one of them. */
const overlapBytes = 16 * 1024;
/** Occurrences of one anchor that are kept: a symbol's name may be met in other strings before its table. */
export const placesMax = 8;
/** More than anybody puts into a file for a good reason: those past it aren't told one by one. */
const headersMax = 1024;

/** As what a signal is searched in the one pass over a file; undefined for one that is found otherwise. */
export function anchorOf(signal: Signal): string | undefined {
  if (signal.kind === "string") return signal.text;
  return signal.kind === "symbol" ? symbolAnchor(signal.name) : undefined;
}

/** Names end with a NUL; where they begin, linkers may have put them into the tail of a longer one. */
export function symbolAnchor(name: string): string {
  return `${name}\0`;
}

const anchors = lazy(() => {
  const all = fingerprints.flatMap((one) => [
    ...one.signs.flat().flatMap((signal) => anchorOf(signal) ?? []),
    ...(one.version?.after ?? []),
  ]);
  const texts = [...new Set([goAnchor, ...goFunctions.map(([, name]) => name), ...all])];
  return { texts, search: stringSearch([...texts, ...tableEntries]) };
});

/** Lent to every read: a fresh buffer for each would pile up as garbage while a big file is read. */
const scratch = lazy(() => Buffer.allocUnsafe(chunkBytes + overlapBytes));

/** Looks at these regions of a file once. */
export function meet(source: RandomAccess, regions: readonly Region[]): Met {
  const { texts } = anchors();
  const places = new Map<string, number[]>();
  const elfHeaders: number[] = [];
  let applets: AppletTable | undefined;
  for (const { start, end } of regions) {
    for (let at = start; at < end; at += chunkBytes) {
      const bytes = source.read(at, Math.min(chunkBytes + overlapBytes, end - at), scratch());
      const chunk = bufferOf(bytes);
      const found = searchChunk(chunk, (index, place) => {
        const known = places.get(texts[index] ?? "") ?? [];
        if (known.length < placesMax && known.at(-1) !== at + place) known.push(at + place);
        if (known.length === 1) places.set(texts[index] ?? "", known);
      });
      if (found !== undefined && found.known > (applets?.known ?? 0))
        applets = { ...found, start: at + found.start, end: at + found.end };
      elfHeadersIn(chunk, at, elfHeaders);
    }
  }
  return {
    anchors: places,
    elfHeaders,
    ...(applets === undefined ? {} : { applets }),
  };
}

/** The file offset of these bytes, of at most 4 KiB, in the regions of a file. */
export function findBytes(
  source: RandomAccess,
  regions: readonly Region[],
  wanted: Buffer,
): number | undefined {
  for (const { start, end } of regions) {
    for (let at = start; at < end; at += chunkBytes) {
      const bytes = source.read(at, Math.min(chunkBytes + overlapBytes, end - at), scratch());
      const found = bufferOf(bytes).indexOf(wanted);
      if (found >= 0) return at + found;
    }
  }
  return undefined;
}

/** Calls `found` with an anchor's index and place; returns the best applet table of the chunk. */
function searchChunk(chunk: Buffer, found: (index: number, at: number) => void): AppletTable | undefined {
  const { texts, search } = anchors();
  let best: AppletTable | undefined;
  let tableEnd = 0;
  search.scan(chunk, (index, place) => {
    if (index < texts.length) found(index, place);
    else if (place >= tableEnd) {
      // A table is measured once, from the first of its entries that is met.
      const table = appletTableAt(chunk, place);
      tableEnd = table.end;
      if (table.known > (best?.known ?? 0)) best = table;
    }
  });
  return best;
}

/** Of the two headers' ends, in bytes. */
export const elfHeaderBytes = 64;

/**
 * Adds where in a chunk, which lies at `base`, an ELF file can begin: Linux looks at the magic number, type and the size of
 * program headers, and not at class and byte order as the identification says them.
 */
export function elfHeadersIn(chunk: Buffer, base: number, headers: number[]): void {
  for (let at = chunk.indexOf(elfMagic); at >= 0; at = chunk.indexOf(elfMagic, at + 1)) {
    if (headers.length >= headersMax) return;
    const isProgram = isEither(chunk, at + 16, 2) || isEither(chunk, at + 16, 3);
    const hasSegments = isEither(chunk, at + 54, 56) || isEither(chunk, at + 42, 32);
    if (isProgram && hasSegments && (headers.at(-1) ?? -1) < base + at) headers.push(base + at);
  }
}

/** A number of two bytes, in either order. */
function isEither(bytes: Buffer, at: number, value: number): boolean {
  const [first, second] = [bytes[at], bytes[at + 1]];
  return (first === value && second === 0) || (first === 0 && second === value);
}
