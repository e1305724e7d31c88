// Pulling: a name -> the manifest or index -> images, whose layers are fetched when they are read, or all at once.
// Invariant: everything below the name is reached by digest and verified against it.
import { collect } from "../../base/bytes.ts";
import { type Cache, findBlob, openBlob, storeBlob } from "../../base/cache.ts";
import { ToolError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import { parallel } from "../../base/pool.ts";
import { makeImageSet, platformOf } from "../derive.ts";
import type { Descriptor, Image, ImageSet, Layer, Platform } from "../model.ts";
import { formatReference, type Reference } from "../reference.ts";
import { isIndexType, isManifestType, parseConfig, parseIndex, parseManifest } from "../validate.ts";
import { fetchIntoCache, openThroughCache, type Repository } from "./blobs.ts";
import type { RegistryClient } from "./client.ts";
import { type FetchedManifest, fetchManifest } from "./manifests.ts";
import { pullSources } from "./sources.ts";

export interface PullOptions {
  readonly client: RegistryClient;
  readonly cache: Cache;
  /** Which platforms of an index; default: all of them. */
  readonly platforms?: readonly Platform[];
  /** Fetch all layers before returning; otherwise each is fetched when it is first opened. */
  readonly prefetch?: boolean;
}

const blobsAtOnce = 4;

/**
 * What a name stands for.
 * @throws ToolError "not-found" (also for a platform that isn't there), "digest-mismatch", "malformed", "unauthorized", ...
 */
export async function pullImageSet(reference: Reference, options: PullOptions): Promise<ImageSet> {
  const { client } = options;
  const { repository, manifest } = await fetchRoot(client, reference);
  const name = formatReference(reference);
  const context: Context = { ...options, repository, name };
  if (!isIndexType(manifest.descriptor.mediaType)) {
    const image = await imageOf(context, manifest);
    requirePlatforms(options.platforms, [image], name);
    return finish(context, { images: [image] });
  }
  const index = parseIndex(manifest.bytes, `the index ${name}`);
  const chosen = choose(index.manifests, options.platforms, name);
  const images = await parallel(chosen, blobsAtOnce, async (descriptor) => {
    const fetched = await manifestByDigest(context, descriptor);
    return imageOf(context, { ...fetched, descriptor });
  });
  const whole = options.platforms === undefined;
  return finish(
    context,
    whole
      ? { images, index: { descriptor: manifest.descriptor, bytes: manifest.bytes } }
      : makeImageSet(images),
  );
}

interface Context extends PullOptions {
  readonly repository: Repository;
  readonly name: string;
}

async function fetchRoot(
  client: RegistryClient,
  reference: Reference,
): Promise<{ readonly repository: Repository; readonly manifest: FetchedManifest }> {
  const failures: ToolError[] = [];
  for (const source of pullSources(client, reference)) {
    try {
      return {
        repository: source,
        manifest: await fetchManifest(client, source, reference.digest ?? reference.tag ?? "latest"),
      };
    } catch (thrown) {
      if (!(thrown instanceof ToolError)) throw thrown;
      failures.push(thrown);
    }
  }
  throw failures[0] ?? new Error("internal error: a reference has a source");
}

async function manifestByDigest(context: Context, descriptor: Descriptor): Promise<FetchedManifest> {
  const { client, cache, repository } = context;
  const known = await findBlob(cache, descriptor.digest, descriptor.size);
  if (known !== undefined) {
    return {
      descriptor,
      bytes: await collect(openBlob(cache, descriptor.digest), limits.manifestBytesMax, "a manifest"),
    };
  }
  const fetched = await fetchManifest(client, repository, descriptor.digest);
  await storeBlob(cache, fetched.bytes, descriptor.digest);
  return fetched;
}

async function imageOf(context: Context, fetched: FetchedManifest): Promise<Image> {
  const { client, cache, repository } = context;
  const { descriptor, bytes } = fetched;
  const what = `the manifest ${descriptor.digest} of ${context.name}`;
  const manifest = parseManifest(bytes, what);
  if (manifest.config.size > limits.configBytesMax) {
    throw new ToolError("limit", {
      what: `reading ${what}`,
      why: `its config is larger than ${limits.configBytesMax} bytes`,
    });
  }
  const stream = openThroughCache(client, repository, cache, manifest.config);
  const config = await collect(stream, limits.configBytesMax, "an image's config");
  const parsed = parseConfig(config, `the config ${manifest.config.digest} of ${context.name}`);
  const ids = parsed.rootfs.diff_ids;
  if (ids.length !== manifest.layers.length) {
    throw new ToolError("malformed", {
      what: `reading ${what}`,
      why: `it has ${manifest.layers.length} layers, its config names ${ids.length}`,
    });
  }
  const layers = await Promise.all(
    manifest.layers.map(async (layer, index): Promise<Layer> => {
      const known = await findBlob(cache, layer.digest, layer.size);
      const diffId = ids[index];
      if (diffId === undefined) throw new Error("internal error: lengths were compared");
      return {
        descriptor: layer,
        diffId,
        ...(known === undefined ? {} : { file: known.file }),
        open: () => openThroughCache(client, repository, cache, layer),
      };
    }),
  );
  return {
    descriptor: { ...descriptor, platform: descriptor.platform ?? platformOf(parsed) },
    manifest: bytes,
    config,
    layers,
  };
}

/** Fetches what was asked to be there before anybody reads. */
async function finish(context: Context, set: ImageSet): Promise<ImageSet> {
  if (context.prefetch !== true) return set;
  const { client, cache, repository } = context;
  const wanted = new Map(
    set.images.flatMap((image) => image.layers.map((layer) => [layer.descriptor.digest, layer.descriptor])),
  );
  // The largest first: the longest transfer should not begin last.
  const ordered = [...wanted.values()].sort((a, b) => b.size - a.size);
  const files = new Map<string, string>();
  await parallel(ordered, blobsAtOnce, async (descriptor) => {
    files.set(descriptor.digest, await fetchIntoCache(client, repository, cache, descriptor));
  });
  const withFile = (layer: Layer): Layer => {
    const file = files.get(layer.descriptor.digest);
    return file === undefined ? layer : { ...layer, file };
  };
  return { ...set, images: set.images.map((image) => ({ ...image, layers: image.layers.map(withFile) })) };
}

/** The image manifests of an index for the wanted platforms. Attestations and other artifacts are passed over. */
function choose(
  manifests: readonly Descriptor[],
  platforms: readonly Platform[] | undefined,
  name: string,
): readonly Descriptor[] {
  const images = manifests.filter((one) => isManifestType(one.mediaType) && one.platform?.os !== "unknown");
  if (platforms === undefined) {
    if (images.length > 0) return images;
    throw new ToolError("not-found", { what: `pulling ${name}`, why: "its index holds no image" });
  }
  return platforms.map((platform) => {
    const found = images.find((one) => one.platform !== undefined && samePlatform(one.platform, platform));
    if (found !== undefined) return found;
    throw noPlatform(platform, images, name);
  });
}

function requirePlatforms(
  platforms: readonly Platform[] | undefined,
  images: readonly Image[],
  name: string,
): void {
  const descriptors = images.map((image) => image.descriptor);
  for (const platform of platforms ?? []) {
    const found = descriptors.some(
      (one) => one.platform !== undefined && samePlatform(one.platform, platform),
    );
    if (!found) throw noPlatform(platform, descriptors, name);
  }
}

/** 64-bit ARM has one variant that images may leave out. */
function samePlatform(a: Platform, b: Platform): boolean {
  const variant = (one: Platform): string => one.variant ?? (one.architecture === "arm64" ? "v8" : "");
  return a.os === b.os && a.architecture === b.architecture && variant(a) === variant(b);
}

function noPlatform(platform: Platform, images: readonly Descriptor[], name: string): ToolError {
  const there = images.flatMap((one) => (one.platform === undefined ? [] : [formatPlatform(one.platform)]));
  return new ToolError("not-found", {
    what: `pulling ${name}`,
    why: `it has no image for ${formatPlatform(platform)}`,
    hint: there.length === 0 ? "its index names no platforms" : `it has ${there.join(", ")}`,
  });
}

function formatPlatform(platform: Platform): string {
  return [platform.os, platform.architecture, platform.variant]
    .filter((part) => part !== undefined)
    .join("/");
}
