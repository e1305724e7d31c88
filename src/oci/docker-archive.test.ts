import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { headerOf, tarOf } from "../../testing/builders.ts";
import {
  type Files,
  filesAsFolder,
  filesAsTar,
  imageOf,
  tarLayer,
  withFolder,
} from "../../testing/layouts.ts";
import { type Bytes, collect } from "../base/bytes.ts";
import { digestOf, hexOf } from "../base/digest.ts";
import { readTar } from "../formats/tar-reader.ts";
import { makeImageSet } from "./derive.ts";
import { dockerArchive, onlyImage } from "./docker-archive-writer.ts";
import { tarOfLayer } from "./layer-tar.ts";
import type { Image, ImageSet } from "./model.ts";
import { openImageSet } from "./open.ts";

const entries = [{ name: "etc/" }, { name: "etc/hosts", content: "127.0.0.1 localhost\n" }];
const plain = tarLayer(entries, "none");
const zipped = tarLayer([{ name: "b", content: "2" }], "gzip");
const image = imageOf([plain, zipped]);
const config = `${hexOf(digestOf(image.config))}.json`;
const all = (stream: Bytes): Promise<Uint8Array> => collect(stream, 1 << 24, "test");

async function open(archive: Uint8Array, reference?: string): Promise<ImageSet> {
  let opened: ImageSet | undefined;
  await withFolder(async (folder) => {
    const path = join(folder, "a.tar");
    await writeFile(path, archive);
    const location = {
      kind: "docker-archive",
      path,
      ...(reference === undefined ? {} : { reference }),
    } as const;
    opened = await openImageSet(location, { scratchFolder: folder });
    for (const layer of opened.images[0]?.layers ?? []) await all(tarOfLayer(layer));
  });
  if (opened === undefined) throw new Error("not opened");
  return opened;
}

/** The classic layout: a folder for each layer. */
async function classicFiles(): Promise<Files> {
  return {
    "manifest.json": JSON.stringify([
      {
        Config: config,
        RepoTags: ["app:1", "example.test/app:2"],
        Layers: ["one/layer.tar", "two/layer.tar"],
      },
    ]),
    [config]: image.config,
    "one/layer.tar": await all(tarOfLayer(plain)),
    "two/layer.tar": await all(tarOfLayer(zipped)),
  };
}

describe("reading", () => {
  test("a classic archive gives config and layers by their diff ids", async () => {
    const opened = await open(filesAsTar(await classicFiles()));
    expect(Buffer.from(opened.images[0]?.config ?? "")).toEqual(Buffer.from(image.config));
    expect(opened.images[0]?.layers.map(({ descriptor }) => descriptor.digest)).toEqual([
      plain.diffId,
      zipped.diffId,
    ]);
    expect(opened.images[0]?.descriptor.platform).toEqual({ os: "linux", architecture: "amd64" });
  });

  test("compressed layers keep their bytes", async () => {
    const files = await classicFiles();
    files["two/layer.tar"] = await all(zipped.open());
    const opened = await open(filesAsTar(files));
    expect(opened.images[0]?.layers.map(({ descriptor }) => descriptor)).toEqual([
      plain.descriptor,
      zipped.descriptor,
    ]);
  });

  test("a compressed archive, and one unpacked into a folder, are the same image", async () => {
    const files = await classicFiles();
    const expected = (await open(filesAsTar(files))).images[0]?.descriptor.digest;
    expect((await open(gzipSync(filesAsTar(files)))).images[0]?.descriptor.digest).toBe(expected);
    await withFolder(async (folder) => {
      await filesAsFolder(files, folder);
      const opened = await openImageSet({ kind: "docker-archive", path: folder }, { scratchFolder: folder });
      expect(opened.images[0]?.descriptor.digest).toBe(expected);
      expect(opened.images[0]?.layers[0]?.file).toMatch(/one\/layer\.tar$/);
    });
  });

  test("layers that are links, as older versions of Docker and skopeo save them", async () => {
    const files = await classicFiles();
    const archive = tarOf([
      { name: "manifest.json", content: files["manifest.json"] ?? "" },
      { name: config, content: image.config },
      { name: "x.tar", content: files["one/layer.tar"] ?? "" },
      { name: "one/layer.tar", target: "../x.tar" },
      { name: "two/layer.tar", content: files["two/layer.tar"] ?? "" },
    ]);
    expect((await open(archive)).images[0]?.layers).toHaveLength(2);
  });

  const references = ["app:1", "docker.io/library/app:1", "example.test/app:2"];
  test.each(references)("finds the image called %s among two", async (reference) => {
    const files = await classicFiles();
    const other = { Config: "other.json", RepoTags: ["other:1"], Layers: [] };
    files["manifest.json"] = `[${JSON.stringify(other)},${String(files["manifest.json"]).slice(1, -1)}]`;
    expect((await open(filesAsTar(files), reference)).images[0]?.layers).toHaveLength(2);
    await expect(open(filesAsTar(files))).rejects.toMatchObject({
      code: "not-found",
      why: "it holds 2 images",
      hint: "name one: other:1, app:1, example.test/app:2",
    });
  });

  const manifest = (value: unknown) => (files: Files) => {
    files["manifest.json"] = JSON.stringify(value);
  };
  const damages: readonly {
    readonly summary: string;
    readonly damage: (files: Files) => void;
    readonly error: object;
  }[] = [
    {
      summary: "without manifest.json",
      damage: (files) => Reflect.deleteProperty(files, "manifest.json"),
      error: { code: "malformed", why: "manifest.json is missing" },
    },
    {
      summary: "whose manifest is an object",
      damage: manifest({}),
      error: { why: "it is not a list of images" },
    },
    {
      summary: "whose image has no config",
      damage: manifest([{}]),
      error: { why: 'an image has no "Config"' },
    },
    {
      summary: "whose layers are numbers",
      damage: manifest([{ Config: config, Layers: [1] }]),
      error: { why: '"Layers" is not a list of strings' },
    },
    {
      summary: "with too few layers",
      damage: manifest([{ Config: config, Layers: [] }]),
      error: { why: "it has 2 diff ids, and the image 0 layers" },
    },
    {
      summary: "with too many layers",
      damage: manifest([{ Config: config, Layers: Array.from({ length: 600 }, () => "x") }]),
      error: { code: "limit" },
    },
    {
      summary: "whose config lies outside",
      damage: manifest([{ Config: "../../x", Layers: [] }]),
      error: { why: 'the name "../../x" leads out of it' },
    },
    {
      summary: "with another config",
      damage: (files) => {
        files[config] = Buffer.from(image.config).fill(0x20, 1, 2);
      },
      error: { code: "digest-mismatch" },
    },
    {
      summary: "with another layer",
      damage: (files) => {
        files["one/layer.tar"] = files["two/layer.tar"] ?? "";
      },
      error: { code: "digest-mismatch" },
    },
    {
      summary: "with a compressed layer of another diff id",
      damage: (files) => {
        files["one/layer.tar"] = gzipSync(files["two/layer.tar"] ?? "");
      },
      error: {
        code: "digest-mismatch",
        why: `its tar has the digest ${zipped.diffId}, the config says ${plain.diffId}`,
      },
    },
    {
      summary: "without a layer",
      damage: (files) => Reflect.deleteProperty(files, "one/layer.tar"),
      error: { code: "malformed", why: "the layer one/layer.tar is missing" },
    },
    {
      summary: "with a layer compressed with xz",
      damage: (files) => {
        files["one/layer.tar"] = Buffer.from("fd377a585a000004", "hex");
      },
      error: { code: "malformed", why: "a layer can't be compressed with xz" },
    },
  ];
  test.each(damages)("refuses an archive $summary", async ({ damage, error }) => {
    const files = await classicFiles();
    damage(files);
    await expect(open(filesAsTar(files))).rejects.toMatchObject({ code: "malformed", ...error });
  });
});

