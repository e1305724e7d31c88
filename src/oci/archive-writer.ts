// An OCI image layout as one tar (image-spec v1.1, image-layout.md), as skopeo's oci-archive: reads it.
// Invariant: deterministic; what tells the archive's kind comes first, blobs follow in the order of their digests.
import type { Bytes } from "../base/bytes.ts";
import { writeTar } from "../formats/tar-writer.ts";
import { type ArchiveEntry, fileEntry, folderEntry, textEntry } from "./archive-entry.ts";
import { blobsOf } from "./blob.ts";
import { indexBytes, rootOf } from "./derive.ts";
import { blobPath, indexFile, layoutMarker, layoutMarkerText, taggedDescriptor } from "./layout-files.ts";
import type { ImageSet } from "./model.ts";

/** The archive's bytes, with the set as its only image, called `tag` where one is given. */
export function ociArchive(set: ImageSet, tag: string | undefined): Bytes {
  return writeTar(entriesOf(set, tag));
}

async function* entriesOf(set: ImageSet, tag: string | undefined): AsyncGenerator<ArchiveEntry> {
  yield textEntry(layoutMarker, layoutMarkerText);
  yield textEntry(indexFile, indexBytes([taggedDescriptor(rootOf(set), tag)]));
  yield folderEntry("blobs");
  yield folderEntry("blobs/sha256");
  const blobs = [...blobsOf(set)].sort((a, b) => (a.descriptor.digest < b.descriptor.digest ? -1 : 1));
  for (const blob of blobs) {
    yield fileEntry(blobPath(blob.descriptor.digest), blob.descriptor.size, blob.open());
  }
}
