// The names of an OCI image layout (image-spec v1.1, image-layout.md), shared by its readers and writers.
import { type Digest, hexOf } from "../base/digest.ts";
import type { Descriptor } from "./model.ts";

export const layoutMarker = "oci-layout";
export const layoutMarkerText = '{"imageLayoutVersion":"1.0.0"}';
export const indexFile = "index.json";
export const refNameAnnotation = "org.opencontainers.image.ref.name";

/** The blob's path below the layout's folder. */
export function blobPath(digest: Digest): string {
  return `blobs/sha256/${hexOf(digest)}`;
}

/** containerd's spelling of an image's name, full where the specification's may be short. */
export const containerdNameAnnotation = "io.containerd.image.name";

/** A descriptor as it stands in index.json under `tag`; names that it had elsewhere are taken off. */
export function taggedDescriptor(descriptor: Descriptor, tag: string | undefined): Descriptor {
  const { annotations, ...plain } = descriptor;
  const kept = Object.entries(annotations ?? {}).filter(
    ([name]) => name !== refNameAnnotation && name !== containerdNameAnnotation,
  );
  const tagged = tag === undefined ? kept : [...kept, [refNameAnnotation, tag] as const];
  return tagged.length === 0 ? plain : { ...plain, annotations: Object.fromEntries(tagged) };
}
