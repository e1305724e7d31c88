import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { tarOf } from "../../testing/builders.ts";
import { corpus, inPieces, sequence } from "../../testing/corpus.ts";
import { archiveOf, extendedHeader, paxHeader, tarBlock, tarListing } from "../../testing/tar-blocks.ts";
import { bytesOf, collect } from "../base/bytes.ts";
import { formatPaxRecords } from "./pax.ts";
import { checksums, writeNumber } from "./tar-header.ts";
import { readTar, type TarHeader } from "./tar-reader.ts";
import { tarPadding } from "./tar-writer.ts";

const same = "@1000000000";
const everything = [
  `directory 755 0:0 ${same} d/`,
  `directory 755 0:0 ${same} d/a..(123)`,
  `file 644 0:0 ${same} d/a..(243) 5 bbdbb75b`,
  `symlink 777 0:0 ${same} link -> d/a..(243)`,
  `file 644 0:0 ${same} one 4 2c8b08da`,
  `hardlink 644 0:0 ${same} two -> one`,
  `fifo 644 0:0 ${same} pipe`,
  `file 644 0:0 ${same} bad\udcff\udce9name 1 2d711642`,
  `file 644 0:0 ${same} ä 7 eefeabce`,
];
const sparse = [`file 644 0:0 ${same} sparse 393216 53c97ef7`, `file 644 0:0 ${same} hole 300000 886715e4`];
const expectations: Readonly<Record<string, readonly string[]>> = {
  "gnu-sparse.tar": sparse,
  "gnu.tar": everything,
  "pax-global.tar": [`file 644 0:77 ${same} one 4 2c8b08da`],
  "pax-sparse-0.0.tar": sparse,
  "pax-sparse-0.1.tar": sparse,
  "pax-sparse-1.0.tar": sparse,
  "pax.tar": everything,
  "ustar.tar": [everything[4], everything[5], everything[6]].map(String),
  "v7.tar": [everything[4], everything[5]].map(String),
};

describe("archives that GNU tar wrote", () => {
  test.each(corpus("formats/tar"))("$name", ({ name, bytes }) => {
    expect(tarListing(bytes)).toEqual(expectations[name]);
  });

  test.each(corpus("formats/tar"))("$name reads the same however it is cut", ({ bytes }) => {
    const random = sequence(7);
    const whole = tarListing(bytes);
    for (const most of [1, 7, 511, 512, 513, 3000])
      expect(tarListing(bytes, inPieces(bytes, most, random))).toEqual(whole);
  });
});

