import { describe, expect, test } from "vitest";
import { tarOf } from "../../testing/builders.ts";
import { corpus, damaged, inPieces, sequence } from "../../testing/corpus.ts";
import { archiveOf, extendedHeader, paxHeader, tarBlock, tarListing } from "../../testing/tar-blocks.ts";
import { bytesOf } from "../base/bytes.ts";
import { ToolError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import { formatPaxRecords } from "./pax.ts";
import { checksums, writeNumber } from "./tar-header.ts";
import { createTarReader, readTar } from "./tar-reader.ts";
import { tarPadding } from "./tar-writer.ts";

async function readAll(bytes: Uint8Array): Promise<string[]> {
  const names: string[] = [];
  for await (const { header } of readTar(bytesOf(bytes), "t")) names.push(header.name);
  return names;
}

describe("malformed", () => {
  const sparseRecords = (...records: readonly (readonly [string, string])[]): Buffer =>
    archiveOf(paxHeader(...records), tarBlock({ sizeBytes: 4 }), Buffer.from("data"), tarPadding(4));
  const v1 = [
    ["GNU.sparse.major", "1"],
    ["GNU.sparse.minor", "0"],
    ["GNU.sparse.realsize", "9"],
  ] as const;
  const cases: readonly { summary: string; bytes: Uint8Array; why: RegExp }[] = [
    {
      summary: "text",
      bytes: Buffer.alloc(600, "text "),
      why: /the checksum of a header is wrong \(at byte 0\)/,
    },
    { summary: "a cut header", bytes: tarBlock({}).subarray(0, 500), why: /cut short \(at byte 500/ },
    {
      summary: "cut content",
      bytes: tarBlock({ sizeBytes: 9 }),
      why: /cut short \(at byte 512, entry at byte 0\)/,
    },
    {
      summary: "cut padding",
      bytes: Buffer.concat([tarBlock({ sizeBytes: 1 }), Buffer.from("x")]),
      why: /cut short \(at byte 513, entry at byte 0\)/,
    },
    { summary: "a changed byte", bytes: tarOf([{ name: "a" }]).fill(1, 0, 1), why: /checksum/ },
    { summary: "letters in a size", bytes: tarBlock({}, [[124, "12x"]]), why: /sizeBytes is not a number/ },
    {
      summary: "a negative size",
      bytes: tarBlock({}, [[124, "\xff".repeat(12)]]),
      why: /sizeBytes is negative/,
    },
    {
      summary: "a size past 2^53",
      bytes: tarBlock({}, [[124, "\x80\0\0\x01"]]),
      why: /sizeBytes is not a number/,
    },
    {
      summary: "a broken pax record",
      bytes: archiveOf(extendedHeader("x", Buffer.from("9 a=b\n")), tarBlock({})),
      why: /length is wrong/,
    },
    {
      summary: "a NUL in a pax path",
      bytes: archiveOf(paxHeader(["path", "a\0b"]), tarBlock({})),
      why: /holds a NUL/,
    },
    {
      summary: "a pax size that is none",
      bytes: archiveOf(paxHeader(["size", "1k"]), tarBlock({})),
      why: /pax records is not one/,
    },
    {
      summary: "a pax size below zero",
      bytes: archiveOf(paxHeader(["size", "-1"]), tarBlock({})),
      why: /pax records is not one/,
    },
    { summary: "a name of nothing", bytes: tarBlock({ name: "" }), why: /it has no name/ },
    {
      summary: "a global path",
      bytes: archiveOf(extendedHeader("g", formatPaxRecords([["path", "x"]]))),
      why: /sets path for all/,
    },
    {
      summary: "global extended attributes",
      bytes: archiveOf(extendedHeader("g", formatPaxRecords([["SCHILY.xattr.user.a", "x"]])), tarBlock({})),
      why: /sets SCHILY.xattr.user.a for all/,
    },
    {
      summary: "an extended header at the end",
      bytes: archiveOf(paxHeader(["path", "a"])),
      why: /no entry follows/,
    },
    { summary: "an extended header, then nothing", bytes: paxHeader(["path", "a"]), why: /no entry follows/ },
    { summary: "a part of another volume", bytes: tarBlock({}, [[156, "M"]]), why: /another volume/ },
    {
      summary: "sparse segments out of order",
      bytes: sparseRecords(["GNU.sparse.size", "9"], ["GNU.sparse.map", "5,2,0,2"]),
      why: /overlap or are not in order/,
    },
    {
      summary: "a sparse segment beyond the end",
      bytes: sparseRecords(["GNU.sparse.size", "9"], ["GNU.sparse.map", "0,1,7,3"]),
      why: /beyond the file's end/,
    },
    {
      summary: "a sparse map for more than is stored",
      bytes: sparseRecords(["GNU.sparse.size", "9"], ["GNU.sparse.map", "0,5"]),
      why: /does not add up/,
    },
    {
      summary: "half a pair",
      bytes: sparseRecords(["GNU.sparse.size", "9"], ["GNU.sparse.map", "0"]),
      why: /map is cut short/,
    },
    {
      summary: "0.0 records out of order",
      bytes: sparseRecords(
        ["GNU.sparse.size", "9"],
        ["GNU.sparse.numbytes", "4"],
        ["GNU.sparse.offset", "0"],
      ),
      why: /map is out of order/,
    },
    {
      summary: "a 1.0 map longer than the content",
      bytes: sparseRecords(...v1),
      why: /map is longer than its content/,
    },
    {
      summary: "a 1.0 map that is no list of numbers",
      bytes: archiveOf(paxHeader(...v1), tarBlock({ sizeBytes: 512 }), Buffer.alloc(512, "x")),
      why: /map has no lines/,
    },
  ];
  test.each(cases)("$summary", async ({ bytes, why }) => {
    const read = (): unknown => tarListing(bytes);
    expect(read).toThrow(ToolError);
    expect(read).toThrow(why);
    expect(read).toThrow(/^reading the sample: .*\(at byte \d+/);
    await expect(readAll(bytes)).rejects.toThrow(why);
  });

  const limited: readonly { limit: keyof typeof limits; bytes: Buffer }[] = [
    {
      limit: "paxRecordsBytesMax",
      bytes: tarBlock({ sizeBytes: limits.paxRecordsBytesMax + 1 }, [[156, "x"]]),
    },
    {
      limit: "paxRecordsBytesMax",
      bytes: tarBlock({ sizeBytes: limits.paxRecordsBytesMax + 1 }, [[156, "L"]]),
    },
    {
      limit: "pathBytesMax",
      bytes: archiveOf(extendedHeader("L", Buffer.alloc(limits.pathBytesMax + 1, "n")), tarBlock({})),
    },
    {
      limit: "layerBytesMax",
      bytes: archiveOf(paxHeader(["size", String(limits.layerBytesMax + 1)]), tarBlock({})),
    },
    {
      limit: "layerBytesMax",
      bytes: sparseRecords(["GNU.sparse.size", String(limits.layerBytesMax + 1)], ["GNU.sparse.map", "0,4"]),
    },
    {
      limit: "expansionRatioMax",
      bytes: sparseRecords(["GNU.sparse.size", "8000000"], ["GNU.sparse.map", "0,4"]),
    },
    {
      limit: "expansionRatioMax",
      bytes: sparseRecords(["GNU.sparse.size", "8000000"], ["GNU.sparse.map", "7999996,4"]),
    },
    {
      limit: "expansionRatioMax",
      bytes: archiveOf(
        ...Array.from({ length: 9 }, () => [
          paxHeader(["GNU.sparse.size", "3000000"], ["GNU.sparse.map", ""]),
          tarBlock({}),
        ]).flat(),
      ),
    },
    {
      limit: "xattrBytesMax",
      bytes: archiveOf(
        ...Array<Buffer>(70).fill(
          Buffer.concat([paxHeader(["SCHILY.xattr.user.a", Buffer.alloc(1_000_000)]), tarBlock({})]),
        ),
      ),
    },
    {
      limit: "xattrBytesMax",
      // Short of the limit without what each attribute takes beside its name and value.
      bytes: archiveOf(
        ...Array<Buffer>(62).fill(
          Buffer.concat([paxHeader(["SCHILY.xattr.user.a", Buffer.alloc(1_000_000)]), tarBlock({})]),
        ),
        ...Array<Buffer>(2).fill(
          Buffer.concat([
            paxHeader(
              ...Array.from({ length: 25_000 }, (_, index) => [`SCHILY.xattr.${index}`, ""] as const),
            ),
            tarBlock({}),
          ]),
        ),
      ),
    },
    {
      limit: "sparseSegmentsMax",
      bytes: archiveOf(
        paxHeader(...v1),
        tarBlock({ sizeBytes: 512 }),
        Buffer.from(`${limits.sparseSegmentsMax + 1}\n`.padEnd(512, "0")),
      ),
    },
  ];
  test.each(limited)("more than $limit", ({ limit, bytes }) => {
    expect(() => tarListing(bytes)).toThrow(`${limit} (${limits[limit]})`);
  });
});

test("damaged archives give entries that add up, or a ToolError", () => {
  const random = sequence(11);
  const samples = corpus("formats/tar");
  for (let round = 0; round < 4000; round++) {
    const { bytes = Buffer.alloc(0) } = samples[round % samples.length] ?? {};
    const broken = damaged(bytes, random);
    // With right checksums the damage gets past the first check.
    for (let at = 0; round % 8 !== 0 && at + 512 <= broken.length; at += 512) {
      if (broken.toString("latin1", at + 257, at + 262) !== "ustar") continue;
      const header = broken.subarray(at, at + 512);
      writeNumber(header, 148, 7, checksums(header).unsigned);
    }
    try {
      checkedRead(inPieces(broken, 4000, random));
    } catch (thrown) {
      if (!(thrown instanceof ToolError)) throw thrown;
    }
  }
});

/** Reads with cheap checks of the handler's contract. */
function checkedRead(pieces: Iterable<Uint8Array>): void {
  let expected = -1;
  const reader = createTarReader(
    {
      entry: (header) => {
        if (expected !== -1) throw new Error("an entry within an entry");
        expected = header.sizeBytes;
      },
      data: (chunk) => {
        expected -= chunk.length;
      },
      end: () => {
        if (expected !== 0) throw new Error("content that does not add up");
        expected = -1;
      },
    },
    "t",
  );
  for (const piece of pieces) reader.write(piece);
  reader.finish();
}
