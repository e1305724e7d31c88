// bzip2 streams, decoded: Huffman codes, move-to-front, Burrows-Wheeler and two run-length codes, as the format's reference
// implementation (https://sourceware.org/bzip2/) and its description by Joe Tsai have them. Concatenated streams are read; block
// and stream checksums are verified. Blocks "randomised" by versions before 0.9.5 are refused.
// Invariant: what a block claims never makes this read or write outside its buffers, or take more than one block's memory.
import type { Bytes } from "../base/bytes.ts";
import { ToolError } from "../base/errors.ts";

const blockMagic = 0x314159265359;
const endMagic = 0x177245385090;
const blockUnit = 100_000;
const codeLengthMax = 20;
const groupsMax = 6;
const groupSymbols = 50;
/** As many as a block can have; further ones are read and mean nothing. */
const selectorsMax = 18_002;
const outputBytes = 65_536;

/** The content of a bzip2 stream. `what` names it in errors. @throws ToolError "malformed"; whatever the stream throws */
export async function* decodeBzip2(stream: Bytes, what: string): AsyncGenerator<Uint8Array> {
  const input = createInput(what);
  const decoder: Decoder = { input, level: 0, streamCheck: 0, chain: new Uint32Array(9 * blockUnit) };
  for await (const chunk of stream) {
    input.feed(chunk);
    // A block is begun where all of it is there, so that none has to wait in its middle.
    while (input.has(stepBytesMax(decoder))) yield* step(decoder);
  }
  // What is left may be less than a block could be.
  input.finish();
  while (input.has(1) || decoder.level > 0) yield* step(decoder);
}

interface Decoder {
  readonly input: Input;
  /** Of the stream that is being read: its blocks have up to so many units; 0 between streams. */
  level: number;
  streamCheck: number;
  /** For the Burrows-Wheeler transform: a byte, and above it the place of the one that follows. */
  readonly chain: Uint32Array;
}

interface Input {
  feed(chunk: Uint8Array): void;
  /** Whether so many bytes are there; then they are ready to be read. */
  has(byteCount: number): boolean;
  /** Nothing more comes: all that was fed is ready. */
  finish(): void;
  /** Up to 32 bits. @throws ToolError "malformed" where there are no more */
  bits(count: number): number;
  /** Goes on with the next whole byte. */
  align(): void;
  fail(why: string): never;
}

function createInput(what: string): Input {
  let buffer: Uint8Array = new Uint8Array(0);
  let at = 0;
  let held = 0;
  let heldBits = 0;
  let pending: Uint8Array[] = [];
  let pendingBytes = 0;
  const fail = (why: string): never => {
    throw new ToolError("malformed", { what: `decompressing ${what}`, why });
  };
  const bits = (count: number): number => {
    if (count > 16) return bits(count - 16) * 0x10000 + bits(16);
    while (heldBits < count) {
      const byte = buffer[at];
      if (byte === undefined) return fail("it ends early");
      at += 1;
      held = ((held << 8) | byte) & 0xffffff;
      heldBits += 8;
    }
    heldBits -= count;
    return (held >>> heldBits) & ((1 << count) - 1);
  };
  const join = (): void => {
    buffer = Buffer.concat([buffer.subarray(at), ...pending]);
    at = 0;
    pending = [];
    pendingBytes = 0;
  };
  return {
    feed: (chunk) => {
      pending.push(chunk);
      pendingBytes += chunk.length;
    },
    has: (byteCount) => {
      if (buffer.length - at >= byteCount) return true;
      if (buffer.length - at + pendingBytes < byteCount) return false;
      join();
      return true;
    },
    finish: join,
    bits,
    align: () => {
      heldBits = 0;
    },
    fail,
  };
}

/** The most that a header, a block or an end can take: a block's largest number of symbols in the longest codes, and its tables. */
function stepBytesMax({ level }: Decoder): number {
  return level === 0 ? 16 : (level * blockUnit * codeLengthMax) / 8 + 131_072;
}

