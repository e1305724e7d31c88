// Progress of blobs on their way.
import type { Bytes } from "../../base/bytes.ts";
import type { EventSink } from "../../base/events.ts";
import type { Descriptor } from "../model.ts";

/** How many bytes make an event. */
const advanceBytes = 1_048_576;

/** `stream`, with events for its start, its way and its end. */
export async function* withProgress(
  emit: EventSink,
  verb: "pull" | "push",
  descriptor: Descriptor,
  stream: Bytes,
): AsyncGenerator<Uint8Array> {
  const id = `${verb} ${descriptor.digest}`;
  emit({
    type: "start",
    id,
    name: `${verb} ${descriptor.digest.slice(7, 19)}`,
    total: descriptor.size,
    unit: "bytes",
  });
  let done = 0;
  let told = 0;
  let complete = false;
  try {
    for await (const chunk of stream) {
      done += chunk.length;
      if (done - told >= advanceBytes) {
        emit({ type: "advance", id, done });
        told = done;
      }
      yield chunk;
    }
    complete = true;
  } finally {
    emit(complete ? { type: "end", id } : { type: "fail", id, message: `stopped after ${done} bytes` });
  }
}
