// Images that are damaged, or lie: each has to end with an error that names the blob, and never with a verdict.
import { createHash } from "node:crypto";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { bytesOf } from "../../src/base/bytes.ts";
import { digestOf } from "../../src/base/digest.ts";
import type { ErrorCode } from "../../src/base/errors.ts";
import { type Image, type Layer, mediaTypes } from "../../src/oci/model.ts";
import { type TarEntry, tarOf } from "../builders.ts";
import { helloProgram } from "../hello-program.ts";
import { type Files, tarLayer } from "../layouts.ts";
import { type AdversarialCase, executable, filesOf, over, withLayer } from "./workshop.ts";

/** The sealed image with one more program, so that there are two layers to confuse. */
const image = withLayer([executable("opt/other", helloProgram())]);
const [lower, upper] = image.layers as [Layer, Layer];
const upperFile = fileOf(upper.descriptor.digest);
const lowerFile = fileOf(lower.descriptor.digest);

function fileOf(digest: string): string {
  return `blobs/sha256/${digest.slice("sha256:".length)}`;
}

function damaged(
  name: string,
  why: string,
  damage: (files: Files) => Files,
  error: ErrorCode | readonly ErrorCode[],
  ...says: readonly RegExp[]
): AdversarialCase {
  return {
    name,
    why,
    make: async (workshop) => workshop.files(damage(await filesOf(image))),
    expected: { error, says },
  };
}

/** The layout with another manifest, under its own right digest: only what the manifest says is wrong. */
function lyingManifest(files: Files, change: (manifest: string) => string): Files {
  const before = Buffer.from(image.manifest).toString();
  const after = change(before);
  const index = Buffer.from(files["index.json"] ?? "").toString();
  const { [fileOf(image.descriptor.digest)]: _, ...rest } = files;
  return {
    ...rest,
    [fileOf(digestOf(after))]: after,
    "index.json": index
      .replace(image.descriptor.digest, digestOf(after))
      .replace(`"size":${image.descriptor.size}`, `"size":${after.length}`),
  };
}

/** An image whose second layer is this blob, under its right digest. */
function badLayer(
  name: string,
  why: string,
  layer: () => Layer,
  error: ErrorCode,
  ...says: readonly RegExp[]
): AdversarialCase {
  return { name, why, make: (workshop) => workshop.image(over([layer()])), expected: { error, says } };
}

const layerNamed = (layer: Layer): RegExp => new RegExp(layer.descriptor.digest);
const anyLayer = /layer sha256:[0-9a-f]{64}/;

