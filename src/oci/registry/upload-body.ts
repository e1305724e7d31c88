// The bytes of a blob on their way into an upload: verified, and never all of a blob that failed verification.
// Invariant: relies on src/base/http.ts, which writes a chunk out before it asks for the next.
import type { Bytes } from "../../base/bytes.ts";
import { type BlobSource, verified } from "../blob.ts";
import { reusedChunks } from "../reused-chunks.ts";

/** For the HTTP client only: a chunk's memory is used again once the next is asked for. @throws what `blob.open` throws */
export function uploadBody(blob: BlobSource): Bytes {
  if (blob.file === undefined) return withheldEnd(blob.open());
  const { descriptor, file } = blob;
  return withheldEnd(verified(reusedChunks(file, descriptor.size), descriptor, file));
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
