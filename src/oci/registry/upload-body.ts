// The bytes of a blob on their way into an upload: verified, and never all of a blob that failed verification.
// Invariant: relies on src/base/http.ts, which writes a chunk out before it asks for the next.
import { open } from "node:fs/promises";
import type { Bytes } from "../../base/bytes.ts";
import { systemCode } from "../../base/errors.ts";
import { diskError } from "../../base/files.ts";
import { type BlobSource, verified } from "../blob.ts";

/** For the HTTP client only: a chunk's memory is used again once the next is asked for. @throws what `blob.open` throws */
export function uploadBody(blob: BlobSource): Bytes {
  if (blob.file === undefined) return withheldEnd(blob.open());
  const { descriptor, file } = blob;
  return withheldEnd(verified(reusedChunks(file, descriptor.size), descriptor, file));
}

const chunkBytes = 262_144;
/** One is being written to the connection, one is withheld, one is read ahead. */
const chunksInUse = 3;

/**
 * The first `sizeBytes` of a file, in memory that is used again: with memory of its own for each chunk, the collector would
 * mark the whole heap every few dozen megabytes, and each page would be faulted in anew.
 * @throws ToolError "disk"
 */
async function* reusedChunks(file: string, sizeBytes: number): AsyncGenerator<Uint8Array> {
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

/** The last chunk comes only after its stream ended well. */
async function* withheldEnd(stream: Bytes): AsyncGenerator<Uint8Array> {
  let held: Uint8Array | undefined;
  for await (const chunk of stream) {
    if (held !== undefined) yield held;
    held = chunk;
  }
  if (held !== undefined) yield held;
}
