// xz streams (The .xz File Format 1.2.1), decoded by the WebAssembly module that the package xz-decompress carries (XZ
// Embedded), driven directly and synchronously. Several blocks, concatenated streams and stream padding are read; CRC32 and
// CRC64 are verified. Refused, since the module can't: SHA-256 checks, filters before LZMA2, dictionaries past 64 MiB.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { crc32 } from "node:zlib";
import { assert, ToolError } from "../base/errors.ts";
import { lazy } from "../base/lazy.ts";

/** The part used here of what no library of ours declares (WebAssembly JavaScript Interface). */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
};

interface XzExports {
  readonly memory: { readonly buffer: ArrayBuffer };
  create_context(): number;
  destroy_context(context: number): void;
  supply_input(context: number, sizeBytes: number): void;
  get_next_output(context: number): number;
}

/** A decoder in use: the module's memory and the context within. */
interface Context {
  readonly exports: XzExports;
  readonly address: number;
  /** A view of the memory; made again after it grew. */
  memory: Buffer;
}

/** Words of the context: size of either buffer, input address, position, size, output address, position. */
const word = {
  bufferBytes: 0,
  input: 1,
  inputPosition: 2,
  inputSize: 3,
  output: 4,
  outputPosition: 5,
} as const;

const statusOk = 0;
const statusFormatError = 5;
const problems: Readonly<Record<number, string>> = {
  3: "there is not enough memory to decode it",
  4: "its dictionary is larger than 64 MiB",
  5: "it is not in the xz format",
  6: "it uses a check or filter that is not supported (supported: CRC32, CRC64 and LZMA2)",
  7: "its content is corrupt",
  8: "its content is corrupt",
};

const compiled = lazy((): object => {
  const script = readFileSync(createRequire(import.meta.url).resolve("xz-decompress"), "latin1");
  const encoded = /data:application\/wasm;base64,([A-Za-z0-9+/=]+)/.exec(script)?.[1];
  assert(encoded !== undefined, "xz-decompress carries its module in base64");
  return new WebAssembly.Module(Buffer.from(encoded, "base64"));
});

/**
 * What decoders use one after the other, owned by whoever makes several: an instance's memory has grown to what a usual
 * dictionary needs, and would be reclaimed late. Decoders at the same time may share it as well.
 */
export interface XzMemory {
  idle: XzExports | undefined;
}

const idleMemoryBytesMax = 16 * 1024 * 1024;

function openContext(shared: XzMemory): Context {
  const exports = shared.idle ?? (new WebAssembly.Instance(compiled()).exports as XzExports);
  shared.idle = undefined;
  const address = exports.create_context();
  return { exports, address, memory: Buffer.from(exports.memory.buffer) };
}

function closeContext(context: Context, shared: XzMemory): void {
  const { exports, address } = context;
  exports.destroy_context(address);
  if (exports.memory.buffer.byteLength <= idleMemoryBytesMax) shared.idle = exports;
}

function readWord(context: Context, index: number): number {
  return context.memory.readUInt32LE(context.address + 4 * index);
}

export interface XzDecoder {
  write(chunk: Uint8Array): void;
  finish(): void;
}

/**
 * A decoder fed with `write` and ended with `finish`. `output` gets views of at most 64 KiB that hold only during the
 * call. A decoder that failed or was abandoned needs no closing.
 * @throws ToolError "malformed" where the input is corrupt, cut short or uses what is not supported; `what` names it
 */
export function createXzDecoder(
  output: (chunk: Uint8Array) => void,
  what: string,
  shared?: XzMemory,
): XzDecoder {
  const puller = createXzPuller(what, shared);
  return {
    write: (chunk) => {
      for (const piece of puller.decode(chunk)) output(piece);
    },
    finish: () => puller.finish(),
  };
}

/**
 * As `createXzDecoder`, but the output of a chunk is pulled: a small input can hold much output. Each view holds until the
 * next is asked for. Who doesn't pull all of a chunk's output can't go on.
 */
