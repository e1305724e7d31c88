import { execFileSync } from "node:child_process";
import { symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import {
  type Files,
  filesAsFolder,
  filesAsTar,
  imageOf,
  layoutFiles,
  tarLayer,
  withFolder,
} from "../../testing/layouts.ts";
import { collect } from "../base/bytes.ts";
import { digestOf, hexOf } from "../base/digest.ts";
import { memoryBlob } from "./blob.ts";
import { indexBytes, makeImageSet } from "./derive.ts";
import type { Descriptor, ImageSet } from "./model.ts";
import { openImageSet } from "./open.ts";

const layer = tarLayer([{ name: "etc/" }, { name: "etc/hosts", content: "127.0.0.1 localhost\n" }]);
const other = tarLayer([{ name: "b", content: "2" }]);
const image = imageOf([layer, other]);
const set = makeImageSet([image]);
const twoPlatforms = makeImageSet([image, imageOf([layer], { architecture: "arm64" })]);
const layerName = `blobs/sha256/${hexOf(layer.descriptor.digest)}`;
const manifestName = `blobs/sha256/${hexOf(image.descriptor.digest)}`;
const configName = `blobs/sha256/${hexOf(digestOf(image.config))}`;

function remove(files: Files, name: string): void {
  Reflect.deleteProperty(files, name);
}

async function openFiles(files: Files, packing: "folder" | "tar", tag?: string): Promise<ImageSet> {
  let found: ImageSet | undefined;
  await withFolder(async (folder) => {
    const path = join(folder, "image");
    if (packing === "tar") await writeFile(path, filesAsTar(files));
    else await filesAsFolder(files, path);
    const kind = packing === "tar" ? "oci-archive" : "oci-layout";
    const location = { kind, path, ...(tag === undefined ? {} : { tag }) } as const;
    found = await openImageSet(location, { scratchFolder: folder });
    for (const one of found.images.flatMap(({ layers }) => layers))
      await collect(one.open(), 1 << 20, "layer");
  });
  if (found === undefined) throw new Error("not opened");
  return found;
}

describe.each(["folder", "tar"] as const)("an OCI layout as a %s", (packing) => {
  test("gives the image that was put in", async () => {
    const opened = await openFiles(await layoutFiles(set, "1"), packing);
    expect(opened.images[0]?.manifest).toEqual(Buffer.from(image.manifest));
    expect(opened.images[0]?.config).toEqual(Buffer.from(image.config));
    expect(opened.images[0]?.layers.map(({ descriptor, diffId }) => ({ descriptor, diffId }))).toEqual(
      image.layers.map(({ descriptor, diffId }) => ({ descriptor, diffId })),
    );
    expect(opened.index).toBeUndefined();
  });

  test("gives all platforms under their index", async () => {
    const opened = await openFiles(await layoutFiles(twoPlatforms), packing);
    expect(opened.images.map(({ descriptor }) => descriptor)).toEqual(
      twoPlatforms.images.map((one) => one.descriptor),
    );
    expect(opened.index?.descriptor.digest).toBe(twoPlatforms.index?.descriptor.digest);
  });

  test("leaves out platforms that a sparse copy doesn't hold", async () => {
    const files = await layoutFiles(twoPlatforms);
    remove(files, manifestName);
    const opened = await openFiles(files, packing);
    expect(opened.images.map(({ descriptor }) => descriptor.platform?.architecture)).toEqual(["arm64"]);
  });

  const damages: readonly {
    readonly summary: string;
    readonly damage: (files: Files) => void;
    readonly error: object;
    readonly tag?: string;
  }[] = [
    {
      summary: "without index.json",
      damage: (files) => remove(files, "index.json"),
      error: { code: "malformed", why: "index.json is missing" },
    },
    {
      summary: "of another version",
      damage: (files) => {
        files["oci-layout"] = '{"imageLayoutVersion":"2.0.0"}';
      },
      error: { code: "malformed", why: 'its layout version is "2.0.0", expected 1.0.0' },
    },
    {
      summary: "without the image asked for",
      damage: () => undefined,
      tag: "2",
      error: { code: "not-found", why: 'it holds no image called "2"', hint: "name one by its tag: 1" },
    },
    {
      summary: "without any image",
      damage: (files) => {
        files["index.json"] = indexBytes([]);
      },
      error: { code: "not-found", why: "it holds no image" },
    },
    {
      summary: "with two images and no word which",
      damage: (files) => {
        files["index.json"] = indexBytes([image.descriptor, { ...image.descriptor, digest: digestOf("x") }]);
      },
      error: { code: "not-found", why: "it holds 2 images" },
    },
    {
      summary: "without the manifest",
      damage: (files) => remove(files, manifestName),
      error: { code: "malformed", what: `reading the blob ${image.descriptor.digest}`, why: "it is missing" },
    },
    {
      summary: "without the config",
      damage: (files) => remove(files, configName),
      error: { code: "malformed", what: `reading the blob ${digestOf(image.config)}`, why: "it is missing" },
    },
    {
      summary: "without a layer",
      damage: (files) => remove(files, layerName),
      error: { code: "malformed", what: `reading the blob ${layer.descriptor.digest}`, why: "it is missing" },
    },
    {
      summary: "with another manifest of the same length",
      damage: (files) => {
        files[manifestName] = Buffer.from(image.manifest).fill(0x20, 1, 2);
      },
      error: { code: "digest-mismatch", what: `reading the blob ${image.descriptor.digest}` },
    },
    {
      summary: "with another config of the same length",
      damage: (files) => {
        files[configName] = Buffer.from(image.config).fill(0x20, 1, 2);
      },
      error: { code: "digest-mismatch", what: `reading the blob ${digestOf(image.config)}` },
    },
    {
      summary: "with a changed layer",
      damage: (files) => {
        files[layerName] = Buffer.from(files[layerName] ?? "").fill(0xff, 20, 21);
      },
      error: { code: "digest-mismatch", what: `reading the blob ${layer.descriptor.digest}` },
    },
    {
      summary: "with a longer layer",
      damage: (files) => {
        files[layerName] = Buffer.concat([Buffer.from(files[layerName] ?? ""), Buffer.alloc(1)]);
      },
      error: {
        code: "digest-mismatch",
        why: `it holds more bytes, its descriptor says ${layer.descriptor.size}`,
      },
    },
    {
      summary: "with a shorter layer",
      damage: (files) => {
        files[layerName] = Buffer.from(files[layerName] ?? "").subarray(0, -1);
      },
      error: {
        code: "digest-mismatch",
        why: `it holds ${layer.descriptor.size - 1} bytes, its descriptor says ${layer.descriptor.size}`,
      },
    },
    {
      summary: "whose index lies about a size",
      damage: (files) => {
        files["index.json"] = indexBytes([{ ...image.descriptor, size: 5_000_000 }]);
      },
      error: { code: "limit", what: `reading the blob ${image.descriptor.digest}` },
    },
    {
      summary: "whose only content is no image",
      damage: (files) => artifact(files),
      error: { code: "malformed", why: "it is an artifact of another kind" },
    },
    {
      summary: "whose config has fewer diff ids than there are layers",
      damage: (files) => put(files, manifestWith([layer.descriptor])),
      error: { code: "malformed", why: "it has 1 layers, and its config 2 diff ids" },
    },
    {
      summary: "with indexes in indexes in indexes",
      damage: (files) => {
        let inner: Descriptor = image.descriptor;
        for (let depth = 0; depth < 6; depth++) {
          const bytes = indexBytes([inner]);
          inner = {
            mediaType: "application/vnd.oci.image.index.v1+json",
            digest: digestOf(bytes),
            size: bytes.length,
          };
          files[`blobs/sha256/${hexOf(inner.digest)}`] = bytes;
        }
        files["index.json"] = indexBytes([inner]);
      },
      error: { code: "limit", why: "indexes are nested deeper than 4 levels" },
    },
    {
      summary: "with a folder in place of a blob",
      damage: (files) => {
        remove(files, layerName);
        files[`${layerName}/x`] = "";
      },
      error: packing === "tar" ? { code: "malformed", why: "it is missing" } : { code: "malformed" },
    },
  ];
  test.each(damages)("is refused $summary", async ({ damage, error, tag }) => {
    const files = await layoutFiles(set, "1");
    damage(files);
    await expect(openFiles(files, packing, tag)).rejects.toMatchObject(error);
  });
});

/** Replaces the image by a manifest that names `bytes` of it. */
function put(files: Files, manifest: Uint8Array): void {
  const descriptor = { ...image.descriptor, digest: digestOf(manifest), size: manifest.length };
  files[`blobs/sha256/${hexOf(descriptor.digest)}`] = manifest;
  files["index.json"] = indexBytes([descriptor]);
}

function manifestWith(
  layers: readonly Descriptor[],
  configType = "application/vnd.oci.image.config.v1+json",
): Uint8Array {
  const config = { mediaType: configType, digest: digestOf(image.config), size: image.config.length };
  return new TextEncoder().encode(JSON.stringify({ schemaVersion: 2, config, layers }));
}

function artifact(files: Files): void {
  put(files, manifestWith([layer.descriptor], "application/vnd.example.chart.v1+json"));
}

test("attestations are carried along, and are no images", async () => {
  const manifest = manifestWith([layer.descriptor]);
  const attestation = {
    ...image.descriptor,
    digest: digestOf(manifest),
    size: manifest.length,
    platform: { os: "unknown", architecture: "unknown" },
    annotations: { "vnd.docker.reference.type": "attestation-manifest" },
  };
  const bytes = indexBytes([image.descriptor, attestation]);
  const descriptor = {
    mediaType: "application/vnd.oci.image.index.v1+json",
    digest: digestOf(bytes),
    size: bytes.length,
  };
  const config = { mediaType: "application/x", digest: digestOf(image.config), size: image.config.length };
  const blobs = [layer, memoryBlob(config, image.config)];
  const whole = {
    images: [image],
    index: { descriptor, bytes },
    attachments: [{ descriptor: attestation, manifest, blobs }],
  };
  const opened = await openFiles(await layoutFiles(whole), "tar");
  expect(opened.images).toHaveLength(1);
  expect(opened.attachments?.map((one) => one.descriptor)).toEqual([attestation]);
  expect(opened.attachments?.[0]?.blobs.map((blob) => blob.descriptor.digest)).toEqual([
    config.digest,
    layer.descriptor.digest,
  ]);
});

describe("a layout folder with links", () => {
  const cases: readonly { readonly summary: string; readonly target: string; readonly why: RegExp }[] = [
    { summary: "to a file outside", target: "../../../outside", why: /is a link that leads out of it/ },
    { summary: "to itself", target: hexOf(layer.descriptor.digest), why: /is a link to itself/ },
    { summary: "to a folder", target: ".", why: /is not a regular file/ },
    { summary: "to a device", target: "/dev/zero", why: /is a link that leads out of it/ },
  ];
  test.each(cases)("is refused: $summary", async ({ target, why }) => {
    await withFolder(async (folder) => {
      const files = await layoutFiles(set);
      await writeFile(join(folder, "outside"), files[layerName] ?? "");
      remove(files, layerName);
      await filesAsFolder(files, join(folder, "image"));
      await symlink(target, join(folder, "image", layerName));
      const opening = openImageSet(
        { kind: "oci-layout", path: join(folder, "image") },
        { scratchFolder: folder },
      );
      await expect(opening).rejects.toMatchObject({
        code: "malformed",
        why: expect.stringMatching(why) as string,
      });
    });
  });

  test("a pipe does not hang it", async () => {
    await withFolder(async (folder) => {
      const files = await layoutFiles(set);
      remove(files, layerName);
      await filesAsFolder(files, join(folder, "image"));
      execFileSync("mkfifo", [join(folder, "image", layerName)]);
      const opening = openImageSet(
        { kind: "oci-layout", path: join(folder, "image") },
        { scratchFolder: folder },
      );
      await expect(opening).rejects.toMatchObject({ code: "malformed" });
    });
  });

  test("is read where they stay inside", async () => {
    await withFolder(async (folder) => {
      const files = await layoutFiles(set);
      files["shared"] = files[layerName] ?? "";
      remove(files, layerName);
      await filesAsFolder(files, join(folder, "image"));
      await symlink("../../shared", join(folder, "image", layerName));
      const opened = await openImageSet(
        { kind: "oci-layout", path: join(folder, "image") },
        { scratchFolder: folder },
      );
      const [first] = opened.images[0]?.layers ?? [];
      expect(first?.file).toMatch(/\/image\/shared$/);
    });
  });
});
