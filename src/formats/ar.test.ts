import { describe, expect, test } from "vitest";
import { arOf } from "../../testing/builders.ts";
import { damaged, sequence } from "../../testing/corpus.ts";
import { ToolError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import { arMembers } from "./ar.ts";
import { inMemory } from "./random-access.ts";

const bytes = (text: string): Buffer => Buffer.from(text, "latin1");

function listing(archive: Buffer): string[] {
  return arMembers(inMemory(archive), "the sample").map(
    ({ name, offset, sizeBytes }) => `${name}=${archive.toString("latin1", offset, offset + sizeBytes)}`,
  );
}

describe("members", () => {
  const longNames = "a-name-longer-than-sixteen/\nanother-long-name.o/\n";
  const cases: readonly { summary: string; members: [string, Buffer][]; expected: string[] }[] = [
    { summary: "none", members: [], expected: [] },
    {
      summary: "of a .deb, odd sizes padded",
      members: [
        ["debian-binary", bytes("2.0\n")],
        ["control.tar.xz", bytes("odd")],
        ["data.tar.xz", bytes("")],
      ],
      expected: ["debian-binary=2.0\n", "control.tar.xz=odd", "data.tar.xz="],
    },
    {
      summary: "GNU names, short and long, after symbol tables",
      members: [
        ["/", bytes("symbols")],
        ["/SYM64/", bytes("symbols")],
        ["//", bytes(longNames)],
        ["short.o/", bytes("1")],
        ["/0", bytes("22")],
        ["/28", bytes("3")],
      ],
      expected: ["short.o=1", "a-name-longer-than-sixteen=22", "another-long-name.o=3"],
    },
    {
      summary: "BSD names, padded with NULs, after a symbol table",
      members: [
        ["__.SYMDEF", bytes("symbols")],
        ["#1/12", bytes("long name.o\0content")],
        ["plain", bytes("x")],
      ],
      expected: ["long name.o=content", "plain=x"],
    },
    {
      summary: "a name that is not UTF-8",
      members: [["caf\udce9", bytes("x")]],
      expected: ["caf\udce9=x"],
    },
  ];
  test.each(cases)("$summary", ({ members, expected }) => {
    expect(listing(arOf(members))).toEqual(expected);
  });
});

describe("malformed", () => {
  const sound = arOf([["name", bytes("content")]]);
  const withHeader = (at: number, text: string): Buffer => {
    const copy = Buffer.from(sound);
    copy.write(text, 8 + at, "latin1");
    return copy;
  };
  const cases: readonly { summary: string; archive: Buffer; why: RegExp }[] = [
    { summary: "no magic", archive: bytes("!<arch>"), why: /magic is missing \(at byte 0\)/ },
    { summary: "a cut header", archive: sound.subarray(0, 40), why: /header is cut short \(at byte 8\)/ },
    { summary: "no end mark", archive: withHeader(58, "xx"), why: /no end mark/ },
    { summary: "a size in hexadecimal", archive: withHeader(48, "0x7       "), why: /not a decimal number/ },
    { summary: "a negative size", archive: withHeader(48, "-7        "), why: /not a decimal number/ },
    { summary: "no size", archive: withHeader(48, "          "), why: /not a decimal number/ },
    { summary: "a size beyond the end", archive: withHeader(48, "9         "), why: /beyond the end/ },
    {
      summary: "a BSD name beyond its member",
      archive: arOf([["#1/9", bytes("short")]]),
      why: /longer than its member/,
    },
    { summary: "a GNU name without a table", archive: arOf([["/0", bytes("")]]), why: /outside the table/ },
    {
      summary: "a GNU name beyond the table",
      archive: arOf([
        ["//", bytes("name/\n")],
        ["/6", bytes("")],
      ]),
      why: /outside the table/,
    },
    {
      summary: "a GNU name longer than a path may be",
      archive: arOf([
        ["//", Buffer.alloc(limits.pathBytesMax + 1, "n")],
        ["/0", bytes("")],
      ]),
      why: /longer than pathBytesMax \(4096\)/,
    },
  ];
  test.each(cases)("$summary", ({ archive, why }) => {
    const read = (): unknown => listing(archive);
    expect(read).toThrow(ToolError);
    expect(read).toThrow(why);
    expect(read).toThrow(/^reading the sample: /);
  });
});

test("damaged archives give members inside the archive, or malformed", () => {
  const random = sequence(1);
  const sound = arOf([
    ["//", bytes("a-name-longer-than-sixteen/\n")],
    ["/0", bytes("content")],
    ["#1/4", bytes("nameabc")],
    ["debian-binary", bytes("2.0\n")],
  ]);
  for (let round = 0; round < 3000; round++) {
    const archive = damaged(sound, random);
    try {
      for (const { offset, sizeBytes } of arMembers(inMemory(archive))) {
        expect(offset + sizeBytes).toBeLessThanOrEqual(archive.length);
        expect(sizeBytes).toBeGreaterThanOrEqual(0);
      }
    } catch (thrown) {
      if (!(thrown instanceof ToolError)) throw thrown;
    }
  }
});
