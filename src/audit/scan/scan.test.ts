import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { TarEntry } from "../../../testing/builders.ts";
import { imageOf, tarLayer, withFolder } from "../../../testing/layouts.ts";
import { collect } from "../../base/bytes.ts";
import { type Cache, openCache } from "../../base/cache.ts";
import { factsOf } from "../../content/facts.ts";
import { inMemory } from "../../formats/random-access.ts";
import { treeOfImage } from "../../oci/apply.ts";
import type { Image, Layer } from "../../oci/model.ts";
import { dumpTree } from "../../tree/dump.ts";
import { type ScannedImage, type ScanServices, scanImage } from "./scan.ts";

interface Place {
  readonly cache: Cache;
  readonly scratch: string;
}

/** A cache and a scratch folder; nothing may be left in that one once the scan is closed. */
async function withPlace(use: (place: Place) => Promise<void>): Promise<void> {
  await withFolder(async (folder) => {
    const scratch = join(folder, "scratch");
    await mkdir(scratch);
    await use({ cache: await openCache(join(folder, "cache")), scratch });
    expect(await readdir(scratch)).toEqual([]);
    expect(await readdir(join(folder, "cache", "tmp"))).toEqual([]);
  });
}

function servicesFor(place: Place, more: Partial<ScanServices> = {}): ScanServices {
  const task = { signal: new AbortController().signal, emit: () => undefined, now: Date.now };
  return { cache: place.cache, scratchFolder: place.scratch, task, width: 2, ...more };
}

/** What a scan says, with every content read. */
async function described(scanned: ScannedImage): Promise<unknown> {
  const files: Record<string, unknown> = {};
  for (const entry of scanned.tree.walk()) {
    if (entry.kind !== "file") continue;
    const bytes = await collect(entry.content, 1 << 26, entry.path);
    files[entry.path] = { facts: scanned.facts(entry), bytes: Buffer.from(bytes).toString("latin1") };
  }
  return { tree: dumpTree(scanned.tree), files };
}

async function scanOnce(image: Image, services: ScanServices): Promise<unknown> {
  const scanned = await scanImage(image, services);
  try {
    return await described(scanned);
  } finally {
    await scanned.close();
  }
}

/** The same by way of the whole contents, in another module. */
async function expectedOf(image: Image, folder: string): Promise<unknown> {
  const tree = await treeOfImage(image, { scratchFolder: folder });
  const files: Record<string, unknown> = {};
  for (const entry of tree.walk()) {
    if (entry.kind !== "file") continue;
    const bytes = await collect(entry.content, 1 << 26, entry.path);
    files[entry.path] = { facts: factsOf(inMemory(bytes)), bytes: Buffer.from(bytes).toString("latin1") };
  }
  return { tree: dumpTree(tree), files };
}

const name = fc.constantFrom(
  "a",
  "b",
  "c",
  "d/",
  "d/e",
  "d/f",
  "d/g/",
  "d/g/h",
  "etc/passwd",
  ".wh.a",
  "d/.wh.e",
  "d/.wh..wh..opq",
);
const entry: fc.Arbitrary<TarEntry> = fc.record({
  name,
  content: fc.oneof(
    fc.constant(""),
    fc.constant("#!/bin/sh\necho\n"),
    fc.string({ unit: "binary", maxLength: 2000 }),
  ),
  mode: fc.constantFrom(0o644, 0o755, 0o4755),
  mtime: fc.nat(2_000_000_000),
});
const layers: fc.Arbitrary<readonly Layer[]> = fc.array(
  fc
    .tuple(
      fc.uniqueArray(entry, { selector: (one) => one.name, maxLength: 10 }),
      fc.constantFrom("none", "gzip", "zstd"),
    )
    .map(([entries, compression]) => tarLayer(entries.map(asFolder), compression)),
  { maxLength: 4 },
);

function asFolder(one: TarEntry): TarEntry {
  const { content: _, ...rest } = one;
  return one.name.endsWith("/") ? rest : one;
}

describe("scanImage", () => {
  test("has the tree, the contents and the facts of the image, read and remembered", async () => {
    await fc.assert(
      fc.asyncProperty(layers, async (made) => {
        await withFolder(async (folder) => {
          const image = imageOf(made);
          const expected = await expectedOf(image, folder);
          await withPlace(async (place) => {
            expect(await scanOnce(image, servicesFor(place))).toEqual(expected);
            expect(await scanOnce(image, servicesFor(place))).toEqual(expected);
          });
        });
      }),
      { numRuns: 40 },
    );
  });
});
