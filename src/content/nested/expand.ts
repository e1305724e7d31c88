// Compressed content, decompressed synchronously and within bounds. Invariant: what is tried is charged, whether or not anything
// comes of it.

import { zstdDecompressSync } from "node:zlib";
import { bufferOf } from "../../base/bytes.ts";
import { systemCode, ToolError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import type { RandomAccess } from "../../formats/random-access.ts";
import { createXzDecoder } from "../../formats/xz.ts";
import { createFrameSplitter } from "../../formats/zstd-frames.ts";
import type { NestingBudget } from "./gather.ts";
import { gzipMemberAt } from "./gzip.ts";
import { inflateAt } from "./inflate.ts";

export type CompressedFormat = "gzip" | "zstd" | "xz";

/** `limit`: more than is held, or than is left of the budget. */
export type Failure = "corrupt" | "limit";

export interface Expanded {
  /** Bytes of the source that were whole members or frames. */
  readonly consumed: number;
  /** Why there is no more. */
  readonly failure?: Failure;
}

const chunkBytes = 262_144;
/** No more comes out of a byte (see limits.expansionRatioMax for the formats' own bounds). */
const expansionMax = 1100;

/**
 * Tells the content of a compressed stream in pieces, which hold during the call only. xz streams are of any size within the
 * budget; of the others, which Node.js decompresses in one piece, both sides are bounded by limits.nestedMemberBytesMax.
 */
export function expand(
  source: RandomAccess,
  format: CompressedFormat,
  budget: NestingBudget,
  output: (piece: Buffer) => void,
): Expanded {
  if (budget.bytes <= 0) return { consumed: 0, failure: "limit" };
  let consumed = 0;
  const take = (piece: Uint8Array, end = consumed): void => {
    budget.bytes -= Math.max(piece.length, end - consumed);
    consumed = end;
    output(bufferOf(piece));
    if (budget.bytes <= 0) throw tooMuch;
  };
  const failure = outcomeOf(() => {
    if (format === "xz") {
      expandXz(source, budget, take);
      consumed = source.sizeBytes;
    } else if (source.sizeBytes > limits.nestedMemberBytesMax) throw tooMuch;
    else if (format === "gzip") expandGzip(source, budget, take);
    else expandZstd(source, budget, take);
  });
  return { consumed, ...(failure === undefined ? {} : { failure }) };
}

/** The content of a deflated stream that begins with these bytes. */
export function inflated(
  bytes: Uint8Array,
  budget: Pick<NestingBudget, "bytes">,
  sizeBytesMax: number = limits.nestedMemberBytesMax,
): { readonly content: Buffer; readonly consumed: number } | Failure {
  if (budget.bytes <= 0) return "limit";
  let found: ReturnType<typeof inflateAt> | undefined;
  const failure = outcomeOf(() => {
    found = charged(
      budget,
      bytes.length,
      (room) => {
        const one = inflateAt(bytes, room);
        return { value: one, costBytes: Math.max(one.consumed, one.content.length) };
      },
      sizeBytesMax,
    );
  });
  return failure ?? found ?? "corrupt";
}

/** Does what decompresses, and charges what it took; what failed is charged with the most that it can have taken. */
function charged<T>(
  budget: Pick<NestingBudget, "bytes">,
  inputBytes: number,
  work: (room: number) => { readonly value: T; readonly costBytes: number },
  sizeBytesMax: number = limits.nestedMemberBytesMax,
): T {
  const room = Math.max(1, Math.min(sizeBytesMax, budget.bytes));
  let cost = Math.max(inputBytes, Math.min(room, inputBytes * expansionMax));
  try {
    const { value, costBytes } = work(room);
    cost = costBytes;
    return value;
  } finally {
    budget.bytes -= cost;
  }
}

const tooMuch = new ToolError("limit", {
  what: "decompressing a member",
  why: "it is larger than is followed",
});

/** `end`: of what it came from, where a member or frame ends with it. */
type Take = (piece: Uint8Array, end?: number) => void;

/** Members, one behind the other; bytes behind them that begin none are left to others. */
function expandGzip(source: RandomAccess, budget: NestingBudget, take: Take): void {
  const bytes = bufferOf(source.read(0, source.sizeBytes));
  for (let at = 0; at < bytes.length; ) {
    if (at > 0 && bytes[at] !== 0x1f) return;
    const member = charged(budget, bytes.length - at, (room) => {
      const one = gzipMemberAt(bytes, at, room);
      // What `take` charges for content isn't charged twice.
      return { value: one, costBytes: 0 };
    });
    if (member === undefined) {
      if (at > 0) return;
      throw corrupt;
    }
    take(member.content, member.end);
    if (!member.isIntact) throw corrupt;
    at = member.end;
  }
}

const corrupt = new ToolError("malformed", { what: "decompressing a member", why: "it is no whole stream" });

function expandXz(source: RandomAccess, budget: NestingBudget, take: Take): void {
  const decoder = createXzDecoder((piece) => take(piece), "a member");
  for (let at = 0; at < source.sizeBytes; at += chunkBytes) {
    const chunk = source.read(at, chunkBytes);
    budget.bytes -= chunk.length;
    decoder.write(chunk);
  }
  decoder.finish();
}

/** Each frame is decompressed by itself, see formats/zstd-frames.ts. */
function expandZstd(source: RandomAccess, budget: NestingBudget, take: Take): void {
  const splitter = createFrameSplitter("a member");
  const bytes = source.read(0, source.sizeBytes);
  let parts: Uint8Array[] = [];
  let frames = 0;
  for (const part of splitter.split(bytes)) {
    parts.push(part.bytes);
    if (!part.last) continue;
    frames += 1;
    if (frames > limits.zstdFramesMax) throw tooMuch;
    const frame = Buffer.concat(parts);
    const content = charged(budget, frame.length, (room) => ({
      value: zstdDecompressSync(frame, { maxOutputLength: room }),
      costBytes: 0,
    }));
    take(content, part.bytes.byteOffset - bytes.byteOffset + part.bytes.length);
    parts = [];
  }
  splitter.finish();
}

function outcomeOf(work: () => void): Failure | undefined {
  try {
    work();
    return undefined;
  } catch (thrown) {
    if (thrown instanceof ToolError) return thrown.code === "limit" ? "limit" : "corrupt";
    const code = systemCode(thrown);
    if (code === "ERR_BUFFER_TOO_LARGE") return "limit";
    if (code === undefined || !/^(?:Z_|ZSTD_|ERR_ZSTD|ERR_ZLIB)/.test(code)) throw thrown;
    return "corrupt";
  }
}
