import { describe, expect, test } from "vitest";
import { elfOf } from "../../testing/builders.ts";
import { sequence } from "../../testing/corpus.ts";
import { elfFacts } from "../formats/elf.ts";
import { inMemory } from "../formats/random-access.ts";
import { hiddenIn } from "./hidden.ts";

const random = sequence(7);
const noise = Buffer.from(Array.from({ length: 65_536 }, () => random(256)));
/** As code is: the same few bytes over and over, others rarely. */
const code = Buffer.from(Array.from({ length: 65_536 }, () => (random(3) === 0 ? random(256) : random(24))));

/** A static program of two segments: its headers, and code; as a packer leaves it, without section headers. */
function program(text: Buffer, marks: { readonly info?: string; readonly end?: string } = {}): Buffer {
  const header = Buffer.alloc(64);
  header.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  header.writeUInt16LE(2, 16);
  header.writeUInt16LE(62, 18);
  header.writeUInt32LE(1, 20);
  header.writeUInt32LE(64, 32);
  header.writeUInt16LE(64, 52);
  header.writeUInt16LE(56, 54);
  header.writeUInt16LE(1, 56);
  const segment = Buffer.alloc(56);
  segment.writeUInt32LE(1, 0);
  segment.writeUInt32LE(5, 4);
  const sizeBytes = 160 + text.length;
  for (const [at, value] of [
    [16, 0x400000],
    [24, 0x400000],
    [32, sizeBytes],
    [40, sizeBytes],
    [48, 4096],
  ] as const)
    segment.writeUInt32LE(value, at);
  const info = Buffer.alloc(40);
  info.write(marks.info ?? "", 4, "latin1");
  const end = Buffer.alloc(36);
  end.write(marks.end ?? "", 0, "latin1");
  return Buffer.concat([header, segment, info, text, end]);
}

function hidden(bytes: Buffer): string | undefined {
  const source = inMemory(bytes);
  const found = hiddenIn(source, "elf", elfFacts(source));
  return found === undefined ? undefined : `${found.kind}: ${found.why}`;
}

describe("hiddenIn", () => {
  test.each<[string, Buffer, string | undefined]>([
    ["code", program(code), undefined],
    ["packed code", program(noise), "packed: packed or encrypted: its code is no code before it runs"],
    ["UPX", program(noise, { info: "UPX!", end: "UPX!" }), "packed: packed with UPX"],
    [
      "UPX with its version",
      program(Buffer.concat([noise, Buffer.from("$Id: UPX 4.24 Copyright (C)")]), {
        info: "UPX!",
        end: "UPX!",
      }),
      "packed: packed with UPX 4.24",
    ],
    ["one mark of UPX, and code", program(code, { info: "UPX!" }), undefined],
    [
      "both marks decide by themselves",
      program(code, { info: "UPX!", end: "UPX!" }),
      "packed: packed with UPX",
    ],
    ["a little noise", program(noise.subarray(0, 2000)), undefined],
    ["a library", elfOf({ strings: ["hello"] }), undefined],
    [
      "a header cut short",
      elfOf().subarray(0, 40),
      "corrupt: it claims to be an ELF file and can't be read as one",
    ],
    [
      "segments out of reach",
      elfOf().subarray(0, 100),
      "corrupt: it claims to be an ELF file and can't be read as one",
    ],
  ])("%s", (_, bytes, expected) => {
    expect(hidden(bytes)).toBe(expected);
  });

  test("the evidence tells where, and what was measured", () => {
    const source = inMemory(program(noise));
    const found = hiddenIn(source, "elf", elfFacts(source));
    expect(found?.evidence.map((one) => one.what)).toEqual([
      expect.stringMatching(/^its executable segments have [78]\.\d\d bits of entropy per byte/),
      "it has no section headers",
    ]);
  });

  test("only what claims to be ELF", () => {
    expect(hiddenIn(inMemory(noise), "data", undefined)).toBeUndefined();
  });
});
