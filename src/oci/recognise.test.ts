import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { tarOf } from "../../testing/builders.ts";
import {
  filesAsFolder,
  filesAsTar,
  imageOf,
  layoutFiles,
  tarLayer,
  withFolder,
} from "../../testing/layouts.ts";
import { collect } from "../base/bytes.ts";
import { makeImageSet } from "./derive.ts";
import { parseLocation } from "./locations.ts";
import { openImageSet, recognise } from "./open.ts";

const layer = tarLayer([{ name: "a", content: "1" }]);
const image = imageOf([layer]);
const set = makeImageSet([image]);

describe("recognise", () => {
  test("tells what a path holds", async () => {
    await withFolder(async (folder) => {
      const files = await layoutFiles(set);
      const tar = filesAsTar(files);
      await filesAsFolder(files, join(folder, "layout"));
      await filesAsFolder({ "manifest.json": "[]" }, join(folder, "saved"));
      await mkdir(join(folder, "rootfs/etc"), { recursive: true });
      await writeFile(join(folder, "a.tar"), tar);
      await writeFile(join(folder, "a.tar.gz"), gzipSync(tar));
      await writeFile(join(folder, "a.tar.zst"), zstdCompressSync(tar));
      await writeFile(join(folder, "d.tar"), tarOf([{ name: "./manifest.json", content: "[]" }]));
      await writeFile(join(folder, "root.tar"), tarOf([{ name: "etc/" }]));
      const kinds: Record<string, string> = {};
      for (const name of [
        "layout",
        "saved",
        "rootfs",
        "a.tar",
        "a.tar.gz",
        "a.tar.zst",
        "d.tar",
        "root.tar",
      ]) {
        kinds[name] = (await recognise(parseLocation(join(folder, name)), { scratchFolder: folder })).kind;
      }
      expect(kinds).toEqual({
        layout: "oci-layout",
        saved: "docker-archive",
        rootfs: "folder",
        "a.tar": "oci-archive",
        "a.tar.gz": "oci-archive",
        "a.tar.zst": "oci-archive",
        "d.tar": "docker-archive",
        "root.tar": "tar",
      });
    });
  });

  test("opens a compressed archive", async () => {
    await withFolder(async (folder) => {
      const path = join(folder, "a.tgz");
      await writeFile(path, gzipSync(filesAsTar(await layoutFiles(set))));
      const opened = await openImageSet({ kind: "oci-archive", path }, { scratchFolder: folder });
      expect(opened.images[0]?.descriptor.digest).toBe(image.descriptor.digest);
      const [first = layer] = opened.images[0]?.layers ?? [];
      expect(await collect(first.open(), 1 << 20, "x")).toEqual(await collect(layer.open(), 1 << 20, "x"));
    });
  });

  test("takes a word that names nothing here for a registry reference", async () => {
    await withFolder(async (folder) => {
      expect(await recognise(parseLocation("no-such-image:1"), { scratchFolder: folder })).toEqual({
        kind: "registry",
        reference: "no-such-image:1",
      });
      // `src` is a folder of the working directory, but no image.
      expect(await recognise(parseLocation("src"), { scratchFolder: folder })).toEqual({
        kind: "registry",
        reference: "src",
      });
    });
  });

  test("a path where nothing is, and a file that is no archive", async () => {
    await withFolder(async (folder) => {
      const options = { scratchFolder: folder };
      await expect(recognise(parseLocation(join(folder, "absent")), options)).rejects.toMatchObject({
        code: "not-found",
      });
      await expect(
        openImageSet({ kind: "oci-layout", path: join(folder, "absent") }, options),
      ).rejects.toMatchObject({
        code: "not-found",
      });
      await writeFile(join(folder, "text"), await readFile(import.meta.filename));
      await expect(recognise(parseLocation(join(folder, "text")), options)).rejects.toMatchObject({
        code: "malformed",
      });
      await expect(openImageSet({ kind: "folder", path: folder }, options)).rejects.toMatchObject({
        code: "usage",
      });
    });
  });
});
