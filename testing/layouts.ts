// Images of real tar layers, and OCI layouts as plain files that a test can damage before they are written.
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { bytesOf, collect } from "../src/base/bytes.ts";
import { digestOf, hexOf } from "../src/base/digest.ts";
import { blobsOf } from "../src/oci/blob.ts";
import { indexBytes, makeImage, rootOf } from "../src/oci/derive.ts";
import { taggedDescriptor } from "../src/oci/layout-files.ts";
import { type Image, type ImageConfig, type ImageSet, type Layer, mediaTypes } from "../src/oci/model.ts";
import { type TarEntry, tarOf } from "./builders.ts";

/** A layer of these entries. */
export function tarLayer(
  entries: readonly TarEntry[],
  compression: "none" | "gzip" | "zstd" = "gzip",
): Layer {
  const tar = tarOf(entries);
  const stored =
    compression === "gzip" ? gzipSync(tar) : compression === "zstd" ? zstdCompressSync(tar) : tar;
  const mediaType = {
    none: mediaTypes.layerTar,
    gzip: mediaTypes.layerGzip,
    zstd: mediaTypes.layerZstd,
  }[compression];
  return {
    descriptor: { mediaType, digest: digestOf(stored), size: stored.length },
    diffId: digestOf(tar),
    open: () => bytesOf(stored),
  };
}

/** An image of layers, for linux/amd64 unless `config` says otherwise. */
export function imageOf(layers: readonly Layer[], config: Partial<ImageConfig> = {}): Image {
  const rootfs = { type: "layers", diff_ids: layers.map((layer) => layer.diffId) } as const;
  return makeImage({ config: { architecture: "amd64", os: "linux", ...config, rootfs }, layers });
}

export type Files = Record<string, Uint8Array | string>;

/** The files of an OCI layout that holds the set under a tag. */
export async function layoutFiles(set: ImageSet, tag?: string): Promise<Files> {
  const files: Files = {
    "oci-layout": '{"imageLayoutVersion":"1.0.0"}',
    "index.json": indexBytes([taggedDescriptor(rootOf(set), tag)]),
  };
  for (const blob of blobsOf(set)) {
    files[`blobs/sha256/${hexOf(blob.descriptor.digest)}`] = await collect(blob.open(), 1 << 26, "a blob");
  }
  return files;
}

/** Files as a tar, in the order of their names. */
export function filesAsTar(files: Files): Buffer {
  const names = Object.keys(files).sort();
  return tarOf(names.map((name) => ({ name, content: files[name] ?? "" })));
}

/** Writes files below a folder. */
export async function filesAsFolder(files: Files, folder: string): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), content);
  }
}

/** Runs `test` with a temporary folder of its own, removed afterwards. */
export async function withFolder(test: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "distill-test-"));
  try {
    await test(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
