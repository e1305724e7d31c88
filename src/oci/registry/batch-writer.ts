// Writes a stream of small chunks to a file in large pieces, one piece behind the stream: a write for each chunk of a socket
// costs more than all the rest of a download.
import type { FileHandle } from "node:fs/promises";

export interface BatchWriter {
  /** The chunk must not change afterwards. A promise where the writer has to be waited for. */
  add(chunk: Uint8Array): Promise<void> | undefined;
  /** Resolves when everything is written. */
  finish(): Promise<void>;
}

const batchBytes = 1_048_576;

export function batchWriter(handle: FileHandle): BatchWriter {
  let batch: Uint8Array[] = [];
  let sizeBytes = 0;
  let writing: Promise<void> = Promise.resolve();
  const flush = async (): Promise<void> => {
    const next = batch;
    batch = [];
    sizeBytes = 0;
    await writing;
    writing = writeAll(handle, next);
    // A failure shows at the next flush.
    writing.catch(() => undefined);
  };
  return {
    add(chunk) {
      batch.push(chunk);
      sizeBytes += chunk.length;
      return sizeBytes < batchBytes ? undefined : flush();
    },
    async finish() {
      await flush();
      await writing;
    },
  };
}

async function writeAll(handle: FileHandle, chunks: readonly Uint8Array[]): Promise<void> {
  let rest = chunks;
  while (rest.length > 0) {
    const { bytesWritten } = await handle.writev(rest);
    rest = after(rest, bytesWritten);
  }
}

/** What is left of the chunks after their first `written` bytes: a write may stop short. */
function after(chunks: readonly Uint8Array[], written: number): readonly Uint8Array[] {
  let skip = written;
  for (const [index, chunk] of chunks.entries()) {
    if (skip < chunk.length) return [chunk.subarray(skip), ...chunks.slice(index + 1)];
    skip -= chunk.length;
  }
  return [];
}
