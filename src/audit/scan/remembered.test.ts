import { randomBytes } from "node:crypto";
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { tarOf } from "../../../testing/builders.ts";
import { imageOf, tarLayer } from "../../../testing/layouts.ts";
import {
  countedLayer,
  rawLayer,
  type ScanPlace,
  scanServices,
  scanWhole,
  withScanPlace,
} from "../../../testing/scans.ts";
import { bytesOf, collect } from "../../base/bytes.ts";
import { digestOf } from "../../base/digest.ts";
import { ToolError } from "../../base/errors.ts";
import type { Task } from "../../base/io.ts";
import { verified } from "../../oci/blob.ts";
import { type Layer, mediaTypes } from "../../oci/model.ts";
import { fileRange } from "../../oci/store.ts";
import { path } from "../../tree/path.ts";
import { type ScannedImage, type ScanServices, scanImage } from "./scan.ts";

const passwd = { name: "etc/passwd", content: "root:x:0:0::/root:/bin/sh\n" };
const layer = tarLayer([
  passwd,
  { name: "data", content: "1".repeat(1000) },
  { name: "other", content: "2" },
]);
const addressed: Layer = { ...layer, addressed: true };

async function scanAndClose(made: Layer, place: ScanPlace, more = {}): Promise<void> {
  const scanned = await scanImage(imageOf([made]), scanServices(place, more));
  await scanned.close();
}

async function read(scanned: ScannedImage, name: string): Promise<string> {
  const entry = scanned.tree.lookup(path(name));
  if (entry?.kind !== "file") throw new Error(`${name} is no file`);
  return Buffer.from(await collect(entry.content, 1 << 20, name)).toString();
}

/** The records of layers, which are files of the cache. */
async function recordsIn({ cache }: ScanPlace): Promise<string[]> {
  const folder = join(cache.folder, "records", "layer-scan");
  return (await readdir(folder).catch(() => [])).map((name) => join(folder, name));
}

describe("a known layer", () => {
  test("of a registry is not fetched", async () => {
    await withScanPlace(async (place) => {
      await scanAndClose(addressed, place);
      const { layer: second, opened } = countedLayer(addressed);
      await scanAndClose(second, place);
      expect(opened()).toBe(0);
    });
  });

  test("costs an image only its own layers", async () => {
    await withScanPlace(async (place) => {
      await scanAndClose(addressed, place);
      const base = countedLayer(addressed);
      let examined = 0;
      const loaded: ScanServices["loaded"] = new Map();
      for (let n = 0; n < 20; n++) {
        const own = tarLayer([{ name: `app${n}`, content: `${n}` }]);
        const services = scanServices(place, { counted: () => examined++, loaded });
        const scanned = await scanImage(imageOf([base.layer, own]), services);
        expect(await read(scanned, "/other")).toBe("2");
        await scanned.close();
      }
      // Read once for each image that looks into a file that is not kept, and once at first; examined never again.
      expect([base.opened(), examined]).toEqual([20, 20]);
    });
  });

  test("of another place is believed only once its bytes were seen", async () => {
    await withScanPlace(async (place) => {
      await scanAndClose(layer, place);
      const { layer: second, opened } = countedLayer(layer);
      await scanAndClose(second, place);
      expect(opened()).toBe(1);
      const { descriptor } = layer;
      const other = {
        ...layer,
        open: () => verified(bytesOf(Buffer.alloc(descriptor.size)), descriptor, "it"),
      };
      await expect(scanAndClose(other, place)).rejects.toMatchObject({ code: "digest-mismatch" });
    });
  });

  test("in an archive that was verified is read again only when the file changed", async () => {
    await withScanPlace(async (place) => {
      const file = join(place.cache.folder, "blob");
      const bytes = await collect(layer.open(), 1 << 20, "the layer");
      await writeFile(file, bytes);
      const { descriptor } = layer;
      const stored: Layer = {
        ...layer,
        within: file,
        open: () => verified(fileRange(file, 0, descriptor.size), descriptor, "it"),
      };
      const { signal } = new AbortController();
      const task = (now: () => number): { readonly task: Task } => ({
        task: { signal, emit: () => undefined, now },
      });
      const later = task(() => Date.now() + 10_000);
      // A file written just now may be written again without its times showing it.
      await scanAndClose(stored, place, task(Date.now));
      const counted = countedLayer(stored);
      await scanAndClose(counted.layer, place, later);
      expect(counted.opened()).toBe(1);
      await scanAndClose(counted.layer, place, later);
      expect(counted.opened()).toBe(1);
      await writeFile(
        file,
        bytes.map((byte) => byte ^ 1),
      );
      await expect(scanAndClose(stored, place, later)).rejects.toMatchObject({ code: "digest-mismatch" });
    });
  });

  test.each([
    ["no layer's", "application/octet-stream"],
    ["a plain layer's", mediaTypes.layerTar],
    ["a zstd layer's", mediaTypes.layerZstd],
  ])("under a media type that is %s is refused as one that isn't known", async (_, mediaType) => {
    await withScanPlace(async (place) => {
      const lying = { ...addressed, descriptor: { ...addressed.descriptor, mediaType } };
      const errorOf = async (): Promise<unknown> =>
        scanAndClose(lying, place).catch((thrown: unknown) => thrown);
      const unknown = await errorOf();
      expect(unknown).toBeInstanceOf(ToolError);
      await scanAndClose(addressed, place);
      expect(await errorOf()).toEqual(unknown);
      const both = imageOf([addressed, lying]);
      await expect(scanImage(both, scanServices(place))).rejects.toBeInstanceOf(ToolError);
    });
  });

  test("with a diff id that isn't its tar's is refused without reading it", async () => {
    await withScanPlace(async (place) => {
      await scanAndClose(addressed, place);
      const lying = { ...addressed, diffId: digestOf("another tar") };
      await expect(scanAndClose(lying, place)).rejects.toMatchObject({ code: "digest-mismatch" });
    });
  });

  test("is read again by another program", async () => {
    await withScanPlace(async (place) => {
      const { layer: counted, opened } = countedLayer(addressed);
      await scanAndClose(counted, place, { program: "1" });
      await scanAndClose(counted, place, { program: "2" });
      await scanAndClose(counted, place, { program: "2" });
      expect(opened()).toBe(2);
    });
  });

  const damages: Record<string, (place: ScanPlace) => Promise<void>> = {
    "one digit changed": async (place) => {
      const [record = ""] = await recordsIn(place);
      const text = await readFile(record, "utf8");
      await writeFile(record, text.replace('"magic":"text"', '"magic":"data"'));
    },
    "cut short": async (place) => {
      const [record = ""] = await recordsIn(place);
      await writeFile(record, (await readFile(record)).subarray(0, 300));
    },
    empty: async (place) => {
      const [record = ""] = await recordsIn(place);
      await writeFile(record, "");
    },
    "without what it kept": async ({ cache }) => {
      const folder = join(cache.folder, "blobs");
      for (const name of await readdir(folder)) await rm(join(folder, name));
    },
  };
  for (const [summary, damage] of Object.entries(damages)) {
    test(`whose record is ${summary} is read again`, async () => {
      await withScanPlace(async (place) => {
        const whole = await scanWhole(imageOf([addressed]), scanServices(place));
        await damage(place);
        const { layer: counted, opened } = countedLayer(addressed);
        const scanned = await scanImage(imageOf([counted]), scanServices(place));
        expect(opened()).toBe(1);
        await scanned.close();
        expect(await scanWhole(imageOf([addressed]), scanServices(place))).toEqual(whole);
      });
    });
  }
});

