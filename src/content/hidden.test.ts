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

/** A segment; `bytes` lies at the file's next page, or nowhere. */
interface Part {
  readonly type?: number;
  readonly flags: number;
  readonly bytes?: Buffer;
}

const base = 0x400000;

/** A static program of these segments that starts in the first; as a packer leaves it, without section headers. */
function programOf(
  parts: readonly Part[],
  section?: { readonly type: number; readonly flags: number },
): Buffer {
  const head = Buffer.alloc(4096);
  head.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  for (const [at, value] of [
    [16, 2],
    [18, 62],
    [20, 1],
    [52, 64],
    [54, 56],
    [56, parts.length],
    [58, 64],
    [60, section === undefined ? 0 : 1],
  ] as const)
    head.writeUInt16LE(value, at);
  const pieces: Buffer[] = [head];
  let end = head.length;
  for (const [index, { type = 1, flags, bytes }] of parts.entries()) {
    const at = 64 + index * 56;
    const sizeBytes = bytes?.length ?? 1 << 20;
    head.writeUInt32LE(type, at);
    head.writeUInt32LE(flags, at + 4);
    head.writeBigUInt64LE(BigInt(bytes === undefined ? 0x7fff_ffff : end), at + 8);
    for (const field of [16, 24]) head.writeBigUInt64LE(BigInt(base + end), at + field);
    for (const field of [32, 40]) head.writeBigUInt64LE(BigInt(sizeBytes), at + field);
    if (bytes === undefined) continue;
    const padding = Buffer.alloc((4096 - (sizeBytes % 4096)) % 4096);
    pieces.push(bytes, padding);
    end += sizeBytes + padding.length;
  }
  head.writeBigUInt64LE(BigInt(base + head.length), 24);
  head.writeBigUInt64LE(64n, 32);
  if (section === undefined) return Buffer.concat(pieces);
  head.writeBigUInt64LE(BigInt(end), 40);
  const sections = Buffer.alloc(64);
  sections.writeUInt32LE(section.type, 4);
  sections.writeUInt32LE(section.flags, 8);
  return Buffer.concat([...pieces, sections]);
}

/** A static program of one segment, with UPX's marks. */
function program(text: Buffer, marks: { readonly info?: string; readonly end?: string } = {}): Buffer {
  const made = programOf([{ flags: 5, bytes: text }]);
  made.write(marks.info ?? "", 64 + 56 + 4, "latin1");
  const end = Buffer.alloc(36);
  end.write(marks.end ?? "", 0, "latin1");
  return Buffer.concat([made, end]);
}

const stub = Buffer.from("b83c000000bf2a0000000f05", "hex");
/** NOBITS, EXECINSTR. */
const fakeCode = { type: 8, flags: 4 };
const packed = "packed: packed or encrypted: its code is no code before it runs";
const packedData = "packed: packed or encrypted: hardly any code, and much that only it can read";
const corrupt = "corrupt: it claims to be an ELF file and can't be read as one";

/** Noise with zeros where a few windows spread over it would look. */
function holed(): Buffer {
  const bytes = Buffer.from(noise);
  const step = Math.floor((bytes.length - 1024) / 7);
  for (let index = 0; index < 8; index++) bytes.fill(0, index * step, index * step + 1024);
  return bytes;
}

function hidden(bytes: Buffer): string | undefined {
  const source = inMemory(bytes);
  const found = hiddenIn(source, "elf", elfFacts(source));
  return found === undefined ? undefined : `${found.kind}: ${found.why}`;
}

describe("hiddenIn", () => {
  test.each<[string, Buffer, string | undefined]>([
    ["code", program(code), undefined],
    ["packed code", program(noise), packed],
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
      "packed code beside a larger segment of zeros",
      programOf([
        { flags: 5, bytes: noise },
        { flags: 5, bytes: Buffer.alloc(300_000) },
      ]),
      packed,
    ],
    ["packed code with zeros in it", program(holed()), packed],
    ["code that carries a cipher's tables", program(Buffer.concat([code, code, code, noise])), undefined],
    [
      "a stub with packed data",
      programOf([
        { flags: 5, bytes: stub },
        { flags: 4, bytes: noise },
      ]),
      packedData,
    ],
    [
      "a stub with data",
      programOf([
        { flags: 5, bytes: stub },
        { flags: 4, bytes: code },
      ]),
      undefined,
    ],
    [
      "packed code, and a dynamic section out of reach",
      programOf([
        { flags: 5, bytes: noise },
        { type: 2, flags: 6 },
      ]),
      packed,
    ],
    [
      "the same with a section that claims that the code is elsewhere",
      programOf(
        [
          { flags: 5, bytes: noise },
          { type: 2, flags: 6 },
        ],
        fakeCode,
      ),
      packed,
    ],
    [
      "code, a dynamic section out of reach and that section",
      programOf(
        [
          { flags: 5, bytes: code },
          { type: 2, flags: 6 },
        ],
        fakeCode,
      ),
      corrupt,
    ],
    [
      "a file of debug symbols: its code is elsewhere",
      programOf(
        [
          { flags: 5, bytes: Buffer.alloc(0) },
          { type: 2, flags: 6 },
        ],
        fakeCode,
      ),
      undefined,
    ],
    ["a header cut short", elfOf().subarray(0, 40), corrupt],
    ["segments out of reach", elfOf().subarray(0, 100), corrupt],
  ])("%s", (_, bytes, expected) => {
    expect(hidden(bytes)).toBe(expected);
  });

  test("the evidence tells where, and what was measured", () => {
    const source = inMemory(program(noise));
    const found = hiddenIn(source, "elf", elfFacts(source));
    expect(found?.evidence.map((one) => one.what)).toEqual([
      expect.stringMatching(
        /^65536 bytes of its executable segments have [78]\.\d\d bits of entropy per byte/,
      ),
      "it has no section headers",
    ]);
  });

  test("only what claims to be ELF", () => {
    expect(hiddenIn(inMemory(noise), "data", undefined)).toBeUndefined();
  });
});