describe("what is read", () => {
  const cases: readonly { summary: string; bytes: Buffer; expected: readonly string[] }[] = [
    { summary: "nothing", bytes: Buffer.alloc(0), expected: [] },
    { summary: "no end mark", bytes: tarBlock({}), expected: ["file 644 0:0 @0 a 0 e3b0c442"] },
    {
      summary: "a lone zero block ends the archive, and rubbish after the end is ignored",
      bytes: Buffer.concat([
        tarBlock({}),
        Buffer.alloc(512),
        tarBlock({ name: "hidden" }),
        Buffer.from("rubbish"),
      ]),
      expected: ["file 644 0:0 @0 a 0 e3b0c442"],
    },
    {
      summary: "an old file name that ends in a slash is a folder",
      bytes: archiveOf(tarBlock({ name: "d/" }, [[156, "\0"]])),
      expected: ["directory 644 0:0 @0 d/"],
    },
    {
      summary: "a type nobody knows is a file",
      bytes: archiveOf(tarBlock({ sizeBytes: 1 }, [[156, "Q"]]), Buffer.from("x"), tarPadding(1)),
      expected: ["file 644 0:0 @0 a 1 2d711642"],
    },
    {
      summary: "a hard link's size is not followed by content",
      bytes: archiveOf(
        tarBlock({ linkName: "b", kind: "hardlink" }, [[124, "00000001000\0"]]),
        tarBlock({ name: "next" }),
      ),
      expected: ["hardlink 644 0:0 @0 a -> b", "file 644 0:0 @0 next 0 e3b0c442"],
    },
    {
      summary: "a volume label is no entry; a GNU dump folder's list is skipped",
      bytes: archiveOf(
        tarBlock({ name: "label" }, [[156, "V"]]),
        tarBlock({ name: "d/", sizeBytes: 3 }, [[156, "D"]]),
        Buffer.from("Yx\0"),
        tarPadding(3),
        tarBlock({}),
      ),
      expected: ["directory 644 0:0 @0 d/", "file 644 0:0 @0 a 0 e3b0c442"],
    },
    {
      summary: "a checksum over signed bytes, as old writers took it",
      bytes: (() => {
        const made = tarBlock({ name: "\udce9" });
        writeNumber(made, 148, 7, checksums(made).signed);
        return archiveOf(made);
      })(),
      expected: ["file 644 0:0 @0 \udce9 0 e3b0c442"],
    },
    {
      summary: "the prefix of GNU archives is not part of the name; that of star ends before its times",
      bytes: archiveOf(
        tarBlock({}, [
          [257, "ustar  \0"],
          [345, "00000000000"],
        ]),
        tarBlock({}, [
          [345, "prefix"],
          [476, "times"],
          [508, "tar\0"],
        ]),
      ),
      expected: ["file 644 0:0 @0 a 0 e3b0c442", "file 644 0:0 @0 prefix/a 0 e3b0c442"],
    },
    {
      summary: "pax records win over the block, an empty one restores it, the last of two counts",
      bytes: archiveOf(
        paxHeader(
          ["path", "x"],
          ["path", "long/name"],
          ["uid", "3000000"],
          ["gid", "7"],
          ["gid", ""],
          ["mtime", "-1.5"],
        ),
        tarBlock({ gid: 4 }),
        tarBlock({ name: "next" }),
      ),
      expected: ["file 644 3000000:4 @-2 long/name 0 e3b0c442", "file 644 0:0 @0 next 0 e3b0c442"],
    },
    {
      summary: "global records hold until changed, and yield to an entry's own",
      bytes: archiveOf(
        extendedHeader(
          "g",
          formatPaxRecords([
            ["comment", "c"],
            ["uid", "5"],
            ["mtime", "9"],
          ]),
        ),
        tarBlock({}),
        paxHeader(["uid", "6"]),
        tarBlock({ name: "b" }),
        extendedHeader("g", formatPaxRecords([["uid", "8"]])),
        tarBlock({ name: "c" }),
      ),
      expected: [
        "file 644 5:0 @9 a 0 e3b0c442",
        "file 644 6:0 @9 b 0 e3b0c442",
        "file 644 8:0 @9 c 0 e3b0c442",
      ],
    },
    {
      summary: "a size in pax records counts, also where the block says otherwise",
      bytes: archiveOf(
        paxHeader(["size", "2"]),
        tarBlock({ sizeBytes: 1 }),
        Buffer.from("xy"),
        tarPadding(2),
        tarBlock({ name: "b" }),
      ),
      expected: ["file 644 0:0 @0 a 2 769a4e6d", "file 644 0:0 @0 b 0 e3b0c442"],
    },
    {
      summary: "base-256 numbers: a negative time, a large owner",
      bytes: archiveOf(
        tarBlock({}, [
          [136, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xfe"],
          [108, "\x80\0\0\0\0\x7f\xff\xff"],
        ]),
      ),
      expected: ["file 644 8388607:0 @-2 a 0 e3b0c442"],
    },
    {
      summary: "a GNU sparse map that goes on in other blocks",
      bytes: archiveOf(...gnuSparse(30)),
      expected: [`file 644 0:0 @0 sparse 3001 ${expandedDigest(30)}`],
    },
  ];
  test.each(cases)("$summary", ({ bytes, expected }) => {
    expect(tarListing(bytes)).toEqual(expected);
    expect(tarListing(bytes, inPieces(bytes, 300, sequence(3)))).toEqual(expected);
  });

  test("extended attributes, also with zeros and an empty value", async () => {
    const value = Uint8Array.of(1, 0, 0, 2, 10);
    const bytes = archiveOf(
      paxHeader(["SCHILY.xattr.security.capability", value], ["SCHILY.xattr.user.none", ""]),
      tarBlock({}),
    );
    const headers: TarHeader[] = [];
    for await (const { header } of readTar(bytesOf(bytes), "t")) headers.push(header);
    expect(headers.map((header) => [...(header.xattrs ?? [])])).toEqual([
      [
        ["security.capability", value],
        ["user.none", new Uint8Array(0)],
      ],
    ]);
  });
});

/** A GNU sparse file: one byte at every hundredth, then a hole. */
function gnuSparse(segments: number): Buffer[] {
  const places = Array.from({ length: segments }, (_, index) => [index * 100, 1] as const);
  const head = tarBlock({ name: "sparse", sizeBytes: segments }, [
    [156, "S"],
    [257, "ustar  \0"],
  ]);
  writeNumber(head, 483, 12, segments * 100 + 1);
  const blocks = [head];
  const fill = (into: Buffer, start: number, count: number, from: number): void => {
    for (const [index, [offset, size]] of places.slice(from, from + count).entries()) {
      writeNumber(into, start + index * 24, 12, offset);
      writeNumber(into, start + index * 24 + 12, 12, size);
    }
    into[start + count * 24] = places.length > from + count ? 1 : 0;
  };
  fill(head, 386, 4, 0);
  writeNumber(head, 148, 7, checksums(head).unsigned);
  for (let from = 4; from < places.length; from += 21) {
    const more = Buffer.alloc(512);
    fill(more, 0, 21, from);
    blocks.push(more);
  }
  return [...blocks, Buffer.alloc(segments, "x"), Buffer.from(tarPadding(segments))];
}

function expandedDigest(segments: number): string {
  const content = Buffer.alloc(segments * 100 + 1);
  for (let index = 0; index < segments; index++) content[index * 100] = 0x78;
  return createHash("sha256").update(content).digest("hex").slice(0, 8);
}

describe("readTar", () => {
  const bytes = tarOf([{ name: "a", content: "first" }, { name: "d/" }, { name: "b", content: "second" }]);
  const pieces = {
    async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
      yield* inPieces(bytes, 700, sequence(5));
    },
  };

  test("content that is not read is skipped; opened again it is empty", async () => {
    const seen: string[] = [];
    for await (const { header, content } of readTar(pieces, "t")) {
      if (header.name === "a") continue;
      for (const round of [1, 2])
        seen.push(`${header.name}${round}=${Buffer.from(await collect(content, 100, "t")).toString()}`);
    }
    expect(seen).toEqual(["d/1=", "d/2=", "b1=second", "b2="]);
  });

  test("content that is left in its middle is skipped to its end", async () => {
    const seen: string[] = [];
    const big = tarOf([
      { name: "big", content: Buffer.alloc(5000) },
      { name: "next", content: "x" },
    ]);
    const stream = {
      async *[Symbol.asyncIterator]() {
        yield* inPieces(big, 600, sequence(1));
      },
    };
    for await (const { header, content } of readTar(stream, "t")) {
      for await (const chunk of content) {
        seen.push(`${header.name} ${chunk.length > 0}`);
        break;
      }
    }
    expect(seen).toEqual(["big true", "next true"]);
  });

  test("who stops early closes the stream", async () => {
    let closed = false;
    const stream = {
      async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
        try {
          yield* inPieces(bytes, 700, sequence(5));
        } finally {
          closed = true;
        }
      },
    };
    for await (const { header } of readTar(stream, "t")) if (header.name === "a") break;
    expect(closed).toBe(true);
  });

  test("zeros of a sparse file don't gather in memory", async () => {
    const size = 3 * 2 ** 30;
    // So many zeros are for large archives alone.
    const before = 3 * 2 ** 20;
    const holes = archiveOf(
      tarBlock({ sizeBytes: before }),
      Buffer.alloc(before),
      paxHeader(["GNU.sparse.size", String(size)], ["GNU.sparse.map", "0,1"]),
      tarBlock({ sizeBytes: 1 }),
      Buffer.from("x"),
      tarPadding(1),
    );
    let total = 0;
    for await (const { content } of readTar(bytesOf(holes), "t"))
      for await (const chunk of content) total += chunk.length;
    expect(total).toBe(before + size);
  });
});
