// An image, a tar or a folder read once: its tree, its layers, and the facts of every regular file, whatever its name or mode.
import { randomBytes } from "node:crypto";
import { rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { type Bytes, collect } from "../../base/bytes.ts";
import type { Cache } from "../../base/cache.ts";
import type { Digest } from "../../base/digest.ts";
import { assert } from "../../base/errors.ts";
import type { Task } from "../../base/io.ts";
import { limits } from "../../base/limits.ts";
import { type Facts, factsOf } from "../../content/facts.ts";
import { decompress, detectCompression } from "../../formats/compression.ts";
import { inMemory } from "../../formats/random-access.ts";
import { createTarReader, type TarHeader } from "../../formats/tar-reader.ts";
import { treeOfFolder } from "../../oci/folder-reader.ts";
import { layerEntryOf } from "../../oci/layer-entry.ts";
import { tarOfLayer } from "../../oci/layer-tar.ts";
import type { Image, Layer } from "../../oci/model.ts";
import { createSpool, type Spool } from "../../oci/spool.ts";
import { fileRange } from "../../oci/store.ts";
import type { FileEntry, Origin } from "../../tree/entry.ts";
import { applyLayer, type LayerEntry } from "../../tree/layers.ts";
import { finishTree, treeBuilder } from "../../tree/memory-tree.ts";
import type { Tree } from "../../tree/tree.ts";
import type { ScannedLayer } from "../subject.ts";

export interface ScanServices {
  readonly cache: Cache;
  /** For contents while the scan and what it returned are in use. */
  readonly scratchFolder: string;
  readonly task: Task;
  /** Layers read, and threads at work, at the same time. */
  readonly width?: number;
}

export interface ScannedImage {
  readonly tree: Tree;
  /** From the bottom up; empty for a bare tree. */
  readonly layers: readonly ScannedLayer[];
  /** Of any file of the tree or of a layer. */
  facts(file: FileEntry): Facts;
  /** Ends the use of the files' contents. */
  close(): Promise<void>;
}

/**
 * Reads every layer of an image, its digest and its diff id verified.
 * @throws ToolError "malformed", "digest-mismatch", "limit", "disk"; whatever opening a layer throws
 */
export async function scanImage(image: Image, services: ScanServices): Promise<ScannedImage> {
  const file = join(services.scratchFolder, `files-${randomBytes(8).toString("hex")}`);
  const facts = new Map<Digest, Facts>();
  const layers: ScannedLayer[] = [];
  const builder = treeBuilder();
  const spool = createSpool(file);
  try {
    for (const [index, layer] of image.layers.entries()) {
      const { digest, size } = layer.descriptor;
      const entries = await readLayer(layer, index, { spool, facts, signal: services.task.signal });
      layers.push({ digest, diffId: layer.diffId, compressedBytes: size, entries });
      applyLayer(builder, entries, index);
    }
  } finally {
    spool.close();
  }
  return {
    tree: finishTree(builder),
    layers,
    facts: lookupIn(facts),
    close: () => rm(file, { force: true }),
  };
}

/**
 * The same of a root folder; links are not followed, extended attributes not read.
 * @throws ToolError "disk", "limit"
 */
export async function scanFolder(folder: string, services: ScanServices): Promise<ScannedImage> {
  const tree = await treeOfFolder(folder, services.task.signal);
  const facts = new Map<Digest, Facts>();
  for (const entry of tree.walk()) {
    if (entry.kind !== "file" || facts.has(entry.digest)) continue;
    facts.set(entry.digest, factsOf(inMemory(await collect(entry.content, 1 << 30, entry.path))));
  }
  return { tree, layers: [], facts: lookupIn(facts), close: () => Promise.resolve() };
}

/**
 * The same of a root file system in a tar, compressed or not: one layer, without a digest that anybody states.
 * @throws ToolError "malformed", "limit", "disk"
 */
export async function scanTar(file: string, services: ScanServices): Promise<ScannedImage> {
  const { size } = await stat(file);
  const stored = fileRange(file, 0, size);
  const head = await collect(fileRange(file, 0, Math.min(size, 6)), 6, file);
  const compression = detectCompression(head);
  const bounds = { outputBytesMax: limits.layerBytesMax, what: `the archive ${file}` };
  const spoolFile = join(services.scratchFolder, `files-${randomBytes(8).toString("hex")}`);
  const spool = createSpool(spoolFile);
  const facts = new Map<Digest, Facts>();
  const builder = treeBuilder();
  try {
    const origin: Origin = { kind: "declared", what: `the archive ${file}` };
    const into = { spool, facts, signal: services.task.signal };
    applyLayer(builder, await readTar(decompress(stored, compression, bounds), origin, bounds.what, into), 0);
  } finally {
    spool.close();
  }
  const close = (): Promise<void> => rm(spoolFile, { force: true });
  return { tree: finishTree(builder), layers: [], facts: lookupIn(facts), close };
}

function lookupIn(facts: ReadonlyMap<Digest, Facts>): (entry: FileEntry) => Facts {
  return (entry) => {
    const found = facts.get(entry.digest);
    assert(found !== undefined, `${entry.path} was scanned`);
    return found;
  };
}

function readLayer(
  layer: Layer,
  index: number,
  into: Parameters<typeof readTar>[3],
): Promise<readonly LayerEntry[]> {
  const { digest } = layer.descriptor;
  return readTar(tarOfLayer(layer), { kind: "layer", digest, index }, `the layer ${digest}`, into);
}

async function readTar(
  tar: Bytes,
  origin: Origin,
  what: string,
  into: { readonly spool: Spool; readonly facts: Map<Digest, Facts>; readonly signal: AbortSignal },
): Promise<readonly LayerEntry[]> {
  const entries: LayerEntry[] = [];
  let current: TarHeader | undefined;
  let pieces: Uint8Array[] = [];
  const reader = createTarReader(
    {
      entry: (header) => {
        current = header;
      },
      data: (chunk) => {
        into.spool.write(chunk);
        pieces.push(chunk);
      },
      end: () => {
        if (current === undefined) return;
        const content = current.kind === "file" ? into.spool.finish() : undefined;
        if (content !== undefined && !into.facts.has(content.digest))
          into.facts.set(content.digest, factsOf(inMemory(Buffer.concat(pieces))));
        pieces = [];
        entries.push(layerEntryOf(current, content, origin, what));
        current = undefined;
      },
    },
    what,
  );
  for await (const chunk of tar) {
    into.signal.throwIfAborted();
    reader.write(chunk);
  }
  reader.finish();
  return entries;
}
