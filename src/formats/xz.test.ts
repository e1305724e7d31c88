import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { corpusFile, damaged, inPieces, sequence } from "../../testing/corpus.ts";
import { ToolError } from "../base/errors.ts";
import { createXzDecoder, type XzMemory } from "./xz.ts";

const numbers = Array.from({ length: 2000 }, (_, index) => `${index + 1}\n`).join("");

/** An instance for each of thousands of decoders would take seconds. */
const memory: XzMemory = { idle: undefined };

function decode(pieces: Iterable<Uint8Array>): Buffer {
  const chunks: Buffer[] = [];
  const decoder = createXzDecoder((chunk) => chunks.push(Buffer.from(chunk)), "the sample", memory);
  for (const piece of pieces) decoder.write(piece);
  decoder.finish();
  return Buffer.concat(chunks);
}

const sample = (name: string): Buffer => corpusFile(`formats/xz/${name}.xz`);

describe("decoded", () => {
  test.each(["seq-none", "seq-crc32", "seq-crc64", "seq-blocks", "seq-streams", "seq-dict32"])(
    "%s",
    (name) => {
      expect(decode([sample(name)]).toString()).toBe(numbers);
      for (const most of [1, 5, 400]) {
        expect(decode(inPieces(sample(name), most, sequence(most))).toString()).toBe(numbers);
      }
    },
  );

  test("much output for little input, in views of at most 64 KiB", () => {
    let total = 0;
    let largest = 0;
    const hash = createHash("sha256");
    const decoder = createXzDecoder((chunk) => {
      total += chunk.length;
      largest = Math.max(largest, chunk.length);
      hash.update(chunk);
    }, "zeros");
    decoder.write(sample("zeros"));
    decoder.finish();
    expect(total).toBe(3_000_000);
    expect(largest).toBeLessThanOrEqual(65_536);
    expect(hash.digest("hex")).toBe(createHash("sha256").update(Buffer.alloc(total)).digest("hex"));
  });

  test("two decoders at once", () => {
    const readers = [sample("seq-crc32"), sample("seq-blocks")].map((bytes) => {
      const chunks: Buffer[] = [];
      return { bytes, chunks, decoder: createXzDecoder((chunk) => chunks.push(Buffer.from(chunk)), "t") };
    });
    for (let at = 0; at < 1500; at += 100) {
      for (const { decoder, bytes } of readers) decoder.write(bytes.subarray(at, at + 100));
    }
    for (const { decoder, chunks } of readers) {
      decoder.finish();
      expect(Buffer.concat(chunks).toString()).toBe(numbers);
    }
  });
});

test("decoders lend and return the memory of their owner, and touch no other's", () => {
  const mine: XzMemory = { idle: undefined };
  const other: XzMemory = { idle: undefined };
  const decodeIn = (memory: XzMemory): void => {
    const decoder = createXzDecoder(() => undefined, "the sample", memory);
    expect(memory.idle).toBeUndefined();
    decoder.write(sample("seq-crc64"));
    decoder.finish();
  };
  decodeIn(mine);
  const { idle } = mine;
  expect(idle).toBeDefined();
  decodeIn(mine);
  decodeIn(other);
  expect(mine.idle).toBe(idle);
  expect(other.idle).not.toBe(idle);
});

describe("refused", () => {
  const sound = sample("seq-crc64");
  const cases: readonly { summary: string; bytes: Uint8Array; why: RegExp }[] = [
    { summary: "nothing", bytes: new Uint8Array(0), why: /cut short/ },
    { summary: "text", bytes: Buffer.from("not at all an xz file"), why: /not in the xz format/ },
    { summary: "a SHA-256 check", bytes: sample("seq-sha256"), why: /check or filter that is not supported/ },
    {
      summary: "a filter for x86 code",
      bytes: sample("seq-x86"),
      why: /check or filter that is not supported/,
    },
    { summary: "a dictionary of 128 MiB", bytes: sample("seq-dict128"), why: /larger than 64 MiB/ },
    {
      summary: "padding that is no multiple of four",
      bytes: Buffer.concat([sound, Buffer.alloc(3)]),
      why: /cut short/,
    },
    {
      summary: "such padding between streams",
      bytes: Buffer.concat([sound, Buffer.alloc(3), sound]),
      why: /corrupt/,
    },
    {
      summary: "a stream's header alone after another",
      bytes: Buffer.concat([sound, sound.subarray(0, 12)]),
      why: /cut short/,
    },
    {
      summary: "a part of that header",
      bytes: Buffer.concat([sound, sound.subarray(0, 5)]),
      why: /cut short/,
    },
    {
      summary: "rubbish after a stream",
      bytes: Buffer.concat([sound, Buffer.from("rubbish rubbish")]),
      why: /not in the xz format/,
    },
    {
      summary: "a little rubbish that ends like a stream",
      bytes: Buffer.concat([sound, Buffer.from("YZ")]),
      why: /./,
    },
  ];
  test.each(cases)("$summary", ({ bytes, why }) => {
    expect(() => decode([bytes])).toThrow(ToolError);
    expect(() => decode([bytes])).toThrow(why);
    expect(() => decode([bytes])).toThrow(/^decompressing the sample: /);
  });

  test("a stream cut anywhere", () => {
    for (const name of ["seq-crc64", "seq-blocks"]) {
      const bytes = sample(name);
      for (let end = 0; end < bytes.length; end++)
        expect(() => decode([bytes.subarray(0, end)])).toThrow(/cut short/);
    }
  });

  test("any bit turned, but for the byte that starts the range coder and carries nothing", () => {
    for (const name of ["seq-crc32", "seq-crc64"]) {
      const bytes = sample(name);
      const unnoticed = new Set<number>();
      for (let at = 0; at < bytes.length; at++) {
        const copy = Buffer.from(bytes);
        copy[at] = (copy[at] ?? 0) ^ (1 << (at % 8));
        try {
          expect(decode([copy]).toString()).toBe(numbers);
          unnoticed.add(at);
        } catch (thrown) {
          if (!(thrown instanceof ToolError)) throw thrown;
        }
      }
      expect([...unnoticed]).toEqual([30]);
    }
  });
});

test("damaged streams give the right content or a ToolError", () => {
  const random = sequence(3);
  for (let round = 0; round < 500; round++) {
    const bytes = damaged(sample("seq-streams"), random);
    try {
      expect(decode(inPieces(bytes, 500, random)).toString()).toBe(numbers);
    } catch (thrown) {
      if (!(thrown instanceof ToolError)) throw thrown;
    }
  }
});
