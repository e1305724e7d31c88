import { closeSync, fstatSync, openSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { elfOf } from "../../testing/builders.ts";
import { corpus, corpusFile, damaged, sequence } from "../../testing/corpus.ts";
import type { ElfContent } from "../../testing/elf-builder.ts";
import { limits } from "../base/limits.ts";
import { type ElfFacts, elfFacts } from "./elf.ts";
import { inMemory, ofFile, type RandomAccess } from "./random-access.ts";

const factsOf = (bytes: Uint8Array): ElfFacts | undefined => elfFacts(inMemory(bytes));

const nothing: Omit<ElfFacts, "class" | "machine" | "type"> = {
  osAbi: 0,
  needed: [],
  static: true,
  program: false,
  versionsNeeded: [],
  versionsDefined: [],
  dlopen: [],
  isaNeeded: 0,
  pathStrings: [],
  sonameStrings: [],
};

const rich: ElfContent = {
  machine: 62,
  osAbi: 3,
  needed: ["libb.so.2", "libc.so.6"],
  soname: "liba.so.1",
  rpath: "/opt/old",
  runpath: "$ORIGIN:/opt/new",
  interpreter: "/lib/ld-sample.so.1",
  versionsNeeded: [
    { file: "libb.so.2", version: "B_1" },
    { file: "libb.so.2", version: "B_2", weak: true },
    { file: "libc.so.6", version: "GLIBC_2.34" },
  ],
  versionsDefined: ["A_1.0", "A_2.0"],
  pie: true,
  kernelAbi: [3, 2, 0],
  buildId: "00ff10",
  isaNeededBits: 0b110,
  dlopen: [
    {
      soname: ["libz.so.1", "libz.so"],
      feature: "zlib",
      description: "decompression",
      priority: "suggested",
    },
    { soname: ["libq.so.1"] },
  ],
  strings: ["/etc/a/config", "libplugin.so.3", "plain text"],
};

describe("facts", () => {
  const everything: Omit<ElfFacts, "class"> = {
    machine: 62,
    osAbi: 3,
    type: "shared",
    needed: ["libb.so.2", "libc.so.6"],
    soname: "liba.so.1",
    rpath: "/opt/old",
    runpath: "$ORIGIN:/opt/new",
    interpreter: "/lib/ld-sample.so.1",
    static: false,
    program: true,
    versionsNeeded: [
      { file: "libb.so.2", version: "B_1", weak: false },
      { file: "libb.so.2", version: "B_2", weak: true },
      { file: "libc.so.6", version: "GLIBC_2.34", weak: false },
    ],
    versionsDefined: ["A_1.0", "A_2.0"],
    kernelAbi: [3, 2, 0],
    buildId: "00ff10",
    isaNeeded: 2,
    dlopen: [
      {
        sonames: ["libz.so.1", "libz.so"],
        feature: "zlib",
        description: "decompression",
        priority: "suggested",
      },
      { sonames: ["libq.so.1"], priority: "recommended" },
    ],
    pathStrings: ["/etc/a/config"],
    sonameStrings: ["libplugin.so.3"],
  };
  test.each([
    [32, "little"],
    [32, "big"],
    [64, "little"],
    [64, "big"],
  ] as const)("all of them, %i bits, %s endian", (wordClass, order) => {
    expect(factsOf(elfOf({ ...rich, class: wordClass, order }))).toEqual({ ...everything, class: wordClass });
  });

  const cases: readonly { summary: string; elf: ElfContent; expected: Partial<ElfFacts> }[] = [
    {
      summary: "a library that needs nothing",
      elf: { soname: "liba.so.1" },
      expected: { static: true, program: false },
    },
    {
      summary: "a static program",
      elf: { static: true, type: "executable" },
      expected: { static: true, program: true },
    },
    {
      summary: "a static program at any address",
      elf: { pie: true },
      expected: { static: true, program: true },
    },
    {
      summary: "a program that needs nothing but its loader",
      elf: { interpreter: "/lib/ld.so", pie: true },
      expected: { static: false, program: true, interpreter: "/lib/ld.so" },
    },
    { summary: "baseline x86-64", elf: { isaNeededBits: 1 }, expected: { isaNeeded: 0 } },
    { summary: "x86-64-v4", elf: { isaNeededBits: 0b1111 }, expected: { isaNeeded: 3 } },
    {
      summary: "that property on another machine",
      elf: { isaNeededBits: 0b1111, machine: 183 },
      expected: { isaNeeded: 0 },
    },
    { summary: "a note that is no JSON", elf: { dlopen: [] }, expected: { dlopen: [] } },
    {
      summary: "notes of the wrong shape are left out",
      elf: {
        dlopen: [
          1,
          null,
          { soname: "x" },
          { soname: [] },
          { soname: [1, "liba.so.1", ""], priority: "urgent" },
        ],
      },
      expected: { dlopen: [{ sonames: ["liba.so.1"], priority: "recommended" }] },
    },
  ];
  test.each(cases)("$summary", ({ elf, expected }) => {
    expect(factsOf(elfOf(elf))).toMatchObject(expected);
  });

  const common = { machine: 62, type: "shared", class: 64 } as const;
  const linked: Readonly<Record<string, ElfFacts>> = {
    "library-64.so": {
      ...nothing,
      ...common,
      needed: ["libm.so.6"],
      soname: "libsample.so.2",
      runpath: "$ORIGIN/../lib",
      static: false,
      versionsNeeded: [{ file: "libm.so.6", version: "GLIBC_2.29", weak: false }],
      versionsDefined: ["SAMPLE_1.0", "SAMPLE_2.0"],
      buildId: "412ea6a66581486dad0c7e6f5cd513f5a77e47ec",
      pathStrings: ["/etc/sample/config", "/usr/share/sample/data.bin"],
      sonameStrings: ["libplugin.so.3"],
    },
    "object-64.o": { ...nothing, ...common, type: "relocatable" },
    "pie-64": {
      ...nothing,
      ...common,
      rpath: "/opt/lib",
      interpreter: "/lib64/ld-linux-x86-64.so.2",
      static: false,
      program: true,
      buildId: "d4e6e00422ff539ec023dd1ac1979b5f8c30f101",
      pathStrings: ["/etc/sample/config"],
    },
    "static-32": {
      ...nothing,
      class: 32,
      machine: 3,
      type: "executable",
      program: true,
      buildId: "67eddf1d5acfc848fa7308b08e1ae5caf1f8f0b6",
      pathStrings: ["/etc/sample/config"],
    },
    "static-pie-64": {
      ...nothing,
      ...common,
      program: true,
      buildId: "634b9bd6bc95807a1a1186fb008c2beeb45621f4",
      pathStrings: ["/etc/sample/config"],
    },
  };
  test.each(corpus("formats/elf"))("of $name, which a linker made", ({ name, bytes }) => {
    expect(factsOf(bytes)).toEqual(linked[name]);
  });
});

describe("strings", () => {
  const cases: readonly { summary: string; strings: string[]; paths?: string[]; sonames?: string[] }[] = [
    { summary: "one component is no path", strings: ["/", "/etc", "/etc/", "//", "a/b"] },
    {
      summary: "paths of two and more, a slash at the end dropped",
      strings: ["/etc/x", "/a/b/c/", "/a.b/c_d-e+f@g~h"],
      paths: ["/etc/x", "/a/b/c", "/a.b/c_d-e+f@g~h"],
    },
    { summary: "each once", strings: ["/etc/x", "/etc/y", "/etc/x"], paths: ["/etc/x", "/etc/y"] },
    {
      summary: "within other text",
      strings: ["PATH=/usr/bin:/opt/bin", "see '/etc/x', /etc/y."],
      paths: ["/usr/bin", "/opt/bin", "/etc/x", "/etc/y."],
    },
    {
      summary: "patterns and addresses are none",
      strings: ["/usr/lib/%s", "/etc/*.conf", "/a/$b", "https://example.test/a/b", "//a/b"],
    },
    {
      summary: "the tail of a longer one, as linkers share it",
      strings: ["/srv/x/etc/ssl/cert.pem", "%s/etc/y"],
      paths: ["/srv/x/etc/ssl/cert.pem", "/etc/ssl/cert.pem", "/etc/y"],
    },
    { summary: "below /usr is not beside it", strings: ["/usr/lib/x"], paths: ["/usr/lib/x"] },
    {
      summary: "sonames",
      strings: [
        "liba.so.1",
        "libb-2.so.3.4.5",
        "/opt/lib/libc++.so.1",
        "libd.so",
        "e.so.1",
        "libf.so.x",
        "lib.so.1",
      ],
      paths: ["/opt/lib/libc++.so.1"],
      sonames: ["liba.so.1", "libb-2.so.3.4.5", "libc++.so.1"],
    },
    {
      summary: "sonames with more around them",
      strings: ["libssl.so.1.0.2k", "xliby.so.1libz.so.2"],
      sonames: ["libssl.so.1.0.2", "libssl.so.1.0.2k", "liby.so.1", "libz.so.2"],
    },
  ];
  test.each(cases)("$summary", ({ strings, paths = [], sonames = [] }) => {
    expect(factsOf(elfOf({ strings }))).toMatchObject({ pathStrings: paths, sonameStrings: sonames });
  });

  test("across the borders of the chunks that are read", () => {
    const filler = "f".repeat(511);
    const expected: string[] = [];
    const strings: string[] = [];
    for (let index = 0; index < 5000; index++) {
      expected.push(`/etc/file-${index}`);
      strings.push(filler.slice(0, 400 + (index % 111)), `/etc/file-${index}`, `libx.so.${index}`);
    }
    const bytes = elfOf({ strings });
    expect(bytes.length).toBeGreaterThan(2 * 1024 * 1024);
    const facts = factsOf(bytes);
    expect(facts?.pathStrings).toEqual(expected);
    expect(facts?.sonameStrings.length).toBe(5000);
  });

  test("no more than elfStringsMax", () => {
    const strings = Array.from({ length: limits.elfStringsMax + 5000 }, (_, index) => `/etc/${index}`);
    expect(factsOf(elfOf({ strings }))?.pathStrings.length).toBe(limits.elfStringsMax);
  });
});

describe("corrupt", () => {
  const sound = elfOf(rich);
  const patched = (at: number, ...bytes: number[]): Buffer => {
    const copy = Buffer.from(sound);
    copy.set(bytes, at);
    return copy;
  };
  /** The program header of a type, in the 64-bit little-endian sample. */
  const segmentAt = (type: number): number => {
    for (let at = 64; at < 64 + 56 * 10; at += 56) if (sound.readUInt32LE(at) === type) return at;
    throw new Error("no such segment");
  };
  /** An offset or address that nothing has. */
  const farAway = [0xff, 0xff, 0xff, 0, 0, 0, 0, 0];
  const unreadable: readonly (readonly [string, Uint8Array])[] = [
    ["nothing", new Uint8Array(0)],
    ["text", Buffer.from("#!/bin/sh\n".repeat(20))],
    ["only the magic", sound.subarray(0, 4)],
    ["a cut header", sound.subarray(0, 60)],
    ["an unknown class of an unknown machine", patched(4, 3, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3, 0, 8, 0)],
    ["an unknown byte order of an unknown machine", patched(5, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3, 0, 8, 0)],
    ["program headers beyond the end", patched(32, 0xff, 0xff, 0xff)],
    ["program headers at an offset past 2^53", patched(32, 255, 255, 255, 255, 255, 255, 255, 255)],
    ["small program headers", patched(54, 32)],
    ["too many program headers", patched(56, 0xff, 0xff)],
    ["a dynamic section beyond the end", patched(segmentAt(2) + 8, ...farAway, ...farAway)],
    ["a dynamic section too large", patched(segmentAt(2) + 32, 0xff, 0xff, 0xff, 0x7f)],
    ["names that no segment holds", patched(segmentAt(1) + 16, 0xff, 0xff, 0xff, 0x7f)],
    ["an interpreter beyond the end", patched(segmentAt(3) + 8, 0xff, 0xff, 0xff)],
    ["an interpreter without an end", patched(segmentAt(3) + 32, 3)],
  ];
  test.each(unreadable)("%s", (_, bytes) => {
    expect(factsOf(bytes)).toBeUndefined();
  });

  test("the dynamic section is found by its address, as loaders do", () => {
    expect(factsOf(patched(segmentAt(2) + 8, ...farAway))).toMatchObject({ needed: rich.needed });
  });

  test("notes beyond the end are left out", () => {
    const bytes = patched(segmentAt(4) + 8, 0xff, 0xff, 0xff);
    expect(factsOf(bytes)).toMatchObject({ needed: rich.needed, buildId: rich.buildId });
    expect(factsOf(bytes)?.kernelAbi).toBeUndefined();
  });

  test("cut anywhere", () => {
    for (let end = 0; end < sound.length; end++) expect(factsOf(sound.subarray(0, end))).toBeUndefined();
  });

  test("damaged files give facts or undefined, never an exception", () => {
    const random = sequence(17);
    const samples = [...corpus("formats/elf").map(({ bytes }) => bytes), ...allShapes()];
    let readable = 0;
    for (let round = 0; round < 6000; round++) {
      const sample = samples[round % samples.length] ?? sound;
      if (factsOf(damaged(sample, random)) !== undefined) readable += 1;
    }
    expect(readable).toBeGreaterThan(1000);
  });

  test("names that overlap don't multiply", () => {
    // Each of many versions is a long name that begins within the one before.
    const name = "V".repeat(60_000);
    const versions = Array.from({ length: 3000 }, (_, index) => ({
      file: "libc.so.6",
      version: `v${index}`,
    }));
    const bytes = elfOf({
      needed: ["libc.so.6"],
      versionsNeeded: [{ file: "libc.so.6", version: name }, ...versions],
    });
    // The builder puts the first version's name first into its table of strings, after the empty one.
    for (let index = 0; index < versions.length; index++) {
      bytes.writeUInt32LE(1 + index, findVersionRecord(bytes, index + 1) + 8);
    }
    const total = (factsOf(bytes)?.versionsNeeded ?? []).reduce(
      (sum, { version }) => sum + version.length,
      0,
    );
    expect(factsOf(bytes)?.versionsNeeded[1]?.version).toBe(name);
    expect(total).toBeGreaterThan(10 * name.length);
    // The name that two versions share is held once.
    expect(total).toBeLessThanOrEqual(limits.elfNamesBytesMax + name.length);
  });
});

function allShapes(): Buffer[] {
  return ([32, 64] as const).flatMap((wordClass) =>
    (["little", "big"] as const).map((order) => elfOf({ ...rich, class: wordClass, order })),
  );
}

/** The Vernaux at an index of the only Verneed of a 64-bit little-endian file from the builder. */
function findVersionRecord(bytes: Buffer, index: number): number {
  const marker = Buffer.from([1, 0]);
  for (let at = bytes.indexOf(marker); at >= 0; at = bytes.indexOf(marker, at + 1)) {
    if (bytes.readUInt16LE(at + 2) === 3001 && bytes.readUInt32LE(at + 8) === 16) return at + 16 + index * 16;
  }
  throw new Error("no version record");
}

test("a large library is read in parts", () => {
  let largest = 0;
  let total = 0;
  const header = elfOf({ needed: ["libc.so.6"], strings: ["/etc/x"] });
  const sizeBytes = 400 * 1024 * 1024;
  const source: RandomAccess = {
    sizeBytes,
    read: (offset, length) => {
      const size = Math.max(0, Math.min(length, sizeBytes - offset));
      largest = Math.max(largest, size);
      total += size;
      const bytes = Buffer.alloc(size);
      if (offset < header.length) header.copy(bytes, 0, offset);
      return bytes;
    },
  };
  expect(elfFacts(source)).toMatchObject({ needed: ["libc.so.6"], pathStrings: ["/etc/x"] });
  expect(largest).toBeLessThanOrEqual(1024 * 1024 + 1024);
  expect(total).toBeLessThan(256 * 1024);
});

test("facts of an open file", () => {
  const file = fileURLToPath(new URL("../../testing/corpus/formats/elf/library-64.so", import.meta.url));
  const fd = openSync(file, "r");
  try {
    const { size } = fstatSync(fd);
    expect(elfFacts(ofFile(fd, 0, size))).toEqual(factsOf(corpusFile("formats/elf/library-64.so")));
  } finally {
    closeSync(fd);
  }
});