/** Reads what comes next: the header of a stream, one block, or the end of a stream. */
function* step(decoder: Decoder): Generator<Uint8Array> {
  const { input } = decoder;
  if (decoder.level === 0) {
    const magic = input.bits(24);
    const level = input.bits(8) - 0x30;
    if (magic !== 0x425a68 || level < 1 || level > 9) input.fail("it is not in the bzip2 format");
    decoder.level = level;
    decoder.streamCheck = 0;
    return;
  }
  const magic = input.bits(24) * 0x1000000 + input.bits(24);
  const check = input.bits(32);
  if (magic === blockMagic) {
    decoder.streamCheck = (((decoder.streamCheck << 1) | (decoder.streamCheck >>> 31)) ^ check) >>> 0;
    yield* decodeBlock(decoder, check);
  } else if (magic === endMagic) {
    if (check !== decoder.streamCheck) input.fail("its checksum is wrong");
    input.align();
    decoder.level = 0;
  } else input.fail("there is neither a block nor an end where one should be");
}

function* decodeBlock({ chain, input, level }: Decoder, check: number): Generator<Uint8Array> {
  if (input.bits(1) === 1) input.fail("it has a randomised block, as only versions before 0.9.5 made");
  const origin = input.bits(24);
  const symbols = readSymbols(input);
  const { selectors, tables } = readTables(input, symbols.length + 2);
  const counts = new Uint32Array(256);
  const length = readContent(
    input,
    { symbols, selectors, tables },
    chain.subarray(0, level * blockUnit),
    counts,
  );
  if (origin >= length) input.fail("a block begins outside itself");
  // Each byte's place in sorted order leads to the byte behind it.
  let sum = 0;
  const starts = counts.map((count) => {
    const start = sum;
    sum += count;
    return start;
  });
  for (let at = 0; at < length; at++) {
    const byte = (chain[at] ?? 0) & 0xff;
    const place = starts[byte] ?? 0;
    starts[byte] = place + 1;
    chain[place] = ((chain[place] ?? 0) & 0xff) | (at << 8);
  }
  yield* expandRuns(input, chain, length, origin, check);
}

/** The bytes that a block has, in order. */
function readSymbols(input: Input): Uint8Array {
  const symbols: number[] = [];
  const groups = input.bits(16);
  for (let group = 0; group < 16; group++) {
    if ((groups & (0x8000 >> group)) === 0) continue;
    const members = input.bits(16);
    for (let member = 0; member < 16; member++) {
      if ((members & (0x8000 >> member)) !== 0) symbols.push(group * 16 + member);
    }
  }
  if (symbols.length === 0) input.fail("a block has no bytes");
  return Uint8Array.from(symbols);
}

/** A canonical Huffman code: for each length the largest code and what leads from a code to its symbol. */
interface CodeTable {
  readonly shortest: number;
  readonly limits: Int32Array;
  readonly offsets: Int32Array;
  readonly symbols: Uint16Array;
}

function readTables(input: Input, size: number): { selectors: Uint8Array; tables: readonly CodeTable[] } {
  const groups = input.bits(3);
  const selectorCount = input.bits(15);
  if (groups < 2 || groups > groupsMax || selectorCount === 0) input.fail("a block's tables are malformed");
  const selectors = new Uint8Array(Math.min(selectorCount, selectorsMax));
  const recent = Array.from({ length: groups }, (_, index) => index);
  for (let at = 0; at < selectorCount; at++) {
    let position = 0;
    while (input.bits(1) === 1) position += 1;
    const [selected] = position < groups ? recent.splice(position, 1) : [];
    if (selected === undefined) return input.fail("a block's selectors are malformed");
    recent.unshift(selected);
    selectors[at] = selected;
  }
  const tables = Array.from({ length: groups }, () => readTable(input, size));
  return { selectors, tables };
}

function readTable(input: Input, size: number): CodeTable {
  const lengths = new Uint8Array(size);
  let length = input.bits(5);
  for (let symbol = 0; symbol < size; symbol++) {
    for (;;) {
      if (length < 1 || length > codeLengthMax) input.fail("a block has a code of a wrong length");
      if (input.bits(1) === 0) break;
      length += input.bits(1) === 0 ? 1 : -1;
    }
    lengths[symbol] = length;
  }
  const limits = new Int32Array(codeLengthMax + 1).fill(-1);
  const offsets = new Int32Array(codeLengthMax + 1);
  const symbols = new Uint16Array(size);
  let code = 0;
  let placed = 0;
  for (let bits = 1; bits <= codeLengthMax; bits++) {
    offsets[bits] = placed - code;
    for (let symbol = 0; symbol < size; symbol++) {
      if (lengths[symbol] !== bits) continue;
      symbols[placed] = symbol;
      placed += 1;
      code += 1;
    }
    limits[bits] = code - 1;
    code *= 2;
  }
  return { shortest: Math.min(...lengths), limits, offsets, symbols };
}

