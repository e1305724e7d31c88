import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { elfOf } from "../../../testing/builders.ts";
import { corpus, damaged, sequence } from "../../../testing/corpus.ts";
import { limits } from "../../base/limits.ts";
import { inMemory } from "../../formats/random-access.ts";
import { type Facts, factsOf } from "../facts.ts";
import { knownApplets } from "./applets.ts";

const facts = (bytes: Buffer): Facts => factsOf(inMemory(bytes));
const ids = (bytes: Buffer): string[] => (facts(bytes).identities ?? []).map(({ id }) => id);

const interpreter = "/lib64/ld-linux-x86-64.so.2";
const shellStrings = ["Illegal number: %s", "OPTIND=1", "Bad for loop variable"];
const dash = elfOf({ interpreter, needed: ["libc.so.6"], strings: shellStrings });
const table = [...knownApplets].toSorted();

function busyBox(names: readonly string[], strings: readonly string[] = []): Buffer {
  return elfOf({ static: true, type: "executable", strings: [...strings, "", names.join("\0"), ""] });
}

describe("an applet table", () => {
  test.each<[string, Buffer, string[]]>([
    ["of BusyBox", busyBox(table, ["BusyBox v1.36.1 (Debian)"]), ["busybox"]],
    ["with nothing else", busyBox(table), ["busybox"]],
    ["with a shell", busyBox(table, ["Illegal number: %s", "OPTIND=1"]), ["busybox-ash", "busybox"]],
    ["out of order", busyBox(table.toReversed()), []],
    ["of 20 names", busyBox(table.slice(0, 20)), []],
    [
      "among a thousand other names",
      busyBox(
        [...table.slice(0, 30), ...Array.from({ length: 200 }, (_, index) => `c${1000 + index}`)].toSorted(),
      ),
      [],
    ],
    [
      "of a single applet",
      elfOf({ interpreter, strings: ["BusyBox v1.36.1 ()", " multi-call binary.", "Usage: "] }),
      ["busybox-applet"],
    ],
    ["that is only talked of", elfOf({ interpreter, strings: ["unlike BusyBox v1.36.1"] }), []],
  ])("%s", (_, bytes, expected) => {
    expect(ids(bytes)).toEqual(expected);
  });

  test("says how many it has, and where", () => {
    const [identity] = facts(busyBox(table, ["BusyBox v1.36.1 ()"])).identities ?? [];
    expect(identity?.name).toBe(`BusyBox 1.36.1 (static, ${table.length} applets)`);
    expect(identity?.confirmed).toBe(true);
    expect(identity?.evidence[0]?.what).toContain(`${table.length} sorted names`);
  });
});

describe("whatever the file looks like", () => {
  const variants: [string, Buffer][] = (["little", "big"] as const).flatMap((order) =>
    ([32, 64] as const).map((wordClass): [string, Buffer] => [
      `${wordClass} bits, ${order}-endian`,
      elfOf({ class: wordClass, order, machine: 8, interpreter, strings: shellStrings }),
    ]),
  );
  test.each(variants)("a shell of %s", (_, bytes) => {
    expect(ids(bytes)).toEqual(["dash"]);
  });

  test("a shell without a loader's name, which the loader runs all the same", () => {
    expect(ids(elfOf({ needed: ["libc.so.6"], strings: shellStrings }))).toEqual(["dash"]);
  });

  test("an ELF file that can't be read as one", () => {
    const broken = Buffer.from(dash);
    // e_phentsize
    broken.writeUInt16LE(1, 54);
    expect(facts(broken).elf).toBeUndefined();
    expect(ids(broken)).toEqual(["dash"]);
  });

  test("a string across the border of two chunks", () => {
    for (const shift of [-40, -20, -5, 0, 3]) {
      const padding = "x".repeat(1024 * 1024 + shift - 300);
      expect(ids(elfOf({ interpreter, strings: [padding, ...shellStrings] }))).toEqual(["dash"]);
    }
  });

  test("strings that are kept with the code, at the beginning of the file or in pages of text", () => {
    const words = "words of a program's messages that go on for a page and longer ".repeat(100);
    const bytes = elfOf({ interpreter, strings: [words, ...shellStrings] });
    const load = programHeader(bytes, 1);
    bytes.writeUInt32LE(5, load + 4);
    expect(ids(bytes)).toEqual(["dash"]);
  });

  test("symbols whose names are in the data as well, time and again", () => {
    const strings = Array.from({ length: 50 }, () => ["shell_builtins", "eval_builtin"]).flat();
    const symbols = ["shell_builtins", "eval_builtin"];
    expect(ids(elfOf({ interpreter, strings, exports: symbols }))).toEqual(["bash"]);
    expect(ids(elfOf({ interpreter, strings, exports: ["x"] }))).toEqual([]);
  });

  test("a library that holds an engine is told as embedding it, a program as the interpreter", () => {
    const symbols = ["perl_parse", "perl_run"];
    const library = facts(elfOf({ soname: "libperl.so.5.36", exports: symbols }));
    expect(library.identities?.map(({ id, embedded }) => [id, embedded])).toEqual([["perl", true]]);
    const program = facts(elfOf({ interpreter, needed: ["libperl.so.5.36"], imports: symbols }));
    expect(program.identities?.map(({ id, embedded }) => [id, embedded])).toEqual([["perl", undefined]]);
  });
});

