// One pass over a layer's tar: every entry into the record, every regular file's content to be examined, whatever its path, name,
// mode or number of links.
import { type Bytes, bytesOf } from "../../base/bytes.ts";
import { assert } from "../../base/errors.ts";
import type { Facts } from "../../content/facts.ts";
import { createTarParser } from "../../formats/tar-parser.ts";
import type { TarHeader } from "../../formats/tar-reader.ts";
import { layerEntryOf } from "../../oci/layer-entry.ts";
import type { Origin } from "../../tree/entry.ts";
import { createGatherer, type Gatherer, type ScanTools, type WhenExamined } from "./gatherer.ts";
import { isKeptPath, isKeptText } from "./kept.ts";
import type { KeptWriter } from "./kept-writer.ts";
import type { RecordWriter } from "./record.ts";

export interface ScanOutput {
  readonly record: RecordWriter;
  readonly kept: KeptWriter;
}

type Event =
  | { readonly kind: "entry"; readonly header: TarHeader }
  | { readonly kind: "data"; readonly bytes: Uint8Array }
  | { readonly kind: "hole"; readonly sizeBytes: number }
  | { readonly kind: "end" };

/** The regular file that streams by. */
interface Current {
  /** Of its first byte in the tar; -1 until that came. */
  offset: number;
  sparse: boolean;
}

/** Entries of a record hold no content: it is read through what the record says. */
const unread: Bytes = bytesOf(new Uint8Array(0));

/**
 * @param what names the tar in errors
 * @throws ToolError "malformed" with the offset, "limit", "disk"; whatever the stream throws
 */
export async function scanTarStream(
  tar: Bytes,
  origin: Origin,
  what: string,
  tools: ScanTools,
  output: ScanOutput,
): Promise<void> {
  const events: Event[] = [];
  const parser = createTarParser(
    {
      entry: (header) => events.push({ kind: "entry", header }),
      data: (bytes) => events.push({ kind: "data", bytes }),
      hole: (sizeBytes) => events.push({ kind: "hole", sizeBytes }),
      end: () => events.push({ kind: "end" }),
    },
    what,
  );
  const gatherer = createGatherer(tools);
  const handler = createHandler(gatherer, origin, what, output);
  let position = 0;
  try {
    for await (const chunk of tar) {
      tools.signal.throwIfAborted();
      parser.write(chunk);
      for (const event of events) {
        // Mostly there is nothing to wait for, and a file has three events.
        const waiting = handler.handle(event, position - chunk.byteOffset);
        if (waiting !== undefined) await waiting;
      }
      events.length = 0;
      position += chunk.length;
    }
    parser.finish();
    await gatherer.finish();
  } catch (thrown) {
    await gatherer.abandon();
    throw thrown;
  }
}

function createHandler(
  gatherer: Gatherer,
  origin: Origin,
  what: string,
  output: ScanOutput,
): { handle(event: Event, shift: number): Promise<void> | undefined } {
  let current: Current | undefined;
  let count = 0;
  const begin = (header: TarHeader): Promise<void> | undefined => {
    const number = count++;
    if (header.kind !== "file") {
      output.record.add(layerEntryOf(header, undefined, origin, what));
      return undefined;
    }
    const place: Current = { offset: -1, sparse: false };
    current = place;
    return gatherer.start(header.sizeBytes, fileExamined(header, { number, place, origin, what, output }));
  };
  return {
    /** `shift`: of the tar, where the event's bytes lie in it, less that in their buffer. */
    handle(event, shift): Promise<void> | undefined {
      switch (event.kind) {
        case "entry":
          return begin(event.header);
        case "end":
          if (current !== undefined) gatherer.end();
          current = undefined;
          return undefined;
        case "data":
          if (current === undefined) return undefined;
          if (current.offset < 0) current.offset = event.bytes.byteOffset + shift;
          gatherer.write(event.bytes);
          return undefined;
        case "hole":
          if (current === undefined) return undefined;
          current.sparse = true;
          return gatherer.hole(event.sizeBytes);
      }
    },
  };
}

interface FileContext {
  readonly number: number;
  readonly place: Current;
  readonly origin: Origin;
  readonly what: string;
  readonly output: ScanOutput;
}

/** Enters the file into the record, at its place there, and completes it once its content was examined. */
function fileExamined(header: TarHeader, context: FileContext): WhenExamined {
  const { number, origin, output, place, what } = context;
  const { mode, sizeBytes } = header;
  const complete = output.record.reserve();
  return ({ digest, facts }, content) => {
    const entry = layerEntryOf(header, { digest, sizeBytes, content: unread }, origin, what);
    assert(entry.kind === "file", "a file's entry");
    // Facts of texts are short; only those are worth parsing here.
    const wanted =
      isKeptPath(entry.path) ||
      (facts.length <= textFactsLengthMax && isKeptText(JSON.parse(facts) as Facts, mode, sizeBytes));
    const keptOffset = wanted && sizeBytes > 0 ? output.kept.add(content) : -1;
    const offset = place.sparse ? -1 - number : Math.max(0, place.offset);
    complete(entry, { digest, sizeBytes, offset, keptOffset }, facts);
  };
}

const textFactsLengthMax = 4096;
