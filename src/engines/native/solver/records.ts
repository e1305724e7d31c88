// Results in the cache: under a key, the layers of a snapshot. What is read back was perhaps written by another version, or
// names what is no longer there: it is looked at member by member, and a result whose layers are gone is none.
import { type Cache, findBlob, findRecord, openBlob, storeRecord } from "../../../base/cache.ts";
import type { Json } from "../../../base/canonical-json.ts";
import { type Digest, digestOf, hexOf, parseDigest } from "../../../base/digest.ts";
import { ToolError } from "../../../base/errors.ts";
import { lazy } from "../../../base/lazy.ts";
import { limits } from "../../../base/limits.ts";
import type { Layer } from "../../../oci/model.ts";
import type { Snapshot, SnapshotLayer } from "../snapshots/snapshot.ts";
import type { InputPart } from "./keys.ts";
import type { SolverServices } from "./solver.ts";

/** Where a layer's blob is read from when it is needed. */
export type LayerSource =
  | { readonly kind: "image"; readonly reference: string; readonly digest: Digest; readonly platform: string }
  | { readonly kind: "imported"; readonly name: string; readonly key: Digest };

/** What a result is: layers, and for those of images where they come from. */
export interface Recorded {
  readonly layers: readonly RecordedLayer[];
  /** What the result was made of, so that its content key can be told with other names of the same layers. */
  readonly parts: readonly InputPart[];
}

export interface RecordedLayer {
  readonly id: Digest;
  readonly image?: { readonly mediaType: string; readonly digest: Digest; readonly sizeBytes: number } & {
    readonly source: LayerSource;
  };
}

const recordVersion = 1;

type Recording = Pick<SolverServices, "cache" | "runner">;

/** Results of root's and of ordinary users' steps have other owners on the disk, and are apart. */
function namespaceOf({ runner }: Recording): string {
  const { space } = runner.identity;
  return space === undefined ? "build-results" : `build-results-${hexOf(digestOf(space)).slice(0, 16)}`;
}

/** @throws ToolError "disk" */
export async function storeResult(services: Recording, key: Digest, recorded: Recorded): Promise<void> {
  const value = { version: recordVersion, ...recorded } as unknown as Json;
  await storeRecord(services.cache, namespaceOf(services), key, value);
}

/** The result of a key, as it was recorded; undefined where there is none, or one of another shape. */
export async function readResult(services: Recording, key: Digest): Promise<Recorded | undefined> {
  return parseRecorded(await findRecord(services.cache, namespaceOf(services), key));
}

/** The snapshot of a record, where all of its layers can still be had. */
export async function snapshotOf(
  recorded: Recorded,
  services: SolverServices,
): Promise<Snapshot | undefined> {
  const layers: SnapshotLayer[] = [];
  for (const one of recorded.layers) {
    const layer =
      one.image === undefined
        ? await services.store.find(one.id)
        : await imageLayer(one.id, one.image, services);
    if (layer === undefined) return undefined;
    layers.push(layer);
  }
  return { layers };
}

async function imageLayer(
  diffId: Digest,
  image: NonNullable<RecordedLayer["image"]>,
  services: SolverServices,
): Promise<SnapshotLayer | undefined> {
  const { source } = image;
  if (source.kind === "imported") {
    const imported = services.imported?.find(({ name }) => name === source.name)?.find(source.key);
    const layer =
      imported?.find((one) => one.diffId === diffId) ?? (await blobLayer(diffId, image, services.cache));
    return layer === undefined ? undefined : services.store.fromImage(layer);
  }
  const opened = lazy(() => services.image(source.reference, source.digest, source.platform));
  const layer: Layer = {
    descriptor: { mediaType: image.mediaType, digest: image.digest, size: image.sizeBytes },
    diffId,
    open: () => ({
      async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
        const found = (await opened()).layers.find((one) => one.diffId === diffId);
        if (found === undefined) throw layerLost(source.reference, diffId);
        yield* found.open();
      },
    }),
  };
  return services.store.fromImage(layer);
}

