import { readdir } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import type { TarEntry } from "../../testing/builders.ts";
import { imageOf, tarLayer, withFolder } from "../../testing/layouts.ts";
import { bytesOf, collect } from "../base/bytes.ts";
import { digestOf } from "../base/digest.ts";
import { dumpTree } from "../tree/dump.ts";
import { path } from "../tree/path.ts";
import type { Tree } from "../tree/tree.ts";
import { treeOfImage } from "./apply.ts";
import type { Image, Layer } from "./model.ts";

async function withTree(image: Image, use: (tree: Tree) => Promise<void> | void): Promise<void> {
  await withFolder(async (folder) => use(await treeOfImage(image, { scratchFolder: folder })));
}

async function textOf(tree: Tree, name: string): Promise<string> {
  const entry = tree.lookup(path(name));
  if (entry?.kind !== "file") throw new Error(`${name} is no file`);
  return Buffer.from(await collect(entry.content, 1 << 26, name)).toString("utf8");
}

describe("treeOfImage", () => {
  const cases: readonly {
    readonly summary: string;
    readonly layers: readonly (readonly TarEntry[])[];
    readonly expected: Record<string, string>;
  }[] = [
    { summary: "no layer", layers: [], expected: {} },
    {
      summary: "an upper file replaces a lower one, and folders merge",
      layers: [
        [{ name: "etc/" }, { name: "etc/a", content: "1" }, { name: "etc/b", content: "2" }],
        [
          { name: "etc/", mode: 0o700 },
          { name: "etc/b", content: "3", mode: 0o600, uid: 1, gid: 2 },
        ],
      ],
      expected: {
        "/etc": "directory 0700",
        "/etc/a": "file 0644 6b86b273",
        "/etc/b": "file 0600 1:2 4e074085",
      },
    },
    {
      summary: "a whiteout hides a file, one folder and no more",
      layers: [
        [
          { name: "d/" },
          { name: "d/which", content: "1" },
          { name: "d/e/" },
          { name: "d/e/f" },
          { name: "d/eg" },
        ],
        [{ name: "d/" }, { name: "d/.wh.e" }],
      ],
      expected: { "/d": "directory 0755", "/d/which": "file 0644 6b86b273", "/d/eg": "file 0644 empty" },
    },
    {
      summary: "an opaque folder hides what was below, not what its own layer puts there before or after",
      layers: [
        [{ name: "d/" }, { name: "d/old" }, { name: "d/e/" }, { name: "d/e/old" }],
        [
          { name: "d/" },
          { name: "d/before", content: "1" },
          { name: "d/.wh..wh..opq" },
          { name: "d/after", content: "1" },
        ],
      ],
      expected: {
        "/d": "directory 0755",
        "/d/after": "file 0644 6b86b273",
        "/d/before": "file 0644 6b86b273",
      },
    },
    {
      summary: "what was hidden can come back",
      layers: [
        [{ name: "a", content: "1" }],
        [{ name: ".wh.a" }],
        [{ name: "a/" }, { name: "a/b", target: "../c" }],
      ],
      expected: { "/a": "directory 0755", "/a/b": "symlink 0777 -> ../c" },
    },
    {
      summary: "devices and pipes are entries",
      layers: [
        [
          { name: "dev/null", kind: "character-device", deviceMajor: 1, deviceMinor: 3, mode: 0o666 },
          { name: "dev/pipe", kind: "fifo" },
        ],
      ],
      expected: {
        "/dev": "directory 0755",
        "/dev/null": "character-device 0666 1,3",
        "/dev/pipe": "fifo 0644",
      },
    },
    {
      summary: "a hard link to a file of a lower layer",
      layers: [[{ name: "bin/sh", content: "1" }], [{ name: "bin/ash", kind: "hardlink", target: "bin/sh" }]],
      expected: {
        "/bin": "directory 0755",
        "/bin/ash": "file 0644 6b86b273",
        "/bin/sh": "file 0644 6b86b273",
      },
    },
  ];
  test.each(cases)("$summary", async ({ layers, expected }) => {
    for (const compression of ["none", "gzip", "zstd"] as const) {
      const image = imageOf(layers.map((entries) => tarLayer(entries, compression)));
      await withTree(image, (tree) => expect(dumpTree(tree)).toEqual(expected));
    }
  });

  test("contents can be read again and again, in any order, and lie in one scratch file", async () => {
    const big = "0123456789".repeat(300_000);
    const image = imageOf([
      tarLayer([{ name: "empty" }, { name: "big", content: big }, { name: "small", content: "s" }]),
      tarLayer([{ name: "next", content: "n" }]),
    ]);
    await withFolder(async (folder) => {
      const tree = await treeOfImage(image, { scratchFolder: folder });
      for (let round = 0; round < 2; round++) {
        expect(await textOf(tree, "/next")).toBe("n");
        expect(await textOf(tree, "/big")).toBe(big);
        expect(await textOf(tree, "/small")).toBe("s");
        expect(await textOf(tree, "/empty")).toBe("");
      }
      for (const entry of tree.walk()) {
        if (entry.kind !== "file") continue;
        const content = await collect(entry.content, 1 << 26, "x");
        expect([entry.sizeBytes, entry.digest]).toEqual([content.length, digestOf(content)]);
      }
      expect(await readdir(folder)).toHaveLength(1);
    });
  });

  test("an entry tells its layer, a merged folder all of them", async () => {
    const lower = tarLayer([{ name: "d/" }, { name: "d/a" }]);
    const upper = tarLayer([{ name: "d/" }, { name: "d/b" }]);
    const origin = (layer: Layer, index: number) => ({
      kind: "layer",
      digest: layer.descriptor.digest,
      index,
    });
    await withTree(imageOf([lower, upper]), (tree) => {
      expect(tree.lookup(path("/d/a"))?.origins).toEqual([origin(lower, 0)]);
      expect(tree.lookup(path("/d/b"))?.origins).toEqual([origin(upper, 1)]);
      expect(tree.lookup(path("/d"))?.origins).toEqual([origin(lower, 0), origin(upper, 1)]);
    });
  });

  test("names of one file share a link id, and no two files share one", async () => {
    const hardlink = (name: string, target: string): TarEntry => ({ name, kind: "hardlink", target });
    const layers = [
      tarLayer([
        { name: "a", content: "old" },
        hardlink("b", "a"),
        { name: "a", content: "new" },
        hardlink("c", "a"),
      ]),
      tarLayer([{ name: "a", content: "newest" }, hardlink("d", "./a"), { name: "alone" }]),
    ];
    await withTree(imageOf(layers), async (tree) => {
      const groups = new Map<string, string[]>();
      for (const entry of tree.walk()) {
        if (entry.kind !== "file") continue;
        const line = `${entry.path}: ${await textOf(tree, entry.path)}`;
        groups.set(entry.link ?? "none", [...(groups.get(entry.link ?? "none") ?? []), line]);
      }
      expect([...groups.values()].sort()).toEqual([
        ["/a: newest", "/d: newest"],
        ["/alone: "],
        ["/b: old"],
        ["/c: new"],
      ]);
    });
  });

  const good = tarLayer([{ name: "a", content: "1" }]);
  const wrong: readonly { readonly summary: string; readonly layer: Layer; readonly error: object }[] = [
    {
      summary: "a layer that is not the one of the config",
      layer: { ...good, diffId: digestOf("other") },
      error: {
        code: "digest-mismatch",
        why: `its tar has the digest ${good.diffId}, the config says ${digestOf("other")}`,
      },
    },
    {
      summary: "an uncompressed layer that is not the one of the config",
      layer: { ...tarLayer([{ name: "a" }], "none"), diffId: digestOf("other") },
      error: { code: "digest-mismatch" },
    },
    {
      summary: "a media type that is no layer's",
      layer: { ...good, descriptor: { ...good.descriptor, mediaType: "application/vnd.in-toto+json" } },
      error: { code: "malformed", why: "its media type application/vnd.in-toto+json is not a layer's" },
    },
    {
      summary: "a layer that isn't compressed as its type says",
      layer: { ...good, open: () => bytesOf(Buffer.from("plain")) },
      error: { code: "malformed" },
    },
    {
      summary: "a layer that is no tar",
      layer: layerOf(Buffer.alloc(512, "x")),
      error: { code: "malformed" },
    },
    { summary: "a layer that is cut short", layer: layerOf(Buffer.alloc(100)), error: { code: "malformed" } },
    {
      summary: "a name that goes up",
      layer: tarLayer([{ name: "a/../../etc/passwd", content: "x" }]),
      error: { code: "malformed", why: 'the name "a/../../etc/passwd" is no path inside an image' },
    },
    {
      summary: "a hard link that goes up",
      layer: tarLayer([{ name: "a", kind: "hardlink", target: "../etc/shadow" }]),
      error: { code: "malformed", why: 'the name "../etc/shadow" is no path inside an image' },
    },
    {
      summary: "a hard link to nothing",
      layer: tarLayer([{ name: "a", kind: "hardlink", target: "b" }]),
      error: { code: "malformed" },
    },
    {
      summary: "a whiteout of nothing",
      layer: tarLayer([{ name: "d/.wh.." }]),
      error: { code: "malformed" },
    },
    {
      summary: "a path of a thousand folders",
      layer: tarLayer([{ name: "d/".repeat(1000) }]),
      error: { code: "malformed" },
    },
  ];
  test.each(wrong)("refuses $summary", async ({ layer, error }) => {
    await expect(withTree(imageOf([layer]), () => undefined)).rejects.toMatchObject(error);
  });

  test("stops when it is told to", async () => {
    await withFolder(async (folder) => {
      const signal = AbortSignal.abort(new Error("enough"));
      await expect(treeOfImage(imageOf([good]), { scratchFolder: folder, signal })).rejects.toThrow("enough");
    });
  });
});

/** An uncompressed layer with any bytes. */
function layerOf(bytes: Buffer): Layer {
  const digest = digestOf(bytes);
  const mediaType = "application/vnd.oci.image.layer.v1.tar";
  return {
    descriptor: { mediaType, digest, size: bytes.length },
    diffId: digest,
    open: () => bytesOf(bytes),
  };
}
