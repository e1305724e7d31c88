// A file read from its beginning without making garbage.
import { open } from "node:fs/promises";
import { systemCode } from "../base/errors.ts";
import { diskError } from "../base/files.ts";

const chunkBytes = 262_144;
/** One is in the reader's hands, one may be withheld by it, one is read ahead. */
const chunksInUse = 3;

/**
 * The first `sizeBytes` of a file, in memory that is used again: with memory of its own for each chunk, the collector would
 * mark the whole heap every few dozen megabytes, and each page would be faulted in anew. A chunk holds until the one after the
 * next is asked for.
 * @throws ToolError "disk"
 */
export async function* reusedChunks(file: string, sizeBytes: number): AsyncGenerator<Uint8Array> {
  const memory = Buffer.allocUnsafeSlow(chunkBytes * chunksInUse);
  let offset = 0;
  let turn = 0;
  let reading: Promise<Uint8Array> = Promise.resolve(memory.subarray(0, 0));
  try {
    const handle = await open(file);
    const readNext = (): void => {
      const start = (turn++ % chunksInUse) * chunkBytes;
      const length = Math.min(chunkBytes, sizeBytes - offset);
      reading = handle
        .read(memory, start, length, offset)
        .then(({ bytesRead }) => memory.subarray(start, start + bytesRead));
      // Whoever waits for it gets the failure.
      reading.catch(() => undefined);
    };
    try {
      readNext();
      while (offset < sizeBytes) {
        const chunk = await reading;
        if (chunk.length === 0) return;
        offset += chunk.length;
        if (offset < sizeBytes) readNext();
        yield chunk;
      }
    } finally {
      // Where the reader stops early, the memory and the file are still in use.
      await reading.catch(() => undefined);
      await handle.close();
    }
  } catch (thrown) {
    if (systemCode(thrown) === undefined) throw thrown;
    throw diskError(`reading ${file}`, thrown);
  }
}
