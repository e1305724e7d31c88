// Reading tar archives as a stream, in two forms: pushed (createTarReader) and pulled (readTar). ustar, old v7, pax, GNU and
// star, sparse files expanded (tar-parser.ts).
import type { Bytes } from "../base/bytes.ts";
import { createTarParser } from "./tar-parser.ts";

export type TarKind =
  | "file"
  | "directory"
  | "symlink"
  | "hardlink"
  | "fifo"
  | "character-device"
  | "block-device";

export interface TarHeader {
  /** As in the archive ("./usr/bin/"), by `decodeName`. */
  readonly name: string;
  readonly kind: TarKind;
  /** 0..0o7777 */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Whole seconds since the epoch. */
  readonly mtime: number;
  /** Of a file's real content, holes included; 0 for what is not a file. */
  readonly sizeBytes: number;
  /** The target of a symlink, the name of the other entry of a hard link; else empty. */
  readonly linkName: string;
  readonly deviceMajor: number;
  readonly deviceMinor: number;
  readonly xattrs?: ReadonlyMap<string, Uint8Array>;
}

/** For each entry `entry`, then `data` any number of times, then `end`. */
export interface TarHandler {
  entry(header: TarHeader): void;
  /** A view of the chunk written, or of shared zeros: to be used within the call or copied, never changed. */
  data(chunk: Uint8Array): void;
  end(): void;
}

const zeros = new Uint8Array(65_536);

/**
 * A reader that is fed synchronously with `write` and ended with `finish`. `what` names the archive in errors.
 * @throws ToolError "malformed" with the offset, "limit" with the limit's name; whatever the handler throws
 */
export function createTarReader(
  handler: TarHandler,
  what: string,
): { write(chunk: Uint8Array): void; finish(): void } {
  return createTarParser(
    {
      entry: (header) => handler.entry(header),
      data: (chunk) => handler.data(chunk),
      end: () => handler.end(),
      hole: (sizeBytes) => {
        for (const chunk of zeroChunks(sizeBytes)) handler.data(chunk);
      },
    },
    what,
  );
}

type TarEvent =
  | { readonly kind: "entry"; readonly header: TarHeader }
  | { readonly kind: "data"; readonly chunk: Uint8Array }
  | { readonly kind: "hole"; readonly sizeBytes: number }
  | { readonly kind: "end" };

/**
 * The entries of a stream. An entry's content can be read once, before the next entry is asked for; what is not read is
 * skipped.
 * @throws ToolError "malformed" with the offset, "limit" with the limit's name; whatever the stream throws
 */
export async function* readTar(
  stream: Bytes,
  what: string,
): AsyncGenerator<{ readonly header: TarHeader; readonly content: Bytes }> {
  const events = tarEvents(stream, what);
  try {
    for (;;) {
      const next = await events.next();
      if (next.done === true) return;
      const event = next.value;
      if (event.kind === "entry") yield { header: event.header, content: contentOf(events) };
    }
  } finally {
    await events.return(undefined);
  }
}

/** Content up to the entry's end. Opened a second time, or after the next entry was asked for, it is empty. */
function contentOf(events: AsyncGenerator<TarEvent>): Bytes {
  let opened = false;
  return {
    async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
      if (opened) return;
      opened = true;
      for (;;) {
        const next = await events.next();
        if (next.done === true || next.value.kind === "end") return;
        const event = next.value;
        if (event.kind === "data") yield event.chunk;
        else if (event.kind === "hole") yield* zeroChunks(event.sizeBytes);
      }
    },
  };
}

async function* tarEvents(stream: Bytes, what: string): AsyncGenerator<TarEvent, undefined> {
  const events: TarEvent[] = [];
  const parser = createTarParser(
    {
      entry: (header) => events.push({ kind: "entry", header }),
      data: (chunk) => events.push({ kind: "data", chunk }),
      hole: (sizeBytes) => events.push({ kind: "hole", sizeBytes }),
      end: () => events.push({ kind: "end" }),
    },
    what,
  );
  for await (const chunk of stream) {
    parser.write(chunk);
    yield* events;
    events.length = 0;
  }
  parser.finish();
}

function* zeroChunks(sizeBytes: number): Generator<Uint8Array> {
  for (let left = sizeBytes; left > 0; left -= zeros.length) {
    yield left >= zeros.length ? zeros : zeros.subarray(0, left);
  }
}
