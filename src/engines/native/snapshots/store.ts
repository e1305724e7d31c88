// The snapshot store (snapshot.ts): layers in the cache's layers/ (layer-folder.ts), each in the form that was asked for so far.
import { rename } from "node:fs/promises";
import { join } from "node:path";
import { type Cache, findBlob, findRecord, openBlob, storeRecord } from "../../../base/cache.ts";
import { type Digest, parseDigest } from "../../../base/digest.ts";
import { systemCode, ToolError } from "../../../base/errors.ts";
import { diskError } from "../../../base/files.ts";
import type { Task } from "../../../base/io.ts";
import type { Layer } from "../../../oci/model.ts";
import type { LayerEntry } from "../../../tree/layers.ts";
import type { Tree } from "../../../tree/tree.ts";
import type { Identity } from "../runner/step.ts";
import { canonicalEntries, contentIdOf } from "./canonical.ts";
import { folderReaders } from "./contents.ts";
import { entriesOfRecords } from "./folder-entries.ts";
import { readImageLayer } from "./image-entries.ts";
import {
  abandonLayer,
  commitLayer,
  discardLayer,
  hasPart,
  layerPart,
  temporaryLayer,
} from "./layer-folder.ts";
import { encodeIndex, type IndexSource, readIndex, writeIndex } from "./layer-index.ts";
import { type Packer, packerOf, type StartHelper } from "./packer.ts";
import type { Snapshot, SnapshotLayer, SnapshotStore } from "./snapshot.ts";
import { spoolContents } from "./spool-contents.ts";
import { stackFolders } from "./stack-folders.ts";
import { heldTrees } from "./trees.ts";

/** A store and its end: what was opened for reading is closed. Contents of its trees can't be read afterwards. */
export interface OpenSnapshotStore extends SnapshotStore {
  close(): Promise<void>;
}

/** The store of a cache folder. `runner` starts the helper program with the ids of build steps. */
export async function openSnapshotStore(
  cache: Cache,
  runner: { readonly start: StartHelper; readonly identity: Identity },
  task: Task,
): Promise<OpenSnapshotStore> {
  return Promise.resolve(snapshotStore(cache, packerOf(runner.start), task, runner.identity.space));
}

/** Beside what the methods do with a layer. */
interface Room {
  readonly cache: Cache;
  readonly packer: Packer;
  readonly task: Task;
  readonly fresh: Set<string>;
  readonly indexOf: (id: Digest) => IndexSource;
}

/** The store over any way to pack and unpack. */
export function snapshotStore(cache: Cache, packer: Packer, task: Task, space = "root"): OpenSnapshotStore {
  const readers = folderReaders((folder) => packer.reader(folder));
  const room: Room = {
    cache,
    packer,
    task,
    fresh: new Set(),
    indexOf: (id) => ({ cache, id, readers, damaged: (why) => discardLayer(cache, id, packer, why) }),
  };
  const held = new Map<Digest, Promise<readonly LayerEntry[]>>();
  const entries = async (layer: SnapshotLayer): Promise<readonly LayerEntry[]> => {
    const known = held.get(layer.id);
    if (known !== undefined) return await known;
    const loading = loadEntries(room, layer);
    held.set(layer.id, loading);
    try {
      return await loading;
    } catch (thrown) {
      held.delete(layer.id);
      throw thrown;
    }
  };
  const trees = heldTrees(entries);
  const folders = stackFolders({ cache, packer, task, trees, space, fresh: room.fresh });
  return {
    fromImage: (layer) => fromImage(cache, layer),
    fromEntries: (given) => fromEntries(room, given),
    fromUpper: (folder, id) => fromUpper(room, folder, id),
    find: (id) => find(room, id),
    tree: ({ layers }: Snapshot): Promise<Tree> => trees.of(layers),
    entries,
    folders: ({ layers }) => folders(layers),
    close: () => readers.close(),
  };
}

async function loadEntries(room: Room, layer: SnapshotLayer): Promise<readonly LayerEntry[]> {
  const { cache, task } = room;
  const { id, image } = layer;
  const source = room.indexOf(id);
  if (await hasPart(cache, id, "index", task.now())) {
    const known = await readIndex(source);
    if (known !== undefined) return known;
  }
  if (await hasPart(cache, id, "fs", task.now())) await indexFolder(room, id);
  else if (image !== undefined) await indexImage(room, image, id);
  const made = await readIndex(source);
  if (made !== undefined) return made;
  throw new ToolError("cache", {
    what: `reading the layer ${id}`,
    why: "it is no longer in the cache",
    hint: "run the command again",
  });
}

