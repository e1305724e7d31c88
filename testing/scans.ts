// Scans for tests: a cache and a scratch folder, layers that count how often they are read, and what a scan says in full.
import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { type ScannedImage, type ScanServices, scanImage } from "../src/audit/scan/scan.ts";
import { bytesOf, collect } from "../src/base/bytes.ts";
import { type Cache, openCache } from "../src/base/cache.ts";
import { digestOf } from "../src/base/digest.ts";
import { factsOf } from "../src/content/facts.ts";
import { inMemory } from "../src/formats/random-access.ts";
import { treeOfImage } from "../src/oci/apply.ts";
import { type Image, type Layer, mediaTypes } from "../src/oci/model.ts";
import { dumpTree } from "../src/tree/dump.ts";
import type { Tree } from "../src/tree/tree.ts";
import { withFolder } from "./layouts.ts";

export interface ScanPlace {
  readonly cache: Cache;
  readonly scratch: string;
}

/** A cache and a scratch folder. What is left in that one, or half-written in the cache, fails the test. */
export async function withScanPlace(use: (place: ScanPlace) => Promise<void>): Promise<void> {
  await withFolder(async (folder) => {
    const scratch = join(folder, "scratch");
    await mkdir(scratch);
    await use({ cache: await openCache(join(folder, "cache")), scratch });
    const left = [...(await readdir(scratch)), ...(await readdir(join(folder, "cache", "tmp")))];
    if (left.length > 0) throw new Error(`left behind: ${left.join(", ")}`);
  });
}

export function scanServices(place: ScanPlace, more: Partial<ScanServices> = {}): ScanServices {
  const task = { signal: new AbortController().signal, emit: () => undefined, now: Date.now };
  return { cache: place.cache, scratchFolder: place.scratch, task, width: 2, ...more };
}

/** What is known of a tree, with every content read. */
export async function describeTree(tree: Tree, facts: ScannedImage["facts"]): Promise<unknown> {
  const files: Record<string, unknown> = {};
  for (const entry of tree.walk()) {
    if (entry.kind !== "file") continue;
    const bytes = await collect(entry.content, 1 << 30, entry.path);
    files[entry.path] = { facts: facts(entry), digest: digestOf(bytes), xattrs: entry.xattrs };
  }
  return { tree: dumpTree(tree), files };
}

/** Scans, reads everything and closes. */
export async function scanWhole(image: Image, services: ScanServices): Promise<unknown> {
  const scanned = await scanImage(image, services);
  try {
    return await describeTree(scanned.tree, scanned.facts);
  } finally {
    await scanned.close();
  }
}

/** The same by way of whole contents: another reader of layers, and facts of each file by itself. */
export async function describedImage(image: Image): Promise<unknown> {
  let described: unknown;
  await withFolder(async (folder) => {
    const tree = await treeOfImage(image, { scratchFolder: folder });
    const facts = new Map<string, ReturnType<typeof factsOf>>();
    for (const entry of tree.walk()) {
      if (entry.kind !== "file") continue;
      facts.set(entry.digest, factsOf(inMemory(await collect(entry.content, 1 << 30, entry.path))));
    }
    described = await describeTree(tree, (file) => facts.get(file.digest) ?? { magic: "empty" });
  });
  return described;
}

/** The layer, and how often it was opened. */
export function countedLayer(layer: Layer): { readonly layer: Layer; readonly opened: () => number } {
  let count = 0;
  const open = (): ReturnType<Layer["open"]> => {
    count += 1;
    return layer.open();
  };
  return { layer: { ...layer, open }, opened: () => count };
}

/** An uncompressed layer of these very bytes. */
export function rawLayer(tar: Uint8Array): Layer {
  const digest = digestOf(tar);
  return {
    descriptor: { mediaType: mediaTypes.layerTar, digest, size: tar.length },
    diffId: digest,
    open: () => bytesOf(tar),
  };
}