export const damage: readonly AdversarialCase[] = [
  damaged(
    "two layers swapped",
    "each is whole, and not what the manifest names",
    (files) => ({ ...files, [upperFile]: files[lowerFile] ?? "", [lowerFile]: files[upperFile] ?? "" }),
    "digest-mismatch",
    /sha256:/,
  ),
  damaged(
    "a layer replaced by another one",
    "of a base that somebody else has checked",
    (files) => ({ ...files, [upperFile]: files[lowerFile] ?? "" }),
    "digest-mismatch",
    layerNamed(upper),
  ),
  damaged(
    "a layer with one bit changed",
    "in the middle of the compressed bytes",
    (files) => ({ ...files, [upperFile]: flipped(files[upperFile]) }),
    ["malformed", "digest-mismatch"],
    layerNamed(upper),
  ),
  damaged(
    "a layer cut short",
    "half of it is there",
    (files) => ({ ...files, [upperFile]: halved(files[upperFile]) }),
    "digest-mismatch",
    layerNamed(upper),
  ),
  damaged(
    "a layer that is missing",
    "the copy is incomplete",
    (files) => without(files, upperFile),
    "malformed",
    layerNamed(upper),
    /missing/,
  ),
  damaged(
    "a config that is missing",
    "the copy is incomplete",
    (files) => without(files, fileOf(digestOf(image.config))),
    "malformed",
    /sha256:/,
    /missing/,
  ),
  damaged(
    "a manifest that is missing",
    "the copy is incomplete",
    (files) => without(files, fileOf(image.descriptor.digest)),
    "malformed",
    /sha256:/,
    /missing/,
  ),
  damaged(
    "a manifest with one letter changed",
    "the index names another digest",
    (files) => ({
      ...files,
      [fileOf(image.descriptor.digest)]: Buffer.from(image.manifest).toString().replace("gzip", "gzap"),
    }),
    "digest-mismatch",
    new RegExp(image.descriptor.digest),
  ),
  damaged(
    "a layout without an index",
    "nothing says which of its blobs is an image",
    (files) => without(files, "index.json"),
    "malformed",
    /index\.json/,
  ),
  damaged(
    "a manifest that lies about a layer's size",
    "the digest is right",
    (files) =>
      lyingManifest(files, (text) =>
        text.replace(`"size":${upper.descriptor.size}`, `"size":${upper.descriptor.size + 1}`),
      ),
    "digest-mismatch",
    layerNamed(upper),
    /bytes/,
  ),
  damaged(
    "a manifest that names a layer of its own invention",
    "no blob has the digest",
    (files) =>
      lyingManifest(files, (text) => text.replace(upper.descriptor.digest, `sha256:${"0".repeat(64)}`)),
    "malformed",
    /sha256:0{64}/,
    /missing/,
  ),
  damaged(
    "a manifest with one layer fewer than its config",
    "the config tells of a layer that nobody checks",
    (files) => lyingManifest(files, (text) => text.replace(/,(?=\{[^{]*\}\])\{.*?\}\]/, "]")),
    "malformed",
    /sha256:/,
    /layers/,
  ),
  damaged(
    "a layer of no layer's media type",
    "what it holds can't be told",
    (files) =>
      lyingManifest(files, (text) => text.replaceAll(mediaTypes.layerGzip, "application/octet-stream")),
    "malformed",
    anyLayer,
    /media type/,
  ),
  damaged(
    "a gzip layer that says it is a plain one",
    "the bytes are no tar",
    (files) => lyingManifest(files, (text) => text.replaceAll(mediaTypes.layerGzip, mediaTypes.layerTar)),
    "digest-mismatch",
    anyLayer,
  ),
  {
    name: "a config with the wrong diff id",
    why: "the layer's tar isn't what the config says",
    make: (workshop) => workshop.image(withDiffId(`sha256:${"1".repeat(64)}`)),
    expected: { error: "digest-mismatch", says: [layerNamed(upper), /1{64}/] },
  },
  {
    name: "one layer twice, with two diff ids",
    why: "one of them is wrong",
    make: (workshop) =>
      workshop.image(over([upper, { ...upper, diffId: `sha256:${"1".repeat(64)}` as Layer["diffId"] }])),
    expected: { error: "digest-mismatch", says: [layerNamed(upper), /1{64}/] },
  },
  badLayer(
    "a layer that is no tar",
    "under its right digest",
    () => rawLayer(Buffer.alloc(4096, "x")),
    "malformed",
    anyLayer,
    /byte|offset/i,
  ),
  badLayer(
    "a layer whose tar is cut short",
    "in the middle of a file",
    () => rawLayer(tarOf([{ name: "x", content: Buffer.alloc(5000) }]).subarray(0, 1500)),
    "malformed",
    anyLayer,
    /byte|offset/i,
  ),
  badLayer(
    "a header with a wrong checksum",
    "and a right digest",
    () => rawLayer(spoiled()),
    "malformed",
    anyLayer,
    /checksum/,
    /byte|offset/i,
  ),
  badLayer(
    "a gzip stream that is corrupt",
    "under its right digest",
    () => gzipLayer(flipped(gzipSync(randomTar()))),
    "malformed",
    anyLayer,
  ),
  badLayer(
    "a gzip stream that is cut short",
    "under its right digest",
    () => gzipLayer(halved(gzipSync(randomTar()))),
    "malformed",
    anyLayer,
  ),
  badLayer(
    "a layer that is a bomb",
    "a megabyte of zstd that is some gigabytes of zeros",
    bomb,
    "limit",
    anyLayer,
    /expansionRatioMax|1100/,
  ),
  badLayer(
    "a name that goes up",
    "no builder writes one; readers differ in what it means",
    () => tarLayer([{ name: "../../etc/cron.d/x", content: "x\n" }]),
    "malformed",
    anyLayer,
    /\.\./,
  ),
  badLayer(
    "a hard link that goes up",
    "to a file of the host",
    () => tarLayer([{ name: "x", kind: "hardlink", target: "../../etc/shadow" }]),
    "malformed",
    anyLayer,
    /\.\./,
  ),
  badLayer(
    "a hard link to nothing",
    "no engine can unpack it",
    () => tarLayer([{ name: "x", kind: "hardlink", target: "nothing" }]),
    "malformed",
    /"\/x"/,
    /"\/nothing"/,
  ),
  badLayer(
    "a file through links in a circle",
    "no engine can unpack it",
    () =>
      tarLayer([
        { name: "a", target: "b" },
        { name: "b", target: "a" },
        { name: "a/helper", content: helloProgram() },
      ]),
    "malformed",
    /\/a/,
  ),
  badLayer(
    "a whiteout of nothing",
    "of its own folder, as a careless reader takes it",
    () => tarLayer([{ name: "opt/.wh.." }]),
    "malformed",
    /\.wh\.\./,
  ),
  damaged(
    "a manifest of 600 layers",
    "more than any engine stacks",
    (files) =>
      lyingManifest(files, (text) =>
        text.replace(
          /"layers":\[(\{.*?\}),.*\]/,
          (_, one: string) => `"layers":[${Array.from({ length: 600 }, () => one).join(",")}]`,
        ),
      ),
    "limit",
    /layers/,
    /512/,
  ),
];

