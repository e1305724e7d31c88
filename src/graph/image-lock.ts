// Base images pinned to what their names meant once: `Dockerfile.lock`, JSON. A build that has it reads no tag.
import { canonicalJson, type Json } from "../base/canonical-json.ts";
import type { Parsed } from "../base/diagnostics.ts";
import { type Digest, parseDigest } from "../base/digest.ts";

export interface PinnedImage {
  /** In full: "docker.io/library/alpine:3.18". */
  readonly reference: string;
  /** "linux/amd64". */
  readonly platform: string;
  /** Of the platform's manifest. */
  readonly digest: Digest;
}

const version = 1;

/** The file's text: sorted, one image a line, so that a change of one is a change of one line. */
export function formatImageLock(images: readonly PinnedImage[]): string {
  const lines = images
    .map(({ digest, platform, reference }) => canonicalJson({ reference, platform, digest }))
    .sort();
  return `{"lockVersion":${version},"images":[\n${[...new Set(lines)].join(",\n")}\n]}\n`;
}

/** `file` is how it is named to people. */
export function parseImageLock(text: string, file: string): Parsed<readonly PinnedImage[]> {
  const images = imagesIn(text);
  if (images !== undefined) return { value: images, diagnostics: [] };
  return {
    value: undefined,
    diagnostics: [
      {
        severity: "error",
        rule: "wrong-image-lock",
        message: `${file} is not a lock of base images that this version reads`,
        hint: "remove it, and write it anew with --lock",
      },
    ],
  };
}

function imagesIn(text: string): readonly PinnedImage[] | undefined {
  const document = jsonOf(text);
  if (document === null || typeof document !== "object" || !("images" in document)) return undefined;
  if (document["lockVersion"] !== version || !Array.isArray(document["images"])) return undefined;
  const images = (document["images"] as readonly Json[]).map(imageOf);
  const read = images.filter((one) => one !== undefined);
  return read.length === images.length ? read : undefined;
}

function imageOf(value: Json): PinnedImage | undefined {
  if (value === null || typeof value !== "object" || !("reference" in value)) return undefined;
  const { digest, platform, reference } = value;
  if (typeof reference !== "string" || typeof platform !== "string" || typeof digest !== "string")
    return undefined;
  const parsed = parseDigest(digest);
  return parsed === undefined ? undefined : { reference, platform, digest: parsed };
}

function jsonOf(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}
