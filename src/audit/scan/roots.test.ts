import { randomBytes } from "node:crypto";
import { chmod, link, mkdir, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { type TarEntry, tarOf } from "../../../testing/builders.ts";
import { imageOf, tarLayer, withFolder } from "../../../testing/layouts.ts";
import { describedImage, describeTree, scanServices, withScanPlace } from "../../../testing/scans.ts";
import { collect } from "../../base/bytes.ts";
import { treeOfFolder } from "../../oci/folder-reader.ts";
import { dumpTree } from "../../tree/dump.ts";
import { path } from "../../tree/path.ts";
import { scanFolder, scanTar } from "./scan.ts";

const entries: readonly TarEntry[] = [
  { name: "etc/passwd", content: "root:x:0:0::/root:/bin/sh\n" },
  { name: "bin/run", content: "#!/bin/sh\n", mode: 0o755 },
  { name: "data", content: randomBytes(5_000_000) },
  { name: "bin/again", kind: "hardlink", target: "bin/run" },
];

describe("scanTar", () => {
  const tar = tarOf(entries);
  for (const [name, bytes] of Object.entries({
    tar,
    "tar.gz": gzipSync(tar, { level: 1 }),
    "tar.zst": zstdCompressSync(tar),
  })) {
    test(`reads ${name} as a layer with the same entries`, async () => {
      await withFolder(async (folder) => {
        const file = join(folder, name);
        await writeFile(file, bytes);
        await withScanPlace(async (place) => {
          const scanned = await scanTar(file, scanServices(place));
          const expected = await describedImage(imageOf([tarLayer(entries)]));
          expect(await describeTree(scanned.tree, scanned.facts)).toEqual(expected);
          expect(scanned.layers).toEqual([]);
          await scanned.close();
        });
      });
    });
  }

  test("fails with the place where it is cut short", async () => {
    await withFolder(async (folder) => {
      const file = join(folder, "cut.tar");
      await writeFile(file, tar.subarray(0, 2_000_000));
      await withScanPlace(async (place) => {
        await expect(scanTar(file, scanServices(place))).rejects.toThrow(/cut\.tar.*\(at byte \d+/s);
      });
    });
  });

  test("fails where there is no such file", async () => {
    await withScanPlace(async (place) => {
      const missing = join(place.scratch, "missing.tar");
      await expect(scanTar(missing, scanServices(place))).rejects.toMatchObject({ code: "disk" });
    });
  });
});

describe("scanFolder", () => {
  test("has the tree of the folder, with the facts of every file", async () => {
    await withFolder(async (folder) => {
      await mkdir(join(folder, "bin"));
      await writeFile(join(folder, "bin/run"), "#!/bin/sh\n");
      await chmod(join(folder, "bin/run"), 0o755);
      await link(join(folder, "bin/run"), join(folder, "again"));
      await symlink("/etc/shadow", join(folder, "outside"));
      await writeFile(join(folder, "large"), Buffer.alloc(5_000_000, "x"));
      await withScanPlace(async (place) => {
        const scanned = await scanFolder(folder, scanServices(place));
        expect(dumpTree(scanned.tree)).toEqual(dumpTree(await treeOfFolder(folder)));
        const files = ["/bin/run", "/again", "/large"].map((name) => scanned.tree.lookup(path(name)));
        const found = files.map((file) => (file?.kind === "file" ? scanned.facts(file).magic : "no file"));
        expect(found).toEqual(["script", "script", "text"]);
        const links = files.map((file) => (file?.kind === "file" ? file.link : "no file"));
        expect(links[0]).toBeDefined();
        expect(links[1]).toBe(links[0]);
        expect(links[2]).toBeUndefined();
        await scanned.close();
      });
    });
  });

  test("reads no file that took the place of one that was scanned", async () => {
    await withFolder(async (folder) => {
      const file = join(folder, "a");
      await writeFile(file, "1");
      await withScanPlace(async (place) => {
        const scanned = await scanFolder(folder, scanServices(place));
        const entry = scanned.tree.lookup(path("/a"));
        if (entry?.kind !== "file") throw new Error("no file");
        await writeFile(file, "2");
        await expect(collect(entry.content, 10, "it")).rejects.toMatchObject({ code: "digest-mismatch" });
        await rm(file);
        await symlink("/etc/hostname", file);
        await expect(collect(entry.content, 10, "it")).rejects.toMatchObject({ code: "disk" });
      });
    });
  });
});
