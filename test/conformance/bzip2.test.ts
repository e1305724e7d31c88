// What bzip2 compresses, decoded.
import { spawnSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { bytesOf, collect } from "../../src/base/bytes.ts";
import { digestOf } from "../../src/base/digest.ts";
import { decodeBzip2 } from "../../src/formats/bzip2.ts";
import { because } from "../../testing/examples.ts";
import { missingProgram } from "../../testing/programs.ts";

const missing = missingProgram("bzip2");

/** Bytes that don't repeat. */
function noise(length: number): Buffer {
  const bytes = Buffer.alloc(length);
  let state = 1;
  for (let at = 0; at < length; at++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    bytes[at] = state >>> 24;
  }
  return bytes;
}

const runs = Buffer.concat(Array.from({ length: 300 }, (_, index) => Buffer.alloc(index, 65 + (index % 26))));

describe.skipIf(missing !== undefined)(`bzip2${because(missing)}`, () => {
  const samples: readonly (readonly [string, Buffer])[] = [
    ["nothing", Buffer.alloc(0)],
    ["one byte", Buffer.from("a")],
    ["runs of all lengths", runs],
    ["zeros over several blocks", Buffer.alloc(60_000_000)],
    ["bytes that don't repeat, over several blocks", noise(2_500_000)],
    ["all bytes", Buffer.from(Array.from({ length: 4096 }, (_, index) => index % 256))],
    ["a text that repeats", Buffer.from("the quick brown fox jumps over the lazy dog ".repeat(50_000))],
  ];
  test.each(samples.flatMap(([name, bytes]) => ["-1", "-9"].map((level) => [name, level, bytes] as const)))(
    "%s, %s",
    async (_, level, bytes) => {
      const packed = spawnSync("bzip2", ["-c", level], { input: bytes, maxBuffer: 1 << 26 }).stdout;
      const unpacked = await collect(decodeBzip2(bytesOf(packed), "a sample"), 1 << 27, "it");
      expect(digestOf(unpacked)).toBe(digestOf(bytes));
    },
  );
});
