// `--metadata FILE`: what a build made, for scripts, with the JSON Schema (draft 2020-12) that docs/reference/ publishes.
// Members are only ever added; `schemaVersion` counts what would break a reader.

import { type Level, levels } from "../audit/levels.ts";
import type { Json } from "../base/canonical-json.ts";
import type { Digest } from "../base/digest.ts";

export interface BuildMetadata {
  readonly schemaVersion: 1;
  /** Of the index, or of the only image's manifest. */
  readonly digest: Digest;
  /** Where it went, in words. */
  readonly places: readonly string[];
  readonly images: readonly ImageMetadata[];
}

export interface ImageMetadata {
  readonly platform: string;
  readonly digest: Digest;
  readonly level: Level;
  readonly levelReasons: readonly string[];
  readonly files: number;
  readonly sizeBytes: number;
  readonly compressedBytes: number;
  readonly layers: readonly {
    readonly digest: Digest;
    readonly diffId: Digest;
    readonly sizeBytes: number;
  }[];
  readonly packages: { readonly shipped: number; readonly locked: number };
  readonly cached: boolean;
  readonly durationMs: number;
}

const digest = { type: "string", pattern: "^sha256:[0-9a-f]{64}$" };
const text = { type: "string" };

function count(description: string): Json {
  return { type: "integer", minimum: 0, description };
}

function object(properties: Readonly<Record<string, Json>>): Json {
  return { type: "object", required: Object.keys(properties), properties };
}

/** The whole schema, as docs/reference/metadata.schema.json holds it. */
export function metadataSchema(): Json {
  const layer = object({
    digest: { ...digest, description: "Of the compressed blob." },
    diffId: { ...digest, description: "Of the layer's tar." },
    sizeBytes: count("Of the compressed blob."),
  });
  const image = object({
    platform: { type: "string", pattern: "^linux/", description: "linux/amd64 ..." },
    digest: { ...digest, description: "Of the image's manifest." },
    level: { enum: levels, description: "How distroless the image is." },
    levelReasons: { type: "array", items: text, description: "What keeps it from the next level." },
    files: count("Regular files in the image."),
    sizeBytes: count("Of their content, uncompressed."),
    compressedBytes: count("Of all layers, as they are transferred."),
    layers: { type: "array", items: layer, description: "Bottom first." },
    packages: object({
      shipped: count("Packages of which something is in the image."),
      locked: count("Packages that were locked for it."),
    }),
    cached: { type: "boolean", description: "Nothing had to be done." },
    durationMs: count("Time that this image took."),
  });
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "distill build --metadata",
    description: "What a build made. Members are only ever added.",
    ...(object({
      schemaVersion: { const: 1 },
      digest: { ...digest, description: "Of the index, or of the only image's manifest." },
      places: { type: "array", items: text, description: "Where the image went." },
      images: { type: "array", items: image, minItems: 1 },
    }) as Readonly<Record<string, Json>>),
  };
}
