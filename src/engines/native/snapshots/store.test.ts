import { mkdirSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type TarEntry, tarOf } from "../../../../testing/builders.ts";
import { layerOf } from "../../../../testing/images.ts";
import { withFolder } from "../../../../testing/layouts.ts";
import { overlayOf, recordsOf, type WholeRecord } from "../../../../testing/snapshots/overlay-model.ts";
import { type PlainPacker, plainPacker, writePlain } from "../../../../testing/snapshots/plain-packer.ts";
import { randomLayer } from "../../../../testing/snapshots/random-layers.ts";
import { linesOfTree } from "../../../../testing/snapshots/tree-lines.ts";
import { directory, file } from "../../../../testing/trees.ts";
import { bytesOf, collect } from "../../../base/bytes.ts";
import { type Cache, cacheTemporary, openCache, storeBlob } from "../../../base/cache.ts";
import { digestOf, hexOf } from "../../../base/digest.ts";
import type { Event } from "../../../base/events.ts";
import { limits } from "../../../base/limits.ts";
import type { Layer } from "../../../oci/model.ts";
import { dumpTree } from "../../../tree/dump.ts";
import type { Entry } from "../../../tree/entry.ts";
import { applyLayer } from "../../../tree/layers.ts";
import { finishTree, treeBuilder } from "../../../tree/memory-tree.ts";
import { path } from "../../../tree/path.ts";
import { canonicalEntries } from "./canonical.ts";
import { recordOf } from "./records.ts";
import type { SnapshotLayer } from "./snapshot.ts";
import { type OpenSnapshotStore, snapshotStore } from "./store.ts";

interface Bench {
  readonly cache: Cache;
  readonly packer: PlainPacker;
  readonly store: OpenSnapshotStore;
  readonly events: Event[];
  /** Another process on the same cache. */
  readonly another: () => OpenSnapshotStore;
}

async function withStore(use: (bench: Bench) => Promise<void>): Promise<void> {
  await withFolder(async (folder) => {
    const cache = await openCache(join(folder, "cache"));
    const packer = plainPacker();
    const events: Event[] = [];
    const task = {
      signal: new AbortController().signal,
      emit: (one: Event) => events.push(one),
      now: () => 0,
    };
    const another = (): OpenSnapshotStore => snapshotStore(cache, packer, task);
    const store = another();
    await use({ cache, packer, store, events, another });
    await store.close();
  });
}

/** A layer, and how often it was opened. */
function imageLayer(...entries: readonly TarEntry[]): Layer & { opened: number } {
  const plain = layerOf(tarOf(entries));
  const counted = {
    ...plain,
    opened: 0,
    open: () => {
      counted.opened += 1;
      return plain.open();
    },
  };
  return counted;
}

/** The upper folder that a step leaves. */
function upperWith(cache: Cache, ...records: readonly WholeRecord[]): string {
  const folder = cacheTemporary(cache);
  mkdirSync(folder);
  writePlain(folder, [made("directory", "", { mode: 0o755 }), ...records]);
  return folder;
}

function made(
  kind: WholeRecord["record"]["kind"],
  at: string,
  parts: Partial<WholeRecord["record"]> & { readonly text?: string } = {},
): WholeRecord {
  const content = Buffer.from(parts.text ?? "");
  return { record: recordOf({ ...parts, kind, path: at, sizeBytes: content.length }), content };
}

const stepId = digestOf("what a step did");

function readTmp(cache: Cache): string[] {
  return readdirSync(join(cache.folder, "tmp"));
}

async function recordsIn(folder: string): Promise<readonly WholeRecord[]> {
  return await recordsOf(bytesOf(readFileSync(join(folder, ".records"))), () => Buffer.alloc(0));
}

