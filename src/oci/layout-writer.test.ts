import { lstat, mkdir, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import { join } from "node:path";
import timers from "node:timers/promises";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { filesAsFolder, imageOf, layoutFiles, tarLayer, withFolder } from "../../testing/layouts.ts";
import { collect } from "../base/bytes.ts";
import { digestOf, hexOf } from "../base/digest.ts";
import { ociArchive } from "./archive-writer.ts";
import { makeImageSet } from "./derive.ts";
import { writeLayout } from "./layout-writer.ts";
import type { Image, ImageSet, Layer } from "./model.ts";
import { openImageSet } from "./open.ts";

const layer = tarLayer([{ name: "a", content: "1" }]);
const first = makeImageSet([imageOf([layer])]);
const second = makeImageSet([imageOf([layer, tarLayer([{ name: "b", content: "2" }])])]);
const twoPlatforms = makeImageSet([...first.images, imageOf([layer], { architecture: "arm64" })]);
const layerName = `blobs/sha256/${hexOf(layer.descriptor.digest)}`;

/** Files of a folder by path, with their content. */
async function filesOf(folder: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile()) found[path.slice(folder.length + 1)] = (await readFile(path)).toString("latin1");
  }
  return found;
}

async function digestIn(folder: string, tag?: string): Promise<string | undefined> {
  const location = { kind: "oci-layout", path: folder, ...(tag === undefined ? {} : { tag }) } as const;
  const set = await openImageSet(location, { scratchFolder: folder });
  return (set.index ?? set.images[0])?.descriptor.digest;
}

describe("writeLayout", () => {
  test("writes the same files twice, and nothing else", async () => {
    await withFolder(async (folder) => {
      await writeLayout(twoPlatforms, join(folder, "deep/a"), "1");
      await writeLayout(twoPlatforms, join(folder, "b"), "1");
      const files = await filesOf(join(folder, "deep/a"));
      expect(files).toEqual(await filesOf(join(folder, "b")));
      const expected = await layoutFiles(twoPlatforms, "1");
      expect(Object.keys(files).sort()).toEqual(Object.keys(expected).sort());
      await writeLayout(twoPlatforms, join(folder, "b"), "1");
      expect(await filesOf(join(folder, "b"))).toEqual(files);
    });
  });

  test("keeps images under other tags, and replaces the one under its own", async () => {
    await withFolder(async (folder) => {
      const path = join(folder, "a");
      await writeLayout(first, path, "1");
      await writeLayout(second, path, "2");
      await writeLayout(twoPlatforms, path, undefined);
      await writeLayout(second, path, "1");
      expect(await digestIn(path, "1")).toBe(second.images[0]?.descriptor.digest);
      expect(await digestIn(path, "2")).toBe(second.images[0]?.descriptor.digest);
      await writeLayout(first, path, undefined);
      const { manifests } = JSON.parse(await readFile(join(path, "index.json"), "utf8")) as {
        manifests: unknown[];
      };
      expect(manifests).toHaveLength(3);
    });
  });

  test("links a blob that lies in a file, once it was found whole", async () => {
    await withFolder(async (folder) => {
      const bytes = await collect(layer.open(), 1 << 20, "x");
      const file = join(folder, "blob");
      await writeFile(file, bytes);
      await writeLayout(withLayerFile(file), join(folder, "a"), "1");
      expect((await lstat(join(folder, "a", layerName))).ino).toBe((await lstat(file)).ino);

      await writeFile(file, "damaged", { flag: "r+" });
      await writeLayout(withLayerFile(file), join(folder, "b"), "1");
      expect(await readFile(join(folder, "b", layerName))).toEqual(Buffer.from(bytes));
      expect(await readdir(join(folder, "b/blobs/sha256"))).toHaveLength(3);
    });
  });

  test("replaces a damaged blob", async () => {
    await withFolder(async (folder) => {
      await writeLayout(first, folder, "1");
      const whole = await readFile(join(folder, layerName));
      await writeFile(join(folder, layerName), Buffer.from(whole).fill(0, 0, 4));
      await writeLayout(first, folder, "1");
      expect(await readFile(join(folder, layerName))).toEqual(whole);
    });
  });

  test("leaves index.json as it was when a layer can't be read", async () => {
    await withFolder(async (folder) => {
      await writeLayout(first, folder, "1");
      const before = await filesOf(folder);
      const { failing, set } = brokenSet();
      await expect(writeLayout(set, folder, "1")).rejects.toThrow("the line is dead");
      const after = await filesOf(folder);
      expect(after["index.json"]).toBe(before["index.json"]);
      expect(Object.keys(after).filter((name) => name.includes(".tmp-"))).toEqual([]);
      expect(Object.keys(after)).not.toContain(`blobs/sha256/${hexOf(failing.descriptor.digest)}`);
    });
  });

  const refused: readonly {
    readonly summary: string;
    readonly prepare: (folder: string) => Promise<unknown>;
    readonly code: string;
  }[] = [
    { summary: "holds something else", prepare: (folder) => writeFile(join(folder, "x"), ""), code: "usage" },
    {
      summary: "has a link for blobs",
      prepare: async (folder) => {
        await filesAsFolder({ "oci-layout": '{"imageLayoutVersion":"1.0.0"}' }, folder);
        await mkdir(join(folder, "elsewhere"));
        await symlink("elsewhere", join(folder, "blobs"));
      },
      code: "malformed",
    },
    {
      summary: "has a link for index.json",
      prepare: async (folder) => {
        await filesAsFolder({ "oci-layout": '{"imageLayoutVersion":"1.0.0"}' }, folder);
        await symlink("/etc/passwd", join(folder, "index.json"));
      },
      code: "malformed",
    },
    {
      summary: "has a broken index.json",
      prepare: (folder) => filesAsFolder({ "oci-layout": "{}", "index.json": "[]" }, folder),
      code: "malformed",
    },
    {
      summary: "is a file",
      prepare: async (folder) => {
        await writeFile(join(folder, "file"), "");
        return join(folder, "file");
      },
      code: "disk",
    },
  ];
  test.each(refused)("refuses a folder that $summary", async ({ prepare, code }) => {
    await withFolder(async (folder) => {
      const other = await prepare(folder);
      const target = typeof other === "string" ? other : folder;
      await expect(writeLayout(first, target, "1")).rejects.toMatchObject({ code });
    });
  });

  test("stops when it is told to", async () => {
    await withFolder(async (folder) => {
      const signal = AbortSignal.abort(new Error("enough"));
      await expect(writeLayout(first, join(folder, "a"), "1", signal)).rejects.toThrow("enough");
      expect(await readdir(folder)).not.toContain("a");
    });
  });
});

