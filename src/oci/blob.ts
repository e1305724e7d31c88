// Blobs: content named by a descriptor (image-spec descriptor.md), whatever holds it.
// Invariant: bytes that a `BlobSource` yields were checked against the descriptor by the time the stream ends normally.
import { createHash } from "node:crypto";
import { type Bytes, bytesOf } from "../base/bytes.ts";
import { digestOf, finishDigest } from "../base/digest.ts";
import { ToolError } from "../base/errors.ts";
import { type Descriptor, type Image, type ImageSet, mediaTypes } from "./model.ts";

/** Content by descriptor. A `Layer` is one; manifests and configs are made into one by `memoryBlob`. */
export interface BlobSource {
  readonly descriptor: Descriptor;
  /** Path of a local file that holds exactly the blob. */
  readonly file?: string;
  /** Path of a local file that holds the blob among others, found in it by its digest: an archive. */
  readonly within?: string;
  /** A store that names content by its digest alone has it (a registry): who knows what the digest stands for need not read it. */
  readonly addressed?: boolean;
  open(): Bytes;
}

/** A blob whose bytes are in memory; they were checked when they were read. */
export function memoryBlob(descriptor: Descriptor, bytes: Uint8Array): BlobSource {
  return { descriptor, open: () => bytesOf(bytes) };
}

/**
 * `stream` with its size and digest checked as it flows. It never yields a byte past the descriptor's size.
 * @throws ToolError "digest-mismatch" in place of the end, or as soon as it is too long
 */
export function verified(stream: Bytes, descriptor: Descriptor, what: string): Bytes {
  return {
    async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
      const hash = createHash("sha256");
      let sizeBytes = 0;
      for await (const chunk of stream) {
        sizeBytes += chunk.length;
        if (sizeBytes > descriptor.size) throw sizeMismatch(descriptor, what, "more");
        hash.update(chunk);
        yield chunk;
      }
      if (sizeBytes < descriptor.size) throw sizeMismatch(descriptor, what, `${sizeBytes}`);
      const digest = finishDigest(hash);
      if (digest !== descriptor.digest) {
        throw new ToolError("digest-mismatch", {
          what: `reading ${what}`,
          why: `its content has the digest ${digest}, expected ${descriptor.digest}`,
          hint: "the image is damaged or was tampered with; fetch or build it again",
        });
      }
    },
  };
}

function sizeMismatch(descriptor: Descriptor, what: string, found: string): ToolError {
  return new ToolError("digest-mismatch", {
    what: `reading ${what}`,
    why: `it holds ${found} bytes, its descriptor says ${descriptor.size}`,
    hint: "the image is damaged or was tampered with; fetch or build it again",
  });
}

/** Every blob that a set needs, each once, what is referred to before what refers to it: the index comes last. */
export function blobsOf(set: ImageSet): readonly BlobSource[] {
  const blobs = new Map<string, BlobSource>();
  const add = (blob: BlobSource): void => {
    if (!blobs.has(blob.descriptor.digest)) blobs.set(blob.descriptor.digest, blob);
  };
  for (const image of set.images) {
    for (const layer of image.layers) add(layer);
    add(memoryBlob(configDescriptorOf(image), image.config));
    add(memoryBlob(image.descriptor, image.manifest));
  }
  for (const { blobs: attached, descriptor, manifest } of set.attachments ?? []) {
    for (const blob of attached) add(blob);
    add(memoryBlob(descriptor, manifest));
  }
  if (set.index !== undefined) add(memoryBlob(set.index.descriptor, set.index.bytes));
  return [...blobs.values()];
}

/** The descriptor of an image's config, made from its bytes. */
export function configDescriptorOf(image: Image): Descriptor {
  return { mediaType: mediaTypes.config, digest: digestOf(image.config), size: image.config.length };
}

/** `stream` until `signal` aborts: then it throws the signal's reason in place of the next chunk. */
export function abortable(stream: Bytes, signal: AbortSignal | undefined): Bytes {
  if (signal === undefined) return stream;
  return {
    async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
      for await (const chunk of stream) {
        signal.throwIfAborted();
        yield chunk;
      }
    },
  };
}
