// Records are read with suspicion; images of solved targets; differences of trees.
import { rm } from "node:fs/promises";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { makeWorld, run, type World } from "../../../../testing/solver/world.ts";
import { directory, file, symlink } from "../../../../testing/trees.ts";
import type { Json } from "../../../base/canonical-json.ts";
import { digestOf } from "../../../base/digest.ts";
import { limits } from "../../../base/limits.ts";
import { vertexOf } from "../../../graph/vertex.ts";
import type { HistoryEntry } from "../../../oci/model.ts";
import { dumpTree } from "../../../tree/dump.ts";
import type { Entry } from "../../../tree/entry.ts";
import { applyLayer } from "../../../tree/layers.ts";
import { finishTree, treeBuilder, treeOf } from "../../../tree/memory-tree.ts";
import { historyFor } from "./image.ts";
import { parseRecorded, type Recorded } from "./records.ts";
import { solve } from "./solve.ts";
import { differenceOf } from "./tree-difference.ts";

const id = digestOf("layer");
const good: Recorded = {
  layers: [
    { id },
    {
      id,
      image: {
        mediaType: "x",
        digest: id,
        sizeBytes: 1,
        source: { kind: "image", reference: "r", digest: id, platform: "p" },
      },
    },
    {
      id,
      image: { mediaType: "x", digest: id, sizeBytes: 1, source: { kind: "imported", name: "n", key: id } },
    },
  ],
  parts: [
    { kind: "layers", ids: [id] },
    { kind: "selection", digest: id },
  ],
};
const json = { version: 1, ...good } as unknown as Json;

describe("a record", () => {
  test("is what was stored", () => {
    expect(parseRecorded(json)).toEqual(good);
  });

  test.each<[string, unknown]>([
    ["nothing", undefined],
    ["a list", []],
    ["another version", { ...good, version: 2 }],
    ["no layers", { version: 1, parts: [] }],
    ["a layer without an id", { version: 1, parts: [], layers: [{}] }],
    ["an id that is no digest", { version: 1, parts: [], layers: [{ id: "../../etc" }] }],
    [
      "an image without a source",
      { version: 1, parts: [], layers: [{ id, image: { mediaType: "x", digest: id, sizeBytes: 1 } }] },
    ],
    [
      "a source of another kind",
      { version: 1, parts: [], layers: [{ id, image: { ...good.layers[1]?.image, source: { kind: "x" } } }] },
    ],
    [
      "too many layers",
      { version: 1, parts: [], layers: Array.from({ length: limits.layersMax + 1 }, () => ({ id })) },
    ],
    ["a part of another kind", { version: 1, parts: [{ kind: "x" }], layers: [] }],
  ])("of %s is none", (_summary, value) => {
    expect(parseRecorded(value as Json)).toBeUndefined();
  });

  test("of anything never throws", () => {
    fc.assert(fc.property(fc.jsonValue(), (value) => void parseRecorded(value as Json)));
  });
});

describe("history", () => {
  const layer = (text: string): HistoryEntry => ({ created_by: text });
  const empty = (text: string): HistoryEntry => ({ created_by: text, empty_layer: true });
  const untold = { comment: "not told by the base image" };
  test.each<[readonly HistoryEntry[], number, readonly HistoryEntry[]]>([
    [[layer("a"), empty("b"), layer("c")], 2, [layer("a"), empty("b"), layer("c")]],
    [[layer("c")], 3, [untold, untold, layer("c")]],
    [[layer("a"), layer("b")], 1, [layer("a"), empty("b")]],
    [[], 0, []],
  ])("%j for %i layers", (given, count, expected) => {
    expect(historyFor(given, count)).toEqual(expected);
  });
});

describe("what makes one tree another", () => {
  test("is what was added, changed and removed", () => {
    const before = treeOf([
      directory("/a"),
      file("/a/kept", "k"),
      file("/a/changed", "1"),
      file("/a/gone", "g"),
      directory("/dir"),
      file("/dir/x", "x"),
      directory("/turned"),
      file("/turned/y", "y"),
    ]);
    const after = treeOf([
      directory("/a", { mode: 0o700 }),
      file("/a/kept", "k"),
      file("/a/changed", "2"),
      file("/turned", "now a file"),
      file("/new", "n"),
    ]);
    expect(differenceOf(before, after).map(({ path }) => path)).toEqual([
      "/.wh.dir",
      "/a",
      "/a/.wh.gone",
      "/a/changed",
      "/new",
      "/turned",
    ]);
  });

  const entries = fc.array(
    fc.oneof(
      fc.record({ kind: fc.constant("file"), name: name(), text: fc.constantFrom("1", "2") }),
      fc.record({ kind: fc.constant("directory"), name: name(), text: fc.constant("") }),
      fc.record({ kind: fc.constant("symlink"), name: name(), text: fc.constantFrom("x", "y") }),
    ),
    { maxLength: 12 },
  );
  function name(): fc.Arbitrary<string> {
    return fc
      .array(fc.constantFrom("a", "b", "c"), { minLength: 1, maxLength: 3 })
      .map((parts) => `/${parts.join("/")}`);
  }
  const treeFrom = (
    list: readonly { kind: string; name: string; text: string }[],
  ): ReturnType<typeof treeOf> =>
    treeOf(
      list.map((one): Entry => {
        if (one.kind === "directory") return directory(one.name);
        return one.kind === "file" ? file(one.name, one.text) : symlink(one.name, one.text);
      }),
    );

  test("laid over the first, it gives the second", () => {
    fc.assert(
      fc.property(entries, entries, (first, second) => {
        const [before, after] = [treeFrom(first), treeFrom(second)];
        const builder = treeBuilder(before);
        applyLayer(builder, differenceOf(before, after), 1);
        expect(dumpTree(finishTree(builder))).toEqual(dumpTree(after));
      }),
    );
  });
});

describe("layers of images that a record names", () => {
  let world: World;
  beforeEach(async () => {
    world = await makeWorld();
  });
  afterEach(() => rm(world.folder, { recursive: true }));

  test("are read from the image when they are, and missed by name where it changed", async () => {
    const image = world.addImage({ "/x": "y" });
    const { digest } = image.descriptor;
    const base = vertexOf({ kind: "image", reference: "base", digest, platform: "linux/amd64" }, [], {
      name: "base",
    });
    const top = run("x", [base]);
    const never = new AbortController().signal;
    await solve(top, world.services(), never);
    const known = await solve(top, world.services(), never);
    const [layer] = known.snapshot.layers;
    const chunks: Uint8Array[] = [];
    for await (const chunk of layer?.image?.open() ?? []) chunks.push(chunk);
    expect(digestOf(Buffer.concat(chunks))).toBe(layer?.image?.descriptor.digest);
    world.images.set(digest, { ...image, layers: [] });
    const lost = (await solve(top, world.services(), never)).snapshot.layers[0]?.image;
    await expect(
      (async () => {
        for await (const chunk of lost?.open() ?? []) chunks.push(chunk);
      })(),
    ).rejects.toMatchObject({ code: "not-found" });
  });
});
