// Small images in memory, for tests of transports. Layers are plain bytes: no transport looks into them.
import { bytesOf } from "../src/base/bytes.ts";
import { digestOf } from "../src/base/digest.ts";
import { makeImage, makeImageSet } from "../src/oci/derive.ts";
import { type Image, type ImageSet, type Layer, mediaTypes } from "../src/oci/model.ts";

/** An uncompressed layer with these bytes. */
export function layerOf(content: Uint8Array | string): Layer {
  const bytes = Buffer.from(content);
  const digest = digestOf(bytes);
  return {
    descriptor: { mediaType: mediaTypes.layerTar, digest, size: bytes.length },
    diffId: digest,
    open: () => bytesOf(bytes),
  };
}

/** An image of these layers for linux and one architecture. */
export function imageWith(layers: readonly Layer[], architecture = "amd64"): Image {
  const rootfs = { type: "layers", diff_ids: layers.map((layer) => layer.diffId) } as const;
  return makeImage({ config: { architecture, os: "linux", rootfs }, layers });
}

/** One image for each architecture: a bare one for one, else under an index. A first layer is shared by all. */
export function imageSetFor(...architectures: readonly string[]): ImageSet {
  const shared = layerOf("shared by all");
  return makeImageSet(
    architectures.map((name) => imageWith([shared, layerOf(`for ${name} ${"x".repeat(5000)}`)], name)),
  );
}
