// Reads what `docker save`, `podman save` and skopeo's docker-archive write (Docker image specification v1.2, "Combined Image
// JSON + Filesystem Changeset Format"): manifest.json names a config and layers. Classic archives hold ID/layer.tar, some
// of them links to each other; newer ones blobs/sha256/HEX. There is no manifest: one is derived.
import { createHash } from "node:crypto";
import type { Digest } from "../base/digest.ts";
import { digestOf, finishDigest, hexOf } from "../base/digest.ts";
import { ToolError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import { type Compression, detectCompression } from "../formats/compression.ts";
import { verified } from "./blob.ts";
import { imageOfConfig } from "./derive.ts";
import { isObject, malformed, parseJsonValue } from "./json.ts";
import { refuseOtherSpellings } from "./member-names.ts";
import { type Descriptor, type ImageSet, type Layer, mediaTypes } from "./model.ts";
import { type FileStore, readSmall, type StoredFile } from "./store.ts";
import { parseConfig } from "./validate.ts";

export const dockerManifestFile = "manifest.json";

interface ArchivedImage {
  readonly config: string;
  readonly repoTags: readonly string[];
  readonly layers: readonly string[];
}

/**
 * The image called `reference` ("name:tag", as RepoTags has it); without one, the only image that is there.
 * @throws ToolError "not-found" where no image, or no single one, is meant; "malformed", "digest-mismatch", "limit"
 */
export async function readDockerArchive(store: FileStore, reference: string | undefined): Promise<ImageSet> {
  const bytes = await readSmall(store, dockerManifestFile, limits.manifestBytesMax);
  const chosen = chosenImage(parseArchivedImages(bytes, store.what), reference, store.what);
  const config = await readSmall(store, chosen.config, limits.configBytesMax);
  const what = `${chosen.config} in ${store.what}`;
  const named = /(?:^|\/)([0-9a-f]{64})(?:\.json)?$/.exec(chosen.config)?.[1];
  if (named !== undefined && named !== hexOf(digestOf(config))) {
    throw new ToolError("digest-mismatch", {
      what: `reading ${what}`,
      why: `its content has the digest ${digestOf(config)}`,
      hint: "the image is damaged or was tampered with; save it again",
    });
  }
  const ids = parseConfig(config, what).rootfs.diff_ids;
  if (ids.length !== chosen.layers.length) {
    throw malformed(what, `it has ${ids.length} diff ids, and the image ${chosen.layers.length} layers`);
  }
  const layers: Layer[] = [];
  for (const [index, diffId] of ids.entries()) {
    layers.push(await readLayer(store, chosen.layers[index] ?? "", diffId));
  }
  return { images: [imageOfConfig(config, layers)] };
}

async function readLayer(store: FileStore, name: string, diffId: Digest): Promise<Layer> {
  const found = await store.find(name);
  if (found === undefined) throw malformed(store.what, `the layer ${name} is missing`);
  const descriptor = await layerDescriptor(found, diffId, `${name} in ${store.what}`);
  const { file } = found;
  return {
    descriptor,
    diffId,
    ...(file === undefined ? {} : { file }),
    open: () => verified(found.open(), descriptor, `${name} in ${store.what}`),
  };
}

/** An uncompressed layer's digest is its diff id; a compressed one has to be read once to learn it. */
async function layerDescriptor(found: StoredFile, diffId: Digest, what: string): Promise<Descriptor> {
  let compression: Compression | undefined;
  const hash = createHash("sha256");
  for await (const chunk of found.open()) {
    compression ??= detectCompression(chunk);
    if (compression === "none") break;
    hash.update(chunk);
  }
  const size = found.sizeBytes;
  switch (compression) {
    case undefined:
    case "none":
      return { mediaType: mediaTypes.layerTar, digest: diffId, size };
    case "gzip":
      return { mediaType: mediaTypes.layerGzip, digest: finishDigest(hash), size };
    case "zstd":
      return { mediaType: mediaTypes.layerZstd, digest: finishDigest(hash), size };
    case "xz":
      throw malformed(what, "a layer can't be compressed with xz");
  }
}

function parseArchivedImages(bytes: Uint8Array, what: string): readonly ArchivedImage[] {
  const inner = `${dockerManifestFile} in ${what}`;
  const value = parseJsonValue(bytes, limits.manifestBytesMax, inner);
  if (!Array.isArray(value)) throw malformed(inner, "it is not a list of images");
  return (value as readonly unknown[]).map((one) => {
    if (isObject(one)) refuseOtherSpellings(one, ["Config", "RepoTags", "Layers"], inner);
    const config = isObject(one) ? one["Config"] : undefined;
    if (!isObject(one) || typeof config !== "string") throw malformed(inner, 'an image has no "Config"');
    const layers = strings(one["Layers"], "Layers", inner);
    if (layers.length > limits.layersMax) {
      throw new ToolError("limit", {
        what: `reading ${inner}`,
        why: `an image has more than ${limits.layersMax} layers`,
      });
    }
    return { config, repoTags: strings(one["RepoTags"], "RepoTags", inner), layers };
  });
}

function strings(value: unknown, name: string, what: string): readonly string[] {
  const found: unknown = value ?? [];
  if (!Array.isArray(found) || !found.every((one) => typeof one === "string")) {
    throw malformed(what, `"${name}" is not a list of strings`);
  }
  return found;
}

function chosenImage(
  images: readonly ArchivedImage[],
  reference: string | undefined,
  what: string,
): ArchivedImage {
  const wanted =
    reference === undefined
      ? images
      : images.filter((one) => one.repoTags.some((tag) => isSame(tag, reference)));
  const [first] = wanted;
  if (first !== undefined && wanted.length === 1) return first;
  const tags = images.flatMap((one) => one.repoTags);
  throw new ToolError("not-found", {
    what: `opening ${what}`,
    why:
      reference === undefined
        ? `it holds ${images.length} images`
        : `it holds ${wanted.length} images called ${JSON.stringify(reference)}`,
    ...(tags.length === 0 ? {} : { hint: `name one: ${tags.slice(0, 20).join(", ")}` }),
  });
}

/** "busybox" means "busybox:latest", and "docker.io/library/busybox:latest" is the same name in full. */
function isSame(tag: string, reference: string): boolean {
  return fullName(tag) === fullName(reference);
}

function fullName(reference: string): string {
  const short = reference.replace(/^docker\.io\/(?:library\/)?/, "");
  return /:[^/]*$/.test(short) ? short : `${short}:latest`;
}
