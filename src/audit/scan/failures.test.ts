import { createHash } from "node:crypto";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { tarOf } from "../../../testing/builders.ts";
import { imageOf, tarLayer } from "../../../testing/layouts.ts";
import { rawLayer, scanServices, withScanPlace } from "../../../testing/scans.ts";
import { bytesOf } from "../../base/bytes.ts";
import { type Digest, digestOf } from "../../base/digest.ts";
import { ToolError } from "../../base/errors.ts";
import { verified } from "../../oci/blob.ts";
import { type Layer, mediaTypes } from "../../oci/model.ts";
import { scanImage } from "./scan.ts";

/** Text that doesn't compress to nothing. */
const text = Array.from({ length: 4000 }, (_, n) => createHash("sha256").update(`${n}`).digest("hex")).join(
  "\n",
);
const tar = tarOf([{ name: "a", content: text }]);

function stored(bytes: Uint8Array, mediaType: string, diffId: Digest = digestOf(tar)): Layer {
  const descriptor = { mediaType, digest: digestOf(bytes), size: bytes.length };
  return { descriptor, diffId, open: () => verified(bytesOf(bytes), descriptor, "the blob") };
}

const gzipped = gzipSync(tar);
const flipped = gzipped.map((byte, at) => (at === gzipped.length >> 1 ? byte ^ 0x55 : byte));

const cases: readonly {
  readonly summary: string;
  readonly layer: Layer;
  readonly code: ToolError["code"];
  readonly message: RegExp;
}[] = [
  {
    summary: "gzip cut short",
    layer: stored(gzipped.subarray(0, gzipped.length >> 1), mediaTypes.layerGzip),
    code: "malformed",
    message: /unexpected end of file \(after byte \d+ of its tar\)/,
  },
  {
    summary: "gzip with a changed byte",
    layer: stored(flipped, mediaTypes.layerGzip),
    code: "malformed",
    message: /\(after byte \d+ of its tar\)/,
  },
  {
    summary: "a tar whose type says gzip",
    layer: stored(tar, mediaTypes.layerGzip),
    code: "malformed",
    message: /its media type is .*gzip, its first bytes \(at byte 0\)/,
  },
  {
    summary: "zstd whose type says gzip",
    layer: stored(zstdCompressSync(tar), mediaTypes.layerGzip),
    code: "malformed",
    message: /its media type is .*gzip, its first bytes \(at byte 0\) are those of zstd/,
  },
  {
    summary: "gzip whose type says tar",
    layer: stored(gzipped, mediaTypes.layerTar, digestOf(gzipped)),
    code: "malformed",
    message: /its first bytes \(at byte 0\) are those of gzip/,
  },
  {
    summary: "another diff id",
    layer: stored(gzipped, mediaTypes.layerGzip, digestOf("another")),
    code: "digest-mismatch",
    message: /its tar has the digest sha256:\w+, the config says sha256:/,
  },
  {
    summary: "a tar cut short",
    layer: rawLayer(tar.subarray(0, tar.length - 2000)),
    code: "malformed",
    message: /cut short \(at byte \d+/,
  },
  {
    summary: "a name that goes up",
    layer: tarLayer([{ name: "../a", content: "1" }]),
    code: "malformed",
    message: /no path inside an image/,
  },
  {
    summary: "a hard link to nothing",
    layer: tarLayer([{ name: "b", kind: "hardlink", target: "a" }]),
    code: "malformed",
    message: /the hard link "\/b" names "\/a", which is no file/,
  },
];

describe("a layer that can't be read fails the scan:", () => {
  for (const { code, layer, message, summary } of cases) {
    test(summary, async () => {
      await withScanPlace(async (place) => {
        const good = tarLayer([{ name: "good", content: "1" }]);
        const thrown: unknown = await scanImage(imageOf([good, layer]), scanServices(place)).catch(
          (error: unknown) => error,
        );
        if (!(thrown instanceof ToolError)) throw new Error("it did not fail", { cause: thrown });
        expect(thrown.code).toBe(code);
        expect(thrown.message).toMatch(message);
        expect(thrown.message).toContain(layer.descriptor.digest);
        expect(thrown.hint).toContain("damaged");
        // Nothing was remembered of it.
        await expect(scanImage(imageOf([layer]), scanServices(place))).rejects.toThrow(message);
      });
    });
  }
});

test("an interrupt ends it, on threads as well, and leaves nothing", async () => {
  for (const size of [1 << 20, 9 << 20]) {
    await withScanPlace(async (place) => {
      const abort = new AbortController();
      const bytes = tarOf([{ name: "a", content: Buffer.alloc(size, "x") }]);
      const digest = digestOf(bytes);
      const layer: Layer = {
        descriptor: { mediaType: mediaTypes.layerTar, digest, size: bytes.length },
        diffId: digest,
        open: () => ({
          async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
            for (let at = 0; at < bytes.length; at += 100_000) {
              yield bytes.subarray(at, at + 100_000);
              if (at >= bytes.length >> 1) abort.abort(new Error("interrupted"));
            }
          },
        }),
      };
      const task = { signal: abort.signal, emit: () => undefined, now: Date.now };
      await expect(scanImage(imageOf([layer]), scanServices(place, { task }))).rejects.toThrow("interrupted");
    });
  }
});