describe("layers of images", () => {
  test("are read when they are asked for, and once", async () => {
    await withStore(async ({ another, store }) => {
      const image = imageLayer({ name: "a", content: "text" }, { name: "d/.wh.gone" });
      const layer = await store.fromImage(image);
      expect(layer).toEqual({ id: image.diffId, image });
      expect(image.opened).toBe(0);
      await Promise.all([store.entries(layer), store.tree({ layers: [layer] }), store.entries(layer)]);
      expect((await another().entries(layer)).map((one) => one.path)).toEqual(["/a", "/d/.wh.gone"]);
      expect(image.opened).toBe(1);
    });
  });

  test("keep contents, attributes, links and origins", async () => {
    await withStore(async ({ store, another }) => {
      const xattrs = new Map([["security.capability", Buffer.of(1, 0, 0, 2)]]);
      const lower = await store.fromImage(imageLayer({ name: "base", content: "below" }));
      const image = imageLayer(
        { name: "a", content: "text", mode: 0o4711, uid: 5, gid: 6, mtime: 7, xattrs },
        { name: "b", kind: "hardlink", target: "a" },
        { name: "c", kind: "symlink", target: "/somewhere/../else" },
        { name: "n\udcff\n", kind: "fifo" },
      );
      const layer = await store.fromImage(image);
      for (const one of [store, another()]) {
        const tree = await one.tree({ layers: [lower, layer] });
        expect(await linesOfTree(tree)).toEqual({
          "/a": "file 4711 5:6 7 text security.capability=01000002",
          "/b": "file 4711 5:6 7 text security.capability=01000002",
          "/base": "file 644 0:0 0 below",
          "/c": "symlink 777 0:0 0 -> /somewhere/../else",
          "/n\udcff\n": "fifo 644 0:0 0",
        });
        const [a, b] = [tree.lookup(path("/a")), tree.lookup(path("/b"))];
        const linkOf = (entry: Entry | undefined): unknown =>
          entry?.kind === "file" ? entry.link : undefined;
        expect(linkOf(a)).toBeTypeOf("string");
        expect(linkOf(b)).toBe(linkOf(a));
        expect(a?.origins).toEqual([{ kind: "layer", digest: image.descriptor.digest, index: 1 }]);
      }
    });
  });

  test("that are not what the config says leave nothing", async () => {
    await withStore(async ({ cache, store }) => {
      const image = { ...imageLayer({ name: "a", content: "text" }), diffId: digestOf("other") };
      const layer = await store.fromImage(image);
      await expect(store.entries(layer)).rejects.toMatchObject({ code: "digest-mismatch" });
      expect(readdirSync(join(cache.folder, "layers"))).toEqual([]);
      expect(readTmp(cache)).toEqual([]);
    });
  });

  test("are found again where their blob is in the cache", async () => {
    await withStore(async ({ another, cache, store }) => {
      const image = imageLayer({ name: "a", content: "text" });
      await store.fromImage(image);
      expect(await another().find(image.diffId)).toBeUndefined();
      await storeBlob(cache, image.open());
      const found = await another().find(image.diffId);
      expect(found?.image?.descriptor).toEqual(image.descriptor);
      expect((await store.entries(found ?? { id: stepId })).map((one) => one.path)).toEqual(["/a"]);
    });
  });
});

describe("entries", () => {
  const entries = [
    file("/d/a", "text"),
    directory("/d", { mode: 0o700 }),
    file("/.wh.gone"),
    file("/d/b", "text"),
  ];

  test("are kept under what they hold, contents copied once", async () => {
    await withStore(async ({ another, cache, store }) => {
      const layer = await store.fromEntries(entries);
      const folder = join(cache.folder, "layers", hexOf(layer.id));
      expect(readFileSync(join(folder, "content"), "utf8")).toBe("text");
      let read = 0;
      const counted = entries.toReversed().map((one) => {
        const { content } = one.kind === "file" ? one : file("/x");
        return {
          ...one,
          content: {
            [Symbol.asyncIterator]: () => {
              read += 1;
              return content[Symbol.asyncIterator]();
            },
          },
        };
      });
      expect(await another().fromEntries(counted)).toEqual(layer);
      expect(read).toBe(0);
      expect(await another().find(layer.id)).toEqual(layer);
      expect((await another().entries(layer)).map((one) => one.path)).toEqual([
        "/.wh.gone",
        "/d",
        "/d/a",
        "/d/b",
      ]);
      expect(dumpTree(await another().tree({ layers: [layer] }))).toEqual({
        "/d": "directory 0700",
        "/d/a": "file 0644 982d9e3e",
        "/d/b": "file 0644 982d9e3e",
      });
    });
  });

  test("whose content is another leave nothing", async () => {
    await withStore(async ({ cache, store }) => {
      const lying = { ...file("/a", "text"), digest: digestOf("other") };
      await expect(store.fromEntries([lying])).rejects.toMatchObject({ code: "digest-mismatch" });
      expect([...readdirSync(join(cache.folder, "layers")), ...readTmp(cache)]).toEqual([]);
    });
  });

  test("of nothing are a layer as well", async () => {
    await withStore(async ({ store }) => {
      const layer = await store.fromEntries([]);
      expect(await store.entries(layer)).toEqual([]);
      expect(await store.folders({ layers: [layer] })).toHaveLength(1);
    });
  });
});

