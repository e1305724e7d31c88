// The images that a build starts from or copies from: found by their names once, pinned where a lock does so, their layers
// fetched when something needs them.

import type { Cache } from "../../base/cache.ts";
import { InvalidInput } from "../../base/diagnostics.ts";
import type { Digest } from "../../base/digest.ts";
import { ToolError } from "../../base/errors.ts";
import type { PinnedImage } from "../../graph/image-lock.ts";
import type { Image, ImageConfig } from "../../oci/model.ts";
import { imageFor, parsePlatform } from "../../oci/platform.ts";
import { formatReference, parseReference } from "../../oci/reference.ts";
import { openRegistryClient, type RegistryClient } from "../../oci/registry/client.ts";
import { pullImageSet } from "../../oci/registry/pull.ts";
import { parseConfig } from "../../oci/validate.ts";
import type { Context } from "../context.ts";

export interface BaseImages {
  /** What a name means for a platform. @throws ToolError as pulling does; InvalidInput for a name that is none */
  resolve(reference: string, platform: string): Promise<ResolvedImage>;
  /** The image itself; `digest` is of its manifest. */
  image(reference: string, digest: Digest | undefined, platform: string): Promise<Image>;
  /** All that was resolved so far. */
  pinned(): readonly PinnedImage[];
  close(): void;
}

export interface ResolvedImage {
  /** Of the platform's manifest. */
  readonly digest: Digest;
  readonly config: ImageConfig;
}

export interface BaseImageOptions {
  readonly cache: Cache;
  readonly insecureHosts: readonly string[];
  readonly pinned: readonly PinnedImage[];
}

/** Connections are made when the first image is asked for. */
export function openBaseImages(context: Context, options: BaseImageOptions): BaseImages {
  const { cache, insecureHosts } = options;
  const images = new Map<string, Promise<Image>>();
  const resolved = new Map<string, PinnedImage>();
  let client: Promise<RegistryClient> | undefined;

  const pull = async (reference: string, digest: Digest | undefined, platform: string): Promise<Image> => {
    client ??= openRegistryClient({ environment: context.env, task: context, insecureHosts });
    const parsed = referenceOf(reference);
    const wanted = parsePlatform(platform);
    const named = digest === undefined ? parsed : { ...parsed, digest };
    const set = await pullImageSet(named, { client: await client, cache, platforms: [wanted] });
    const [only] = set.images;
    // A bare manifest is of the platform that it is of: what runs it decides.
    return only !== undefined && set.images.length === 1 ? only : imageFor(set, wanted);
  };
  const open = (reference: string, digest: Digest | undefined, platform: string): Promise<Image> => {
    const key = JSON.stringify([reference, digest ?? null, platform]);
    const opened = images.get(key) ?? pull(reference, digest, platform);
    images.set(key, opened);
    return opened;
  };
  return {
    async resolve(reference, platform): Promise<ResolvedImage> {
      const full = formatReference(referenceOf(reference));
      const pin = options.pinned.find((one) => one.reference === full && one.platform === platform);
      const image = await open(reference, pin?.digest, platform);
      const { digest } = image.descriptor;
      resolved.set(JSON.stringify([full, platform]), { reference: full, platform, digest });
      // The solver asks for what was resolved.
      images.set(JSON.stringify([reference, digest, platform]), Promise.resolve(image));
      images.set(JSON.stringify([full, digest, platform]), Promise.resolve(image));
      return { digest, config: parseConfig(image.config, `the config of ${full}`) };
    },
    image: open,
    pinned: () => [...resolved.values()],
    close: () => void client?.then((opened) => opened.close()).catch(() => undefined),
  };
}

function referenceOf(text: string): ReturnType<typeof parseReference> {
  try {
    return parseReference(text);
  } catch (thrown) {
    if (!(thrown instanceof ToolError)) throw thrown;
    throw new InvalidInput([
      {
        severity: "error",
        rule: "wrong-image-name",
        message: `${JSON.stringify(text)} is no name of an image: ${thrown.why}`,
        ...(thrown.hint === undefined ? {} : { hint: thrown.hint }),
      },
    ]);
  }
}