describe("writing", () => {
  async function members(of: Image, references: readonly string[]): Promise<Map<string, Uint8Array>> {
    const found = new Map<string, Uint8Array>();
    for await (const { header, content } of readTar(dockerArchive(of, references), "test")) {
      expect(found.has(header.name)).toBe(false);
      expect(header).toEqual({ ...headerOf({ name: header.name }), sizeBytes: header.sizeBytes });
      found.set(header.name, await all(content));
    }
    return found;
  }

  test("holds manifest, config and each layer once, zstd ones decompressed", async () => {
    const packed = tarLayer(entries, "zstd");
    const found = await members(imageOf([packed, zipped, zipped]), ["app:1", "example.test:5000/app:2"]);
    const tar = `${hexOf(packed.diffId)}.tar`;
    const gz = `${hexOf(zipped.descriptor.digest)}.tar.gz`;
    const [, , configName = ""] = [...found.keys()];
    expect([...found.keys()]).toEqual(["manifest.json", "repositories", configName, tar, gz]);
    expect(JSON.parse(Buffer.from(found.get("manifest.json") ?? "").toString())).toEqual([
      { Config: configName, RepoTags: ["app:1", "example.test:5000/app:2"], Layers: [tar, gz, gz] },
    ]);
    expect(JSON.parse(Buffer.from(found.get("repositories") ?? "").toString())).toEqual({
      app: { "1": hexOf(zipped.diffId) },
      "example.test:5000/app": { "2": hexOf(zipped.diffId) },
    });
    expect(digestOf(found.get(tar) ?? "")).toBe(packed.diffId);
    expect(digestOf(found.get(gz) ?? "")).toBe(zipped.descriptor.digest);
  });

  test("is the same twice, and read back as the same image", async () => {
    const archive = await all(dockerArchive(image, ["app:1"]));
    expect(Buffer.from(await all(dockerArchive(image, ["app:1"])))).toEqual(Buffer.from(archive));
    const opened = await open(archive, "app:1");
    expect(opened.images[0]?.descriptor).toEqual(image.descriptor);
  });

  test("an image without a name has none", async () => {
    const found = await members(image, []);
    expect(found.has("repositories")).toBe(false);
    expect(JSON.parse(Buffer.from(found.get("manifest.json") ?? "").toString())).toMatchObject([
      { RepoTags: [] },
    ]);
  });

  test.each(["app", "localhost:5000/app", `app@${digestOf("x")}`, "app:", "app:a b"])(
    "refuses the name %s",
    (name) => {
      expect(() => dockerArchive(image, [name])).toThrow(expect.objectContaining({ code: "usage" }));
    },
  );

  test("holds one platform only", () => {
    const set = makeImageSet([image, imageOf([plain], { architecture: "arm64" })]);
    expect(() => onlyImage(set, "writing")).toThrow(
      expect.objectContaining({ code: "usage", why: "it can hold one platform, and the image has 2" }),
    );
  });
});
