import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { digestOf } from "../../../base/digest.ts";
import { limits } from "../../../base/limits.ts";
import { createRecordReader, encodeRecord, recordOf, type TreeRecord } from "./records.ts";

interface Read {
  readonly record: TreeRecord;
  readonly content: string | undefined;
}

/** What a stream holds, fed in pieces of `pieceBytes`. */
function read(stream: Uint8Array, pieceBytes = stream.length): Read[] {
  const found: Read[] = [];
  let current: { record: TreeRecord; pieces: Buffer[] } | undefined;
  const reader = createRecordReader(
    {
      record: (record) => {
        current = { record, pieces: [] };
        if (record.content.kind !== "inline") found.push({ record, content: undefined });
      },
      data: (chunk) => current?.pieces.push(Buffer.from(chunk)),
      contentEnd: () => {
        if (current !== undefined)
          found.push({ record: current.record, content: Buffer.concat(current.pieces).toString("latin1") });
      },
    },
    "the stream",
  );
  for (let at = 0; at < stream.length; at += Math.max(1, pieceBytes)) {
    // A buffer of its own, spoilt afterwards: nothing may be kept of what was written.
    const piece = Buffer.from(stream.subarray(at, at + Math.max(1, pieceBytes)));
    reader.write(piece);
    piece.fill(0xee);
  }
  reader.finish();
  return found;
}

const end = encodeRecord(recordOf({ kind: "end", path: "" }));

/** Names as they may be: bytes that are no UTF-8 are lone surrogates. */
const name = fc
  .array(fc.constantFrom("a", "ü", "\n", "\udc80", "\udcff", " ", "𝄞", "/"), { maxLength: 12 })
  .map((parts) => parts.join(""));
const record: fc.Arbitrary<TreeRecord> = fc
  .record({
    kind: fc.constantFrom("directory", "file", "symlink", "hardlink", "fifo", "whiteout", "block-device"),
    path: name,
    mode: fc.integer({ min: 0, max: 0o7777 }),
    uid: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
    gid: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
    mtime: fc.integer({ min: -(2 ** 50), max: 2 ** 50 }),
    opaque: fc.boolean(),
    deviceMajor: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
    deviceMinor: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
    target: name,
    xattrs: fc.dictionary(fc.stringMatching(/^[a-z.]{1,8}$/), fc.uint8Array({ maxLength: 20 })),
    content: fc.constantFrom("none" as const, "stored" as const, "inline" as const),
    sizeBytes: fc.integer({ min: 0, max: 2 ** 53 - 1 }),
    hasDigest: fc.boolean(),
  })
  .map(({ content, hasDigest, sizeBytes, xattrs, ...rest }) => ({
    ...rest,
    ...(Object.keys(xattrs).length === 0 ? {} : { xattrs: new Map(Object.entries(xattrs).toSorted()) }),
    sizeBytes: content === "inline" ? sizeBytes % 50 : sizeBytes,
    content:
      content === "stored" ? { kind: content, source: 7, offset: 2 ** 40 + 3 } : ({ kind: content } as const),
    ...(hasDigest ? { digest: digestOf(rest.path) } : {}),
  }));

test("what is written is read again, however the stream is cut", () => {
  fc.assert(
    fc.property(fc.array(record, { maxLength: 6 }), fc.integer({ min: 1, max: 200 }), (records, piece) => {
      const contents = records.map(({ content, sizeBytes }) =>
        content.kind === "inline" ? "x".repeat(sizeBytes) : undefined,
      );
      const parts = records.flatMap((one, at) => [encodeRecord(one), Buffer.from(contents[at] ?? "")]);
      const found = read(Buffer.concat([...parts, end]), piece);
      expect(found.slice(0, -1)).toEqual(records.map((one, at) => ({ record: one, content: contents[at] })));
      expect(found.at(-1)?.record.kind).toBe("end");
    }),
  );
});

