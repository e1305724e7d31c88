import { expect, test } from "vitest";
import { isJimage } from "./jimage.ts";

/** magic, major and minor version, flags, resources, table length, bytes of locations and of strings. */
function head(words: readonly number[], little = true): Buffer {
  const bytes = Buffer.alloc(28);
  for (const [index, word] of words.entries()) {
    if (little) bytes.writeUInt32LE(word, index * 4);
    else bytes.writeUInt32BE(word, index * 4);
  }
  return bytes;
}

const whole = [0xcafedada, 0x10000, 0, 2, 3, 40, 60];
const fits = 28 + 3 * 8 + 40 + 60;

test.each<[string, Buffer, number, boolean]>([
  ["little-endian", head(whole), fits, true],
  ["big-endian", head(whole, false), fits, true],
  ["tables that don't fit", head(whole), fits - 1, false],
  ["tables of four thousand million entries", head(whole.with(4, 0xffffffff)), 1e9, false],
  ["nothing in it", head(whole.with(3, 0)), fits, false],
  ["more resources than places", head(whole.with(3, 4)), fits, false],
  ["another version", head(whole.with(1, 0x20000)), fits, false],
  ["a class file", head(whole.with(0, 0xcafebabe), false), fits, false],
  ["the magic alone", head(whole).subarray(0, 4), 4, false],
])("%s", (_, bytes, sizeBytes, expected) => {
  expect(isJimage(bytes, sizeBytes)).toBe(expected);
});