describe("contents", () => {
  test("that later steps read are kept; others are read from the layer, which is read once for all", async () => {
    await withScanPlace(async (place) => {
      await scanAndClose(addressed, place);
      const { layer: counted, opened } = countedLayer(addressed);
      const scanned = await scanImage(imageOf([counted]), scanServices(place));
      expect(await read(scanned, "/etc/passwd")).toBe(passwd.content);
      expect(opened()).toBe(0);
      expect(await read(scanned, "/other")).toBe("2");
      expect(await read(scanned, "/data")).toBe("1".repeat(1000));
      expect(opened()).toBe(1);
      await scanned.close();
    });
  });

  test("that were kept and changed on the disk are read from the layer", async () => {
    await withScanPlace(async (place) => {
      await scanAndClose(addressed, place);
      const folder = join(place.cache.folder, "blobs");
      for (const name of await readdir(folder)) {
        const bytes = await readFile(join(folder, name));
        await writeFile(
          join(folder, name),
          bytes.map((byte) => byte ^ 1),
        );
      }
      const scanned = await scanImage(imageOf([addressed]), scanServices(place));
      expect(await read(scanned, "/etc/passwd")).toBe(passwd.content);
      await scanned.close();
    });
  });
});

describe("facts are made once", () => {
  test("for a content that has many names", async () => {
    await withScanPlace(async (place) => {
      let examined = 0;
      const entries = Array.from({ length: 50 }, (_, n) => ({ name: `f${n}`, content: "the same" }));
      await scanAndClose(tarLayer(entries), place, { counted: () => examined++ });
      expect(examined).toBe(1);
    });
  });

  test("for a large file in several layers", async () => {
    const content = randomBytes(1_200_000);
    await withScanPlace(async (place) => {
      let examined = 0;
      const counted = (): number => examined++;
      await scanAndClose(rawLayer(tarOf([{ name: "a", content }])), place, { counted });
      await scanAndClose(rawLayer(tarOf([{ name: "b", content }])), place, { counted });
      expect(examined).toBe(1);
    });
  });
});
