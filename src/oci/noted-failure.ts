// A stream on its way into a connection: when the stream breaks, so does the connection, and the stream's error is the one
// to report.
import type { Bytes } from "../base/bytes.ts";

export interface NotedFailure {
  readonly stream: Bytes;
  /** What the stream threw, if it did. */
  failure(): { readonly thrown: unknown } | undefined;
}

export function noteFailure(stream: Bytes): NotedFailure {
  let noted: { readonly thrown: unknown } | undefined;
  return {
    failure: () => noted,
    stream: {
      async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
        try {
          yield* stream;
        } catch (thrown) {
          noted = { thrown };
          throw thrown;
        }
      },
    },
  };
}
