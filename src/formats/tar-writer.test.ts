import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { tarListing } from "../../testing/tar-blocks.ts";
import { type Bytes, bytesOf, collect } from "../base/bytes.ts";
import { ToolError } from "../base/errors.ts";
import { decodeName, encodeName } from "../base/names.ts";
import { createTarReader, type TarHeader, type TarKind } from "./tar-reader.ts";
import { tarEnd, tarHeader, tarPadding, writeTar } from "./tar-writer.ts";

const plain: TarHeader = {
  name: "a",
  kind: "file",
  mode: 0o644,
  uid: 0,
  gid: 0,
  mtime: 0,
  sizeBytes: 0,
  linkName: "",
  deviceMajor: 0,
  deviceMinor: 0,
};

function headersOf(archive: Uint8Array): TarHeader[] {
  const headers: TarHeader[] = [];
  const reader = createTarReader(
    { entry: (header) => headers.push(header), data: () => undefined, end: () => undefined },
    "t",
  );
  reader.write(archive);
  reader.finish();
  return headers;
}

const kinds: readonly TarKind[] = [
  "file",
  "directory",
  "symlink",
  "hardlink",
  "fifo",
  "character-device",
  "block-device",
];
/** Names of any bytes, often around the lengths at which ustar gives up. */
const anyName = fc
  .tuple(fc.uint8Array({ minLength: 1, maxLength: 12 }), fc.integer({ min: 0, max: 160 }), fc.boolean())
  .map(([bytes, filler, slashes]) =>
    Buffer.concat([bytes, Buffer.alloc(filler, slashes ? "dd/" : "n"), Buffer.from("x")]),
  )
  .map((bytes) => decodeName(bytes.map((byte) => (byte === 0 ? 1 : byte))));
const whole = (max: number): fc.Arbitrary<number> =>
  fc.oneof(
    fc.integer({ min: 0, max: 2000 }),
    fc.maxSafeInteger().map((value) => Math.abs(value) % (max + 1)),
  );
const anyHeader: fc.Arbitrary<TarHeader> = fc
  .record({
    name: anyName,
    kind: fc.constantFrom(...kinds),
    mode: fc.integer({ min: 0, max: 0o7777 }),
    uid: whole(2 ** 32),
    gid: whole(2 ** 32),
    mtime: fc.oneof(fc.integer(), fc.integer({ min: 0, max: 2 ** 33 }), fc.integer({ min: -10, max: 10 })),
    linkName: anyName,
    device: whole(2 ** 32),
    xattrs: fc.dictionary(fc.stringMatching(/^[a-z.]{1,10}$/), fc.uint8Array({ maxLength: 40 }), {
      maxKeys: 3,
    }),
  })
  .map(({ device, xattrs, ...header }) => {
    const isDevice = header.kind.endsWith("device");
    return {
      ...header,
      sizeBytes: 0,
      linkName: header.kind.endsWith("link") ? header.linkName : "",
      deviceMajor: isDevice ? device : 0,
      deviceMinor: isDevice ? device : 0,
      ...(Object.keys(xattrs).length === 0 ? {} : { xattrs: new Map(Object.entries(xattrs).sort()) }),
    };
  });

test("every header survives writing and reading", () => {
  fc.assert(
    fc.property(fc.array(anyHeader, { minLength: 1, maxLength: 3 }), (headers) => {
      const archive = Buffer.concat([...headers.map(tarHeader), tarEnd]);
      expect(archive.length % 512).toBe(0);
      expect(headersOf(archive)).toEqual(headers);
      expect(Buffer.concat([...headers.map(tarHeader), tarEnd]).equals(archive)).toBe(true);
    }),
    { numRuns: 1000 },
  );
});

