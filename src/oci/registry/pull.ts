// Pulling: a name -> the manifest or index -> images, whose layers are fetched when they are read, or all at once.
// Invariant: everything below the name is reached by digest and verified against it.
import { bytesOf } from "../../base/bytes.ts";
import { type Cache, findBlob, openBlob, storeBlob } from "../../base/cache.ts";
import { assert, ToolError } from "../../base/errors.ts";
import { parallel } from "../../base/pool.ts";
import { type BlobSource, memoryBlob } from "../blob.ts";
import { makeImageSet } from "../derive.ts";
import { readImageSet } from "../image-reader.ts";
import type { Descriptor, Image, ImageSet, Layer, Platform } from "../model.ts";
import { formatPlatform, isSamePlatform } from "../platform.ts";
import { formatReference, type Reference } from "../reference.ts";
import { isIndexType, isManifestType, parseIndex } from "../validate.ts";
import type { RegistryClient } from "./client.ts";
import { fetchIntoCache, openThroughCache, type RemoteBlob } from "./fetch-blob.ts";
import { type FetchedManifest, fetchManifest } from "./manifests.ts";
import { pullSources, type Repository } from "./sources.ts";

export interface PullOptions {
  readonly client: RegistryClient;
  readonly cache: Cache;
  /** Which platforms of an index, in this order; default: the whole index. */
  readonly platforms?: readonly Platform[];
  /** Fetch all layers before returning; otherwise each is fetched when it is first opened. */
  readonly prefetch?: boolean;
}

const blobsAtOnce = 4;

interface Pull extends PullOptions {
  readonly name: string;
  /** Where the name was found, then the other places. */
  readonly sources: readonly Repository[];
}

/**
 * What a name stands for. Without `platforms` an index comes whole, attestations included; with them, those images alone.
 * @throws ToolError "not-found" (also for a platform that isn't there), "digest-mismatch", "malformed", "limit",
 * "unauthorized", "registry", "network", "configuration" (blocked), "disk"
 */
export async function pullImageSet(reference: Reference, options: PullOptions): Promise<ImageSet> {
  const { sources, manifest } = await fetchRoot(options.client, reference);
  const pull: Pull = { ...options, sources, name: formatReference(reference) };
  const { descriptor, bytes } = manifest;
  const { platforms } = options;
  const find = finder(pull, manifest);
  let set: ImageSet;
  if (platforms === undefined || !isIndexType(descriptor.mediaType)) {
    set = await readImageSet(descriptor, find);
    for (const platform of platforms ?? []) requirePlatform(pull, set, platform);
  } else {
    const chosen = chooseManifests(pull, parseIndex(bytes, `the index ${pull.name}`).manifests, platforms);
    const sets = await parallel(chosen, blobsAtOnce, (one) => readImageSet(one, find));
    set = makeImageSet(sets.flatMap((one) => one.images));
  }
  return options.prefetch === true ? prefetched(pull, lazily(pull, set)) : lazily(pull, set);
}

interface Root {
  readonly sources: readonly Repository[];
  readonly manifest: FetchedManifest;
}

/** The manifest from the first place that has it. */
async function fetchRoot(client: RegistryClient, reference: Reference): Promise<Root> {
  const sources = pullSources(client, reference);
  const failures: ToolError[] = [];
  for (const source of sources) {
    try {
      const manifest = await fetchManifest(client, source, reference.digest ?? reference.tag ?? "latest");
      return { sources: [source, ...sources.filter((one) => one !== source)], manifest };
    } catch (thrown) {
      if (!(thrown instanceof ToolError)) throw thrown;
      failures.push(thrown);
      if (failures.length < sources.length) {
        client.task.emit({
          type: "log",
          level: "info",
          message: `${thrown.message}; trying the next source`,
        });
      }
    }
  }
  // The last source is the registry itself; what its mirrors said is added.
  const last = failures.at(-1);
  assert(last !== undefined, "a reference has a source");
  if (failures.length === 1) throw last;
  throw new ToolError(last.code, {
    what: `fetching ${formatReference(reference)}`,
    why: failures.map((one) => one.message).join("; "),
    ...(last.hint === undefined ? {} : { hint: last.hint }),
  });
}

