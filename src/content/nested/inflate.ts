// Raw deflate streams (RFC 1951) in one piece, with how much of the input they took.
import { constants, inflateRawSync } from "node:zlib";

interface Inflated {
  readonly content: Buffer;
  /** Bytes of the input up to the stream's end; others may follow. */
  readonly consumed: number;
}

/** Pieces that content comes in are no smaller, whatever its size is said to be; no larger is memory that is taken for that. */
const pieceBytesMin = constants.Z_DEFAULT_CHUNK;
const pieceBytesMax = 1 << 18;

/**
 * `statedBytes`: what the content is said to take, which may be wrong: where it is right, content of several pieces comes in one.
 * @throws what zlib throws for what is corrupt, cut short, or larger than `sizeBytesMax` (ERR_BUFFER_TOO_LARGE)
 */
export function inflateAt(bytes: Uint8Array, sizeBytesMax: number, statedBytes: number = 0): Inflated {
  const chunkSize = Math.max(pieceBytesMin, Math.min(statedBytes + 1, pieceBytesMax));
  // With `info`, Node.js returns this instead of a buffer; its type declarations don't say so.
  const told = inflateRawSync(bytes, { info: true, maxOutputLength: sizeBytesMax, chunkSize }) as unknown as {
    readonly buffer: Buffer;
    readonly engine: { readonly bytesWritten: number };
  };
  return { content: told.buffer, consumed: told.engine.bytesWritten };
}

/** The beginning of what a stream holds, from its first bytes; empty where it can't be told. */
export function inflatedHead(beginning: Uint8Array): Buffer {
  try {
    return inflateRawSync(beginning, {
      finishFlush: constants.Z_SYNC_FLUSH,
      // Thousands of places are looked at so: the usual buffer would be most of the cost.
      chunkSize: 1024,
    });
  } catch {
    return Buffer.alloc(0);
  }
}
