// Compressed streams: gzip (RFC 1952), zstd (RFC 8878), xz and bzip2 by one pair of functions.
// Invariants: output is bounded by size and by ratio; a stream that ends early is an error; what is compressed has the same
// bytes in every run, however it was cut into chunks.
import type { Transform } from "node:stream";
import {
  constants,
  createGunzip,
  createGzip,
  createZstdCompress,
  createZstdDecompress,
  zstdDecompressSync,
} from "node:zlib";
import type { Bytes } from "../base/bytes.ts";
import { messageOf, systemCode, ToolError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import { decodeBzip2 } from "./bzip2.ts";
import { createXzPuller, type XzMemory } from "./xz.ts";
import { createFrameSplitter, type FramePart } from "./zstd-frames.ts";

export type Compression = "none" | "gzip" | "zstd" | "xz";
/** bzip2 as well, which no layer and no package uses but an archive of a user may. */
export type ArchiveCompression = Compression | "bzip2";

/** What bounds a decompression; `what` names the thing in errors. */
export interface OutputBounds {
  readonly outputBytesMax: number;
  readonly what: string;
  /** Of whoever decompresses much one after the other; see xz.ts. */
  readonly xzMemory?: XzMemory;
  /** Chunks hold only until the next one is asked for: their memory is given back then, not when a collection finds it. */
  readonly transient?: boolean;
}

const magics: readonly (readonly [Compression, readonly number[]])[] = [
  ["gzip", [0x1f, 0x8b]],
  ["zstd", [0x28, 0xb5, 0x2f, 0xfd]],
  ["xz", [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]],
];
const skippableFrame = [0x2a, 0x4d, 0x18];
const chunkSize = 256 * 1024;
/** Some chunks ahead of a reader that is busy at times. */
const readAhead = { chunkSize, readableHighWaterMark: 4 * chunkSize };

/** The compression by its magic; needs the first 6 bytes. */
export function detectCompression(head: Uint8Array): Compression {
  for (const [compression, magic] of magics) {
    if (magic.every((byte, index) => head[index] === byte)) return compression;
  }
  const isSkippable =
    (head[0] ?? 0) >> 4 === 5 && skippableFrame.every((byte, index) => head[index + 1] === byte);
  return isSkippable ? "zstd" : "none";
}

/** As `detectCompression`, with bzip2. */
export function detectArchiveCompression(head: Uint8Array): ArchiveCompression {
  const isBzip2 = head[0] === 0x42 && head[1] === 0x5a && head[2] === 0x68;
  return isBzip2 ? "bzip2" : detectCompression(head);
}

/**
 * The content of a compressed stream; for "none" the stream itself, bounded as well. Chunks may be kept.
 * @throws ToolError "malformed" where corrupt or cut short, "limit" past `outputBytesMax` or limits.expansionRatioMax;
 *   whatever the stream throws
 */
export function decompress(stream: Bytes, compression: ArchiveCompression, bounds: OutputBounds): Bytes {
  return { [Symbol.asyncIterator]: () => bounded(stream, compression, bounds) };
}

/**
 * The stream compressed. `level`: gzip 1-9, 6 if not given; zstd 1-19, 3 if not given.
 * @throws whatever the stream throws
 */
export function compress(stream: Bytes, compression: "gzip" | "zstd", level?: number): Bytes {
  return {
    [Symbol.asyncIterator]: () => {
      const transform =
        compression === "gzip"
          ? createGzip({ level: level ?? 6, chunkSize })
          : createZstdCompress({
              chunkSize,
              params: {
                [constants.ZSTD_c_compressionLevel]: level ?? 3,
                [constants.ZSTD_c_checksumFlag]: 1,
              },
            });
      return through(stream, transform, "compressing");
    },
  };
}

async function* bounded(
  stream: Bytes,
  compression: ArchiveCompression,
  bounds: OutputBounds,
): AsyncGenerator<Uint8Array, undefined> {
  let inputBytes = 0;
  let outputBytes = 0;
  const counted = (async function* (): AsyncGenerator<Uint8Array> {
    for await (const chunk of stream) {
      inputBytes += chunk.length;
      yield chunk;
    }
  })();
  for await (const chunk of decoded(counted, compression, bounds)) {
    outputBytes += chunk.length;
    if (outputBytes > bounds.outputBytesMax) {
      throw exceeded(bounds.what, `it holds more than ${bounds.outputBytesMax} bytes`);
    }
    if (outputBytes > limits.expansionFreeBytes + limits.expansionRatioMax * inputBytes) {
      const why = `it expands more than ${limits.expansionRatioMax} times (expansionRatioMax)`;
      throw exceeded(bounds.what, why);
    }
    yield chunk;
  }
}

function decoded(
  stream: Bytes,
  compression: ArchiveCompression,
  { transient = false, what, xzMemory }: OutputBounds,
): Bytes {
  switch (compression) {
    case "none":
      return stream;
    case "gzip":
      return transient
        ? released(through(stream, createGunzip(readAhead), `decompressing ${what}`))
        : through(stream, createGunzip({ chunkSize }), `decompressing ${what}`);
    case "zstd":
      return decodeZstd(stream, what);
    case "xz":
      return decodeXz(stream, what, xzMemory);
    case "bzip2":
      return decodeBzip2(stream, what);
  }
}

async function* decodeXz(
  stream: Bytes,
  what: string,
  memory: XzMemory | undefined,
): AsyncGenerator<Uint8Array> {
  const puller = createXzPuller(what, memory);
  for await (const chunk of stream) {
    for (const piece of puller.decode(chunk)) yield Uint8Array.from(piece);
  }
  puller.finish();
}

/** Frames up to this size that a chunk holds whole are decoded in one call: for so little, a stream costs more than the work. */
const smallFrameBytesMax = 16 * 1024;

/** Each frame has a decoder of its own, see zstd-frames.ts. */
async function* decodeZstd(stream: Bytes, what: string): AsyncGenerator<Uint8Array> {
  const splitter = createFrameSplitter(what);
  const parts = (async function* (): AsyncGenerator<FramePart> {
    for await (const chunk of stream) yield* splitter.split(chunk);
    splitter.finish();
  })();
  try {
    for (let frames = 1; ; frames++) {
      const magic = await parts.next();
      if (magic.done === true) return;
      if (frames > limits.zstdFramesMax)
        throw exceeded(what, `it has more frames than zstdFramesMax (${limits.zstdFramesMax})`);
      const next = await parts.next();
      if (next.done === true) return;
      const content = next.value.last ? decodeSmallFrame(magic.value, next.value, what) : undefined;
      if (content !== undefined) {
        if (content.length > 0) yield content;
        continue;
      }
      const frame = restOfFrame(parts, magic.value, next.value);
      yield* through(frame, createZstdDecompress({ chunkSize }), `decompressing ${what}`);
    }
  } finally {
    // Not awaited: a source that is waiting for its next chunk would hold up who stops reading.
    parts.return(undefined).catch(() => undefined);
  }
}

/** A whole frame's content; undefined where either side of it is too large to be held. */
function decodeSmallFrame(magic: FramePart, rest: FramePart, what: string): Uint8Array | undefined {
  if (rest.bytes.length > smallFrameBytesMax) return undefined;
  try {
    return zstdDecompressSync(Buffer.concat([magic.bytes, rest.bytes]), { maxOutputLength: chunkSize });
  } catch (thrown) {
    if (systemCode(thrown) === "ERR_BUFFER_TOO_LARGE") return undefined;
    throw new ToolError("malformed", {
      what: `decompressing ${what}`,
      why: messageOf(thrown),
      cause: thrown,
    });
  }
}

async function* restOfFrame(
  parts: AsyncGenerator<FramePart>,
  magic: FramePart,
  first: FramePart,
): AsyncGenerator<Uint8Array> {
  let part = first;
  yield magic.bytes;
  yield part.bytes;
  while (!part.last) {
    const next = await parts.next();
    if (next.done === true) return;
    part = next.value;
    yield part.bytes;
  }
}

/** A stream through a zlib transform, one chunk at a time in either direction. */
async function* through(
  stream: Bytes,
  transform: Transform,
  what: string,
): AsyncGenerator<Uint8Array, undefined> {
  let sourceFailure: { readonly thrown: unknown } | undefined;
  const feed = async (): Promise<void> => {
    try {
      for await (const chunk of stream) {
        // Awaiting each write makes the last one like all others: ended together with its end, it would be compressed
        // with other parameters.
        if (!(await write(transform, chunk))) return;
      }
      transform.end();
    } catch (thrown) {
      sourceFailure = { thrown };
      transform.destroy();
    }
  };
  void feed();
  try {
    for await (const chunk of transform as AsyncIterable<Buffer>) yield chunk;
  } catch (thrown) {
    if (sourceFailure !== undefined) throw sourceFailure.thrown;
    throw new ToolError("malformed", { what, why: messageOf(thrown), cause: thrown });
  } finally {
    transform.destroy();
  }
}

/**
 * Takes the memory of each chunk back once the next one is asked for. Only where the chunk is all that lies in it: a decoder
 * goes on filling what it has not filled yet.
 */
async function* released(stream: Bytes): AsyncGenerator<Uint8Array, undefined> {
  for await (const chunk of stream) {
    const { buffer } = chunk;
    yield chunk;
    if (buffer instanceof ArrayBuffer && buffer.byteLength === chunk.length) buffer.transfer(0);
  }
}

/** Whether the transform took the chunk; false once it failed or nobody reads it any more. */
function write(transform: Transform, chunk: Uint8Array): Promise<boolean> {
  return new Promise((settle) => {
    transform.write(chunk, (error) => settle(error === undefined || error === null));
  });
}

function exceeded(what: string, why: string): ToolError {
  return new ToolError("limit", { what: `decompressing ${what}`, why });
}