/** Where the first program header of a type is, in a file of 64 bits. */
function programHeader(bytes: Buffer, type: number): number {
  for (let at = 64; at < bytes.length; at += 56) if (bytes.readUInt32LE(at) === type) return at;
  throw new Error(`no program header of type ${type}`);
}

describe("ELF files inside other files", () => {
  const png = Buffer.concat([Buffer.from("\x89PNG\r\n\x1a\n", "latin1"), Buffer.alloc(1000, 7)]);
  const plain = elfOf({ interpreter, needed: ["libc.so.6"], strings: ["nothing"] });

  test.each<[string, Buffer, number]>([
    ["at the end of a picture", Buffer.concat([png, dash]), png.length],
    ["inside one", Buffer.concat([png, dash, png]), png.length],
    ["at the end of a script", Buffer.concat([Buffer.from("#!/bin/true\n"), dash]), 12],
    ["at the end of a text", Buffer.concat([Buffer.from("text ".repeat(200)), dash]), 1000],
    ["at the end of a program", Buffer.concat([plain, dash]), plain.length],
    [
      "in a program's data",
      elfOf({ interpreter, data: dash }),
      elfOf({ interpreter, data: dash }).indexOf(dash),
    ],
    ["across two chunks", Buffer.concat([Buffer.alloc(1024 * 1024 - 20), dash]), 1024 * 1024 - 20],
  ])("a shell %s", (_, bytes, at) => {
    const [identity] = facts(bytes).identities ?? [];
    expect(identity?.id).toBe("dash");
    expect(identity?.within).toBe(`an ELF file at byte ${at}`);
    expect(identity?.evidence[0]?.check).toMatch(new RegExp(`^tail -c \\+${at + 1} FILE > CARVED && `));
    expect(facts(bytes).embeddedElf).toBeUndefined();
  });

  test("one that nobody recognises is told by its place", () => {
    expect(facts(Buffer.concat([png, plain, Buffer.alloc(4096), dash])).embeddedElf).toEqual([png.length]);
  });

  test("one of a class and order that Linux doesn't look at", () => {
    const odd = Buffer.from(plain);
    odd.set([0, 0], 4);
    expect(facts(Buffer.concat([png, odd])).embeddedElf).toEqual([png.length]);
  });

  test("the magic number alone is none", () => {
    for (const content of [
      "\x7fELF",
      `\x7fELF\x02\x01\x01${"\0".repeat(60)}`,
      `a\x7fELF${"text".repeat(30)}`,
    ])
      expect(facts(Buffer.concat([png, Buffer.from(content, "latin1")]))).toEqual({ magic: "data" });
  });

  test("mentions of it before the one that is there hide nothing", () => {
    const mentions = Buffer.from("\x7fELF".repeat(5000), "latin1");
    expect(ids(Buffer.concat([png, mentions, dash]))).toEqual(["dash"]);
  });

  test("however many there are, they are looked at in time, and those that aren't are told", () => {
    const many = Buffer.concat(Array.from({ length: 200 }, () => dash));
    const found = facts(Buffer.concat([png, many]));
    expect(found.identities?.length).toBe(16);
    expect(found.embeddedElf?.length).toBe(184);
  });
});

