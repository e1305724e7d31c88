import { deflateRawSync, gzipSync, zstdCompressSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cpioOf, zipOf } from "../../../testing/archives.ts";
import { arOf, debOf, elfOf, tarOf } from "../../../testing/builders.ts";
import { corpus, corpusFile, damaged, sequence } from "../../../testing/corpus.ts";
import { bytesOf, collect } from "../../base/bytes.ts";
import { limits } from "../../base/limits.ts";
import { decompress } from "../../formats/compression.ts";
import { inMemory, type RandomAccess } from "../../formats/random-access.ts";
import { type Facts, factsOf } from "../facts.ts";
import { inflated } from "./expand.ts";
import { nestingBudget } from "./gather.ts";
import { nestedIn } from "./nested.ts";

/** What mksh is told by, in a program. */
const shell = elfOf({
  type: "executable",
  interpreter: "/lib64/ld-linux-x86-64.so.2",
  strings: ["@(#)MIRBSD KSH R59", "KSHEGID"],
});
/** The simplest secret: a token that is told by its checksum or form. */
const token = `glpat-${["k3VbQ", "x9LmT2", "wRz7YpHdA"].join("")}`;

function facts(bytes: Uint8Array): Facts {
  return factsOf(inMemory(bytes));
}

/** Where the token was found, or what hides. */
function told(bytes: Uint8Array): string[] {
  const { hidden, secrets = [] } = facts(bytes);
  return [
    ...secrets.map((one) => `${one.what} at ${one.at}${one.within === undefined ? "" : ` of ${one.within}`}`),
    ...(hidden === undefined ? [] : [`${hidden.kind}: ${hidden.why}`]),
  ];
}

const tar = tarOf([{ name: "d/" }, { name: "d/x", content: `a ${token}\n` }]);
const zip = zipOf([
  { name: "d/", content: "" },
  { name: "x", content: `a ${token}\n` },
]);

