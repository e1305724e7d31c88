import { gunzipSync } from "node:zlib";
import fc from "fast-check";
import { expect, test } from "vitest";
import { bytesOf, collect } from "../base/bytes.ts";
import { parallelGzip } from "./parallel-gzip.ts";

async function gzip(content: Uint8Array, width = 3): Promise<Uint8Array> {
  return collect(parallelGzip(bytesOf(content), 6, width), 1e9, "test");
}

test.each([0, 1, 32_768, 524_287, 524_288, 524_289, 5_000_000])(
  "%i bytes come back",
  async (size) => {
    const content = Buffer.alloc(size, "abcdefg");
    if (size > 0) content.writeUInt8(size % 256, size - 1);
    expect(gunzipSync(await gzip(content)).equals(content)).toBe(true);
  },
  20_000,
);

test("the bytes depend on neither the chunks of the input nor the width", async () => {
  const content = Buffer.from(Array.from({ length: 2_500_000 }, (_, index) => (index * index) % 251));
  const one = await gzip(content, 1);
  const chunked = {
    async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
      for (let at = 0; at < content.length; at += 77_777) yield content.subarray(at, at + 77_777);
    },
  };
  const other = await collect(parallelGzip(chunked, 6, 4), 1e9, "test");
  expect(Buffer.compare(one, other)).toBe(0);
});

test("any bytes come back", async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 5000 }), async (content) => {
      expect(Buffer.compare(gunzipSync(await gzip(content)), content)).toBe(0);
    }),
  );
});