async function indexFolder({ cache, packer, task }: Room, id: Digest): Promise<void> {
  const folder = layerPart(cache, id, "fs");
  const entries = await entriesOfRecords(packer.pack(folder, task.signal), folder);
  await writeIndex(
    cache,
    join(folder, ".."),
    encodeIndex(entries, () => undefined),
  );
}

async function indexImage({ cache, fresh, packer, task }: Room, image: Layer, id: Digest): Promise<void> {
  const temporary = await temporaryLayer(cache);
  try {
    const { entries, offsets } = await readImageLayer(image, temporary, task.signal);
    await writeIndex(
      cache,
      temporary,
      encodeIndex(entries, (file) => offsets.get(file)),
    );
    await commitLayer(cache, temporary, id, packer);
    fresh.add(layerPart(cache, id, "content"));
  } catch (thrown) {
    await abandonLayer(temporary, packer);
    throw thrown;
  }
}

/** Where images' layers are found again: "image-layers" by diff id. */
const namespace = "image-layers";

async function fromImage(cache: Cache, layer: Layer): Promise<SnapshotLayer> {
  const { digest, mediaType, size } = layer.descriptor;
  if ((await findRecord(cache, namespace, layer.diffId)) === undefined) {
    await storeRecord(cache, namespace, layer.diffId, { digest, mediaType, size });
  }
  return { id: layer.diffId, image: layer };
}

async function find({ cache, task }: Room, id: Digest): Promise<SnapshotLayer | undefined> {
  const record = await findRecord(cache, namespace, id);
  if (record !== undefined) return await findImageLayer(cache, id, record);
  const present = await Promise.all(
    (["fs", "index"] as const).map((part) => hasPart(cache, id, part, task.now())),
  );
  return present.includes(true) ? { id } : undefined;
}

/** A layer that the result is to hold byte for byte: without its blob, it has to come from its image again. */
async function findImageLayer(cache: Cache, id: Digest, record: unknown): Promise<SnapshotLayer | undefined> {
  if (record === null || typeof record !== "object") return undefined;
  const { digest: text, mediaType, size } = record as Record<string, unknown>;
  const digest = typeof text === "string" ? parseDigest(text) : undefined;
  if (digest === undefined || typeof mediaType !== "string" || typeof size !== "number") return undefined;
  const blob = await findBlob(cache, digest, size);
  if (blob === undefined) return undefined;
  const descriptor = { mediaType, digest, size };
  return { id, image: { descriptor, diffId: id, file: blob.file, open: () => openBlob(cache, digest) } };
}

async function fromEntries(room: Room, given: Iterable<LayerEntry>): Promise<SnapshotLayer> {
  const { cache, fresh, packer, task } = room;
  const entries = canonicalEntries(given);
  const id = contentIdOf(entries);
  if (await hasPart(cache, id, "index", task.now())) return { id };
  const temporary = await temporaryLayer(cache);
  try {
    const offsets = await spoolContents(entries, join(temporary, "content"), task.signal);
    await writeIndex(
      cache,
      temporary,
      encodeIndex(entries, (file) => offsets.get(file.digest)),
    );
    await commitLayer(cache, temporary, id, packer);
    fresh.add(layerPart(cache, id, "content"));
  } catch (thrown) {
    await abandonLayer(temporary, packer);
    throw thrown;
  }
  return { id };
}

async function fromUpper({ cache, packer }: Room, folder: string, id: Digest): Promise<SnapshotLayer> {
  const temporary = await temporaryLayer(cache);
  try {
    await moveFolder(folder, join(temporary, "fs"), packer);
    await commitLayer(cache, temporary, id, packer);
  } catch (thrown) {
    await abandonLayer(temporary, packer);
    throw thrown;
  }
  return { id };
}

/** A step may have given the folder to one of its users: then only the step's root can move it. */
async function moveFolder(from: string, to: string, packer: Packer): Promise<void> {
  try {
    await rename(from, to);
  } catch (thrown) {
    const code = systemCode(thrown);
    if (code !== "EACCES" && code !== "EPERM") throw diskError(`moving ${from} into the cache`, thrown);
    await packer.move(from, to);
  }
}