describe("what is inside", () => {
  test.each<[string, Uint8Array, string[]]>([
    ["tar", tar, ["a GitLab token at 2 of member d/x of the tar archive"]],
    ["gzip", gzipSync(`b ${token}`), ["a GitLab token at 2 of the gzip stream"]],
    [
      "two gzip members",
      Buffer.concat([gzipSync("b"), gzipSync(` ${token}`)]),
      ["a GitLab token at 2 of the gzip stream"],
    ],
    ["zstd", zstdCompressSync(`b ${token}`), ["a GitLab token at 2 of the zstd stream"]],
    [
      "two zstd frames",
      Buffer.concat([zstdCompressSync("b"), zstdCompressSync(` ${token}`)]),
      ["a GitLab token at 2 of the zstd stream"],
    ],
    ["a tar in gzip", gzipSync(tar), ["a GitLab token at 2 of member d/x of the tar archive"]],
    ["a tar in zstd", zstdCompressSync(tar), ["a GitLab token at 2 of member d/x of the tar archive"]],
    ["zip, deflated", zip, ["a GitLab token at 2 of member x of the zip archive"]],
    [
      "zip, stored",
      zipOf([{ name: "x", content: `a ${token}`, method: 0 }]),
      ["a GitLab token at 2 of member x of the zip archive"],
    ],
    [
      "zip with a comment",
      zipOf([{ name: "x", content: token }], "PK\x05\x06 and more"),
      ["a GitLab token at 0 of member x of the zip archive"],
    ],
    [
      "zip behind a picture",
      Buffer.concat([Buffer.from("\x89PNG\r\n\x1a\n\0\0\0", "latin1"), zip]),
      ["a GitLab token at 2 of member x of the zip archive"],
    ],
    [
      "zip behind a script",
      Buffer.concat([Buffer.from("#!/usr/bin/python3\n"), zip]),
      ["a GitLab token at 2 of member x of the zip archive"],
    ],
    [
      "zip behind text",
      Buffer.concat([Buffer.from("hello\n".repeat(200)), zip]),
      ["a GitLab token at 2 of member x of the zip archive"],
    ],
    [
      "zip behind a program",
      Buffer.concat([elfOf(), zip]),
      ["a GitLab token at 2 of member x of the zip archive"],
    ],
    [
      "gzip behind a program",
      Buffer.concat([elfOf(), gzipSync(tar)]),
      ["a GitLab token at 2 of member d/x of the tar archive"],
    ],
    [
      "gzip behind a shell script",
      Buffer.concat([Buffer.from("#!/bin/sh\ntail -n +4 $0 | tar xz\nexit 0\n"), gzipSync(tar)]),
      ["a GitLab token at 2 of member d/x of the tar archive"],
    ],
    [
      "tar behind a shell script",
      Buffer.concat([Buffer.from("#!/bin/sh\nexit 0\n"), tar]),
      ["a GitLab token at 2 of member d/x of the tar archive"],
    ],
    ["cpio", cpioOf([["etc/x", `a ${token}`]]), ["a GitLab token at 2 of member etc/x of the cpio archive"]],
    [
      "a row of cpio archives",
      Buffer.concat([cpioOf([["a", "b"]]), Buffer.alloc(512), gzipSync(cpioOf([["x", token]]))]),
      ["a GitLab token at 0 of member x of the cpio archive, in the gzip stream"],
    ],
    ["ar", arOf([["x", Buffer.from(`a ${token}`)]]), ["a GitLab token at 2 of member x of the ar archive"]],
    [
      "a Debian package",
      debOf({ data: [{ name: "./" }, { name: "./x", content: token }] }),
      ["a GitLab token at 0 of member ./x of the tar archive, in member data.tar.gz of the ar archive"],
    ],
    [
      "zip in zip",
      zipOf([{ name: "in.zip", content: zip }]),
      ["a GitLab token at 2 of member x of the zip archive, in member in.zip of the zip archive"],
    ],
  ])("%s", (_, bytes, expected) => {
    expect(told(bytes)).toEqual(expected);
  });

  test("programs, with the place that they were found in", () => {
    const identities = facts(gzipSync(tarOf([{ name: "bin/helper", content: shell }]))).identities ?? [];
    expect(identities.map((one) => `${one.id} ${one.within ?? ""}`)).toEqual([
      "mksh member bin/helper of the tar archive",
    ]);
  });

  test("however often one program is there, another is told", () => {
    const many = Array.from({ length: limits.nestedIdentitiesMax + 5 }, (_, index) => ({
      name: `${index}`,
      content: shell,
    }));
    const toybox = elfOf({
      type: "executable",
      strings: ["Toybox %s multicall binary", "usage: toybox [--long]"],
    });
    const found = facts(tarOf([...many, { name: "x", content: toybox }])).identities ?? [];
    expect(found.at(-1)?.id).toBe("toybox");
    expect(found.filter((one) => one.id === "mksh")).toHaveLength(limits.nestedIdentitiesMax);
  });

  test("objects of a static library are no programs, others are", () => {
    const of = (member: Buffer): number => facts(arOf([["x.o", member]])).identities?.length ?? 0;
    expect([of(object()), of(shell)]).toEqual([0, 1]);
  });

  test.each([".TH X 1\n", "pkg (1.0-1) unstable; urgency=low\n", `commit ${"a".repeat(40)}\n`])(
    "what begins like a document is read on: %j",
    (head) => {
      expect(told(gzipSync(`${head}${token}`))).toEqual([
        `a GitLab token at ${head.length} of the gzip stream`,
      ]);
    },
  );
});

/** An ELF file that is no program. */
function object(): Buffer {
  const bytes = Buffer.from(shell);
  bytes.writeUInt16LE(1, 16);
  return bytes;
}

/** A zip archive within as many others. */
function zipped(depth: number): Buffer {
  return depth === 0 ? Buffer.from(token) : zipOf([{ name: "x", content: zipped(depth - 1) }]);
}

const bomb = gzipSync(Buffer.alloc(limits.nestedMemberBytesMax + 1));

const random = sequence(9);
const noise = Buffer.from(Array.from({ length: 8192 }, () => random(256)));