export function createXzPuller(
  what: string,
  shared: XzMemory = { idle: undefined },
): {
  decode(chunk: Uint8Array): Generator<Uint8Array>;
  finish(): void;
} {
  let context: Context | undefined = openContext(shared);
  let tail: Tail = { zeros: 0, footer: Buffer.alloc(0) };
  return {
    decode: function* (chunk) {
      assert(context !== undefined, "an xz decoder is not used after its end");
      tail = tailAfter(tail, chunk);
      let isWhole = false;
      try {
        yield* decodeChunk(context, chunk, what);
        isWhole = true;
      } finally {
        if (!isWhole) {
          closeContext(context, shared);
          context = undefined;
        }
      }
    },
    finish: () => {
      assert(context !== undefined, "an xz decoder is not used after its end");
      const complete = endsLikeStream(tail) && isBetweenStreams(context);
      closeContext(context, shared);
      context = undefined;
      if (!complete) throw malformed(what, "it is cut short");
    },
  };
}

function* decodeChunk(context: Context, chunk: Uint8Array, what: string): Generator<Uint8Array> {
  const { exports, address } = context;
  const bufferBytes = readWord(context, word.bufferBytes);
  const input = readWord(context, word.input);
  const output = readWord(context, word.output);
  for (let at = 0; at < chunk.length; at += bufferBytes) {
    const piece = chunk.subarray(at, at + bufferBytes);
    context.memory.set(piece, input);
    exports.supply_input(address, piece.length);
    while (readWord(context, word.inputPosition) < readWord(context, word.inputSize)) {
      const status = exports.get_next_output(address);
      // Growing the memory detaches the view.
      if (context.memory.length === 0) context.memory = Buffer.from(exports.memory.buffer);
      if (status !== statusOk) throw malformed(what, problems[status] ?? `it can't be decoded (${status})`);
      const produced = readWord(context, word.outputPosition);
      if (produced > 0) yield context.memory.subarray(output, output + produced);
      context.memory.writeUInt32LE(0, address + 4 * word.outputPosition);
    }
  }
}

/**
 * Whether all streams so far are complete. The module doesn't tell, but only where it expects a stream's header does it
 * answer bytes that are none with "format error". The context is spent afterwards.
 */
function isBetweenStreams(context: Context): boolean {
  const probe = Buffer.alloc(12, 0xff);
  context.memory.set(probe, readWord(context, word.input));
  context.exports.supply_input(context.address, probe.length);
  return context.exports.get_next_output(context.address) === statusFormatError;
}

/** The end of the input: how many zeros, and the bytes before them that may be a stream's footer. */
interface Tail {
  readonly zeros: number;
  readonly footer: Buffer;
}

const footerBytes = 12;

function tailAfter(tail: Tail, chunk: Uint8Array): Tail {
  let end = chunk.length;
  while (end > 0 && chunk[end - 1] === 0) end -= 1;
  const zeros = chunk.length - end;
  if (end === 0) return { zeros: tail.zeros + zeros, footer: tail.footer };
  const last = chunk.subarray(Math.max(0, end - footerBytes), end);
  if (last.length === footerBytes) return { zeros, footer: Buffer.from(last) };
  // A footer may hold zeros, and may be cut after them.
  const between = Buffer.alloc(Math.min(tail.zeros, footerBytes));
  return { zeros, footer: Buffer.concat([tail.footer, between, last]).subarray(-footerBytes) };
}

/** A footer and whole padding; a part of another stream's header is neither. Its content was verified by the module. */
function endsLikeStream({ zeros, footer }: Tail): boolean {
  if (footer.length < footerBytes || zeros % 4 !== 0) return false;
  return footer.readUInt32LE(0) === crc32(footer.subarray(4, 10)) && footer.toString("latin1", 10) === "YZ";
}

function malformed(what: string, why: string): ToolError {
  return new ToolError("malformed", { what: `decompressing ${what}`, why });
}