describe("scripts", () => {
  test.each<[string, string[]]>([
    ["#!/usr/bin/python3\nfrom pip._internal.cli.main import main\nif 1:\n    sys.exit(main())\n", ["pip"]],
    ["#!/usr/bin/env node\nrequire('../lib/cli.js')(process)\n", ["npm"]],
    ["#!/usr/bin/ruby\nrequire 'rubygems/gem_runner'\nGem::GemRunner.new.run args\n", ["gem"]],
    ["#!/usr/bin/python3\nprint('pip install')\n", []],
    ["from pip._internal.cli.main import main\nsys.exit(main())\n", []],
    ["    from pip._internal.cli.main import main as _main\n\n    sys.exit(_main())\n", ["pip"]],
  ])("%j", (text, expected) => {
    expect(ids(Buffer.from(text))).toEqual(expected);
  });
});

describe("PowerShell's engine", () => {
  const names = "System.Management.Automation.dll\0CompiledScriptBlockData\0";
  test("is told in an assembly, not in a text about it", () => {
    expect(ids(Buffer.from(`MZ\0\0${"\0".repeat(60)}${names}`))).toEqual(["powershell"]);
    expect(ids(Buffer.from(`MZ\0\0${"\0".repeat(60)}System.Management.Automation\0`))).toEqual([]);
    expect(ids(Buffer.from(names))).toEqual([]);
  });
});

describe("how much is read", () => {
  /** Facts, with the bytes that were read for them. */
  const readFor = (bytes: Buffer): number => {
    const memory = inMemory(bytes);
    let read = 0;
    factsOf({
      sizeBytes: bytes.length,
      read: (offset, length) => {
        const part = memory.read(offset, length);
        read += part.length;
        return part;
      },
    });
    return read;
  };
  /** Program headers of so many segments, each with these flags and all of the file from byte 4096 on. */
  const segments = (count: number, flags: number): Buffer => {
    const bytes = Buffer.alloc(4_000_000, 0x90);
    dash.copy(bytes, 0, 0, 64);
    bytes.writeUInt16LE(count, 56);
    for (let index = 0; index < count; index++) {
      const header = 64 + 56 * index;
      bytes.fill(0, header, header + 56);
      bytes.writeUInt32LE(1, header);
      bytes.writeUInt32LE(flags, header + 4);
      bytes.writeUInt32LE(70_000, header + 8);
      bytes.writeUInt32LE(bytes.length - 70_000, header + 32);
    }
    return bytes;
  };

  test.each([4, 5, 6])(
    "a thousand segments of the same bytes are read as often as one is (flags %i)",
    (flags) => {
      const one = readFor(segments(1, flags));
      expect(readFor(segments(1000, flags))).toBeLessThan(one + 2_000_000);
    },
  );

  test("ELF files inside a file are read up to a limit, all together", () => {
    const headers = Array.from({ length: 16 }, () => segments(1, 4).subarray(0, 120));
    const bytes = Buffer.concat([Buffer.alloc(64), ...headers, Buffer.alloc(limits.innerElfBytesMax / 8)]);
    expect(facts(bytes).embeddedElf).toHaveLength(16);
    expect(readFor(bytes)).toBeLessThan(limits.innerElfBytesMax * 3);
  });
});

describe("never throws", () => {
  const samples = [
    dash,
    busyBox(table, ["BusyBox v1.36.1 ()"]),
    elfOf({ interpreter, imports: ["execve", "perl_run"], needed: ["libc.so.6"], data: dash }),
    ...corpus("formats/elf").map(({ bytes }) => bytes),
  ];

  test("on damaged ELF files", () => {
    const random = sequence(20_261_124);
    for (let round = 0; round < 1500; round++) {
      const bytes = damaged(samples[round % samples.length] ?? dash, random);
      expect(facts(bytes).magic).toBeTypeOf("string");
    }
  });

  test("on anything around one", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat({ max: dash.length }), (around, cut) => {
        const bytes = Buffer.concat([around, dash.subarray(0, cut), around]);
        expect(facts(bytes).magic).toBeTypeOf("string");
      }),
      { numRuns: 300 },
    );
  });
});