describe("what can't be told", () => {
  test("noise behind a program, not a little of it, nor text", () => {
    const program = elfOf();
    expect(told(Buffer.concat([program, noise]))).toEqual([
      `limit: 8192 bytes behind the program's own, from byte ${program.length} on, compressed or encrypted in an unknown way`,
    ]);
    expect(told(Buffer.concat([program, noise.subarray(0, 1024)]))).toEqual([]);
    expect(told(Buffer.concat([program, Buffer.from("text ".repeat(2000))]))).toEqual([]);
    const late = Buffer.concat([program, Buffer.from("text ".repeat(20_000)), noise]);
    expect(told(late)).toEqual([expect.stringMatching(/^limit: 108192 bytes behind/)]);
  });

  test.each<[string, Uint8Array, string]>([
    [
      "an encrypted member",
      zipOf([{ name: "x", content: "y", encrypted: true }]),
      "encrypted: member x of the zip archive is encrypted",
    ],
    [
      "the gravest of several",
      zipOf([
        { name: "y", content: "y", method: 12 },
        { name: "x", content: "y", encrypted: true },
      ]),
      "encrypted: member x of the zip archive is encrypted (and 1 more)",
    ],
    [
      "another method",
      zipOf([{ name: "x", content: "y", method: 12 }]),
      "limit: member x of the zip archive is compressed by method 12",
    ],
    ["gzip cut short", gzipSync(token).subarray(0, 20), "corrupt: the gzip stream is corrupt or cut short"],
    [
      "zstd cut short",
      zstdCompressSync(token).subarray(0, 20),
      "corrupt: the zstd stream is corrupt or cut short",
    ],
    [
      "xz cut short",
      corpusFile("formats/xz/seq-crc64.xz").subarray(0, 40),
      "corrupt: the xz stream is corrupt or cut short",
    ],
    [
      "zip without its end",
      zipOf([{ name: "x", content: "y" }]).subarray(0, 40),
      "corrupt: a zip archive without its directory",
    ],
    ["tar cut short", tar.subarray(0, 600), "corrupt: the tar archive is corrupt or cut short"],
    [
      "cpio cut short",
      cpioOf([["a", "b"]]).subarray(0, 130),
      "corrupt: the cpio archive is corrupt or cut short",
    ],
    [
      "ar cut short",
      arOf([["x", Buffer.from("abc")]]).subarray(0, 40),
      "corrupt: the ar archive is corrupt or cut short",
    ],
    ["bzip2", Buffer.from("BZh91AY&SY\0\0\0"), "limit: a bzip2 stream, which is not followed"],
    [
      "7-Zip",
      Buffer.from("7z\xbc\xaf\x27\x1c\0\x04", "latin1"),
      "limit: a 7-Zip archive, which is not followed",
    ],
    [
      "lzma of another dictionary",
      Buffer.from("\x5d\0\0\0\x04\xff\xff\xff\xff\xff\xff\xff\xff\0", "latin1"),
      "limit: an lzma stream, which is not followed",
    ],
    [
      "an EROFS image",
      Buffer.concat([Buffer.alloc(1024), Buffer.from([0xe2, 0xe1, 0xf5, 0xe0]), Buffer.alloc(4096)]),
      "limit: an EROFS file system, which is not followed",
    ],
    ["what openssl encrypted", Buffer.from("Salted__\0\x01\x02"), "encrypted: a file encrypted by openssl"],
    [
      "a squashfs behind a program",
      Buffer.concat([elfOf(), Buffer.from("hsqs\0\0\0")]),
      "limit: a squashfs file system, which is not followed",
    ],
    [
      "a bomb",
      bomb,
      "limit: the gzip stream is larger than is followed (nestedMemberBytesMax, nestedBytesMax)",
    ],
    [
      "too deep",
      zipped(limits.nestedDepthMax + 1),
      expect.stringContaining("limit: a zip archive, nested deeper than nestedDepthMax (8), in member x"),
    ],
    [
      "a packed program in an archive",
      tarOf([{ name: "x", content: Buffer.from("\x7fELF\x02\x01\x01\0", "latin1") }]),
      "corrupt: it claims to be an ELF file and can't be read as one, in member x of the tar archive",
    ],
  ])("%s", (_, bytes, expected) => {
    expect(told(bytes)).toEqual([expected]);
  });

  test.each<[string, Uint8Array]>([
    ["as deep as is followed", zipped(limits.nestedDepthMax)],
    ["a letter of lzma", Buffer.from("]\0\0\x81\0\xff\xff\xff\xff\xff\xff\xff\xff\0", "latin1")],
    ["three letters of bzip2", Buffer.from("BZhang wrote this")],
    ["two bytes of gzip", Buffer.from([0x1f, 0x8b, 0, 1])],
    ["ustar somewhere", Buffer.from(`${"x".repeat(257)}ustar\0${"y".repeat(400)}`)],
    ["an empty zip archive", zipOf([])],
    ["text that tells of archives", Buffer.from("a zip archive ends with PK\x05\x06 and 18 bytes")],
    ["a script that prints a NUL", Buffer.from("#!/bin/sh\nprintf '\0'\n")],
  ])("nothing hidden: %s", (_, bytes) => {
    expect(facts(bytes).hidden).toBeUndefined();
  });

  test("what is tried in vain is charged", () => {
    const budget = nestingBudget();
    expect(inflated(deflateRawSync(Buffer.alloc(limits.nestedMemberBytesMax + 1)), budget)).toBe("limit");
    expect(budget.bytes).toBe(limits.nestedBytesMax - limits.nestedMemberBytesMax);
    expect(inflated(Buffer.from("\xff\xff\xff", "latin1"), budget)).toBe("corrupt");
    expect(budget.bytes).toBeLessThan(limits.nestedBytesMax - limits.nestedMemberBytesMax);
  });

  test("more starts of streams than are tried", () => {
    const decoys = Buffer.from(`\0${"\x1f\x8b\x08\0".repeat(limits.nestedCandidatesMax + 1)}`, "latin1");
    expect(told(Buffer.concat([decoys, Buffer.alloc(300_000, 1), gzipSync(token)]))).toEqual([
      expect.stringMatching(/^limit: more places that begin like a compressed stream/),
    ]);
    expect(told(Buffer.concat([decoys.subarray(0, 4000), gzipSync(token)]))).toEqual([
      expect.stringMatching(/^a GitLab token/),
    ]);
  });

  test("members that lie over each other don't multiply the work", () => {
    const content = Buffer.alloc(1_000_000, "x");
    const many = zipOf([
      { name: "x", content, method: 0 },
      ...Array.from({ length: 2000 }, (_, index) => ({ name: `${index}`, content: "y", method: 0 })),
    ]);
    // Every entry of the directory points to the first member, with its size.
    const end = many.length - 22;
    for (let at = many.readUInt32LE(end + 16); at < end; at += 46 + many.readUInt16LE(at + 28)) {
      many.writeUInt32LE(content.length, at + 20);
      many.writeUInt32LE(content.length, at + 24);
      many.writeUInt32LE(0, at + 42);
    }
    expect(told(many)).toEqual([
      expect.stringMatching(/^limit: member \d+ of the zip archive is larger than is followed/),
    ]);
  });
});

