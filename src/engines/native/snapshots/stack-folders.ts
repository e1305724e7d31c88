// Folders for overlayfs: of each layer one, made where it isn't there. Past limits.lowerFoldersMax the lowest are one.
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Cache } from "../../../base/cache.ts";
import type { Digest } from "../../../base/digest.ts";
import { diskError } from "../../../base/files.ts";
import type { Task } from "../../../base/io.ts";
import { limits } from "../../../base/limits.ts";
import type { Tree } from "../../../tree/tree.ts";
import { isStored } from "./contents.ts";
import { abandonLayer, commitLayer, hasPart, layerPart, stackKey, temporaryLayer } from "./layer-folder.ts";
import type { Packer } from "./packer.ts";
import type { SnapshotLayer } from "./snapshot.ts";
import { type Stacked, stackedOver } from "./stacking.ts";
import type { Trees } from "./trees.ts";

export interface StackRoom {
  readonly cache: Cache;
  readonly packer: Packer;
  readonly task: Task;
  readonly trees: Trees;
  /** Whose ids files have (Identity.space of the runner). */
  readonly space: string;
  /** Files of contents that this process wrote: what it hashed then needs no second look. */
  readonly fresh: ReadonlySet<string>;
}

/** A function that gives the folders of layers, lowest first. @throws ToolError "disk", "cache"; whatever reading a layer throws */
export function stackFolders(
  room: StackRoom,
): (layers: readonly SnapshotLayer[]) => Promise<readonly string[]> {
  const making = new Map<Digest, Promise<string>>();
  const told = new Set<string>();
  const folderOf = async (key: Digest, make: () => Promise<Made>): Promise<string> => {
    const folder = layerPart(room.cache, key, "fs");
    if (await hasPart(room.cache, key, "fs", room.task.now())) return folder;
    const known = making.get(key);
    if (known !== undefined) return await known;
    const work = make()
      .then((made) => unpackLayer(room, key, made, told))
      .finally(() => making.delete(key));
    making.set(key, work);
    return await work;
  };
  return async (layers) => {
    const mergedCount =
      layers.length > limits.lowerFoldersMax ? layers.length - limits.lowerFoldersMax + 1 : 0;
    const folders: string[] = [];
    if (mergedCount > 0) {
      const merged = layers.slice(0, mergedCount);
      folders.push(
        await folderOf(stackKey(room.space, idsOf(merged), "merged"), async () => {
          const tree = await room.trees.of(merged);
          return { tree, stacked: stackedOver(undefined, tree) };
        }),
      );
    }
    for (const [at, layer] of layers.slice(mergedCount).entries()) {
      const upTo = layers.slice(0, mergedCount + at + 1);
      // A step's own folder is complete wherever it is laid: overlayfs copied the folders above what changed into it.
      if (await hasPart(room.cache, layer.id, "fs", room.task.now())) {
        folders.push(layerPart(room.cache, layer.id, "fs"));
        continue;
      }
      folders.push(
        await folderOf(stackKey(room.space, idsOf(upTo), "layer"), async () => {
          const { lower, merged } = await room.trees.withLower(upTo);
          return { tree: merged, stacked: stackedOver(lower, merged) };
        }),
      );
    }
    return folders;
  };
}

function idsOf(layers: readonly SnapshotLayer[]): Digest[] {
  return layers.map(({ id }) => id);
}

interface Made {
  readonly tree: Tree;
  readonly stacked: Stacked;
}

async function unpackLayer(
  room: StackRoom,
  key: Digest,
  { stacked, tree }: Made,
  told: Set<string>,
): Promise<string> {
  const { cache, packer, task } = room;
  await verifySources(stacked, tree, room.fresh);
  const temporary = await temporaryLayer(cache);
  try {
    const folder = join(temporary, "fs");
    await mkdir(folder).catch((thrown: unknown) => {
      throw diskError("writing to the cache", thrown);
    });
    const notes = await packer.unpack(folder, stacked.records, stacked.sources, task.signal);
    for (const note of notes) {
      // Of one kind the first is enough: with one id, every layer loses owners.
      const kind = note.slice(note.lastIndexOf(": "));
      if (told.has(kind)) continue;
      told.add(kind);
      task.emit({ type: "log", level: "warning", message: note });
    }
    await commitLayer(cache, temporary, key, packer);
  } catch (thrown) {
    await abandonLayer(temporary, packer);
    throw thrown;
  }
  return layerPart(cache, key, "fs");
}

/** The helper program copies contents as they lie there. One that isn't what it was is found here, by reading it. */
async function verifySources({ sources }: Stacked, tree: Tree, fresh: ReadonlySet<string>): Promise<void> {
  const files = new Set(sources.filter((file) => !fresh.has(file)));
  if (files.size === 0) return;
  for (const entry of tree.walk()) {
    if (entry.kind !== "file" || !isStored(entry.content) || !files.has(entry.content.file)) continue;
    await pipeline(entry.content, new Writable({ write: (_chunk, _encoding, done) => done() }));
  }
}
