// Streams of bytes. `Bytes` can be opened again and again: each iteration starts at the beginning.
import { ToolError } from "./errors.ts";

export type Bytes = AsyncIterable<Uint8Array>;

/** The same bytes as a Buffer, not copied. */
export function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Bytes held in memory, as a stream of one chunk. */
export function bytesOf(content: Uint8Array): Bytes {
  return {
    async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
      if (content.length > 0) yield content;
    },
  };
}

/**
 * The whole of a stream in memory.
 * @throws ToolError "limit" past `limitBytes`; `what` names the thing in that error.
 */
export async function collect(stream: Bytes, limitBytes: number, what: string): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of stream) {
    size += chunk.length;
    if (size > limitBytes) {
      throw new ToolError("limit", { what: `reading ${what}`, why: `it is larger than ${limitBytes} bytes` });
    }
    chunks.push(chunk);
  }
  const only = chunks[0];
  return chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks, size);
}
