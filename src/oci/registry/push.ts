// Pushing: blobs first, then manifests by digest, then the index, and the tag last, so that a name never stands for
// something incomplete. What the registry has is not sent again: an unchanged image costs the look at its tag.
import { ToolError } from "../../base/errors.ts";
import { parallel } from "../../base/pool.ts";
import { type BlobSource, memoryBlob } from "../blob.ts";
import { rootOf } from "../derive.ts";
import type { Attachment, Descriptor, Image, ImageSet } from "../model.ts";
import { formatReference, type Reference } from "../reference.ts";
import { parseManifest } from "../validate.ts";
import type { RegistryClient } from "./client.ts";
import { type FetchedManifest, findManifest, putManifest } from "./manifests.ts";
import { type PushedBlob, pushBlob } from "./push-blob.ts";
import { pushTarget, type Repository } from "./sources.ts";

export interface PushOptions {
  readonly client: RegistryClient;
  /** Images whose layers may be mounted rather than sent, where they lie in the same registry. */
  readonly mountFrom?: readonly Reference[];
}

export interface PushResult {
  /** What the name stands for: the index, or the only manifest. */
  readonly descriptor: Descriptor;
  /** How many blobs were there, mounted and sent. */
  readonly blobs: Readonly<Record<PushedBlob, number>>;
}

const blobsAtOnce = 4;

/**
 * Pushes a set under a tag, or under its digest alone where the reference has only that.
 * @throws ToolError "usage" where the reference's digest is not the set's; "unauthorized", "registry", "network", ...
 */
export async function pushImageSet(
  set: ImageSet,
  reference: Reference,
  options: PushOptions,
): Promise<PushResult> {
  const { client } = options;
  const root = rootOf(set);
  if (reference.digest !== undefined && reference.digest !== root.digest) {
    throw new ToolError("usage", {
      what: `pushing to ${formatReference(reference)}`,
      why: `the image has the digest ${root.digest}`,
      hint: "leave the digest out of the name",
    });
  }
  const mountFrom = mountCandidates(reference, options.mountFrom ?? []);
  const target = pushTarget(client, reference, mountFrom);
  const name = reference.tag ?? root.digest;
  const counts = { existed: 0, mounted: 0, uploaded: 0 };
  const id = `push ${formatReference(reference)}`;
  client.task.emit({ type: "start", id, name: id });
  const unchanged = (await findManifest(client, target, name)) === root.digest;
  if (!unchanged) {
    const complete = name !== root.digest && (await findManifest(client, target, root.digest)) !== undefined;
    if (!complete) await pushContent(client, target, set, mountFrom, counts);
    await putManifest(client, target, name, rootDocument(set));
  }
  client.task.emit({ type: "end", id, cached: unchanged, note: root.digest });
  return { descriptor: root, blobs: counts };
}

/** Everything but the root document. */
async function pushContent(
  client: RegistryClient,
  target: Repository,
  set: ImageSet,
  mountFrom: readonly string[],
  counts: Record<PushedBlob, number>,
): Promise<void> {
  const underIndex = set.index !== undefined;
  // The root was looked for already; under an index each manifest may be there by itself.
  const present = await parallel(set.images, blobsAtOnce, async (image) =>
    underIndex ? (await findManifest(client, target, image.descriptor.digest)) !== undefined : false,
  );
  const missing = set.images.filter((_, index) => present[index] !== true);
  const attachments = set.attachments ?? [];
  await parallel(blobsToPush(missing, attachments), blobsAtOnce, async (blob) => {
    counts[await pushBlob(client, target, blob, mountFrom)] += 1;
  });
  if (!underIndex) return;
  await parallel(missing, blobsAtOnce, (image) => put(client, target, documentOf(image)));
  // A nested index stands before what it names, and must be sent after it.
  for (const { descriptor, manifest } of attachments.toReversed()) {
    await put(client, target, { descriptor, bytes: manifest });
  }
}

function put(client: RegistryClient, target: Repository, document: FetchedManifest): Promise<void> {
  return putManifest(client, target, document.descriptor.digest, document);
}

/** Each once, the largest first: the longest transfer should not begin last. */
function blobsToPush(images: readonly Image[], attachments: readonly Attachment[]): readonly BlobSource[] {
  const blobs = new Map<string, BlobSource>();
  const add = (blob: BlobSource): unknown => blobs.set(blob.descriptor.digest, blob);
  for (const image of images) {
    const { config } = parseManifest(image.manifest, `the manifest ${image.descriptor.digest}`);
    for (const blob of [...image.layers, memoryBlob(config, image.config)]) add(blob);
  }
  for (const { blobs: attached } of attachments) for (const blob of attached) add(blob);
  return [...blobs.values()].sort((a, b) => b.descriptor.size - a.descriptor.size);
}

function documentOf(image: Image): FetchedManifest {
  return { descriptor: image.descriptor, bytes: image.manifest };
}

function rootDocument(set: ImageSet): FetchedManifest {
  const [first] = set.images;
  if (set.index !== undefined) return set.index;
  if (first === undefined) throw new Error("internal error: an image set holds an image");
  return documentOf(first);
}

function mountCandidates(target: Reference, from: readonly Reference[]): readonly string[] {
  const near = from.filter((one) => one.registry === target.registry && one.repository !== target.repository);
  return [...new Set(near.map((one) => one.repository))];
}
