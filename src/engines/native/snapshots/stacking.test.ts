import fc from "fast-check";
import { expect, test } from "vitest";
import { overlayOf, recordsOf, type WholeRecord } from "../../../../testing/snapshots/overlay-model.ts";
import { randomLayer } from "../../../../testing/snapshots/random-layers.ts";
import { linesOfTree } from "../../../../testing/snapshots/tree-lines.ts";
import { directory, file, symlink } from "../../../../testing/trees.ts";
import { applyLayer, type LayerEntry } from "../../../tree/layers.ts";
import { finishTree, treeBuilder, treeOf } from "../../../tree/memory-tree.ts";
import { path } from "../../../tree/path.ts";
import type { Tree } from "../../../tree/tree.ts";
import { stackedOver } from "./stacking.ts";

function over(lower: Tree, layer: readonly LayerEntry[], index: number): Tree {
  const builder = treeBuilder(lower);
  applyLayer(builder, layer, index);
  return finishTree(builder);
}

/** The tree of layers, and their folders. */
async function stack(
  layers: readonly (readonly LayerEntry[])[],
): Promise<{ tree: Tree; folders: WholeRecord[][] }> {
  let tree = treeOf([]);
  const folders: WholeRecord[][] = [];
  for (const [index, layer] of layers.entries()) {
    const merged = over(tree, layer, index);
    const { records } = stackedOver(tree, merged);
    folders.push([...(await recordsOf(records, () => Buffer.alloc(0)))]);
    tree = merged;
  }
  return { tree, folders };
}

test("stacked, folders show what the tree has", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(randomLayer, { minLength: 1, maxLength: 4 }), async (layers) => {
      const made = await stack(layers).catch((thrown: unknown) => {
        // A layer that means nothing means nothing to both.
        expect(thrown).toMatchObject({ code: "malformed" });
      });
      fc.pre(made !== undefined);
      expect(overlayOf(made.folders)).toEqual(await linesOfTree(made.tree));
    }),
    { numRuns: 500 },
  );
});

test("one folder for all layers shows what the tree has", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(randomLayer, { minLength: 1, maxLength: 4 }), async (layers) => {
      const made = await stack(layers).catch(() => undefined);
      fc.pre(made !== undefined);
      const { records } = stackedOver(undefined, made.tree);
      const all = await recordsOf(records, () => Buffer.alloc(0));
      expect(overlayOf([all])).toEqual(await linesOfTree(made.tree));
    }),
  );
});

/** Of the topmost folder: path, kind, and for folders and files the mode. */
async function topFolder(...layers: readonly (readonly LayerEntry[])[]): Promise<string[]> {
  const { folders } = await stack(layers);
  return (folders.at(-1) ?? []).map(({ record: { kind, mode, path: name, target } }) =>
    kind === "whiteout" || kind === "hardlink"
      ? `/${name} ${[kind, target].join(" ").trim()}`
      : `/${name} ${kind} ${mode.toString(8)}`,
  );
}

test("folders that a layer leaves out keep the attributes that they have below", async () => {
  const base = [directory("/", { mode: 0o711 }), directory("/tmp", { mode: 0o1777 })];
  expect(await topFolder(base, [file("/tmp/x")])).toEqual([
    "/ directory 711",
    "/tmp directory 1777",
    "/tmp/x file 644",
  ]);
});

test("entries and whiteouts go through links of lower layers", async () => {
  const base = [directory("/usr"), directory("/usr/bin"), file("/usr/bin/old"), symlink("/bin", "usr/bin")];
  expect(await topFolder(base, [file("/bin/new"), file("/bin/.wh.old")])).toEqual([
    "/ directory 755",
    "/usr directory 755",
    "/usr/bin directory 755",
    "/usr/bin/old whiteout",
    "/usr/bin/new file 644",
  ]);
});

test("a hard link to a lower file brings that file along, as one inode", async () => {
  const base = [directory("/a"), file("/a/x", "text", { mode: 0o755 })];
  const link: LayerEntry = { kind: "hardlink", path: path("/y"), target: path("/a/x"), origins: [] };
  expect(await topFolder(base, [link])).toEqual([
    "/ directory 755",
    "/a directory 755",
    "/a/x file 755",
    "/y hardlink a/x",
  ]);
});

test("what a layer says twice of the same thing is nothing new to lower layers", async () => {
  expect(await topFolder([file("/a")], [file("/.wh.b"), file("/.wh.a"), directory("/a")])).toEqual([
    "/ directory 755",
    "/a directory 755",
  ]);
});

test("a content that is shorter than its entry says ends the stream with an error", async () => {
  const short = { ...file("/a", "text"), sizeBytes: 5 };
  const { records } = stackedOver(undefined, treeOf([short]));
  await expect(recordsOf(records, () => Buffer.alloc(0))).rejects.toThrow("4 bytes, not 5");
});