function without(files: Files, name: string): Files {
  const { [name]: _, ...rest } = files;
  return rest;
}

function flipped(content: Uint8Array | string | undefined): Buffer {
  const copy = Buffer.from(content ?? "");
  const at = Math.floor(copy.length / 2);
  copy[at] = (copy[at] ?? 0) ^ 0x10;
  return copy;
}

function halved(content: Uint8Array | string | undefined): Buffer {
  const bytes = Buffer.from(content ?? "");
  return bytes.subarray(0, Math.floor(bytes.length / 2));
}

/** The image with another diff id for its second layer. */
function withDiffId(diffId: `sha256:${string}`): Image {
  return over([{ ...upper, diffId: diffId as Layer["diffId"] }]);
}

function rawLayer(blob: Buffer): Layer {
  const digest = digestOf(blob);
  return {
    descriptor: { mediaType: mediaTypes.layerTar, digest, size: blob.length },
    diffId: digest,
    open: () => bytesOf(blob),
  };
}

function gzipLayer(blob: Buffer): Layer {
  return {
    ...rawLayer(blob),
    descriptor: { ...rawLayer(blob).descriptor, mediaType: mediaTypes.layerGzip },
    diffId: digestOf(randomTar()),
  };
}

/** A tar that hardly compresses; the same in every run. */
function randomTar(): Buffer {
  const blocks = Array.from({ length: 200 }, (_, index) => createHash("sha256").update(`${index}`).digest());
  const entry: TarEntry = { name: "x", content: Buffer.concat(blocks) };
  return tarOf([entry]);
}

function spoiled(): Buffer {
  const tar = tarOf([
    { name: "first", content: "x" },
    { name: "second", content: "y" },
  ]);
  tar[1024 + 10] = (tar[1024 + 10] ?? 0) ^ 1;
  return tar;
}

function bomb(): Layer {
  const frame = zstdCompressSync(Buffer.alloc(1 << 27));
  const blob = Buffer.concat(Array.from({ length: 16 }, () => frame));
  return {
    descriptor: { mediaType: mediaTypes.layerZstd, digest: digestOf(blob), size: blob.length },
    diffId: digestOf("never reached"),
    open: () => bytesOf(blob),
  };
}
