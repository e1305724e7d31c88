// The tar parser proper: a state machine that is fed chunks and calls a sink, without copying content. Holes of sparse files
// are told as such, so that who pulls needn't hold their zeros. tar-reader.ts has the two public forms.
//
// Invariants: no byte beyond a limit is held; zeros of holes keep to expansionRatioMax; content told for an entry adds up to
// its `sizeBytes`; the first zero block ends the archive and what follows is ignored, as GNU tar does.
import { ToolError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import { decodeName } from "../base/names.ts";
import { parsePaxRecords } from "./pax.ts";
import {
  blockBytes,
  hasValidChecksum,
  isZeroBlock,
  parseBlock,
  parseNumber,
  type RawTarHeader,
} from "./tar-header.ts";
import {
  addGlobal,
  exceededLimit,
  mergeHeader,
  nothingPending,
  type Pending,
  xattrBytes,
} from "./tar-metadata.ts";
import type { TarHeader } from "./tar-reader.ts";
import {
  createMapReader,
  parseGnuSegments,
  parseSparseRecords,
  type Segment,
  type SparseMap,
  sparseMap,
  storedBytes,
} from "./tar-sparse.ts";

export interface TarSink {
  entry(header: TarHeader): void;
  /** A view of what was written to the parser. */
  data(chunk: Uint8Array): void;
  /** Zeros of a sparse file. */
  hole(sizeBytes: number): void;
  end(): void;
}

/** An entry whose header or sparse map is not complete yet. */
interface Opening {
  readonly header: TarHeader;
  readonly realSizeBytes: number;
  readonly segments: Segment[];
}

type Mode =
  | { readonly kind: "header" }
  | { readonly kind: "body"; readonly type: string; readonly bytes: Uint8Array }
  | { readonly kind: "gnu-map"; readonly opening: Opening }
  | {
      readonly kind: "pax-map";
      readonly opening: Opening;
      readonly reader: ReturnType<typeof createMapReader>;
      /** Of map and data together. */
      readonly storedLeft: number;
    }
  | { readonly kind: "data" }
  | { readonly kind: "skip" }
  | { readonly kind: "ended" };

/** How far a sparse file has been told. */
interface SparseProgress {
  readonly map: SparseMap;
  /** Of the segment in hand, and of the file's next byte. */
  index: number;
  position: number;
  /** Bytes of the archive that led to here, however they were cut into chunks. */
  archiveBytes: number;
}

interface State {
  readonly sink: TarSink;
  readonly what: string;
  readonly global: Map<string, Buffer>;
  readonly block: Uint8Array;
  blockFilled: number;
  mode: Mode;
  /** Bytes still to come of "body", "data" or "skip". */
  remaining: number;
  /** Of the next byte, and of the header block of the entry in hand. */
  offset: number;
  headerOffset: number;
  pending: Pending;
  entries: number;
  contentBytes: number;
  /** Extended attributes, which whoever reads the archive may hold for all entries. */
  xattrBytes: number;
  /** Zeros told so far, of all entries. */
  holeBytes: number;
  sparse: SparseProgress | undefined;
  padding: number;
}

/**
 * A parser to be fed with `write` and ended with `finish`.
 * @throws ToolError "malformed" with the offset, "limit" with its name; `what` names the archive
 */
export function createTarParser(
  sink: TarSink,
  what: string,
): { write(chunk: Uint8Array): void; finish(): void } {
  const state: State = {
    sink,
    what,
    global: new Map(),
    block: new Uint8Array(blockBytes),
    blockFilled: 0,
    mode: { kind: "header" },
    remaining: 0,
    offset: 0,
    headerOffset: 0,
    pending: nothingPending,
    entries: 0,
    contentBytes: 0,
    xattrBytes: 0,
    holeBytes: 0,
    sparse: undefined,
    padding: 0,
  };
  return {
    write: (chunk) => {
      let at = 0;
      while (at < chunk.length) {
        const taken = advance(state, chunk, at);
        at += taken;
        state.offset += taken;
      }
    },
    finish: () => {
      const between = state.mode.kind === "header" && state.blockFilled === 0;
      if (between && state.pending !== nothingPending)
        throw malformed(state, "no entry follows an extended header");
      if (!between && state.mode.kind !== "ended") throw malformed(state, "the archive is cut short");
    },
  };
}

/** Takes some bytes of `chunk` from `at` on; returns how many. */
function advance(state: State, chunk: Uint8Array, at: number): number {
  const available = chunk.length - at;
  switch (state.mode.kind) {
    case "ended":
      return available;
    case "skip":
    case "data":
    case "body": {
      const count = Math.min(available, state.remaining);
      const piece = chunk.subarray(at, at + count);
      if (state.mode.kind === "data") tellData(state, piece);
      else if (state.mode.kind === "body")
        state.mode.bytes.set(piece, state.mode.bytes.length - state.remaining);
      state.remaining -= count;
      if (state.remaining === 0) completePart(state);
      return count;
    }
    default:
      return takeBlock(state, chunk, at);
  }
}

/** Whole blocks are parsed where they lie; one that is split over chunks is put together first. */
function takeBlock(state: State, chunk: Uint8Array, at: number): number {
  if (state.blockFilled === 0 && chunk.length - at >= blockBytes) {
    handleBlock(state, chunk.subarray(at, at + blockBytes));
    return blockBytes;
  }
  const count = Math.min(blockBytes - state.blockFilled, chunk.length - at);
  state.block.set(chunk.subarray(at, at + count), state.blockFilled);
  state.blockFilled += count;
  if (state.blockFilled === blockBytes) {
    state.offset -= blockBytes - count;
    handleBlock(state, state.block);
    state.offset += blockBytes - count;
    state.blockFilled = 0;
  }
  return count;
}

/** `state.offset` is that of the block. */
function handleBlock(state: State, block: Uint8Array): void {
  const { mode } = state;
  if (mode.kind === "header") {
    state.headerOffset = state.offset;
    handleHeader(state, block);
  } else if (mode.kind === "gnu-map") {
    const more = expect(state, parseGnuSegments(block, "extension"));
    mode.opening.segments.push(...more.segments);
    if (mode.opening.segments.length > limits.sparseSegmentsMax) throw exceeds(state, "sparseSegmentsMax");
    if (!more.extended) openSparse(state, mode.opening, mode.opening.header.sizeBytes);
  } else if (mode.kind === "pax-map") {
    const storedLeft = mode.storedLeft - blockBytes;
    if (storedLeft < 0) throw malformed(state, "its sparse map is longer than its content");
    const added = mode.reader.add(block);
    if (added === "more") state.mode = { ...mode, storedLeft };
    else if ("wrong" in added) throw malformed(state, added.wrong);
    else openSparse(state, { ...mode.opening, segments: added }, storedLeft);
  }
}

function handleHeader(state: State, block: Uint8Array): void {
  if (isZeroBlock(block)) {
    if (state.pending !== nothingPending) throw malformed(state, "no entry follows an extended header");
    state.mode = { kind: "ended" };
    return;
  }
  if (!hasValidChecksum(block)) throw malformed(state, "the checksum of a header is wrong");
  const raw = expect(state, parseBlock(block));
  switch (raw.type) {
    case "x":
    case "X":
    case "g":
    case "L":
    case "K":
      if (raw.sizeBytes > limits.paxRecordsBytesMax) throw exceeds(state, "paxRecordsBytesMax");
      state.mode = { kind: "body", type: raw.type, bytes: new Uint8Array(raw.sizeBytes) };
      state.padding = paddingOf(raw.sizeBytes);
      state.remaining = raw.sizeBytes;
      if (raw.sizeBytes === 0) completePart(state);
      return;
    case "V":
      skip(state, raw.sizeBytes + paddingOf(raw.sizeBytes));
      return;
    case "M":
      throw malformed(state, "it continues another volume");
    default:
      handleEntry(state, raw, block);
  }
}

function handleEntry(state: State, raw: RawTarHeader, block: Uint8Array): void {
  const header = expect(state, mergeHeader(raw, state.pending, state.global));
  const tooLong = exceededLimit(header);
  if (tooLong !== undefined) throw exceeds(state, tooLong);
  state.entries += 1;
  if (state.entries > limits.entriesMax) throw exceeds(state, "entriesMax");
  state.xattrBytes += xattrBytes(header);
  if (state.xattrBytes > limits.xattrBytesMax) throw exceeds(state, "xattrBytesMax");
  const sparse = expect(state, parseSparseRecords(state.pending.records));
  state.pending = nothingPending;
  if (raw.type === "S") {
    const { segments, extended } = expect(state, parseGnuSegments(block, "header"));
    const realSizeBytes = parseNumber(block, 483, 12) ?? -1;
    const opening = { header, realSizeBytes, segments };
    if (extended) state.mode = { kind: "gnu-map", opening };
    else openSparse(state, opening, header.sizeBytes);
  } else if (sparse !== undefined && header.kind === "file") {
    const realSizeBytes = sparse.realSizeBytes ?? header.sizeBytes;
    if (sparse.segments === undefined) {
      const opening = { header, realSizeBytes, segments: [] };
      state.mode = { kind: "pax-map", opening, reader: createMapReader(), storedLeft: header.sizeBytes };
    } else {
      openSparse(state, { header, realSizeBytes, segments: [...sparse.segments] }, header.sizeBytes);
    }
  } else {
    // GNU dump folders alone have a body among what is not a file.
    openEntry(state, header, raw.type === "D" ? raw.sizeBytes : 0);
  }
}

function openEntry(state: State, header: TarHeader, ignoredBytes: number): void {
  countContent(state, header.sizeBytes);
  state.sink.entry(header);
  if (header.sizeBytes > 0) {
    state.mode = { kind: "data" };
    state.remaining = header.sizeBytes;
    state.padding = paddingOf(header.sizeBytes);
  } else {
    state.sink.end();
    skip(state, ignoredBytes + paddingOf(ignoredBytes));
  }
}

/** `storedLeft`: bytes in the archive from here on that belong to the file. */
function openSparse(state: State, opening: Opening, storedLeft: number): void {
  const map = expect(state, sparseMap(opening.realSizeBytes, opening.segments));
  if (storedBytes(map) !== storedLeft)
    throw malformed(state, "its sparse map does not add up to its content");
  countContent(state, map.realSizeBytes);
  state.sink.entry({ ...opening.header, kind: "file", sizeBytes: map.realSizeBytes });
  state.sparse = { map, index: 0, position: 0, archiveBytes: state.offset + blockBytes };
  state.padding = paddingOf(storedLeft);
  state.mode = { kind: "data" };
  state.remaining = storedLeft;
  if (storedLeft === 0) completePart(state);
}

function tellData(state: State, piece: Uint8Array): void {
  const { sparse } = state;
  if (sparse === undefined) {
    state.sink.data(piece);
    return;
  }
  let at = 0;
  while (at < piece.length) {
    const segment = sparse.map.segments[sparse.index];
    if (segment === undefined) throw malformed(state, "its sparse map does not add up to its content");
    tellHole(state, segment.offset);
    const end = segment.offset + segment.sizeBytes;
    const count = Math.min(piece.length - at, end - sparse.position);
    state.sink.data(piece.subarray(at, at + count));
    at += count;
    sparse.position += count;
    sparse.archiveBytes += count;
    if (sparse.position === end) sparse.index += 1;
  }
}

/** Tells zeros up to `position` of the file in hand. */
function tellHole(state: State, position: number): void {
  const { sparse } = state;
  if (sparse === undefined || sparse.position >= position) return;
  const sizeBytes = position - sparse.position;
  state.holeBytes += sizeBytes;
  const budget = limits.expansionFreeBytes + limits.expansionRatioMax * sparse.archiveBytes;
  if (state.holeBytes > budget) throw exceeds(state, "expansionRatioMax");
  state.sink.hole(sizeBytes);
  sparse.position = position;
}

/** A body, content or padding has come to its end. */
function completePart(state: State): void {
  const { mode } = state;
  if (mode.kind === "skip") {
    state.mode = { kind: "header" };
    return;
  }
  if (mode.kind === "data") {
    if (state.sparse !== undefined) tellHole(state, state.sparse.map.realSizeBytes);
    state.sparse = undefined;
    state.sink.end();
  } else if (mode.kind === "body") {
    handleBody(state, mode.type, mode.bytes);
  }
  skip(state, state.padding);
}

function handleBody(state: State, type: string, bytes: Uint8Array): void {
  if (type === "L" || type === "K") {
    const end = bytes.indexOf(0);
    const name = decodeName(end < 0 ? bytes : bytes.subarray(0, end));
    state.pending = { ...state.pending, ...(type === "L" ? { longName: name } : { longLink: name }) };
    return;
  }
  const records = expect(state, parsePaxRecords(bytes));
  if (type === "g") expect(state, addGlobal(state.global, records));
  else state.pending = { ...state.pending, records };
}

function skip(state: State, sizeBytes: number): void {
  state.remaining = sizeBytes;
  state.mode = sizeBytes === 0 ? { kind: "header" } : { kind: "skip" };
}

function paddingOf(sizeBytes: number): number {
  return (blockBytes - (sizeBytes % blockBytes)) % blockBytes;
}

function countContent(state: State, sizeBytes: number): void {
  state.contentBytes += sizeBytes;
  if (state.contentBytes > limits.layerBytesMax) throw exceeds(state, "layerBytesMax");
}

/** The value, where it isn't a clause that says what is wrong. */
function expect<T>(state: State, value: T | string): T {
  if (typeof value === "string") throw malformed(state, value);
  return value;
}

function malformed(state: State, why: string): ToolError {
  const entry = state.offset === state.headerOffset ? "" : `, entry at byte ${state.headerOffset}`;
  return new ToolError("malformed", {
    what: `reading ${state.what}`,
    why: `${why} (at byte ${state.offset}${entry})`,
  });
}

function exceeds(state: State, limit: keyof typeof limits): ToolError {
  return new ToolError("limit", {
    what: `reading ${state.what}`,
    why: `the entry at byte ${state.headerOffset} exceeds ${limit} (${limits[limit]})`,
  });
}
