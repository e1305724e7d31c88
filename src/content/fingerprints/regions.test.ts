import { assert, describe, expect, test } from "vitest";
import { elfOf } from "../../../testing/builders.ts";
import { openElf, type Segment } from "../../formats/elf-image.ts";
import { inMemory } from "../../formats/random-access.ts";
import { dataRegions } from "./regions.ts";

const image = openElf(inMemory(elfOf()));
assert(image !== undefined);

const fileBytes = 16_384;
const text = "the quick brown fox jumps over the lazy dog and goes on running to the end of it";

function regions(segments: readonly Partial<Segment>[], strings: readonly number[] = []): readonly unknown[] {
  const bytes = Buffer.alloc(fileBytes);
  for (const at of strings) bytes.write(text, at, "latin1");
  const whole = segments.map((one) => ({
    type: 1,
    flags: 4,
    offset: 0,
    address: 0,
    fileBytes: 0,
    align: 1,
    ...one,
  }));
  return dataRegions(inMemory(bytes), { ...image, segments: whole } as typeof image & object);
}

describe("dataRegions", () => {
  test.each<[string, readonly Partial<Segment>[], readonly number[], readonly unknown[]]>([
    [
      "data in whole pages, as kernels map it",
      [{ offset: 5000, fileBytes: 100 }],
      [],
      [{ start: 4096, end: 8192 }],
    ],
    [
      "no further than the file",
      [{ offset: 16_000, fileBytes: 900 }],
      [],
      [{ start: 12_288, end: fileBytes }],
    ],
    [
      "of code what is around it",
      [{ flags: 5, offset: 5000, fileBytes: 100 }],
      [],
      [
        { start: 4096, end: 5000 },
        { start: 5100, end: 8192 },
      ],
    ],
    [
      "code that holds text, wherever in its pages",
      [{ flags: 5, offset: 4096, fileBytes: 8192 }],
      [4096 + 1000],
      [{ start: 4096, end: 12_288 }],
    ],
    ["no code without text", [{ flags: 5, offset: 4096, fileBytes: 8192 }], [], []],
  ])("%s", (_, segments, strings, expected) => {
    expect(regions(segments, strings)).toEqual(expected);
  });
});
