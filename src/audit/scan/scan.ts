// An image, a tar or a folder read once: its tree, its layers, and the facts of every regular file, whatever its name or mode.
import { stat } from "node:fs/promises";
import type { Cache } from "../../base/cache.ts";
import { assert, ToolError } from "../../base/errors.ts";
import { diskError } from "../../base/files.ts";
import type { Task } from "../../base/io.ts";
import { parallel } from "../../base/pool.ts";
import type { Facts } from "../../content/facts.ts";
import { damagedLayer } from "../../oci/layer-tar.ts";
import type { Image, Layer } from "../../oci/model.ts";
import type { FileEntry } from "../../tree/entry.ts";
import { applyLayer } from "../../tree/layers.ts";
import { finishTree, treeBuilder } from "../../tree/memory-tree.ts";
import type { Tree } from "../../tree/tree.ts";
import { ruleSetVersion } from "../rules.ts";
import type { ScannedLayer } from "../subject.ts";
import { LayerFile } from "./contents.ts";
import { readFolder } from "./folder-scan.ts";
import {
  formOf,
  type LoadedLayer,
  loadLayer,
  makerOf,
  type RecordServices,
  recordLayer,
} from "./layer-records.ts";
import { withTools } from "./scan-tools.ts";
import { readTarFile } from "./tar-file-scan.ts";
import { verifyLayer } from "./verify-layers.ts";

export interface ScanServices {
  readonly cache: Cache;
  /** For what doesn't fit into memory, while the scan and what it returned are in use. */
  readonly scratchFolder: string;
  readonly task: Task;
  /** Layers read, and threads at work, at the same time; as many as there are cores if not given. */
  readonly width?: number;
  /** Names the program that finds the facts; another one's are not believed. */
  readonly program?: string;
  /** Layers that earlier scans with the same services read, so that images on one base share its entries. */
  readonly loaded?: Map<string, LoadedLayer>;
  /** Told of each content that facts are made of on this thread. */
  readonly counted?: () => void;
}

export interface ScannedImage {
  readonly tree: Tree;
  /** From the bottom up; empty for a bare tree. */
  readonly layers: readonly ScannedLayer[];
  /** Of any file of the tree or of a layer. */
  readonly facts: (file: FileEntry) => Facts;
  /** Ends the use of the files' contents. */
  readonly close: () => Promise<void>;
}

/**
 * Reads every layer of an image, its digest and its diff id verified. Layers that were read before are remembered.
 * @throws ToolError "malformed", "digest-mismatch", "limit", "disk", "interrupted"; whatever opening a layer throws
 */
export async function scanImage(image: Image, services: ScanServices): Promise<ScannedImage> {
  const records = recordServices(services);
  const loaded = await loadAll(image.layers, records, services.loaded);
  const unknown = [...missingLayers(image.layers, loaded)];
  const known = image.layers.filter((layer) => !unknown.includes(layer));
  await withTools(services, sizeOf(unknown), (tools, width) =>
    parallel([...unknown, ...known], width, (layer) =>
      unknown.includes(layer) ? recordLayer(layer, tools, records) : verifyLayer(layer, records),
    ),
  );
  for (const [index, layer] of image.layers.entries())
    loaded[index] ??= await load(layer, index, records, services.loaded);
  return merge(image.layers, loaded);
}

/**
 * The same of a root folder: links are not followed, extended attributes not read, sockets left out.
 * @throws ToolError "disk", "limit", "interrupted"
 */
export async function scanFolder(folder: string, services: ScanServices): Promise<ScannedImage> {
  const { tree, facts } = await withTools(services, Number.POSITIVE_INFINITY, (tools) =>
    readFolder(folder, tools),
  );
  return { tree, layers: [], facts, close: () => Promise.resolve() };
}

/**
 * The same of a root file system in a tar, compressed or not.
 * @throws ToolError "malformed", "limit", "disk", "interrupted"
 */
export async function scanTar(file: string, services: ScanServices): Promise<ScannedImage> {
  const { size } = await stat(file).catch((thrown: unknown) => {
    throw diskError(`reading ${file}`, thrown);
  });
  const { contents, entries } = await withTools(services, size, (tools) => readTarFile(file, size, tools));
  const builder = treeBuilder();
  applyLayer(builder, entries, 0);
  return { tree: finishTree(builder), layers: [], facts: factsOfEntry, close: contents.close };
}

function recordServices(services: ScanServices): RecordServices {
  const { cache, program = "", scratchFolder, task } = services;
  return { cache, scratchFolder, task, maker: makerOf(ruleSetVersion, program) };
}

async function loadAll(
  layers: readonly Layer[],
  records: RecordServices,
  held: ScanServices["loaded"],
): Promise<(LoadedLayer | undefined)[]> {
  const loaded: (LoadedLayer | undefined)[] = [];
  for (const [index, layer] of layers.entries()) loaded.push(await load(layer, index, records, held));
  return loaded;
}

/** From memory, where another image has the layer in the same place; else from the cache. */
async function load(
  layer: Layer,
  index: number,
  records: RecordServices,
  held: ScanServices["loaded"],
): Promise<LoadedLayer | undefined> {
  const key = `${index} ${formOf(layer)} ${layer.diffId}`;
  const found = held?.get(key) ?? (await loadLayer(layer, index, records));
  if (found !== undefined) held?.set(key, found);
  return found;
}

/** Those that are not known, each form of a blob once. */
function missingLayers(
  layers: readonly Layer[],
  loaded: readonly (LoadedLayer | undefined)[],
): Iterable<Layer> {
  const missing = new Map<string, Layer>();
  for (const [index, layer] of layers.entries()) {
    const form = formOf(layer);
    if (loaded[index] === undefined && !missing.has(form)) missing.set(form, layer);
  }
  return missing.values();
}

function sizeOf(layers: readonly Layer[]): number {
  return layers.reduce((sum, layer) => sum + layer.descriptor.size, 0);
}

function merge(layers: readonly Layer[], loaded: readonly (LoadedLayer | undefined)[]): ScannedImage {
  const builder = treeBuilder();
  const scanned: ScannedLayer[] = [];
  const closers: (() => Promise<void>)[] = [];
  for (const [index, layer] of layers.entries()) {
    const { digest, size } = layer.descriptor;
    const found = loaded[index];
    if (found === undefined) throw vanished(layer);
    closers.push(found.contents.close);
    scanned.push({ digest, diffId: layer.diffId, compressedBytes: size, entries: found.entries });
    try {
      applyLayer(builder, found.entries, index);
    } catch (thrown) {
      throw damagedLayer(thrown, layer);
    }
  }
  return {
    tree: finishTree(builder),
    layers: scanned,
    facts: factsOfEntry,
    close: async () => {
      for (const close of closers) await close();
    },
  };
}

/** Facts go with the content: an entry keeps both wherever it is copied to. */
function factsOfEntry(file: FileEntry): Facts {
  assert(file.content instanceof LayerFile, `${file.path} is of the scanned image`);
  return file.content.facts();
}

function vanished(layer: Layer): ToolError {
  return new ToolError("cache", {
    what: `remembering the layer ${layer.descriptor.digest}`,
    why: "its record vanished from the cache",
    hint: "run the command again; if it comes back, check the disk, or use another --cache-dir",
  });
}
