import { createHash, randomBytes } from "node:crypto";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { corpusFile, inPieces, sequence } from "../../testing/corpus.ts";
import { type Bytes, bytesOf, collect } from "../base/bytes.ts";
import { ToolError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import { type Compression, compress, decompress, detectCompression } from "./compression.ts";

const numbers = Array.from({ length: 2000 }, (_, index) => `${index + 1}\n`).join("");
const halves = [Buffer.from(numbers.slice(0, 3893)), Buffer.from(numbers.slice(3893))] as const;
const skippable = Buffer.from("\x5a\x2a\x4d\x18\x03\0\0\0abc", "latin1");
const emptySkippable = Buffer.from("\x50\x2a\x4d\x18\0\0\0\0", "latin1");

function cut(bytes: Uint8Array, most: number, seed = 1): Bytes {
  return {
    async *[Symbol.asyncIterator]() {
      yield* inPieces(bytes, most, sequence(seed));
    },
  };
}

const bounds = { outputBytesMax: 10_000_000, what: "the sample" };

async function decoded(stream: Bytes, compression: Compression): Promise<string> {
  return Buffer.from(await collect(decompress(stream, compression, bounds), 10_000_000, "t")).toString();
}

test.each<[string, Uint8Array, Compression]>([
  ["gzip", gzipSync("x"), "gzip"],
  ["zstd", zstdCompressSync("x"), "zstd"],
  ["zstd, a skippable frame first", skippable, "zstd"],
  ["xz", corpusFile("formats/xz/zeros.xz"), "xz"],
  ["nothing", new Uint8Array(0), "none"],
  ["too little", Uint8Array.of(0x1f), "none"],
  ["tar", Buffer.alloc(512), "none"],
])("detects %s", (_, head, expected) => {
  expect(detectCompression(head.subarray(0, 6))).toBe(expected);
});

describe("decompressed", () => {
  const cases: readonly { summary: string; compression: Compression; bytes: Uint8Array }[] = [
    { summary: "nothing done", compression: "none", bytes: Buffer.from(numbers) },
    { summary: "gzip", compression: "gzip", bytes: gzipSync(numbers) },
    {
      summary: "gzip of several members",
      compression: "gzip",
      bytes: Buffer.concat([...halves, Buffer.alloc(0)].map((part) => gzipSync(part))),
    },
    {
      summary: "gzip padded with zeros",
      compression: "gzip",
      bytes: Buffer.concat([gzipSync(numbers), Buffer.alloc(512)]),
    },
    { summary: "zstd", compression: "zstd", bytes: zstdCompressSync(numbers) },
    {
      summary: "zstd frames, one skipped, as zstd wrote them",
      compression: "zstd",
      bytes: corpusFile("formats/zstd/seq-frames.zst"),
    },
    {
      summary: "zstd frames, skipped ones before, between and after",
      compression: "zstd",
      bytes: Buffer.concat([
        skippable,
        zstdCompressSync(halves[0]),
        emptySkippable,
        zstdCompressSync(""),
        zstdCompressSync(halves[1]),
        skippable,
      ]),
    },
    { summary: "xz", compression: "xz", bytes: corpusFile("formats/xz/seq-streams.xz") },
  ];
  test.each(cases)("$summary", async ({ compression, bytes }) => {
    expect(await decoded(bytesOf(bytes), compression)).toBe(numbers);
    for (const most of [3, 500]) expect(await decoded(cut(bytes, most, most), compression)).toBe(numbers);
  });

  test("every descriptor of a zstd frame", async () => {
    // Content sizes of 0, 1, 2, 4 bytes; one segment or a window.
    for (const size of [0, 1, 255, 256, 300, 65_791, 65_792, 300_000]) {
      const content = Buffer.alloc(size, "zstd ").toString();
      const bytes = Buffer.concat([
        zstdCompressSync(content),
        await collect(compress(bytesOf(Buffer.from(content)), "zstd"), 1e6, "t"),
      ]);
      expect(await decoded(cut(bytes, 40, size), "zstd")).toBe(content + content);
    }
  });

  test("chunks may be kept", async () => {
    const chunks: Uint8Array[] = [];
    for await (const chunk of decompress(cut(corpusFile("formats/xz/seq-blocks.xz"), 100), "xz", bounds))
      chunks.push(chunk);
    expect(Buffer.concat(chunks).toString()).toBe(numbers);
  });
});

describe("refused", () => {
  const gzip = gzipSync(numbers);
  const zstd = zstdCompressSync(numbers);
  const cases: readonly { summary: string; compression: Compression; bytes: Uint8Array }[] = [
    { summary: "gzip of nothing", compression: "gzip", bytes: new Uint8Array(0) },
    { summary: "gzip cut before its size", compression: "gzip", bytes: gzip.subarray(0, -1) },
    { summary: "gzip cut in its header", compression: "gzip", bytes: gzip.subarray(0, 5) },
    {
      summary: "gzip whose second member is cut",
      compression: "gzip",
      bytes: Buffer.concat([gzip, gzip.subarray(0, 30)]),
    },
    {
      summary: "gzip, then rubbish",
      compression: "gzip",
      bytes: Buffer.concat([gzip, Buffer.from("rubbish")]),
    },
    {
      summary: "gzip with another checksum",
      compression: "gzip",
      bytes: Buffer.from(gzip).fill(0, gzip.length - 8, gzip.length - 4),
    },
    { summary: "zstd of nothing", compression: "zstd", bytes: new Uint8Array(0) },
    { summary: "zstd cut in its last block", compression: "zstd", bytes: zstd.subarray(0, -1) },
    {
      summary: "zstd cut after a magic",
      compression: "zstd",
      bytes: Buffer.concat([zstd, zstd.subarray(0, 4)]),
    },
    {
      summary: "zstd cut within a magic",
      compression: "zstd",
      bytes: Buffer.concat([zstd, zstd.subarray(0, 3)]),
    },
    {
      summary: "zstd cut in a skipped frame",
      compression: "zstd",
      bytes: Buffer.concat([zstd, skippable.subarray(0, 9)]),
    },
    {
      summary: "zstd, then rubbish",
      compression: "zstd",
      bytes: Buffer.concat([zstd, Buffer.from("rubbish")]),
    },
    {
      summary: "zstd with a reserved block",
      compression: "zstd",
      bytes: Buffer.from("\x28\xb5\x2f\xfd\x20\x01\x0e\0\0x", "latin1"),
    },
    { summary: "xz cut", compression: "xz", bytes: corpusFile("formats/xz/seq-crc64.xz").subarray(0, -4) },
  ];
  test.each(cases)("$summary", async ({ compression, bytes }) => {
    for (const stream of [bytesOf(bytes), cut(bytes, 50)]) {
      const failure = await decoded(stream, compression).catch((thrown: unknown) => thrown);
      expect(failure).toBeInstanceOf(ToolError);
      expect(failure).toMatchObject({ code: "malformed", what: "decompressing the sample" });
    }
  });

  test("zstd cut anywhere", async () => {
    const bytes = Buffer.concat([zstdCompressSync("some"), skippable, zstdCompressSync("text")]);
    const whole: number[] = [];
    for (let end = 0; end <= bytes.length; end++) {
      if (
        await decoded(bytesOf(bytes.subarray(0, end)), "zstd").then(
          () => true,
          () => false,
        )
      )
        whole.push(end);
    }
    const first = zstdCompressSync("some").length;
    expect(whole).toEqual([first, first + skippable.length, bytes.length]);
  });

  test.each<Compression>(["none", "gzip", "zstd"])(
    "%s with more output than allowed",
    async (compression) => {
      const content = randomBytes(2000);
      const bytes = { none: content, gzip: gzipSync(content), zstd: zstdCompressSync(content), xz: content }[
        compression
      ];
      const read = (outputBytesMax: number): Promise<Uint8Array> =>
        collect(decompress(cut(bytes, 300), compression, { outputBytesMax, what: "t" }), 1e6, "t");
      await expect(read(1999)).rejects.toMatchObject({ code: "limit", why: "it holds more than 1999 bytes" });
      expect((await read(2000)).length).toBe(2000);
    },
  );

  test("zstd of more frames than allowed, before the time that they would take", async () => {
    const empty = zstdCompressSync("");
    const frames = Buffer.alloc(empty.length * (limits.zstdFramesMax + 1), empty);
    expect(await decoded(bytesOf(frames.subarray(0, empty.length * 10_000)), "zstd")).toBe("");
    await expect(decoded(bytesOf(frames), "zstd")).rejects.toMatchObject({
      code: "limit",
      why: `it has more frames than zstdFramesMax (${limits.zstdFramesMax})`,
    });
  }, 60_000);

  test.each<Compression>(["zstd", "xz"])("%s that expands too much", async (compression) => {
    const bytes =
      compression === "zstd" ? zstdCompressSync(Buffer.alloc(3_000_000)) : corpusFile("formats/xz/zeros.xz");
    await expect(decoded(bytesOf(bytes), compression)).rejects.toThrow(`expansionRatioMax`);
    expect(bytes.length * limits.expansionRatioMax).toBeLessThan(2_000_000);
  });
});

describe("streams that fail or are left", () => {
  const compressions: readonly Compression[] = ["none", "gzip", "zstd", "xz"];
  const bytesFor = (compression: Compression): Uint8Array =>
    ({
      none: Buffer.from(numbers),
      gzip: gzipSync(numbers),
      zstd: zstdCompressSync(numbers),
      xz: corpusFile("formats/xz/seq-crc64.xz"),
    })[compression];

  test.each(compressions)("an error of the stream under %s is passed on", async (compression) => {
    const failing = {
      async *[Symbol.asyncIterator]() {
        yield bytesFor(compression).subarray(0, 100);
        throw new Error("the network is gone");
      },
    };
    await expect(decoded(failing, compression)).rejects.toThrow("the network is gone");
  });

  test.each(compressions)("who stops reading %s early closes the stream", async (compression) => {
    const closed = Promise.withResolvers<true>();
    const stream = {
      async *[Symbol.asyncIterator]() {
        try {
          for (;;) yield* inPieces(bytesFor(compression), 400, sequence(1));
        } finally {
          closed.resolve(true);
        }
      },
    };
    for await (const chunk of decompress(stream, compression, bounds)) {
      expect(chunk.length).toBeGreaterThan(0);
      break;
    }
    expect(await closed.promise).toBe(true);
  });

  test.each(["gzip", "zstd"] as const)("compressing to %s passes errors on", async (compression) => {
    const failing = {
      async *[Symbol.asyncIterator]() {
        yield Buffer.from("some");
        throw new Error("the disk is gone");
      },
    };
    await expect(collect(compress(failing, compression), 1000, "t")).rejects.toThrow("the disk is gone");
  });

  test.each(["gzip", "zstd"] as const)("a slow reader of %s holds up the source", async (compression) => {
    let given = 0;
    const source = {
      async *[Symbol.asyncIterator]() {
        for (; given < 200; given++) yield randomBytes(256 * 1024);
      },
    };
    for await (const chunk of compress(source, compression, 1)) {
      expect(chunk.length).toBeGreaterThan(0);
      await new Promise((settle) => setTimeout(settle, 30));
      break;
    }
    expect(given).toBeLessThan(20);
  });
});

describe("compressed bytes are the same however the input is cut", () => {
  const content = Buffer.concat(
    Array.from({ length: 60 }, (_, index) =>
      Buffer.from(
        createHash("sha512")
          .update(String(index))
          .digest("hex")
          .repeat(1 + (index % 200)),
      ),
    ),
  );
  test.each([
    ["gzip", undefined],
    ["gzip", 1],
    ["gzip", 9],
    ["zstd", undefined],
    ["zstd", 1],
    ["zstd", 12],
  ] as const)("%s, level %s", async (compression, level) => {
    const made = (stream: Bytes): Promise<Uint8Array> =>
      collect(compress(stream, compression, level), 1e7, "t");
    const whole = Buffer.from(await made(bytesOf(content)));
    for (const most of [5000, 100_000, 400_000]) {
      expect(whole.equals(await made(cut(content, most, most)))).toBe(true);
    }
    expect(await decoded(bytesOf(whole), compression)).toBe(content.toString());
  });

  test("a gzip header tells neither time nor system", async () => {
    const bytes = await collect(compress(bytesOf(Buffer.from("x")), "gzip"), 1000, "t");
    expect(Buffer.from(bytes.subarray(0, 10)).toString("hex")).toBe("1f8b0800000000000003");
  });
});
