// Content digests: `sha256:<64 lower-case hex>` (OCI image-spec, descriptor.md "Digests").
// Invariant: a `Digest` value was checked by `parseDigest` or computed here; nothing else casts to it.
import { type Hash, hash } from "node:crypto";

export type Digest = `sha256:${string}` & { readonly __brand: "digest" };

const pattern = /^sha256:[0-9a-f]{64}$/;

/** The digest in `text`, or undefined where it isn't a well-formed SHA-256 digest. */
export function parseDigest(text: string): Digest | undefined {
  return pattern.test(text) ? (text as Digest) : undefined;
}

/** The digest of 64 lower-case hexadecimal digits, as .deb indexes give it; undefined where malformed. */
export function digestOfHex(hex: string): Digest | undefined {
  return parseDigest(`sha256:${hex}`);
}

/** The 64 hexadecimal digits of a digest. */
export function hexOf(digest: Digest): string {
  return digest.slice("sha256:".length);
}

/** The SHA-256 digest of bytes held in memory (a string counts as UTF-8). */
export function digestOf(content: Uint8Array | string): Digest {
  return `sha256:${hash("sha256", content)}` as Digest;
}

/** Ends a running SHA-256 hash. The hash can't be used afterwards. */
export function finishDigest(hash: Hash): Digest {
  return `sha256:${hash.digest("hex")}` as Digest;
}
