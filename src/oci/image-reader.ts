// From a root descriptor to an `ImageSet`: follows indexes and manifests through whatever finds blobs.
// Invariant: every manifest and config was checked against its digest before it was parsed; layers are checked as they stream.
import { collect } from "../base/bytes.ts";
import { ToolError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import { type BlobSource, verified } from "./blob.ts";
import { platformOf } from "./derive.ts";
import { malformed } from "./json.ts";
import {
  type Attachment,
  type Descriptor,
  type Image,
  type ImageSet,
  type Layer,
  mediaTypes,
} from "./model.ts";
import {
  isIndexType,
  isManifestType,
  type Manifest,
  parseConfig,
  parseIndex,
  parseManifest,
} from "./validate.ts";

/** Looks a blob up by its descriptor's digest. What it yields need not be verified yet. */
export type BlobFinder = (descriptor: Descriptor) => Promise<BlobSource | undefined>;

interface Reading {
  readonly find: BlobFinder;
  readonly images: Image[];
  readonly attachments: Attachment[];
  /** Digests that were followed: one image may stand in an index twice. */
  readonly seen: Set<string>;
  /** Manifests, indexes and configs held so far. */
  readonly held: { documents: number; bytes: number };
}

/**
 * The images behind `root`. An index may name platforms whose blobs aren't there (a copy of one platform): those are left
 * out as long as one image is whole.
 * @throws ToolError "malformed", "digest-mismatch", "limit"
 */
export async function readImageSet(root: Descriptor, find: BlobFinder): Promise<ImageSet> {
  const reading: Reading = {
    find,
    images: [],
    attachments: [],
    seen: new Set(),
    held: { documents: 0, bytes: 0 },
  };
  if (!isIndexType(root.mediaType)) {
    if (!isManifestType(root.mediaType)) throw notAnImage(root, `its media type is ${root.mediaType}`);
    const bytes = await readDocument(reading, root, limits.manifestBytesMax);
    if (bytes === undefined) throw missing(root);
    await addManifest(reading, root, bytes);
    if (reading.images.length === 0) throw notAnImage(root, "it is an artifact of another kind");
    return { images: reading.images };
  }
  const bytes = await readDocument(reading, root, limits.manifestBytesMax);
  if (bytes === undefined) throw missing(root);
  await addIndex(reading, root, bytes, 1);
  if (reading.images.length === 0) throw notAnImage(root, "none of the images that its index names is there");
  return {
    images: reading.images,
    index: { descriptor: root, bytes },
    ...(reading.attachments.length === 0 ? {} : { attachments: reading.attachments }),
  };
}

async function addIndex(
  reading: Reading,
  descriptor: Descriptor,
  bytes: Uint8Array,
  depth: number,
): Promise<void> {
  if (depth > limits.indexDepthMax) {
    throw new ToolError("limit", {
      what: `reading the index ${descriptor.digest}`,
      why: `indexes are nested deeper than ${limits.indexDepthMax} levels`,
    });
  }
  for (const one of parseIndex(bytes, `the index ${descriptor.digest}`).manifests) {
    if (reading.seen.has(one.digest)) continue;
    reading.seen.add(one.digest);
    if (!isIndexType(one.mediaType) && !isManifestType(one.mediaType)) continue;
    const inner = await readDocument(reading, one, limits.manifestBytesMax);
    if (inner === undefined) continue;
    if (isManifestType(one.mediaType)) {
      await addManifest(reading, one, inner);
    } else {
      reading.attachments.push({ descriptor: one, manifest: inner, blobs: [] });
      await addIndex(reading, one, inner, depth + 1);
    }
  }
}

async function addManifest(reading: Reading, descriptor: Descriptor, bytes: Uint8Array): Promise<void> {
  const manifest = parseManifest(bytes, `the manifest ${descriptor.digest}`);
  if (isImage(descriptor, manifest)) {
    reading.images.push(await readImage(reading, descriptor, bytes, manifest));
    return;
  }
  const blobs: BlobSource[] = [];
  for (const one of [manifest.config, ...manifest.layers]) {
    const found = await findVerified(reading.find, one);
    if (found !== undefined) blobs.push(found);
  }
  reading.attachments.push({ descriptor, manifest: bytes, blobs });
}

/** BuildKit files attestations as images of the platform unknown/unknown; other artifacts have a config of their own type. */
function isImage(descriptor: Descriptor, manifest: Manifest): boolean {
  if (descriptor.annotations?.["vnd.docker.reference.type"] !== undefined) return false;
  if (descriptor.platform?.os === "unknown") return false;
  return (
    manifest.config.mediaType === mediaTypes.config || manifest.config.mediaType === mediaTypes.dockerConfig
  );
}

async function readImage(
  reading: Reading,
  descriptor: Descriptor,
  bytes: Uint8Array,
  manifest: Manifest,
): Promise<Image> {
  const config = await readDocument(reading, manifest.config, limits.configBytesMax);
  if (config === undefined) throw missing(manifest.config);
  const parsed = parseConfig(config, `the config ${manifest.config.digest}`);
  const ids = parsed.rootfs.diff_ids;
  if (ids.length !== manifest.layers.length) {
    throw malformed(
      `the manifest ${descriptor.digest}`,
      `it has ${manifest.layers.length} layers, and its config ${ids.length} diff ids`,
    );
  }
  const layers: Layer[] = [];
  for (const [index, diffId] of ids.entries()) {
    const layer = manifest.layers[index];
    if (layer === undefined) continue;
    const blob = await findVerified(reading.find, layer);
    if (blob === undefined) throw missing(layer);
    layers.push({ ...blob, diffId });
  }
  const platform = descriptor.platform ?? platformOf(parsed);
  return { descriptor: { ...descriptor, platform }, manifest: bytes, config, layers };
}

async function findVerified(find: BlobFinder, descriptor: Descriptor): Promise<BlobSource | undefined> {
  const found = await find(descriptor);
  if (found === undefined) return undefined;
  const { addressed, file, within } = found;
  return {
    descriptor,
    ...(file === undefined ? {} : { file }),
    ...(within === undefined ? {} : { within }),
    ...(addressed === undefined ? {} : { addressed }),
    open: () => verified(found.open(), descriptor, `the blob ${descriptor.digest}`),
  };
}

/** A manifest, index or config in memory, verified; undefined where it isn't there. */
async function readDocument(
  reading: Reading,
  descriptor: Descriptor,
  bytesMax: number,
): Promise<Uint8Array | undefined> {
  const what = `the blob ${descriptor.digest}`;
  if (descriptor.size > bytesMax) {
    throw new ToolError("limit", { what: `reading ${what}`, why: `it is larger than ${bytesMax} bytes` });
  }
  const found = await reading.find(descriptor);
  if (found === undefined) return undefined;
  hold(reading.held, descriptor);
  return collect(verified(found.open(), descriptor, what), bytesMax, what);
}

/** Each document is bounded by itself; this bounds what an index of indexes has of them. */
function hold(held: Reading["held"], descriptor: Descriptor): void {
  held.documents += 1;
  held.bytes += descriptor.size;
  const exceeded =
    held.documents > limits.imageDocumentsMax
      ? ("imageDocumentsMax" as const)
      : held.bytes > limits.imageDocumentsBytesMax
        ? ("imageDocumentsBytesMax" as const)
        : undefined;
  if (exceeded === undefined) return;
  throw new ToolError("limit", {
    what: `reading the blob ${descriptor.digest}`,
    why: `the manifests and configs of its image are more than ${exceeded} (${limits[exceeded]})`,
  });
}

function missing(descriptor: Descriptor): ToolError {
  return new ToolError("malformed", {
    what: `reading the blob ${descriptor.digest}`,
    why: "it is missing",
    hint: "the copy is incomplete; make it again",
  });
}

function notAnImage(descriptor: Descriptor, why: string): ToolError {
  return new ToolError("malformed", { what: `reading ${descriptor.digest} as an image`, why });
}
