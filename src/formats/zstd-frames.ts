// Where Zstandard frames begin and end (RFC 8878, section 3.1). Node's decoder stops, without an error, after the first frame;
// layers of several (zstd:chunked, pzstd) would be cut. This walks block headers only; content is for the decoder.
import { ToolError } from "../base/errors.ts";

/** A part of a frame; `last` where the frame ends with it. Skippable frames don't appear. */
export interface FramePart {
  readonly bytes: Uint8Array;
  readonly last: boolean;
}

const frameMagic = 0xfd2fb528;
const skippableMagic = 0x184d2a50;

type Stage = "magic" | "descriptor" | "header" | "block" | "content" | "checksum" | "skip-size" | "skip";

interface State {
  stage: Stage;
  /** Bytes of the stage still to come, and its bytes so far where they are looked at (at most 4). */
  left: number;
  value: number;
  seen: number;
  hasChecksum: boolean;
  lastBlock: boolean;
  started: boolean;
}

/** @throws ToolError "malformed" for what is no frame, and in `finish` for a frame cut short */
export function createFrameSplitter(what: string): {
  split(chunk: Uint8Array): Generator<FramePart>;
  finish(): void;
} {
  const state: State = {
    stage: "magic",
    left: 4,
    value: 0,
    seen: 0,
    hasChecksum: false,
    lastBlock: false,
    started: false,
  };
  return {
    split: (chunk) => splitChunk(state, chunk, what),
    finish: () => {
      if (!state.started || state.stage !== "magic" || state.seen > 0)
        throw malformed(what, "it is cut short");
    },
  };
}

function* splitChunk(state: State, chunk: Uint8Array, what: string): Generator<FramePart> {
  /** Where what is not yet told of the frame begins; undefined outside of frames. */
  let from = inFrame(state) ? 0 : undefined;
  for (let at = 0; at < chunk.length; ) {
    const { stage } = state;
    const count = Math.min(state.left, chunk.length - at);
    if (looksAt(stage)) collectBytes(state, chunk, at, count);
    at += count;
    state.left -= count;
    if (state.left > 0) break;
    const ended = completeStage(state, what);
    if (stage === "magic" && inFrame(state)) {
      // A magic may be split over chunks; it is always the same, so it is told whole.
      yield { bytes: magicBytes, last: false };
      from = at;
    }
    if (ended) {
      yield { bytes: chunk.subarray(from, at), last: true };
      from = undefined;
    }
  }
  if (from !== undefined && from < chunk.length) yield { bytes: chunk.subarray(from), last: false };
}

const magicBytes = Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd);

function inFrame({ stage }: State): boolean {
  return stage !== "magic" && stage !== "skip-size" && stage !== "skip";
}

/** Whether the bytes of a stage are looked at, rather than passed. */
function looksAt(stage: Stage): boolean {
  return stage === "magic" || stage === "descriptor" || stage === "block" || stage === "skip-size";
}

function collectBytes(state: State, chunk: Uint8Array, at: number, count: number): void {
  for (let index = 0; index < count; index++) {
    state.value += (chunk[at + index] ?? 0) * 256 ** state.seen;
    state.seen += 1;
  }
}

/** Moves to the next stage that has bytes; whether a frame with content ended. */
function completeStage(state: State, what: string): boolean {
  const { value } = state;
  switch (state.stage) {
    case "magic":
      state.started = true;
      if (value === frameMagic) enter(state, "descriptor", 1);
      else if (value - (value % 16) === skippableMagic) enter(state, "skip-size", 4);
      else throw malformed(what, "it holds something that is not a zstd frame");
      return false;
    case "skip-size":
      enter(state, value === 0 ? "magic" : "skip", value === 0 ? 4 : value);
      return false;
    case "skip":
      enter(state, "magic", 4);
      return false;
    case "descriptor":
      state.hasChecksum = (value & 4) !== 0;
      enterHeader(state, value);
      return false;
    case "header":
      enter(state, "block", 3);
      return false;
    case "block": {
      const type = (value >> 1) & 3;
      if (type === 3) throw malformed(what, "a zstd block has a reserved type");
      state.lastBlock = (value & 1) === 1;
      const size = type === 1 ? 1 : value >> 3;
      if (size > 0) {
        enter(state, "content", size);
        return false;
      }
      return endBlock(state);
    }
    case "content":
      return endBlock(state);
    case "checksum":
      enter(state, "magic", 4);
      return true;
  }
}

function endBlock(state: State): boolean {
  if (!state.lastBlock) enter(state, "block", 3);
  else if (state.hasChecksum) enter(state, "checksum", 4);
  else {
    enter(state, "magic", 4);
    return true;
  }
  return false;
}

function enterHeader(state: State, descriptor: number): void {
  const singleSegment = (descriptor & 0x20) !== 0;
  const dictionaryBytes = [0, 1, 2, 4][descriptor & 3] ?? 0;
  const sizeFlag = descriptor >> 6;
  const contentSizeBytes = sizeFlag === 0 ? (singleSegment ? 1 : 0) : 2 ** sizeFlag;
  const bytes = (singleSegment ? 0 : 1) + dictionaryBytes + contentSizeBytes;
  enter(state, "header", bytes);
}

function enter(state: State, stage: Stage, bytes: number): void {
  state.stage = stage;
  state.left = bytes;
  state.value = 0;
  state.seen = 0;
}

function malformed(what: string, why: string): ToolError {
  return new ToolError("malformed", { what: `decompressing ${what}`, why });
}