describe("several writers", () => {
  test("of one new layout at once: each one's tag is there", async () => {
    await withFolder(async (folder) => {
      const path = join(folder, "a");
      const tags = Array.from({ length: 8 }, (_, at) => `tag-${at}`);
      await Promise.all(tags.map((tag, at) => writeLayout(at % 2 === 0 ? first : second, path, tag)));
      for (const [at, tag] of tags.entries()) {
        expect(await digestIn(path, tag), tag).toBe(
          (at % 2 === 0 ? first : second).images[0]?.descriptor.digest,
        );
      }
      expect((await readdir(path)).sort()).toEqual(["blobs", "index.json", "oci-layout"]);
    });
  });

  test("keep what other tools wrote about their images", async () => {
    await withFolder(async (folder) => {
      const others = [
        {
          mediaType: "application/vnd.example.thing.v1+json",
          digest: digestOf("other"),
          size: 5,
          data: "b3RoZXI=",
          urls: ["https://example.test/other"],
        },
        {
          ...first.images[0]?.descriptor,
          platform: { os: "linux", architecture: "amd64", "os.features": ["x"] },
          annotations: { "org.opencontainers.image.ref.name": "1" },
        },
      ];
      const index = { annotations: { "example.test": "kept" }, schemaVersion: 2, unknown: [1] };
      await filesAsFolder(
        {
          "oci-layout": '{"imageLayoutVersion":"1.0.0"}',
          "index.json": JSON.stringify({ ...index, manifests: others }),
        },
        folder,
      );
      await writeLayout(second, folder, "2");
      const added = {
        ...second.images[0]?.descriptor,
        annotations: { "org.opencontainers.image.ref.name": "2" },
      };
      const found = async (): Promise<unknown> =>
        JSON.parse(await readFile(join(folder, "index.json"), "utf8"));
      expect(await found()).toEqual({ ...index, manifests: [...others, added] });
      await writeLayout(first, folder, "1");
      expect(await found()).toMatchObject({
        ...index,
        manifests: [others[0], added, { size: expect.any(Number) as number }],
      });
    });
  });

  test("wait for each other, until they are told to stop or it has been long", async () => {
    await withFolder(async (folder) => {
      await writeLayout(first, folder, "1");
      const lock = join(folder, "index.json.lock");
      await writeFile(lock, "");
      const stop = new AbortController();
      setTimeout(() => stop.abort(new Error("enough")), 60);
      await expect(writeLayout(first, folder, "2", stop.signal)).rejects.toThrow("enough");
      setTimeout(() => void rm(lock), 60);
      await writeLayout(first, folder, "3");
      expect(await digestIn(folder, "3")).toBe(first.images[0]?.descriptor.digest);

      const spy = vi.spyOn(timers, "setTimeout").mockResolvedValue(undefined);
      syncBuiltinESMExports();
      onTestFinished(() => {
        spy.mockRestore();
        syncBuiltinESMExports();
      });
      await writeFile(lock, "");
      await expect(writeLayout(first, folder, "4")).rejects.toMatchObject({
        code: "disk",
        why: "another process has been changing it for 10 seconds",
        hint: `where none is, remove ${lock}`,
      });
      expect(await readdir(folder)).toContain("index.json.lock");
    });
  });

  test("one that fails takes its own folders alone", async () => {
    await withFolder(async (folder) => {
      const { set } = brokenSet(() => writeLayout(first, join(folder, "new/beside"), "1"));
      await expect(writeLayout(set, join(folder, "new/own/image"), "1")).rejects.toThrow("the line is dead");
      expect(await readdir(join(folder, "new"))).toEqual(["beside"]);
      expect(await digestIn(join(folder, "new/beside"), "1")).toBe(first.images[0]?.descriptor.digest);

      await expect(writeLayout(brokenSet().set, join(folder, "alone/own/image"), "1")).rejects.toThrow(
        "dead",
      );
      expect(await readdir(folder)).toEqual(["new"]);
    });
  });

  test("one that fails leaves a layout that another has finished meanwhile", async () => {
    await withFolder(async (folder) => {
      const path = join(folder, "new");
      const { set } = brokenSet(() => writeLayout(first, path, "1"));
      await expect(writeLayout(set, path, "2")).rejects.toThrow("the line is dead");
      expect(await digestIn(path, "1")).toBe(first.images[0]?.descriptor.digest);
      expect((await readdir(path)).sort()).toEqual(["blobs", "index.json", "oci-layout"]);
    });
  });
});

