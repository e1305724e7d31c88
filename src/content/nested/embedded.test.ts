import { gzipSync, zstdCompressSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { zipOf } from "../../../testing/archives.ts";
import { arOf, elfOf, tarOf } from "../../../testing/builders.ts";
import { inMemory } from "../../formats/random-access.ts";
import { factsOf } from "../facts.ts";

/** What mksh is told by, in a program. */
const shell = elfOf({
  type: "executable",
  interpreter: "/lib64/ld-linux-x86-64.so.2",
  strings: ["@(#)MIRBSD KSH R59", "KSHEGID"],
});
const token = `glpat-${["k3VbQ", "x9LmT2", "wRz7YpHdA"].join("")}`;

/** Where the token was found, and what hides. */
function told(bytes: Uint8Array): string[] {
  const { hidden, secrets = [] } = factsOf(inMemory(bytes));
  return [
    ...secrets.map((one) => `${one.what} at ${one.at}${one.within === undefined ? "" : ` of ${one.within}`}`),
    ...(hidden === undefined ? [] : [`${hidden.kind}: ${hidden.why}`]),
  ];
}

const tar = tarOf([{ name: "d/" }, { name: "d/x", content: `a ${token}\n` }]);
const zip = zipOf([{ name: "x", content: `a ${token}\n` }]);
const line = `a ${token}\n`;
const inTar = "a GitLab token at 2 of member d/x of the tar archive";
const inZip = "a GitLab token at 2 of member x of the zip archive";
const gzip = gzipSync(line);
/** Bytes that no format begins with. */
const picture = Buffer.from("\xff\xd8\xff\xe0\0\x10JFIF\0\0".repeat(50), "latin1");

/** A zip archive of two members whose end record counts one. */
const miscounted = zipOf([
  { name: "y", content: "y" },
  { name: "x", content: line },
]);
miscounted.writeUInt16LE(1, miscounted.length - 12);

/** A zip archive whose directory says that its member is empty. */
const emptied = Buffer.from(zipOf([{ name: "x", content: line }]));
emptied.writeUInt32LE(0, emptied.readUInt32LE(emptied.length - 6) + 24);

describe("whatever the beginning", () => {
  test.each<[string, Uint8Array, string[]]>([
    [
      "ustar where tar has it, in a text",
      Buffer.from(`${"#".repeat(256)}\nustar\n${line}`),
      ["a GitLab token at 265"],
    ],
    ["bzip2's letters", Buffer.from(`BZhello\n${line}`), ["a GitLab token at 10"]],
    ["cpio's digits", Buffer.from(`070701 is a number\n${line}`), ["a GitLab token at 21"]],
    ["gzip's two bytes", Buffer.from(`\x1f\x8b\n${line}`, "latin1"), ["a GitLab token at 5"]],
    ["a class", Buffer.from(`\xca\xfe\xba\xbe\n${line}`, "latin1"), ["a GitLab token at 7"]],
    [
      "a class before a zip archive",
      Buffer.concat([Buffer.from("\xca\xfe\xba\xbe\0\0\0\x34", "latin1"), zip]),
      [inZip],
    ],
    [
      "WebAssembly before a zip archive",
      Buffer.concat([Buffer.from("\0asm\x01\0\0\0", "latin1"), zip]),
      [inZip],
    ],
    ["a stream before a zip archive", Buffer.concat([gzipSync("hello"), Buffer.alloc(1), zip]), [inZip]],
    ["a stream before another", Buffer.concat([gzipSync("hello"), Buffer.alloc(3), gzipSync(tar)]), [inTar]],
    ["a tar before another", Buffer.concat([tarOf([{ name: "y", content: "y" }]), gzipSync(tar)]), [inTar]],
    [
      "text behind a tar",
      Buffer.concat([tarOf([{ name: "y", content: "y" }]), Buffer.from(line)]),
      ["a GitLab token at 2050"],
    ],
    [
      "a picture before a stream",
      Buffer.concat([picture, gzip]),
      [`a GitLab token at 2 of the gzip stream at byte ${picture.length}`],
    ],
    ["a picture before zstd", Buffer.concat([picture, zstdCompressSync(tar)]), [inTar]],
    ["a stream between others' bytes", Buffer.concat([picture, gzipSync(tar), picture]), [inTar]],
    [
      "zstd that begins with a skippable frame",
      Buffer.concat([Buffer.from("\x50\x2a\x4d\x18\x04\0\0\0abcd", "latin1"), zstdCompressSync(tar)]),
      [inTar],
    ],
    ["an archive far from the end", Buffer.concat([zip, Buffer.alloc(100_000, 1)]), [inZip]],
    [
      "a deflated member without a directory, before an archive",
      Buffer.concat([zip.subarray(0, zip.indexOf("PK\x01\x02")), zipOf([{ name: "y", content: "y" }])]),
      ["a GitLab token at 2 of a member of a zip archive at byte 0"],
    ],
    [
      "a directory that says it has fewer members",
      miscounted,
      [inZip, "corrupt: the zip archive's directory is corrupt or cut short"],
    ],
    ["a member that says it is empty", emptied, [inZip]],
    [
      "a directory that says it is a folder",
      zipOf([{ name: "x/", content: line }]),
      ["a GitLab token at 2 of member x/ of the zip archive"],
    ],
    [
      "an object of a static library",
      arOf([["x.o", Buffer.concat([object(), Buffer.from(line)])]]),
      [`a GitLab token at ${68 + object().length + 2}`],
    ],
  ])("%s", (_, bytes, expected) => {
    expect(told(bytes)).toEqual(expected);
  });

  test("a program behind an archive, before it and instead of one", () => {
    const ids = (...parts: readonly Uint8Array[]): string[] =>
      (factsOf(inMemory(Buffer.concat(parts))).identities ?? []).map(
        (one) => `${one.id} ${one.within ?? ""}`,
      );
    const other = tarOf([{ name: "y", content: "y" }]);
    expect(ids(other, shell)).toEqual([`mksh an ELF file at byte ${other.length}`]);
    expect(ids(zip, shell)).toEqual([`mksh an ELF file at byte ${zip.length}`]);
    expect(ids(Buffer.from("PK\x03\x04"), shell, zip)).toEqual(["mksh an ELF file at byte 4"]);
    expect(ids(Buffer.from(`${"#".repeat(256)}\nustar\n`), shell)).toEqual(["mksh an ELF file at byte 263"]);
    expect(ids(gzipSync("hello"), Buffer.alloc(1), gzipSync(shell))).toEqual([
      "mksh the gzip stream at byte 26",
    ]);
    // Of a member that lies there as it is, once.
    expect(ids(tarOf([{ name: "x", content: shell }]))).toEqual(["mksh member x of the tar archive"]);
  });
});

/** An ELF file that is no program. */
function object(): Buffer {
  const bytes = Buffer.from(shell);
  bytes.writeUInt16LE(1, 16);
  return bytes;
}
