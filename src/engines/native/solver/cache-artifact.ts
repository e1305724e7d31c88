// A build cache that travels: `--cache-to`, `--cache-from`. It is an OCI image, so that every registry, layout and tool can hold
// and copy it: its layers are those of the results, and its config has one member beside those of an image,
//
//   "dev.distill.build-cache": {"version": 1, "records": [{"key": DIGEST, "layers": [INDEX, ...]}, ...]}
//
// where the indexes count the layers of the image. A result stands under its definition key and under its content key, told with
// the diff ids of its inputs' layers, which is what the ids of imported layers are (records.ts). So whoever imports it finds a
// result by either, and fetches a layer only when something needs it. An image with an inline cache has the same member.
//
// Invariant: what is read of one is checked before it is believed; a record that names no layer of the image is left out.
import type { Json } from "../../../base/canonical-json.ts";
import { type Digest, parseDigest } from "../../../base/digest.ts";
import { limits } from "../../../base/limits.ts";
import { type Vertex, verticesOf } from "../../../graph/vertex.ts";
import { makeImage } from "../../../oci/derive.ts";
import type { Image, Layer, Platform } from "../../../oci/model.ts";
import type { SnapshotLayer } from "../snapshots/snapshot.ts";
import { blobOf } from "./image.ts";
import { contentKey, definitionKey, type InputPart } from "./keys.ts";
import { type Recorded, readResult, snapshotOf } from "./records.ts";
import type { ImportedCache, SolverServices } from "./solver.ts";
import { isSource, openSource } from "./sources.ts";

const member = "dev.distill.build-cache";
const version = 1;

interface CacheRecord {
  readonly key: Digest;
  readonly layers: readonly number[];
}

interface Collected {
  readonly layers: readonly Layer[];
  readonly records: readonly CacheRecord[];
}

interface ExportOptions {
  readonly mode: "min" | "max";
  readonly compression: "gzip" | "zstd";
  /** What the artifact says it is for: an image for no platform is taken for an attestation by many. */
  readonly platform: Platform;
}

/**
 * What the cache has of these graphs, as an image to write or push. `min` has the results whose layers are all in the results
 * of `tops`.
 * @throws whatever making a layer throws
 */
export async function cacheImageOf(
  tops: readonly Vertex[],
  services: SolverServices,
  signal: AbortSignal,
  options: ExportOptions,
): Promise<Image> {
  const { layers, records } = await collect(tops, services, signal, options);
  return makeImage({
    config: {
      ...options.platform,
      [member]: { version, records },
      rootfs: { type: "layers", diff_ids: layers.map(({ diffId }) => diffId) },
    } as Parameters<typeof makeImage>[0]["config"],
    layers,
  });
}

/** What an image's config has to hold so that it is its own cache: for `imageOf`. `layers` are the image's. */
export async function inlineCache(
  top: Vertex,
  layers: readonly Layer[],
  services: SolverServices,
  signal: AbortSignal,
  compression: "gzip" | "zstd",
): Promise<Readonly<Record<string, unknown>>> {
  const collected = await collect([top], services, signal, { mode: "min", compression });
  const indexOf = new Map(layers.map(({ diffId }, index) => [diffId, index] as const));
  const records = collected.records.flatMap(({ key, layers: own }): CacheRecord[] => {
    const indexes = own.map((index) => indexOf.get(collected.layers[index]?.diffId ?? ("" as Digest)));
    return indexes.every((index) => index !== undefined) ? [{ key, layers: indexes }] : [];
  });
  return { [member]: { version, records } };
}

/** The cache that an image holds; undefined where it holds none. `name` is how it is told from others. */
export function importedCache(image: Image, name: string): ImportedCache | undefined {
  const config = JSON.parse(new TextDecoder().decode(image.config)) as Readonly<Record<string, Json>>;
  const records = parseRecords(config[member], image.layers.length);
  if (records === undefined) return undefined;
  return {
    name,
    find: (key) =>
      records
        .get(key)
        ?.map((index) => image.layers[index])
        .filter((layer) => layer !== undefined),
  };
}

