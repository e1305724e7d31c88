// Keeps a layer of many files and unpacks it, for a test that kills it in between: `node unpacking.ts CACHE`.
import { userInfo } from "node:os";
import { join } from "node:path";
import { openCache } from "../../src/base/cache.ts";
import { openRunner } from "../../src/engines/native/runner/open.ts";
import { type OpenSnapshotStore, openSnapshotStore } from "../../src/engines/native/snapshots/store.ts";
import type { LayerEntry } from "../../src/tree/layers.ts";
import { directory, file } from "../trees.ts";

export const manyFiles: readonly LayerEntry[] = Array.from({ length: 40 }, (_one, folder) => [
  directory(`/d${folder}`),
  ...Array.from({ length: 100 }, (_other, index) =>
    file(`/d${folder}/f${index}`, Buffer.alloc(2000, `${folder}/${index}`)),
  ),
]).flat();

/** The store of a cache, with the helper program. */
export async function openStoreAt(folder: string): Promise<OpenSnapshotStore> {
  const { gid, uid, username } = userInfo();
  const host = { isRoot: uid === 0, uid, gid, user: username, path: process.env["PATH"] ?? "" };
  const runner = await openRunner(host, join(folder, "scratch"));
  const { signal } = new AbortController();
  const task = { signal, emit: () => undefined, now: () => Date.now() };
  return await openSnapshotStore(await openCache(folder), runner, task);
}

const [, program, folder] = process.argv;
if (program === import.meta.filename && folder !== undefined) {
  const store = await openStoreAt(folder);
  await store.folders({ layers: [await store.fromEntries(manyFiles)] });
  await store.close();
}