/** A layer whose blob was read before, and lies in the cache. */
async function blobLayer(
  diffId: Digest,
  { mediaType, digest, sizeBytes }: NonNullable<RecordedLayer["image"]>,
  cache: Cache,
): Promise<Layer | undefined> {
  const blob = await findBlob(cache, digest, sizeBytes);
  if (blob === undefined) return undefined;
  const descriptor = { mediaType, digest, size: sizeBytes };
  return { descriptor, diffId, file: blob.file, open: () => openBlob(cache, digest) };
}

function layerLost(reference: string, diffId: Digest): ToolError {
  return new ToolError("not-found", {
    what: `reading a layer of ${reference}`,
    why: `the image has no layer ${diffId}`,
    hint: "run the build with --no-cache",
  });
}

/** A record's value as what it is; undefined where anything in it is not as it is written. */
export function parseRecorded(value: Json | undefined): Recorded | undefined {
  const record = membersOf(value);
  if (record?.["version"] !== recordVersion) return undefined;
  const layers = listOf(record["layers"], limits.layersMax, parseLayer);
  const parts = listOf(record["parts"], limits.vertexInputsMax, parsePart);
  return layers === undefined || parts === undefined ? undefined : { layers, parts };
}

function parseLayer(value: Json): RecordedLayer | undefined {
  const record = membersOf(value);
  const id = digestIn(record?.["id"]);
  if (record === undefined || id === undefined) return undefined;
  if (record["image"] === undefined) return { id };
  const image = membersOf(record["image"]);
  const digest = digestIn(image?.["digest"]);
  const source = parseSource(image?.["source"]);
  const { mediaType, sizeBytes } = image ?? {};
  if (digest === undefined || source === undefined) return undefined;
  if (typeof mediaType !== "string" || typeof sizeBytes !== "number") return undefined;
  return { id, image: { mediaType, digest, sizeBytes, source } };
}

function parseSource(value: Json | undefined): LayerSource | undefined {
  const record = membersOf(value);
  if (record?.["kind"] === "imported") {
    const { name } = record;
    const key = digestIn(record["key"]);
    return typeof name === "string" && key !== undefined ? { kind: "imported", name, key } : undefined;
  }
  if (record?.["kind"] !== "image") return undefined;
  const { reference, platform } = record;
  const digest = digestIn(record["digest"]);
  if (typeof reference !== "string" || typeof platform !== "string" || digest === undefined) return undefined;
  return { kind: "image", reference, digest, platform };
}

function parsePart(value: Json): InputPart | undefined {
  const record = membersOf(value);
  if (record?.["kind"] === "layers") {
    const ids = listOf(record["ids"], limits.layersMax, digestIn);
    return ids === undefined ? undefined : { kind: "layers", ids };
  }
  const digest = digestIn(record?.["digest"]);
  return record?.["kind"] === "selection" && digest !== undefined ? { kind: "selection", digest } : undefined;
}

function membersOf(value: Json | undefined): Readonly<Record<string, Json | undefined>> | undefined {
  const isRecord = typeof value === "object" && value !== null && !Array.isArray(value);
  return isRecord ? (value as Readonly<Record<string, Json | undefined>>) : undefined;
}

/** Every element parsed; undefined where one isn't what it should be, or there are too many. */
function listOf<T>(
  value: Json | undefined,
  countMax: number,
  parse: (element: Json) => T | undefined,
): readonly T[] | undefined {
  if (!Array.isArray(value) || value.length > countMax) return undefined;
  const parsed = (value as readonly Json[]).map(parse).filter((one) => one !== undefined);
  return parsed.length === value.length ? parsed : undefined;
}

function digestIn(value: Json | undefined): Digest | undefined {
  return typeof value === "string" ? parseDigest(value) : undefined;
}
