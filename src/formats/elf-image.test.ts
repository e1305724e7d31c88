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

test.each<[string, number, number]>([
  ["no class", 4, 0],
  ["the other class", 4, 1],
  ["no byte order", 5, 0],
  ["the other byte order", 5, 2],
])("a program whose identification tells %s is read as it runs", (_, at, value) => {
  const bytes = elfOf({ needed: ["libb.so.2"], pie: true });
  const told = elfFacts(inMemory(bytes));
  bytes[at] = value;
  expect(told).toMatchObject({ class: 64, needed: ["libb.so.2"], program: true });
  expect(elfFacts(inMemory(bytes))).toEqual(told);
});

describe("a file without the marks of a program is startable", () => {
  /** Its first segment is code, and it starts there. */
  const started = (content: Parameters<typeof elfOf>[0], entry: number, flags: number = 5): Buffer => {
    const bytes = elfOf(content);
    bytes.writeBigUInt64LE(BigInt(entry), 24);
    const loads = [64, 64 + 56].filter((at) => bytes.readUInt32LE(at) === 1);
    bytes.writeUInt32LE(flags, (loads[0] ?? 0) + 4);
    return bytes;
  };

  test.each<[string, Buffer, true | undefined]>([
    ["where its entry point is code", started({}, 0x10050), true],
    ["not where that is data", started({}, 0x10050, 4), undefined],
    ["not where it has none", started({}, 0), undefined],
    ["not where it is a library by name", started({ soname: "liba.so.1" }, 0x10050), undefined],
    ["not where it needs libraries", started({ needed: ["libc.so.6"] }, 0x10050), undefined],
    ["not where a flag tells as much", started({ pie: true }, 0x10050), undefined],
  ])("%s", (_, bytes, expected) => {
    expect(elfFacts(inMemory(bytes))?.startable).toBe(expected);
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