describe("upper folders", () => {
  test("move into the cache, and are read when they are asked for", async () => {
    await withStore(async ({ another, cache, packer, store }) => {
      const upper = upperWith(
        cache,
        made("directory", "d", { mode: 0o700, opaque: true }),
        made("file", "d/b", { text: "text", mode: 0o600 }),
        made("hardlink", "d/c", { target: "d/b" }),
        made("whiteout", "gone"),
      );
      const layer = await store.fromUpper(upper, stepId);
      expect(layer).toEqual({ id: stepId });
      expect(readTmp(cache)).toEqual([]);
      expect(packer.done).toEqual([]);
      expect(await store.folders({ layers: [layer] })).toEqual([
        join(cache.folder, "layers", hexOf(stepId), "fs"),
      ]);
      expect((await store.entries(layer)).map((one) => one.path)).toEqual([
        "/.wh.gone",
        "/d",
        "/d/.wh..wh..opq",
        "/d/b",
        "/d/c",
      ]);
      const below = await store.fromEntries([file("/gone", "1"), file("/d/hidden", "2"), file("/kept", "3")]);
      expect(await linesOfTree(await another().tree({ layers: [below, layer] }))).toEqual({
        "/d": "directory 700 0:0 0",
        "/d/b": "file 600 0:0 0 text",
        "/d/c": "file 600 0:0 0 text",
        "/kept": "file 644 0:0 0 3",
      });
      expect(packer.done).toEqual(["pack"]);
    });
  });

  test("of one id are kept once", async () => {
    await withStore(async ({ cache, store }) => {
      await store.fromUpper(upperWith(cache, made("file", "a", { text: "first" })), stepId);
      const second = upperWith(cache, made("file", "a", { text: "second" }));
      const layer = await store.fromUpper(second, stepId);
      expect(readTmp(cache)).toEqual([]);
      expect(await linesOfTree(await store.tree({ layers: [layer] }))).toMatchObject({ "/a": /first/ });
    });
  });

  test("keep what only their folder itself shows where it isn't as folders are", async () => {
    await withStore(async ({ cache, store }) => {
      const folder = upperWith(cache);
      writePlain(folder, [made("directory", "", { mode: 0o711 })]);
      const layer = await store.fromUpper(folder, stepId);
      expect((await store.entries(layer)).map((one) => one.path)).toEqual(["/"]);
    });
  });

  test("with a file that would be a whiteout are refused as entries", async () => {
    await withStore(async ({ cache, store }) => {
      const layer = await store.fromUpper(upperWith(cache, made("file", ".wh.x", { text: "x" })), stepId);
      await expect(store.entries(layer)).rejects.toMatchObject({ code: "malformed", why: /"\/.wh.x"/ });
    });
  });

  test("that aren't there are an error, and leave nothing", async () => {
    await withStore(async ({ cache, store }) => {
      await expect(store.fromUpper(join(cache.folder, "nothing"), stepId)).rejects.toMatchObject({
        code: "disk",
      });
      expect(readTmp(cache)).toEqual([]);
      expect(await store.find(stepId)).toBeUndefined();
    });
  });
});

