// A layer's tar stream: decompressed, bounded, and checked against the diff id that the config states (config.md).

import { createHash } from "node:crypto";
import type { Bytes } from "../base/bytes.ts";
import { finishDigest } from "../base/digest.ts";
import { ToolError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import { type Compression, decompress } from "../formats/compression.ts";
import { malformed } from "./json.ts";
import type { Layer } from "./model.ts";

const layerType =
  /^application\/vnd\.(?:oci\.image\.layer(?:\.nondistributable)?\.v1\.tar|docker\.image\.rootfs(?:\.foreign)?\.diff\.tar)(?:[.+](gzip|zstd))?$/;

/** How a layer is stored, by its media type. @throws ToolError "malformed" where it isn't a layer's type */
export function compressionOfLayer(layer: Layer): Compression {
  const { digest, mediaType } = layer.descriptor;
  const match = layerType.exec(mediaType);
  if (match === null) throw malformed(`the layer ${digest}`, `its media type ${mediaType} is not a layer's`);
  return match[1] === "gzip" || match[1] === "zstd" ? match[1] : "none";
}

/**
 * The layer's tar, verified on both sides of the decompression as it flows. The end comes only where all of it was right.
 * @throws ToolError "malformed", "digest-mismatch", "limit"
 */
export function tarOfLayer(layer: Layer): Bytes {
  const what = `the layer ${layer.descriptor.digest}`;
  const compression = compressionOfLayer(layer);
  if (compression === "none") {
    // Stored as it is, a layer has one digest; there is nothing to check twice.
    if (layer.diffId !== layer.descriptor.digest) throw wrongDiffId(layer, layer.descriptor.digest);
    return layer.open();
  }
  return {
    async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
      const hash = createHash("sha256");
      const bounds = { outputBytesMax: limits.layerBytesMax, what };
      for await (const chunk of decompress(layer.open(), compression, bounds)) {
        hash.update(chunk);
        yield chunk;
      }
      const digest = finishDigest(hash);
      if (digest !== layer.diffId) throw wrongDiffId(layer, digest);
    },
  };
}

function wrongDiffId(layer: Layer, digest: string): ToolError {
  return new ToolError("digest-mismatch", {
    what: `reading the layer ${layer.descriptor.digest}`,
    why: `its tar has the digest ${digest}, the config says ${layer.diffId}`,
    hint: "the image is damaged or was tampered with; fetch or build it again",
  });
}