function readSymbol(input: Input, { limits, offsets, shortest, symbols }: CodeTable): number {
  let code = input.bits(shortest);
  for (let bits = shortest; bits <= codeLengthMax; bits++) {
    if (code <= (limits[bits] ?? -1)) {
      const symbol = symbols[code + (offsets[bits] ?? 0)];
      if (symbol === undefined) break;
      return symbol;
    }
    code = code * 2 + input.bits(1);
  }
  return input.fail("a block has a code that stands for nothing");
}

interface BlockTables {
  readonly symbols: Uint8Array;
  readonly selectors: Uint8Array;
  readonly tables: readonly CodeTable[];
}

/** Undoes Huffman codes, runs and move-to-front; gives the number of bytes, and counts each of them. */
function readContent(
  input: Input,
  { selectors, symbols, tables }: BlockTables,
  chain: Uint32Array,
  counts: Uint32Array,
): number {
  const recent = Uint8Array.from(symbols);
  let length = 0;
  let run = 0;
  let runBit = 1;
  const emit = (byte: number, times: number): void => {
    if (times > chain.length - length) input.fail("a block is longer than its stream says");
    chain.fill(byte, length, length + times);
    counts[byte] = (counts[byte] ?? 0) + times;
    length += times;
  };
  for (let count = 0; ; count++) {
    const table = tables[selectors[Math.floor(count / groupSymbols)] ?? groupsMax];
    if (table === undefined) return input.fail("a block has more symbols than selectors");
    const symbol = readSymbol(input, table);
    if (symbol < 2) {
      // Two digits of a number whose values are 1 and 2.
      run += runBit << symbol;
      runBit *= 2;
      if (run > chain.length) input.fail("a block is longer than its stream says");
      continue;
    }
    if (run > 0) emit(recent[0] ?? 0, run);
    run = 0;
    runBit = 1;
    if (symbol > symbols.length) return length;
    const byte = recent[symbol - 1] ?? 0;
    recent.copyWithin(1, 0, symbol - 1);
    recent[0] = byte;
    emit(byte, 1);
  }
}

/** Follows the chain, and repeats a byte as often as the number behind four equal ones says. */
function* expandRuns(
  input: Input,
  chain: Uint32Array,
  length: number,
  origin: number,
  check: number,
): Generator<Uint8Array> {
  let output = Buffer.allocUnsafe(outputBytes);
  let filled = 0;
  let sum = 0xffffffff;
  let next = (chain[origin] ?? 0) >>> 8;
  let last = -1;
  let equal = 0;
  for (let read = 0; read < length; read++) {
    const link = chain[next] ?? 0;
    next = link >>> 8;
    const byte = link & 0xff;
    const isCount = equal === 4;
    const times = isCount ? byte : 1;
    const value = isCount ? last : byte;
    equal = isCount ? 0 : byte === last ? equal + 1 : 1;
    if (!isCount) last = byte;
    for (let time = 0; time < times; time++) {
      sum = (sum << 8) ^ (checkTable[(sum >>> 24) ^ value] ?? 0);
      output[filled] = value;
      filled += 1;
      if (filled < outputBytes) continue;
      yield output;
      output = Buffer.allocUnsafe(outputBytes);
      filled = 0;
    }
    if (isCount) last = -1;
  }
  if (~sum >>> 0 !== check) input.fail("a block's checksum is wrong");
  if (filled > 0) yield output.subarray(0, filled);
}

/** CRC-32 with the most significant bit first. */
const checkTable: Int32Array = Int32Array.from({ length: 256 }, (_, index) => {
  let value = index << 24;
  for (let bit = 0; bit < 8; bit++) value = (value << 1) ^ (value < 0 ? 0x04c11db7 : 0);
  return value;
});