describe("how much a header takes", () => {
  const deep = (components: number): string => "folder-of-20-letters".concat("/").repeat(components);
  const cases: readonly { summary: string; header: Partial<TarHeader>; blocks: number; records?: string }[] =
    [
      { summary: "a name of 100 bytes", header: { name: "n".repeat(100) }, blocks: 1 },
      {
        summary: "a longer one that can be split",
        header: { name: `${deep(7)}${"n".repeat(100)}` },
        blocks: 1,
      },
      {
        summary: "a folder's, split before its last component",
        header: { name: deep(8), kind: "directory" },
        blocks: 1,
      },
      {
        summary: "one that can't be split",
        header: { name: "n".repeat(101) },
        blocks: 3,
        records: `111 path=${"n".repeat(101)}\n`,
      },
      { summary: "a short one that is not UTF-8", header: { name: "\udcff" }, blocks: 1 },
      {
        summary: "a long one that is not UTF-8",
        header: { name: `\udcff${"n".repeat(100)}` },
        blocks: 3,
        records: `21 hdrcharset=BINARY\n111 path=\xff${"n".repeat(100)}\n`,
      },
      { summary: "the largest size of ustar", header: { sizeBytes: 8 ** 11 - 1 }, blocks: 1 },
      { summary: "8 GiB", header: { sizeBytes: 8 ** 11 }, blocks: 3, records: "19 size=8589934592\n" },
      { summary: "the largest owner of ustar", header: { uid: 8 ** 7 - 1, gid: 8 ** 7 - 1 }, blocks: 1 },
      {
        summary: "larger owners",
        header: { uid: 8 ** 7, gid: 8 ** 7 },
        blocks: 3,
        records: "15 uid=2097152\n15 gid=2097152\n",
      },
      { summary: "a time before 1970", header: { mtime: -1 }, blocks: 3, records: "12 mtime=-1\n" },
      {
        summary: "extended attributes, by name",
        header: {
          xattrs: new Map([
            ["user.b", Buffer.from("2")],
            ["user.a", Buffer.from("\n=\0")],
          ]),
        },
        blocks: 3,
        records: "27 SCHILY.xattr.user.a=\n=\0\n25 SCHILY.xattr.user.b=2\n",
      },
    ];
  test.each(cases)("$summary", ({ header, blocks, records }) => {
    const bytes = Buffer.from(tarHeader({ ...plain, ...header }));
    expect(bytes.length).toBe(blocks * 512);
    if (records === undefined) return;
    expect(bytes.toString("latin1", 512, 512 + records.length)).toBe(records);
    expect(bytes.subarray(512 + records.length, 1024).every((byte) => byte === 0)).toBe(true);
  });

  test("a hard link's size is not written", () => {
    const link = tarHeader({ ...plain, kind: "hardlink", linkName: "b", sizeBytes: 7 });
    expect(link).toEqual(tarHeader({ ...plain, kind: "hardlink", linkName: "b" }));
  });
});

describe("writeTar", () => {
  async function* entries(
    ...of: readonly { header: TarHeader; content?: Bytes }[]
  ): AsyncGenerator<{ header: TarHeader; content?: Bytes }> {
    yield* of;
  }
  const written = (...of: readonly { header: TarHeader; content?: Bytes }[]): Promise<Uint8Array> =>
    collect(writeTar(entries(...of)), 100_000, "t");

  test("a whole archive", async () => {
    const archive = await written(
      { header: { ...plain, name: "d/", kind: "directory", mode: 0o755 } },
      { header: { ...plain, sizeBytes: 3 }, content: bytesOf(encodeName("abc")) },
      { header: { ...plain, name: "empty" } },
      { header: { ...plain, name: "full", sizeBytes: 512 }, content: bytesOf(Buffer.alloc(512)) },
    );
    expect(tarListing(archive)).toEqual([
      "directory 755 0:0 @0 d/",
      "file 644 0:0 @0 a 3 ba7816bf",
      "file 644 0:0 @0 empty 0 e3b0c442",
      "file 644 0:0 @0 full 512 076a27c7",
    ]);
    expect(archive.length).toBe(512 + 1024 + 512 + 1024 + 1024);
  });

  test.each([
    ["too long", bytesOf(Buffer.alloc(4)), "more than 3 bytes"],
    ["too short", bytesOf(Buffer.alloc(2)), "2 bytes, not 3"],
    ["missing", undefined, "0 bytes, not 3"],
  ])("content that is %s", async (_, content, why) => {
    const entry = { header: { ...plain, sizeBytes: 3 }, ...(content === undefined ? {} : { content }) };
    await expect(written(entry)).rejects.toThrow(ToolError);
    await expect(written(entry)).rejects.toThrow(why);
  });
});

test.each([
  [0, 0],
  [1, 511],
  [511, 1],
  [512, 0],
  [513, 511],
  [2 ** 40 + 1, 511],
])("%i bytes are padded by %i", (sizeBytes, padding) => {
  expect(tarPadding(sizeBytes).length).toBe(padding);
});