function parseRecords(
  value: Json | undefined,
  layerCount: number,
): ReadonlyMap<Digest, readonly number[]> | undefined {
  if (value === null || typeof value !== "object" || !("records" in value) || !("version" in value))
    return undefined;
  if (value["version"] !== version || !Array.isArray(value["records"])) return undefined;
  const records = new Map<Digest, readonly number[]>();
  for (const one of (value["records"] as readonly Json[]).slice(0, limits.importedRecordsMax)) {
    if (one === null || typeof one !== "object" || !("key" in one) || !("layers" in one)) continue;
    const key = typeof one["key"] === "string" ? parseDigest(one["key"]) : undefined;
    const layers: readonly Json[] = Array.isArray(one["layers"]) ? one["layers"] : [null];
    const known = layers.every(
      (index) => Number.isSafeInteger(index) && Number(index) >= 0 && Number(index) < layerCount,
    );
    if (key !== undefined && known && layers.length <= limits.layersMax) records.set(key, layers.map(Number));
  }
  return records;
}

async function collect(
  tops: readonly Vertex[],
  services: SolverServices,
  signal: AbortSignal,
  { compression, mode }: Pick<ExportOptions, "compression" | "mode">,
): Promise<Collected> {
  const results = await resultsOf(tops, services, signal);
  const wanted = mode === "max" ? undefined : layerIds(tops, results);
  const layers = new Map<Digest, { readonly layer: Layer; readonly index: number }>();
  const indexOf = async (layer: SnapshotLayer): Promise<number> => {
    const known = layers.get(layer.id);
    if (known !== undefined) return known.index;
    const blob = await blobOf(layer, services, compression);
    const index = layers.size;
    layers.set(layer.id, { layer: blob, index });
    return index;
  };
  const records: CacheRecord[] = [];
  for (const result of results.values()) {
    if (wanted !== undefined && !result.layers.every(({ id }) => wanted.has(id))) continue;
    const indexes: number[] = [];
    for (const layer of result.layers) indexes.push(await indexOf(layer));
    records.push({ key: result.key, layers: indexes });
    const named = namedByDiffIds(result.recorded.parts, (id) => layers.get(id)?.layer.diffId);
    if (named !== undefined)
      records.push({
        key: contentKey(result.vertex.operation, named, services.settings.sourceDateEpoch),
        layers: indexes,
      });
  }
  return { layers: [...layers.values()].map(({ layer }) => layer), records };
}

/** The parts with the names that importers know layers by; undefined where one isn't exported. */
function namedByDiffIds(
  parts: readonly InputPart[],
  diffIdOf: (id: Digest) => Digest | undefined,
): readonly InputPart[] | undefined {
  const named: InputPart[] = [];
  for (const part of parts) {
    if (part.kind === "selection") {
      named.push(part);
      continue;
    }
    const ids = part.ids.map(diffIdOf).filter((id) => id !== undefined);
    if (ids.length !== part.ids.length) return undefined;
    named.push({ kind: "layers", ids });
  }
  return named.length === 0 ? undefined : named;
}

interface ResultOfVertex {
  readonly vertex: Vertex;
  /** The definition key. */
  readonly key: Digest;
  readonly recorded: Recorded;
  readonly layers: readonly SnapshotLayer[];
}

/** What the cache has under the definition keys of the graphs' vertices, inputs first. */
async function resultsOf(
  tops: readonly Vertex[],
  services: SolverServices,
  signal: AbortSignal,
): Promise<ReadonlyMap<Digest, ResultOfVertex>> {
  const keys = new Map<Digest, Digest>();
  const results = new Map<Digest, ResultOfVertex>();
  for (const vertex of verticesOf(...tops)) {
    const { digest, inputs, operation } = vertex;
    if (isSource(operation)) {
      keys.set(digest, (await openSource(vertex, services, signal, new Map())).key);
      continue;
    }
    const key = definitionKey(
      operation,
      inputs.map((input) => keys.get(input.digest) as Digest),
      services.settings.sourceDateEpoch,
    );
    keys.set(digest, key);
    const recorded = await readResult(services, key);
    const snapshot = recorded === undefined ? undefined : await snapshotOf(recorded, services);
    if (recorded !== undefined && snapshot !== undefined) {
      results.set(digest, { vertex, key, recorded, layers: snapshot.layers });
    }
  }
  return results;
}

function layerIds(
  tops: readonly Vertex[],
  results: ReadonlyMap<Digest, ResultOfVertex>,
): ReadonlySet<Digest> {
  return new Set(tops.flatMap(({ digest }) => results.get(digest)?.layers.map(({ id }) => id) ?? []));
}
