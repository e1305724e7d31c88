import { assert, describe, expect, test } from "vitest";
import { elfOf } from "../../testing/builders.ts";
import { elfFacts } from "./elf.ts";
import { type ElfImage, locate, openElf, type Segment } from "./elf-image.ts";
import { dynamicSymbols, importsAmong, wantedNames } from "./elf-symbols.ts";
import { inMemory } from "./random-access.ts";

function imageOf(bytes: Uint8Array): ElfImage {
  const image = openElf(inMemory(bytes));
  assert(image !== undefined);
  return image;
}

/** Where the dynamic section's entry of a tag is, in a 64-bit little-endian file. */
function entryAt(bytes: Buffer, tag: number): number {
  const dynamic = imageOf(bytes).segments.find((one) => one.type === 2);
  assert(dynamic !== undefined);
  for (let at = dynamic.offset; at < bytes.length; at += 16) if (bytes.readUInt32LE(at) === tag) return at;
  throw new Error("no such entry");
}

describe("what loaders take of what is there twice", () => {
  test("of entries of the dynamic section with one tag the last", () => {
    const bytes = elfOf({ soname: "liba.so.1", rpath: "/opt/lib" });
    bytes.writeUInt32LE(14, entryAt(bytes, 15));
    expect(elfFacts(inMemory(bytes))).toMatchObject({ soname: "/opt/lib" });
  });

  test("of segments that are mapped one over the other the last", () => {
    const of = (offset: number): Segment => ({
      type: 1,
      flags: 4,
      offset,
      address: 0x1000,
      fileBytes: 16,
      align: 1,
    });
    const image = { ...imageOf(elfOf()), segments: [of(100), of(200)] };
    expect(locate(image, 0x1004)).toEqual({ offset: 204, sizeBytes: 12 });
  });
});

describe("imports", () => {
  const wanted = wantedNames(["connect", "listen"]);
  const imports = (bytes: Buffer): readonly string[] => {
    const image = imageOf(bytes);
    const symbols = dynamicSymbols(image);
    assert(symbols !== undefined);
    return [...importsAmong(image, symbols, wanted)];
  };

  test("of a table that a hash covers", () => {
    expect(imports(elfOf({ imports: ["connect"], exports: ["listen"] }))).toEqual(["connect"]);
  });

  test.each([0, 1, 2])("whatever a hash table says of their number (%i)", (covered) => {
    const hash = Buffer.alloc(16);
    hash.writeUInt32LE(1, 0);
    hash.writeUInt32LE(covered, 4);
    const bytes = elfOf({ imports: ["getpid", "connect"], data: hash });
    const at = entryAt(bytes, 4);
    bytes.writeUInt32LE(0x6ffffef5, at);
    bytes.writeBigUInt64LE(BigInt(0x10000 + bytes.indexOf(hash)), at + 8);
    expect(imports(bytes)).toEqual(["connect"]);
  });
});