describe("folders", () => {
  test("are made once, by whoever asks first, and show the tree", async () => {
    await withStore(async ({ another, cache, packer, store }) => {
      const layers: SnapshotLayer[] = [
        await store.fromImage(
          imageLayer(
            { name: "usr/bin/old", content: "1" },
            { name: "bin", kind: "symlink", target: "usr/bin" },
          ),
        ),
        await store.fromUpper(upperWith(cache, made("file", "step", { text: "2" })), stepId),
        await store.fromEntries([file("/bin/new", "3"), file("/usr/bin/.wh.old")]),
      ];
      const [first, second] = await Promise.all([store.folders({ layers }), store.folders({ layers })]);
      expect(second).toEqual(first);
      expect(await another().folders({ layers })).toEqual(first);
      expect(packer.done.filter((one) => one === "unpack")).toHaveLength(2);
      const shown = overlayOf(await Promise.all(first.map(recordsIn)));
      expect(shown).toEqual(await linesOfTree(await store.tree({ layers })));
      expect(shown).toMatchObject({ "/usr/bin/new": /3$/, "/step": /2$/ });
      expect(readTmp(cache)).toEqual([]);
    });
  });

  test("show the tree, whatever the layers are", async () => {
    await withStore(async ({ store }) => {
      await fc.assert(
        fc.asyncProperty(fc.array(randomLayer, { minLength: 1, maxLength: 3 }), async (all) => {
          const builder = treeBuilder();
          try {
            for (const [index, one] of all.entries()) applyLayer(builder, canonicalEntries(one), index);
          } catch {
            fc.pre(false);
          }
          const layers: SnapshotLayer[] = [];
          for (const one of all) layers.push(await store.fromEntries(one));
          const expected = await linesOfTree(finishTree(builder));
          expect(await linesOfTree(await store.tree({ layers }))).toEqual(expected);
          expect(overlayOf(await Promise.all((await store.folders({ layers })).map(recordsIn)))).toEqual(
            expected,
          );
        }),
        { numRuns: 40 },
      );
    });
  });

  test("are so many as one mount takes; the lowest are put together", async () => {
    await withStore(async ({ store }) => {
      const layers: SnapshotLayer[] = [];
      for (let index = 0; index < limits.lowerFoldersMax + 5; index++) {
        layers.push(await store.fromEntries([file(`/f${index}`, `${index}`), file("/same", `${index}`)]));
      }
      const folders = await store.folders({ layers });
      expect(folders).toHaveLength(limits.lowerFoldersMax);
      expect(overlayOf(await Promise.all(folders.map(recordsIn)))).toEqual(
        await linesOfTree(await store.tree({ layers })),
      );
    });
  });
});

describe("damage in the cache", () => {
  async function contentFile({ cache, store }: Bench): Promise<{ layer: SnapshotLayer; folder: string }> {
    const layer = await store.fromEntries([file("/a", "text")]);
    return { layer, folder: join(cache.folder, "layers", hexOf(layer.id)) };
  }

  const damages: readonly [string, (folder: string) => void][] = [
    ["a content of other bytes", (folder) => writeFileSync(join(folder, "content"), "TEXT")],
    ["a content that is cut off", (folder) => truncateSync(join(folder, "content"), 2)],
    ["an index of other bytes", (folder) => writeFileSync(join(folder, "index"), "noise")],
    ["an empty index", (folder) => truncateSync(join(folder, "index"), 0)],
  ];
  test.each(damages)("%s is noticed, and made again", async (_what, damage) => {
    await withStore(async (bench) => {
      const { folder, layer } = await contentFile(bench);
      damage(folder);
      const next = bench.another();
      const use = async (): Promise<unknown> => {
        const entry = (await next.tree({ layers: [layer] })).lookup(path("/a"));
        return entry?.kind === "file" ? await collect(entry.content, 100, "a") : entry;
      };
      await expect(use()).rejects.toMatchObject({ code: "cache", why: /removed/ });
      expect(await bench.another().find(layer.id)).toBeUndefined();
      expect(await bench.another().fromEntries([file("/a", "text")])).toEqual(layer);
    });
  });

  test("is noticed before a folder is made of it", async () => {
    await withStore(async (bench) => {
      const { folder, layer } = await contentFile(bench);
      writeFileSync(join(folder, "content"), "TEXT");
      await expect(bench.another().folders({ layers: [layer] })).rejects.toMatchObject({ code: "cache" });
      expect(bench.packer.done).toEqual([]);
    });
  });

  test("a layer that is gone is told so", async () => {
    await withStore(async (bench) => {
      const { folder, layer } = await contentFile(bench);
      rmSync(folder, { recursive: true });
      await expect(bench.another().entries(layer)).rejects.toMatchObject({ code: "cache", why: /no longer/ });
    });
  });
});