test("never throws, whatever is done to an archive", () => {
  const random = sequence(5);
  const seeds = [
    tar,
    zip,
    gzipSync(tar),
    zstdCompressSync(tar),
    cpioOf([["a", "b"]]),
    debOf({}),
    zipOf([{ name: "x", content: zip, method: 0 }]),
  ];
  for (let round = 0; round < 300; round++) for (const seed of seeds) facts(damaged(seed, random));
  for (const folder of ["formats/tar", "formats/xz"])
    for (const { bytes } of corpus(folder))
      for (let round = 0; round < 3; round++) facts(damaged(bytes, random));
  const starts = fc.constantFrom(
    "PK\x03\x04",
    "\x1f\x8b\x08",
    "\x28\xb5\x2f\xfd",
    "\xfd7zXZ\0",
    "!<arch>\n",
    "070701",
    "#!/bin/sh\n\0\n",
  );
  fc.assert(
    fc.property(starts, fc.uint8Array({ maxLength: 300 }), (start, rest) => {
      facts(
        Buffer.concat([Buffer.from(start, "latin1"), rest, Buffer.from("PK\x05\x06"), rest.subarray(0, 18)]),
      );
    }),
  );
});

test.each<[string, string]>([
  ["alone", ""],
  ["behind other bytes", "\xff\xd8\xff\xe0\0\x10JFIF\0\0".repeat(50)],
])("an xz stream is looked into: %s", async (_, before) => {
  const stream = corpusFile("formats/xz/seq-crc64.xz");
  const bytes = Buffer.concat([Buffer.from(before, "latin1"), stream]);
  const seen: Uint8Array[] = [];
  const inner = (member: RandomAccess): Facts => {
    seen.push(Buffer.from(member.read(0, member.sizeBytes)));
    return { magic: "text" };
  };
  nestedIn(inMemory(bytes), before === "" ? "compressed" : "data", inner, nestingBudget());
  const plain = decompress(bytesOf(stream), "xz", { outputBytesMax: 1_000_000, what: "the sample" });
  expect(seen).toEqual([Buffer.from(await collect(plain, 1_000_000, "the sample"))]);
});
