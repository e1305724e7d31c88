// One gzip member (RFC 1952) made by several threads: the input is cut into blocks of a fixed size, each deflated on its own
// with the 32 KiB before it as dictionary and closed by a sync flush, so that their concatenation is one deflate stream.
// The output depends only on the input and the level, not on timing or on the number of threads.
import { promisify } from "node:util";
import { constants, crc32, deflateRaw, type ZlibOptions } from "node:zlib";
import type { Bytes } from "../base/bytes.ts";

const blockBytes = 524_288;
const windowBytes = 32_768;
const deflateBlock = promisify<Uint8Array, ZlibOptions, Buffer>(deflateRaw);

// ID1 ID2 CM=deflate FLG=0 MTIME=0 XFL=0 OS=255 (unknown): nothing that varies.
const header = Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff);

/** The gzip form of a stream. `width` blocks are deflated at a time (libuv's thread pool does the work). */
export async function* parallelGzip(
  content: Bytes,
  level: number,
  width: number,
): AsyncGenerator<Uint8Array> {
  yield header;
  const running: Promise<Uint8Array>[] = [];
  let crc = 0;
  let sizeBytes = 0;
  let dictionary: Uint8Array | undefined;
  // As many as may be in the works, and the one that is the dictionary of the oldest.
  for await (const block of blocksOf(content, width + 1)) {
    crc = crc32(block, crc);
    sizeBytes += block.length;
    running.push(deflate(block, dictionary, level));
    dictionary = block.length >= windowBytes ? block.subarray(block.length - windowBytes) : block;
    if (running.length >= width) yield await (running.shift() as Promise<Uint8Array>);
  }
  for (const block of running) yield await block;
  // An empty final block ends the stream: "1" (final), "01" (fixed Huffman), end-of-block code.
  yield Uint8Array.of(0x03, 0x00);
  const trailer = Buffer.alloc(8);
  trailer.writeUInt32LE(crc >>> 0, 0);
  trailer.writeUInt32LE(sizeBytes % 2 ** 32, 4);
  yield trailer;
}

function deflate(block: Uint8Array, dictionary: Uint8Array | undefined, level: number): Promise<Uint8Array> {
  return deflateBlock(block, {
    level,
    memLevel: 9,
    chunkSize: blockBytes / 2,
    finishFlush: constants.Z_SYNC_FLUSH,
    ...(dictionary === undefined ? {} : { dictionary }),
  });
}

/**
 * Cuts a stream into blocks of exactly `blockBytes`, the last one shorter. A block's memory is used again after `lent` further
 * ones: by then it has been deflated, and has served as the next one's dictionary.
 */
async function* blocksOf(content: Bytes, lent: number): AsyncGenerator<Uint8Array> {
  const buffers = Array.from({ length: lent + 1 }, () => Buffer.allocUnsafe(blockBytes));
  let turn = 0;
  let filled = 0;
  for await (const chunk of content) {
    let from = 0;
    while (from < chunk.length) {
      const block = buffers[turn] as Buffer;
      const take = Math.min(chunk.length - from, blockBytes - filled);
      block.set(chunk.subarray(from, from + take), filled);
      filled += take;
      from += take;
      if (filled < blockBytes) continue;
      yield block;
      turn = (turn + 1) % buffers.length;
      filled = 0;
    }
  }
  if (filled > 0) yield (buffers[turn] as Buffer).subarray(0, filled);
}
