import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { TarEntry } from "../../../testing/builders.ts";
import { tarOf } from "../../../testing/builders.ts";
import { imageOf, tarLayer } from "../../../testing/layouts.ts";
import { describedImage, rawLayer, scanServices, scanWhole, withScanPlace } from "../../../testing/scans.ts";
import { archiveOf, paxHeader, tarBlock } from "../../../testing/tar-blocks.ts";
import { tarPadding } from "../../formats/tar-writer.ts";
import type { Layer } from "../../oci/model.ts";
import { scanImage } from "./scan.ts";

const names = [
  "a",
  "b",
  "d/",
  "d/e",
  "d/f",
  "d/g/",
  "d/g/h",
  "etc/passwd",
  ".wh.a",
  "d/.wh.e",
  "d/.wh..wh..opq",
];
const entry: fc.Arbitrary<TarEntry> = fc
  .record({
    name: fc.constantFrom(...names),
    content: fc.oneof(
      fc.constant(""),
      fc.constant("#!/bin/sh\necho\n"),
      fc.string({ unit: "binary", maxLength: 2000 }),
    ),
    mode: fc.constantFrom(0o644, 0o755, 0o4755),
    mtime: fc.nat(2_000_000_000),
  })
  .map(({ content, ...rest }) => (rest.name.endsWith("/") ? rest : { ...rest, content }));
const layers: fc.Arbitrary<readonly Layer[]> = fc.array(
  fc
    .tuple(
      fc.uniqueArray(entry, { selector: (one) => one.name, maxLength: 10 }),
      fc.constantFrom("none", "gzip", "zstd"),
    )
    .map(([entries, compression]) => tarLayer(entries, compression)),
  { maxLength: 4 },
);

test("has the tree, the contents and the facts of the image, read and remembered", async () => {
  await fc.assert(
    fc.asyncProperty(layers, async (made) => {
      const image = imageOf(made);
      const expected = await describedImage(image);
      await withScanPlace(async (place) => {
        expect(await scanWhole(image, scanServices(place))).toEqual(expected);
        expect(await scanWhole(image, scanServices(place))).toEqual(expected);
      });
    }),
    { numRuns: 40 },
  );
});

const sparse = archiveOf(
  paxHeader(["GNU.sparse.size", "9000"], ["GNU.sparse.map", "0,3,8000,4"]),
  tarBlock({ name: "sparse", sizeBytes: 7 }),
  Buffer.from("abcdefg"),
  tarPadding(7),
  tarBlock({ name: "after", sizeBytes: 3 }),
  Buffer.from("xyz"),
  tarPadding(3),
);
const largeSparse = archiveOf(
  paxHeader(["GNU.sparse.size", "6000000"], ["GNU.sparse.map", "0,600000,5999000,1000"]),
  tarBlock({ name: "sparse", sizeBytes: 601_000 }),
  randomBytes(601_000),
  tarPadding(601_000),
);

const cases: readonly { readonly summary: string; readonly layers: readonly Layer[] }[] = [
  { summary: "no layer", layers: [] },
  { summary: "an empty layer", layers: [tarLayer([])] },
  {
    summary: "200 layers",
    layers: Array.from({ length: 200 }, (_, n) => tarLayer([{ name: `f${n % 90}`, content: `${n}` }])),
  },
  { summary: "the same layer twice", layers: [1, 2].map(() => tarLayer([{ name: "a", content: "1" }])) },
  {
    summary: "names that break lines, are no UTF-8, or are as long as names get",
    layers: [
      tarLayer([
        { name: "a\nb", content: "1" },
        { name: "\udc80\udcff", content: "2" },
        { name: `${"x".repeat(200)}/`.repeat(19), kind: "directory" },
        { name: `${`${"x".repeat(200)}/`.repeat(19)}${"y".repeat(180)}`, content: "3" },
      ]),
    ],
  },
  {
    summary: "hard links within a layer and across layers, their file replaced or deleted above",
    layers: [
      tarLayer([
        { name: "a", content: "1" },
        { name: "b", kind: "hardlink", target: "a" },
      ]),
      tarLayer([{ name: "c", kind: "hardlink", target: "a" }]),
      tarLayer([{ name: ".wh.a" }, { name: "b", content: "2" }]),
    ],
  },
  {
    summary: "links, devices, attributes",
    layers: [
      tarLayer([
        { name: "l", target: "../../etc/shadow" },
        { name: "n", kind: "character-device", deviceMajor: 1, deviceMinor: 3 },
        { name: "p", kind: "fifo" },
        {
          name: "x",
          content: "1",
          mode: 0o4755,
          xattrs: new Map([["security.capability", Buffer.from([1, 0, 255])]]),
        },
      ]),
    ],
  },
  { summary: "sparse files, small and large", layers: [rawLayer(sparse), rawLayer(largeSparse)] },
  {
    summary: "files that fill a slab to the last byte, and one more",
    layers: [
      rawLayer(
        tarOf([
          { name: "fits", content: Buffer.alloc(4 << 20, 1) },
          { name: "large", content: Buffer.alloc((4 << 20) + 1, 2) },
          { name: "small", content: "3" },
        ]),
      ),
    ],
  },
];

describe("scanImage equals another reader of layers for", () => {
  for (const { layers: made, summary } of cases) {
    test(summary, async () => {
      const image = imageOf(made);
      await withScanPlace(async (place) => {
        const expected = await describedImage(image);
        expect(await scanWhole(image, scanServices(place))).toEqual(expected);
        expect(await scanWhole(image, scanServices(place))).toEqual(expected);
      });
    });
  }

  test("more than is worth a thread", async () => {
    const many = Array.from({ length: 300 }, (_, n) => ({ name: `f${n}`, content: randomBytes(40_000) }));
    const image = imageOf([rawLayer(tarOf([{ name: "large", content: randomBytes(5_000_000) }, ...many]))]);
    await withScanPlace(async (place) => {
      let here = 0;
      const services = scanServices(place, { counted: () => here++ });
      expect(await scanWhole(image, services)).toEqual(await describedImage(image));
      expect(here).toBe(0);
    });
  });
});

test("layers keep what the tree doesn't show", async () => {
  const image = imageOf([
    tarLayer([
      { name: "a", content: "1" },
      { name: "b", content: "#!/bin/sh\n" },
    ]),
    tarLayer([{ name: ".wh.b" }, { name: "a", content: "2" }]),
  ]);
  await withScanPlace(async (place) => {
    const scanned = await scanImage(image, scanServices(place));
    expect(scanned.layers.map(({ entries }) => entries.map(({ path }) => path))).toEqual([
      ["/a", "/b"],
      ["/.wh.b", "/a"],
    ]);
    expect(scanned.layers.map(({ diffId }) => diffId)).toEqual(image.layers.map(({ diffId }) => diffId));
    const deleted = scanned.layers[0]?.entries[1];
    if (deleted?.kind !== "file") throw new Error("no file");
    expect(scanned.facts(deleted).script?.interpreter).toBe("/bin/sh");
    expect(deleted.origins).toEqual([
      { kind: "layer", digest: image.layers[0]?.descriptor.digest, index: 0 },
    ]);
    await scanned.close();
  });
});