/** A set whose layer can't be read: it breaks off once `before` is done. */
function brokenSet(before: () => Promise<void> = async () => undefined): {
  readonly failing: Layer;
  readonly set: ImageSet;
} {
  const failing = tarLayer([{ name: "c", content: "3" }]);
  const [broken] = makeImageSet([imageOf([failing])]).images;
  const layers = [{ ...failing, open: () => failingStream(before) }];
  return { failing, set: { images: [{ ...(broken as Image), layers }] } };
}

function withLayerFile(file: string): ImageSet {
  const [image] = first.images;
  return { images: [{ ...(image as Image), layers: [{ ...layer, file }] }] };
}

async function* failingStream(before: () => Promise<void>): AsyncGenerator<Uint8Array> {
  yield Buffer.from("some");
  await before();
  throw new Error("the line is dead");
}

test("an OCI archive is the same twice, and holds the same image", async () => {
  await withFolder(async (folder) => {
    const all = async (): Promise<Uint8Array> => collect(ociArchive(twoPlatforms, "1"), 1 << 24, "archive");
    const bytes = await all();
    expect(digestOf(await all())).toBe(digestOf(bytes));
    await writeFile(join(folder, "a.tar"), bytes);
    const set = await openImageSet(
      { kind: "oci-archive", path: join(folder, "a.tar"), tag: "1" },
      { scratchFolder: folder },
    );
    expect(set.index?.descriptor.digest).toBe(twoPlatforms.index?.descriptor.digest);
    expect(set.images.map((image) => image.descriptor)).toEqual(
      twoPlatforms.images.map((image) => image.descriptor),
    );
  });
});
