// A snapshot store in memory, for tests of what solves graphs: layers are lists of entries; folders hold their plain files.
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { identityOf } from "../../src/assemble/layer.ts";
import { bytesOf, collect } from "../../src/base/bytes.ts";
import { canonicalJson } from "../../src/base/canonical-json.ts";
import { type Digest, digestOf, hexOf } from "../../src/base/digest.ts";
import type { Snapshot, SnapshotStore } from "../../src/engines/native/snapshots/snapshot.ts";
import type { Layer } from "../../src/oci/model.ts";
import type { Entry } from "../../src/tree/entry.ts";
import { applyLayer, type LayerEntry } from "../../src/tree/layers.ts";
import { finishTree, treeBuilder } from "../../src/tree/memory-tree.ts";
import { path } from "../../src/tree/path.ts";

export interface MemoryStore extends SnapshotStore {
  /** Ids of all layers, in the order in which they came. */
  readonly layers: Map<Digest, readonly LayerEntry[]>;
  /** The ids behind names that `folders` gave. */
  idsOf(folders: readonly string[]): readonly Digest[];
}

/** `imageEntries` tells what the layer of an image holds; `folder` is where folders are made. */
export function memoryStore(
  imageEntries: (layer: Layer) => readonly LayerEntry[],
  folder: string,
): MemoryStore {
  const layers = new Map<Digest, readonly LayerEntry[]>();
  const entriesOf = (id: Digest): readonly LayerEntry[] => {
    const found = layers.get(id);
    if (found === undefined) throw new Error(`no layer ${id}`);
    return found;
  };
  const add = (id: Digest, entries: readonly LayerEntry[]): { readonly id: Digest } => {
    layers.set(id, entries);
    return { id };
  };
  return {
    layers,
    idsOf: (folders) => folders.map((name) => `sha256:${basename(name)}` as Digest),
    fromImage: (layer) => {
      add(layer.diffId, imageEntries(layer));
      return Promise.resolve({ id: layer.diffId, image: layer });
    },
    fromEntries: (given) => {
      const entries = [...given];
      return Promise.resolve(add(digestOf(canonicalJson(entries.map(identityOf))), entries));
    },
    fromUpper: (upper, id) => Promise.resolve(add(id, [...walk(upper, "/")])),
    find: (id) => Promise.resolve(layers.has(id) ? { id } : undefined),
    tree: (snapshot: Snapshot) => {
      const builder = treeBuilder();
      for (const [index, { id }] of snapshot.layers.entries()) applyLayer(builder, entriesOf(id), index);
      return Promise.resolve(finishTree(builder));
    },
    entries: ({ id }) => Promise.resolve(entriesOf(id)),
    folders: (snapshot) =>
      Promise.all(snapshot.layers.map(({ id }) => madeFolder(join(folder, hexOf(id)), entriesOf(id)))),
  };
}

async function madeFolder(folder: string, entries: readonly LayerEntry[]): Promise<string> {
  if (existsSync(folder)) return folder;
  mkdirSync(folder, { recursive: true });
  for (const entry of entries) {
    if (entry.kind !== "file") continue;
    mkdirSync(dirname(join(folder, entry.path)), { recursive: true });
    writeFileSync(join(folder, entry.path), await collect(entry.content, 1_000_000, entry.path));
  }
  return folder;
}

function* walk(folder: string, below: string): Generator<Entry> {
  for (const name of readdirSync(folder).sort()) {
    const place = join(folder, name);
    const status = statSync(place);
    const common = {
      path: path(join(below, name)),
      origins: [],
      mode: status.mode & 0o7777,
      uid: 0,
      gid: 0,
      mtime: 0,
    };
    if (status.isDirectory()) {
      yield { ...common, kind: "directory" };
      yield* walk(place, join(below, name));
      continue;
    }
    const content = readFileSync(place);
    const digest = digestOf(content);
    yield { ...common, kind: "file", sizeBytes: content.length, digest, content: bytesOf(content) };
  }
}
