// Reads an OCI image layout (image-spec v1.1, image-layout.md) from a folder or an archive alike.
import { ToolError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import type { BlobSource } from "./blob.ts";
import { readImageSet } from "./image-reader.ts";
import { malformed, parseJsonObject } from "./json.ts";
import {
  blobPath,
  containerdNameAnnotation,
  indexFile,
  layoutMarker,
  refNameAnnotation,
} from "./layout-files.ts";
import type { Descriptor, ImageSet } from "./model.ts";
import { type FileStore, readSmall } from "./store.ts";
import { isIndexType, isManifestType, parseIndex } from "./validate.ts";

/**
 * The image called `tag` in the layout; without a tag, the only one that is there.
 * @throws ToolError "not-found" where no image, or no single one, is meant; "malformed", "digest-mismatch", "limit"
 */
export async function readLayout(store: FileStore, tag: string | undefined): Promise<ImageSet> {
  const marker = parseJsonObject(
    await readSmall(store, layoutMarker, limits.manifestBytesMax),
    limits.manifestBytesMax,
    `${layoutMarker} in ${store.what}`,
  );
  const version = marker["imageLayoutVersion"];
  if (typeof version !== "string" || !version.startsWith("1.")) {
    throw malformed(store.what, `its layout version is ${JSON.stringify(version)}, expected 1.0.0`);
  }
  const bytes = await readSmall(store, indexFile, limits.manifestBytesMax);
  const { manifests } = parseIndex(bytes, `${indexFile} in ${store.what}`);
  return readImageSet(chosen(manifests, tag, store.what), (descriptor) => findBlob(store, descriptor));
}

async function findBlob(store: FileStore, descriptor: Descriptor): Promise<BlobSource | undefined> {
  const found = await store.find(blobPath(descriptor.digest));
  return found === undefined ? undefined : { descriptor, ...found };
}

function chosen(manifests: readonly Descriptor[], tag: string | undefined, what: string): Descriptor {
  const readable = manifests.filter((one) => isIndexType(one.mediaType) || isManifestType(one.mediaType));
  const wanted = readable.filter((one) => tag === undefined || namesOf(one).includes(tag));
  const digests = new Set(wanted.map((one) => one.digest));
  const [first] = wanted;
  if (first !== undefined && digests.size === 1) return first;
  const tags = [...new Set(readable.flatMap(namesOf))].sort();
  throw new ToolError("not-found", {
    what: `opening ${what}`,
    why:
      first !== undefined
        ? `it holds ${digests.size} images${tag === undefined ? "" : ` called ${JSON.stringify(tag)}`}`
        : tag === undefined
          ? "it holds no image"
          : `it holds no image called ${JSON.stringify(tag)}`,
    ...(tags.length === 0 ? {} : { hint: `name one by its tag: ${tags.slice(0, 20).join(", ")}` }),
  });
}

function namesOf(descriptor: Descriptor): readonly string[] {
  const { annotations = {} } = descriptor;
  return [annotations[refNameAnnotation], annotations[containerdNameAnnotation]].filter(
    (name) => name !== undefined,
  );
}
