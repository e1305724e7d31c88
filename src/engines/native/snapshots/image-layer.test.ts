import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { withFolder } from "../../../../testing/layouts.ts";
import { plainPacker } from "../../../../testing/snapshots/plain-packer.ts";
import { randomLayer } from "../../../../testing/snapshots/random-layers.ts";
import { linesOfTree } from "../../../../testing/snapshots/tree-lines.ts";
import { directory, file } from "../../../../testing/trees.ts";
import type { CachedLayer } from "../../../assemble/layer.ts";
import { type Cache, openCache } from "../../../base/cache.ts";
import type { LayerEntry } from "../../../tree/layers.ts";
import { path } from "../../../tree/path.ts";
import { layerOf } from "./image-layer.ts";
import { type OpenSnapshotStore, snapshotStore } from "./store.ts";

const { signal } = new AbortController();

async function withStore(use: (store: OpenSnapshotStore, cache: Cache) => Promise<void>): Promise<void> {
  await withFolder(async (folder) => {
    const cache = await openCache(join(folder, "cache"));
    const store = snapshotStore(cache, plainPacker(), { signal, emit: () => undefined, now: () => 0 });
    await use(store, cache);
    await store.close();
  });
}

async function imageLayer(
  store: OpenSnapshotStore,
  cache: Cache,
  entries: readonly LayerEntry[],
  sourceDateEpoch?: number,
): Promise<CachedLayer> {
  const layer = await store.fromEntries(entries);
  const epoch = sourceDateEpoch === undefined ? {} : { sourceDateEpoch };
  return await layerOf(layer, store, cache, { compression: "gzip", width: 1, ...epoch }, signal);
}

/** Path, and time where there is one. */
async function dated(store: OpenSnapshotStore, layer: CachedLayer): Promise<string[]> {
  const entries = await store.entries(await store.fromImage(layer));
  return entries.map((one) =>
    one.kind === "hardlink" ? `${one.path} => ${one.target}` : `${one.path} ${one.mtime}`,
  );
}

const link: LayerEntry = { kind: "hardlink", path: path("/z"), target: path("/a"), origins: [] };

test("no file is newer than the epoch that is given", async () => {
  await withStore(async (store, cache) => {
    const entries = [
      directory("/d", { mtime: 200 }),
      file("/a", "x", { mtime: 50 }),
      file("/d/.wh.gone", "", { mtime: 300 }),
      link,
    ];
    expect(await dated(store, await imageLayer(store, cache, entries, 100))).toEqual([
      "/a 50",
      "/d 100",
      "/d/.wh.gone 100",
      "/z => /a",
    ]);
    expect(await dated(store, await imageLayer(store, cache, entries))).toContain("/d 200");
  });
});

test("equal content gives equal bytes, in whatever order and form it came", async () => {
  await withStore(async (store, cache) => {
    const a = file("/a", "x", { link: "one" });
    const first = await imageLayer(store, cache, [a, { ...a, path: path("/z") }]);
    const second = await imageLayer(store, cache, [link, file("/a", "x")]);
    expect(second.descriptor).toEqual(first.descriptor);
    expect(await dated(store, first)).toEqual(["/a 0", "/z => /a"]);
  });
});

/** A layer that contradicts itself: something lies in what it says is a file. Order decides then, and there is one order. */
function hasFileAbove(entries: readonly LayerEntry[]): boolean {
  const files = entries.filter(({ kind }) => kind === "file" || kind === "hardlink");
  return files.some((one) => entries.some((other) => other.path.startsWith(`${one.path}/`)));
}

test("as a layer of an image, it means what it meant", async () => {
  await withStore(async (store, cache) => {
    await fc.assert(
      fc.asyncProperty(randomLayer, randomLayer, async (lower, upper) => {
        fc.pre(!hasFileAbove(upper));
        const below = await store.fromEntries(lower);
        const layer = await store.fromEntries(upper);
        const tree = await store.tree({ layers: [below, layer] }).catch(() => undefined);
        fc.pre(tree !== undefined);
        const made = await imageLayer(store, cache, upper);
        const again = await store.tree({ layers: [below, await store.fromImage(made)] });
        expect(await linesOfTree(again)).toEqual(await linesOfTree(tree));
      }),
      { numRuns: 40 },
    );
  });
});
