// Digests of files by what stat(2) says of them, so that an unchanged folder is not read again. As git does with its index: a
// file that was changed shortly before it was read could be changed once more without a trace, so its digest is not kept.
import type { BigIntStats } from "node:fs";
import { type Cache, findRecord, storeRecord } from "../../../base/cache.ts";
import { type Digest, digestOf, digestOfHex, hexOf } from "../../../base/digest.ts";

export interface StatCache {
  /** The digest of the file's content, if it is known. */
  find(status: BigIntStats): Digest | undefined;
  /** Keeps a digest of a file whose content was read at `readMs`, or later. */
  add(status: BigIntStats, digest: Digest, readMs: number): void;
  /** Writes what is new to the cache. @throws ToolError "disk" */
  store(): Promise<void>;
}

const namespace = "context-files";

/** File systems keep times as coarsely as this (FAT). */
const settledMs = 2000;

/** What is known of the files of a folder. `folder` is its real path. @throws ToolError "disk" */
export async function openStatCache(cache: Cache, folder: string): Promise<StatCache> {
  const key = digestOf(`${namespace}\n${folder}`);
  const known = parse(await findRecord(cache, namespace, key));
  const used = new Map<string, Digest>();
  let isNew = false;
  return {
    find: (status) => {
      const name = nameOf(status);
      const digest = known.get(name);
      if (digest !== undefined) used.set(name, digest);
      return digest;
    },
    add: (status, digest, readMs) => {
      const settledNs = BigInt(Math.floor(readMs - settledMs)) * 1_000_000n;
      if (status.mtimeNs >= settledNs || status.ctimeNs >= settledNs) return;
      used.set(nameOf(status), digest);
      isNew = true;
    },
    store: async () => {
      if (!isNew) return;
      // What this run didn't ask for may be asked for by the next, with other patterns; but it mustn't grow for ever.
      const others = [...known].filter(([name]) => !used.has(name)).slice(-used.size);
      const lines = [...others, ...used].map(([name, digest]) => `${name} ${hexOf(digest)}`);
      await storeRecord(cache, namespace, key, { files: lines.join("\n") });
    },
  };
}

/** All that changes when a file's content does; not its path: a folder that was moved keeps its files. */
function nameOf({ ctimeNs, dev, ino, mtimeNs, size }: BigIntStats): string {
  return `${dev}:${ino}:${size}:${mtimeNs}:${ctimeNs}`;
}

function parse(record: unknown): ReadonlyMap<string, Digest> {
  const known = new Map<string, Digest>();
  if (typeof record !== "object" || record === null || !("files" in record)) return known;
  if (typeof record.files !== "string") return known;
  for (const line of record.files.split("\n")) {
    const cut = line.indexOf(" ");
    const digest = digestOfHex(line.slice(cut + 1));
    if (digest !== undefined) known.set(line.slice(0, cut), digest);
  }
  return known;
}
