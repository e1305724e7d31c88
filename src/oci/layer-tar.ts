// A layer's tar stream: decompressed, bounded, and checked against the diff id that the config states (config.md).

import { createHash } from "node:crypto";
import type { Bytes } from "../base/bytes.ts";
import { finishDigest } from "../base/digest.ts";
import { ToolError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import { type Compression, decompress, detectCompression } from "../formats/compression.ts";
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
 * @param transient chunks hold only until the next one is asked for
 * @throws ToolError "malformed", "digest-mismatch", "limit"
 */
export function tarOfLayer(layer: Layer, transient = false): Bytes {
  const what = `the layer ${layer.descriptor.digest}`;
  const compression = compressionOfLayer(layer);
  if (compression === "none") {
    // Stored as it is, a layer has one digest; there is nothing to check twice.
    if (layer.diffId !== layer.descriptor.digest) throw wrongDiffId(layer, layer.descriptor.digest);
    return storedAs(layer, compression);
  }
  return {
    async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
      const hash = createHash("sha256");
      const bounds = { outputBytesMax: limits.layerBytesMax, what, transient };
      let sizeBytes = 0;
      try {
        for await (const chunk of decompress(storedAs(layer, compression), compression, bounds)) {
          hash.update(chunk);
          sizeBytes += chunk.length;
          yield chunk;
        }
      } catch (thrown) {
        throw damagedLayer(thrown, layer, ` (after byte ${sizeBytes} of its tar)`);
      }
      const digest = finishDigest(hash);
      if (digest !== layer.diffId) throw wrongDiffId(layer, digest);
    },
  };
}

/**
 * The stored bytes, if they are compressed as the media type says. Engines go by the first bytes, and would see another layer
 * than a reader that goes by the type.
 */
async function* storedAs(layer: Layer, compression: Compression): AsyncGenerator<Uint8Array> {
  let first = true;
  for await (const chunk of layer.open()) {
    const found = first ? detectCompression(chunk) : compression;
    if (found !== compression && chunk.length >= signatureBytes) {
      const type = layer.descriptor.mediaType;
      throw damaged(
        layer,
        `its media type is ${type}, its first bytes (at byte 0) are those of ${nameOf(found)}`,
      );
    }
    first = false;
    yield chunk;
  }
}

/** What `detectCompression` needs. */
const signatureBytes = 6;

function nameOf(compression: Compression): string {
  return compression === "none" ? "something that isn't compressed so" : compression;
}

/**
 * What a decoder or a reader of the tar threw, with the layer's name and what to do; what a transport throws says itself what to
 * do. `where` follows the reason: "(after byte 512 of its tar)".
 */
export function damagedLayer(thrown: unknown, layer: Layer, where = ""): unknown {
  if (!(thrown instanceof ToolError) || thrown.code !== "malformed" || thrown.hint !== undefined)
    return thrown;
  return damaged(layer, `${thrown.why}${where}`, thrown);
}

function damaged(layer: Layer, why: string, cause?: unknown): ToolError {
  const what = `reading the layer ${layer.descriptor.digest}`;
  return new ToolError("malformed", { what, why, hint: damagedHint, cause });
}

const damagedHint = "the image is damaged or was tampered with; fetch or build it again";

/** The tar that a layer holds isn't the one that the config names. */
export function wrongDiffId(layer: Layer, digest: string): ToolError {
  return new ToolError("digest-mismatch", {
    what: `reading the layer ${layer.descriptor.digest}`,
    why: `its tar has the digest ${digest}, the config says ${layer.diffId}`,
    hint: damagedHint,
  });
}
