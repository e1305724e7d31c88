import { expect, test } from "vitest";
import { imageOf } from "../../testing/layouts.ts";
import { digestOf } from "../base/digest.ts";
import { limits } from "../base/limits.ts";
import { type BlobSource, memoryBlob } from "./blob.ts";
import { indexBytes } from "./derive.ts";
import { readImageSet } from "./image-reader.ts";
import { type Descriptor, mediaTypes } from "./model.ts";

/** Documents by digest, and how often one was looked for. */
function store(): {
  readonly put: (mediaType: string, bytes: Uint8Array) => Descriptor;
  readonly find: (descriptor: Descriptor) => Promise<BlobSource | undefined>;
  readonly found: () => number;
} {
  const blobs = new Map<string, Uint8Array>();
  let found = 0;
  return {
    put(mediaType, bytes) {
      const descriptor = { mediaType, digest: digestOf(bytes), size: bytes.length };
      blobs.set(descriptor.digest, bytes);
      return descriptor;
    },
    async find(descriptor) {
      const bytes = blobs.get(descriptor.digest);
      if (bytes === undefined) return undefined;
      found += 1;
      return memoryBlob(descriptor, bytes);
    },
    found: () => found,
  };
}

/** A manifest that is no image, `sizeBytes` long or a little more. */
function artifact(number: number, sizeBytes = 0): Uint8Array {
  const config = { mediaType: "application/vnd.example.thing", digest: digestOf("absent"), size: 6 };
  const document = JSON.stringify({ schemaVersion: 2, config, layers: [], annotations: { n: `${number}` } });
  return Buffer.from(document.padEnd(sizeBytes));
}

test.each([
  {
    limit: "imageDocumentsMax",
    // Each index has as many as it may.
    counts: [limits.indexManifestsMax - 1, limits.indexManifestsMax - 1, limits.indexManifestsMax],
    sizeBytes: 0,
    foundMax: limits.imageDocumentsMax + 1,
  },
  {
    limit: "imageDocumentsBytesMax",
    counts: [1, 18],
    sizeBytes: limits.manifestBytesMax,
    foundMax: 21,
  },
])("what an index of indexes names is bounded by $limit", async ({ limit, counts, sizeBytes, foundMax }) => {
  const { put, find, found } = store();
  const image = imageOf([]);
  put(mediaTypes.config, image.config);
  let number = 0;
  const inner = counts.map((count) => {
    const manifests = Array.from({ length: count }, () =>
      put(mediaTypes.manifest, artifact(number++, sizeBytes)),
    );
    return put(mediaTypes.index, indexBytes(manifests));
  });
  const root = put(mediaTypes.index, indexBytes([put(mediaTypes.manifest, image.manifest), ...inner]));
  await expect(readImageSet(root, find)).rejects.toMatchObject({
    code: "limit",
    why: expect.stringContaining(limit) as string,
  });
  expect(found()).toBeLessThanOrEqual(foundMax);
  // A part of it is not too much.
  const part = put(mediaTypes.index, indexBytes([image.descriptor, ...inner.slice(0, 1)]));
  await expect(readImageSet(part, find)).resolves.toHaveProperty("images.length", 1);
});
