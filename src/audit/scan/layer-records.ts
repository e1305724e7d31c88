// Records of layers: found in the cache, or made by reading the layer.
import { blobFile, type Cache, cacheTemporary, findBlob } from "../../base/cache.ts";
import { digestOf } from "../../base/digest.ts";
import type { Task } from "../../base/io.ts";
import { factsVersion } from "../../content/facts-version.ts";
import { compressionOfLayer, damagedLayer, tarOfLayer, wrongDiffId } from "../../oci/layer-tar.ts";
import { type Layer, mediaTypes } from "../../oci/model.ts";
import type { Origin } from "../../tree/entry.ts";
import type { LayerEntry } from "../../tree/layers.ts";
import { type LayerContents, LayerFile, layerContents } from "./contents.ts";
import type { ScanTools } from "./gatherer.ts";
import { createKeptWriter } from "./kept-writer.ts";
import { createRecordWriter, readRecord, recordFile } from "./record.ts";
import { entryOf } from "./rows.ts";
import { scanTarStream } from "./tar-scan.ts";
import { identityOf, noteVerified } from "./verified-blobs.ts";
import { frugal } from "./verify-layers.ts";

export interface RecordServices {
  readonly cache: Cache;
  readonly scratchFolder: string;
  readonly task: Task;
  /** See record.ts. */
  readonly maker: string;
}

export interface LoadedLayer {
  readonly entries: readonly LayerEntry[];
  readonly contents: LayerContents;
}

/**
 * What is remembered of a layer; undefined where it has to be read.
 * @throws ToolError "digest-mismatch" where its tar is known to have another digest than the config states; "disk"
 */
export async function loadLayer(
  layer: Layer,
  index: number,
  services: RecordServices,
): Promise<LoadedLayer | undefined> {
  const { cache, scratchFolder, task } = services;
  const { digest, mediaType } = layer.descriptor;
  const contents = layerContents(() => tarOfLayer(layer), {
    stored: mediaType === mediaTypes.layerTar ? layer.file : undefined,
    scratchFolder,
    signal: task.signal,
  });
  const origins: readonly Origin[] = [{ kind: "layer", digest, index }];
  const record = await readRecord(recordOf(layer, services), (row, facts) =>
    entryOf(row, origins, (place) => new LayerFile(contents, place, factsAt(facts, place.facts))),
  );
  if (record === undefined || record.layer !== digest) return undefined;
  if (record.diffId !== layer.diffId) {
    throw wrongDiffId(layer, record.diffId);
  }
  if (record.kept !== undefined) {
    const kept = await findBlob(cache, record.kept.digest, record.kept.sizeBytes);
    if (kept === undefined) return undefined;
    contents.keptFile = kept.file;
  }
  return { entries: record.entries, contents };
}

/**
 * A layer is known as what its media type says that it is: one that says something else of the same blob is read again, and
 * refused then.
 */
export function formOf(layer: Layer): string {
  return `${layer.descriptor.digest} ${compressionOfLayer(layer)}`;
}

function recordOf(layer: Layer, { cache, maker }: RecordServices): string {
  return recordFile(cache, formOf(layer), maker);
}

function factsAt<T>(facts: readonly T[], number: number): T {
  const found = facts[number];
  if (found === undefined) throw new TypeError(`a row names facts ${number}, which no line holds`);
  return found;
}

/**
 * Reads a layer, its digest and diff id verified, and remembers what is in it.
 * @throws ToolError "malformed", "digest-mismatch", "limit", "disk"; whatever opening it throws
 */
export async function recordLayer(layer: Layer, tools: ScanTools, services: RecordServices): Promise<void> {
  const { cache, task } = services;
  const { digest } = layer.descriptor;
  const what = `the layer ${digest}`;
  const before = await identityOf(layer);
  const file = recordOf(layer, services);
  const header = { layer: digest, diffId: layer.diffId };
  const record = createRecordWriter(cacheTemporary(cache), file, header);
  const kept = createKeptWriter(cacheTemporary(cache), (made) => blobFile(cache, made));
  try {
    const origin: Origin = { kind: "layer", digest, index: 0 };
    await scanTarStream(tarOfLayer(withProgress(frugal(layer), task), true), origin, what, tools, {
      record,
      kept,
    });
    await record.finish(await kept.finish());
  } catch (thrown) {
    await Promise.all([record.abandon(), kept.abandon()]);
    throw damagedLayer(thrown, layer);
  }
  if (before !== undefined) await noteVerified(cache, layer, before, task);
}

/** One line of progress for a layer, by its stored bytes. */
function withProgress(layer: Layer, { emit }: Task): Layer {
  const { digest, size } = layer.descriptor;
  const id = `scan ${digest}`;
  return {
    ...layer,
    open: () => ({
      async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
        emit({ type: "start", id, name: `reading layer ${digest.slice(7, 19)}`, total: size, unit: "bytes" });
        let done = 0;
        let ended = false;
        try {
          for await (const chunk of layer.open()) {
            yield chunk;
            done += chunk.length;
            emit({ type: "advance", id, done });
          }
          ended = true;
        } finally {
          emit(ended ? { type: "end", id } : { type: "fail", id, message: "it could not be read" });
        }
      },
    }),
  };
}

/** Names what facts depend on beside a file's bytes. */
export function makerOf(ruleSet: string, program: string): string {
  return digestOf(`${ruleSet} ${factsVersion} ${program}`);
}