test("attributes are written by name, whatever their order", () => {
  const a = new Map([
    ["user.b", Buffer.of(1)],
    ["user.a", Buffer.of(0, 255)],
  ]);
  const b = new Map([...a].toReversed());
  expect(encodeRecord(recordOf({ kind: "file", path: "x", xattrs: a }))).toEqual(
    encodeRecord(recordOf({ kind: "file", path: "x", xattrs: b })),
  );
});

test("times that no double holds are the largest that one does", () => {
  const bytes = encodeRecord(recordOf({ kind: "fifo", path: "x" }));
  bytes.writeBigInt64LE(-(2n ** 62n), 16);
  expect(read(Buffer.concat([bytes, end]))[0]?.record.mtime).toBe(Number.MIN_SAFE_INTEGER);
});

const one = encodeRecord(recordOf({ kind: "file", path: "a", xattrs: new Map([["user.a", Buffer.of(1)]]) }));

function changed(change: (bytes: Buffer) => void): Buffer {
  const bytes = Buffer.from(one);
  change(bytes);
  return Buffer.concat([bytes, end]);
}

const refused: readonly { summary: string; stream: Buffer; error: RegExp }[] = [
  { summary: "nothing", stream: Buffer.alloc(0), error: /ends early/ },
  { summary: "no end", stream: one, error: /ends early/ },
  { summary: "a header that is cut off", stream: end.subarray(0, 50), error: /ends early/ },
  { summary: "records after the end", stream: Buffer.concat([end, one]), error: /records follow its end/ },
  { summary: "bytes after the end", stream: Buffer.concat([end, Buffer.of(1)]), error: /ends early/ },
  {
    summary: "another beginning",
    stream: changed((bytes) => bytes.fill(0, 0, 4)),
    error: /doesn't begin as one/,
  },
  { summary: "a kind of 0", stream: changed((bytes) => (bytes[4] = 0)), error: /no known kind/ },
  { summary: "a kind of 200", stream: changed((bytes) => (bytes[4] = 200)), error: /no known kind/ },
  {
    summary: "a negative size",
    stream: changed((bytes) => bytes.writeBigInt64LE(-1n, 24)),
    error: /negative/,
  },
  {
    summary: "a path of gigabytes",
    stream: changed((bytes) => bytes.writeUInt32LE(2 ** 31, 48)),
    error: /\(pathBytesMax\)/,
  },
  {
    summary: "attributes of gigabytes",
    stream: changed((bytes) => bytes.writeUInt32LE(limits.fileXattrBytesMax + 1, 56)),
    error: /\(fileXattrBytesMax\)/,
  },
  {
    summary: "an attribute that is longer than all of them",
    stream: changed((bytes) => bytes.writeUInt32LE(99, 96 + 1 + 4)),
    error: /cut off/,
  },
];

describe("refused:", () => {
  test.each(refused)("$summary", ({ error, stream }) => {
    for (const pieceBytes of [1, 7, stream.length]) expect(() => read(stream, pieceBytes)).toThrow(error);
  });

  test("more attributes than a whole stream may have", () => {
    const xattrs = new Map([["user.a", Buffer.alloc(limits.fileXattrBytesMax - 100)]]);
    const large = encodeRecord(recordOf({ kind: "file", path: "a", xattrs }));
    const count = Math.ceil(limits.xattrBytesMax / limits.fileXattrBytesMax) + 1;
    expect(() => read(Buffer.concat([...Array<Buffer>(count).fill(large), end]))).toThrow("(xattrBytesMax)");
  });

  test("any bytes end in a value or an error of its own", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(99), (noise, at) => {
        const stream = changed((bytes) =>
          bytes.set(noise.subarray(0, bytes.length - Math.min(at, bytes.length)), at % bytes.length),
        );
        try {
          read(stream);
        } catch (thrown) {
          expect(thrown).toMatchObject({ name: "ToolError" });
        }
      }),
    );
  });
});