/** Finds manifests (fetched, kept in the cache) and blobs (opened later) by descriptor. */
function finder(
  pull: Pull,
  root: FetchedManifest,
): (descriptor: Descriptor) => Promise<BlobSource | undefined> {
  return async (descriptor) => {
    if (descriptor.digest === root.descriptor.digest) return memoryBlob(descriptor, root.bytes);
    if (isManifestType(descriptor.mediaType) || isIndexType(descriptor.mediaType)) {
      return findManifestBlob(pull, descriptor);
    }
    const known = await findBlob(pull.cache, descriptor.digest, descriptor.size);
    return {
      descriptor,
      ...(known === undefined ? {} : { file: known.file }),
      addressed: true,
      open: () => openThroughCache(remote(pull, descriptor), pull.cache),
    };
  };
}

/** An index may name platforms that a registry doesn't have. */
async function findManifestBlob(pull: Pull, descriptor: Descriptor): Promise<BlobSource | undefined> {
  const { cache, client, sources } = pull;
  if ((await findBlob(cache, descriptor.digest, descriptor.size)) !== undefined) {
    return { descriptor, open: () => openBlob(cache, descriptor.digest) };
  }
  for (const source of sources) {
    try {
      const { bytes } = await fetchManifest(client, source, descriptor.digest);
      await storeBlob(cache, bytes, descriptor.digest);
      return { descriptor, open: () => bytesOf(bytes) };
    } catch (thrown) {
      if (!(thrown instanceof ToolError) || thrown.code !== "not-found") throw thrown;
    }
  }
  return undefined;
}

function remote(pull: Pull, descriptor: Descriptor): RemoteBlob {
  return { client: pull.client, sources: pull.sources, descriptor };
}

/** Layers that are verified once, as they come from network or cache. */
function lazily(pull: Pull, set: ImageSet): ImageSet {
  return mapLayers(set, (layer) => ({
    ...layer,
    open: () => openThroughCache(remote(pull, layer.descriptor), pull.cache),
  }));
}

async function prefetched(pull: Pull, set: ImageSet): Promise<ImageSet> {
  const layers = set.images.flatMap((image) => image.layers.map((layer) => layer.descriptor));
  const wanted = new Map(layers.map((descriptor) => [descriptor.digest, descriptor]));
  // The largest first: the longest transfer should not begin last.
  const ordered = [...wanted.values()].sort((a, b) => b.size - a.size);
  const files = new Map<string, string>();
  await parallel(ordered, blobsAtOnce, async (descriptor) => {
    files.set(descriptor.digest, await fetchIntoCache(remote(pull, descriptor), pull.cache));
  });
  return mapLayers(set, (layer) => {
    const file = files.get(layer.descriptor.digest);
    return file === undefined ? layer : { ...layer, file };
  });
}

function mapLayers(set: ImageSet, change: (layer: Layer) => Layer): ImageSet {
  const changed = (image: Image): Image => ({ ...image, layers: image.layers.map(change) });
  return { ...set, images: set.images.map(changed) };
}

function chooseManifests(
  pull: Pull,
  manifests: readonly Descriptor[],
  platforms: readonly Platform[],
): readonly Descriptor[] {
  const images = manifests.filter((one) => isManifestType(one.mediaType) && one.platform?.os !== "unknown");
  return platforms.map((platform) => {
    const found = images.find((one) => one.platform !== undefined && isSamePlatform(one.platform, platform));
    if (found !== undefined) return found;
    throw noPlatform(pull, platform, images);
  });
}

function requirePlatform(pull: Pull, set: ImageSet, platform: Platform): void {
  const descriptors = set.images.map((image) => image.descriptor);
  if (descriptors.some((one) => one.platform !== undefined && isSamePlatform(one.platform, platform))) return;
  throw noPlatform(pull, platform, descriptors);
}

function noPlatform(pull: Pull, platform: Platform, images: readonly Descriptor[]): ToolError {
  const there = images.flatMap((one) => (one.platform === undefined ? [] : [formatPlatform(one.platform)]));
  return new ToolError("not-found", {
    what: `pulling ${pull.name}`,
    why: `it has no image for ${formatPlatform(platform)}`,
    hint: there.length === 0 ? "its index names no platforms" : `it has one for ${there.join(", ")}`,
  });
}
