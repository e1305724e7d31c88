// Compressed content, decompressed synchronously and within bounds.
import { constants, gunzipSync, inflateRawSync, zstdDecompressSync } from "node:zlib";
import { systemCode, ToolError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import type { RandomAccess } from "../../formats/random-access.ts";
import { createXzDecoder } from "../../formats/xz.ts";
import { createFrameSplitter } from "../../formats/zstd-frames.ts";
import { bufferOf, type NestingBudget } from "./gather.ts";

export type CompressedFormat = "gzip" | "zstd" | "xz";

/** `limit`: more than is held, or than is left of the budget. */
export type Failure = "corrupt" | "limit";

const chunkBytes = 262_144;

/**
 * Tells the content of a compressed stream in pieces, which hold during the call only. xz streams are of any size within the
 * budget; of the others, which Node.js decompresses in one piece, both sides are bounded by limits.nestedMemberBytesMax.
 */
export function expand(
  source: RandomAccess,
  format: CompressedFormat,
  budget: NestingBudget,
  output: (piece: Buffer) => void,
): Failure | undefined {
  const take = (piece: Uint8Array): void => {
    budget.bytes -= piece.length;
    output(bufferOf(piece));
    if (budget.bytes <= 0) throw tooMuch;
  };
  if (budget.bytes <= 0) return "limit";
  return outcomeOf(() => {
    if (format === "xz") expandXz(source, take);
    else if (source.sizeBytes > limits.nestedMemberBytesMax) throw tooMuch;
    else if (format === "gzip")
      take(gunzipSync(source.read(0, source.sizeBytes), { maxOutputLength: roomIn(budget) }));
    else expandZstd(source, budget, take);
  });
}

/** The content of a zip archive's deflated member. */
export function inflated(bytes: Uint8Array, budget: NestingBudget): Buffer | Failure {
  if (budget.bytes <= 0) return "limit";
  let content: Buffer | undefined;
  const failure = outcomeOf(() => {
    content = inflateRawSync(bytes, { maxOutputLength: roomIn(budget) });
    budget.bytes -= content.length;
  });
  return failure ?? content ?? "corrupt";
}

/** The beginning of what a compressed stream holds, from the beginning of the stream; empty where it can't be told. */
export function headOf(beginning: Uint8Array, format: "gzip" | "deflate"): Buffer {
  const options = {
    finishFlush: constants.Z_SYNC_FLUSH,
    maxOutputLength: limits.nestedMemberBytesMax,
    // Thousands of files are looked at so: the usual buffer would be most of the cost.
    chunkSize: 1024,
  };
  try {
    return format === "gzip" ? gunzipSync(beginning, options) : inflateRawSync(beginning, options);
  } catch {
    return Buffer.alloc(0);
  }
}

const tooMuch = new ToolError("limit", {
  what: "decompressing a member",
  why: "it is larger than is followed",
});

function roomIn(budget: NestingBudget): number {
  return Math.min(limits.nestedMemberBytesMax, budget.bytes);
}

function expandXz(source: RandomAccess, take: (piece: Uint8Array) => void): void {
  const decoder = createXzDecoder(take, "a member");
  for (let at = 0; at < source.sizeBytes; at += chunkBytes) decoder.write(source.read(at, chunkBytes));
  decoder.finish();
}

/** Each frame is decompressed by itself, see formats/zstd-frames.ts. */
function expandZstd(source: RandomAccess, budget: NestingBudget, take: (piece: Uint8Array) => void): void {
  const splitter = createFrameSplitter("a member");
  let parts: Uint8Array[] = [];
  let frames = 0;
  for (const part of splitter.split(source.read(0, source.sizeBytes))) {
    parts.push(Uint8Array.from(part.bytes));
    if (!part.last) continue;
    frames += 1;
    if (frames > limits.zstdFramesMax) throw tooMuch;
    take(zstdDecompressSync(Buffer.concat(parts), { maxOutputLength: roomIn(budget) }));
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
