// Sparse files in tar: which ranges of the file are stored. Four encodings: GNU old ('S' with extension blocks) and pax
// GNU.sparse 0.0, 0.1, 1.0 (GNU tar manual, "Storing Sparse Files").
// Invariant: a SparseMap is sorted, its segments don't overlap and end inside the file.
import { limits } from "../base/limits.ts";
import type { PaxRecord } from "./pax.ts";
import { parsePaxNumber } from "./pax.ts";
import { blockBytes, parseNumber } from "./tar-header.ts";

export interface Segment {
  readonly offset: number;
  readonly sizeBytes: number;
}

export interface SparseMap {
  readonly realSizeBytes: number;
  readonly segments: readonly Segment[];
}

/** What a pax header says of sparseness. `map: undefined`: version 1.0, the map precedes the data. */
export interface SparseRecords {
  readonly realSizeBytes: number | undefined;
  readonly segments: readonly Segment[] | undefined;
}

/** A map from segments as they were stored, or what is wrong in a clause. Segments without bytes are dropped. */
export function sparseMap(realSizeBytes: number, segments: readonly Segment[]): SparseMap | string {
  let end = 0;
  for (const segment of segments) {
    if (segment.offset < end) return "its sparse segments overlap or are not in order";
    end = segment.offset + segment.sizeBytes;
    if (end > realSizeBytes) return "a sparse segment lies beyond the file's end";
  }
  return { realSizeBytes, segments: segments.filter((segment) => segment.sizeBytes > 0) };
}

/** How many bytes of a sparse file are stored. */
export function storedBytes(map: SparseMap): number {
  return map.segments.reduce((sum, segment) => sum + segment.sizeBytes, 0);
}

/** The GNU.sparse.* records; undefined where there are none, a string where they are wrong. */
export function parseSparseRecords(records: readonly PaxRecord[]): SparseRecords | undefined | string {
  const values = new Map<string, string>();
  const repeated: number[] = [];
  for (const { key, value } of records) {
    if (!key.startsWith("GNU.sparse.")) continue;
    const text = value.toString("latin1");
    if (key === "GNU.sparse.offset" || key === "GNU.sparse.numbytes") {
      // 0.0: offset and numbytes alternate.
      if ((key === "GNU.sparse.offset") !== (repeated.length % 2 === 0))
        return "its sparse map is out of order";
      repeated.push(parsePaxNumber(text) ?? Number.NaN);
    } else {
      values.set(key, text);
    }
  }
  if (values.size === 0 && repeated.length === 0) return undefined;
  const size = values.get("GNU.sparse.realsize") ?? values.get("GNU.sparse.size");
  const realSizeBytes = size === undefined ? undefined : parsePaxNumber(size);
  if (size !== undefined && realSizeBytes === undefined) return "its sparse size is not a number";
  if (values.get("GNU.sparse.major") === "1" && values.get("GNU.sparse.minor") === "0") {
    return { realSizeBytes, segments: undefined };
  }
  const map = values.get("GNU.sparse.map");
  const flat = map === undefined ? repeated : splitNumbers(map);
  const segments = pair(flat);
  return typeof segments === "string" ? segments : { realSizeBytes, segments };
}

function splitNumbers(map: string): number[] {
  return map === "" ? [] : map.split(",").map((one) => parsePaxNumber(one) ?? Number.NaN);
}

function pair(flat: readonly number[]): Segment[] | string {
  if (flat.length % 2 !== 0) return "its sparse map is cut short";
  if (flat.length / 2 > limits.sparseSegmentsMax)
    return `it exceeds sparseSegmentsMax (${limits.sparseSegmentsMax})`;
  const segments: Segment[] = [];
  for (let at = 0; at < flat.length; at += 2) {
    const offset = flat[at] ?? Number.NaN;
    const sizeBytes = flat[at + 1] ?? Number.NaN;
    if (Number.isNaN(offset + sizeBytes)) return "its sparse map holds something that is not a number";
    segments.push({ offset, sizeBytes });
  }
  return segments;
}

/** The segments in a GNU header (4 from byte 386) or extension block (21 from byte 0), and whether a block follows. */
export function parseGnuSegments(
  block: Uint8Array,
  kind: "header" | "extension",
): { readonly segments: Segment[]; readonly extended: boolean } | string {
  const start = kind === "header" ? 386 : 0;
  const count = kind === "header" ? 4 : 21;
  const segments: Segment[] = [];
  for (let index = 0; index < count; index++) {
    const at = start + index * 24;
    if (block[at] === 0 || block[at + 12] === 0) break;
    const offset = parseNumber(block, at, 12);
    const sizeBytes = parseNumber(block, at + 12, 12);
    if (offset === undefined || sizeBytes === undefined || offset < 0 || sizeBytes < 0) {
      return "its sparse map holds something that is not a number";
    }
    segments.push({ offset, sizeBytes });
  }
  return { segments, extended: block[start + count * 24] !== 0 };
}

/**
 * Reads the decimal map before the data of GNU.sparse 1.0: a count, then offset and size of each, a line each, padded to a
 * block. Fed block by block; `done` once complete.
 */
export function createMapReader(): {
  add(block: Uint8Array): Segment[] | "more" | { readonly wrong: string };
} {
  let text = "";
  let numbers: number[] = [];
  let expected: number | undefined;
  return {
    add(block) {
      text += Buffer.from(block.buffer, block.byteOffset, blockBytes).toString("latin1");
      const lines = text.split("\n");
      text = lines.pop() ?? "";
      for (const line of lines) {
        const value = parsePaxNumber(line);
        if (value === undefined) return { wrong: "its sparse map holds something that is not a number" };
        if (expected === undefined) {
          if (value > limits.sparseSegmentsMax) {
            return { wrong: `it exceeds sparseSegmentsMax (${limits.sparseSegmentsMax})` };
          }
          expected = 2 * value;
        } else {
          numbers.push(value);
        }
        if (numbers.length === expected) break;
      }
      if (numbers.length !== expected)
        return text.length > 20 ? { wrong: "its sparse map has no lines" } : "more";
      const segments = pair(numbers);
      numbers = [];
      return typeof segments === "string" ? { wrong: segments } : segments;
    },
  };
}
