// Writes an image set to a place on this machine.
import { unreachable } from "../base/errors.ts";
import type { EventSink } from "../base/events.ts";
import { writeFileAtomically } from "../base/files.ts";
import { treeOfImage } from "./apply.ts";
import { ociArchive } from "./archive-writer.ts";
import { abortable } from "./blob.ts";
import { dockerArchive, onlyImage } from "./docker-archive-writer.ts";
import { writeFolder } from "./folder-writer.ts";
import { writeLayout } from "./layout-writer.ts";
import type { LocalLocation } from "./locations.ts";
import type { ImageSet } from "./model.ts";
import { tarOfTree } from "./tree-tar.ts";

export interface WriteOptions {
  /** Where `dir:` and `tar:` put layers' contents while they are merged. The caller removes it. */
  readonly scratchFolder: string;
  /** For a Docker archive: names with tags, beside the location's own. */
  readonly references?: readonly string[];
  readonly signal?: AbortSignal;
  /** Told what a place can't keep. */
  readonly emit?: EventSink;
}

/**
 * Writes `set` to `location`; equal sets give equal bytes. Nothing half-written is left in its place.
 * @throws ToolError "disk"; "usage" where the place can't hold it; whatever the set's blobs throw
 */
export async function writeImageSet(
  set: ImageSet,
  location: LocalLocation,
  options: WriteOptions,
): Promise<void> {
  const { signal } = options;
  const { path } = location;
  const what = `writing ${path}`;
  switch (location.kind) {
    case "oci-layout":
      return writeLayout(set, path, location.tag, signal);
    case "oci-archive":
      return writeFileAtomically(path, abortable(ociArchive(set, location.tag), signal));
    case "docker-archive": {
      const own = location.reference === undefined ? [] : [location.reference];
      const references = [...new Set([...own, ...(options.references ?? [])])];
      return writeFileAtomically(path, abortable(dockerArchive(onlyImage(set, what), references), signal));
    }
    case "folder": {
      const tree = await treeOfImage(onlyImage(set, what), options);
      return writeFolder(tree, path, options.emit, signal);
    }
    case "tar": {
      const tree = await treeOfImage(onlyImage(set, what), options);
      return writeFileAtomically(path, tarOfTree(tree, signal));
    }
    default:
      return unreachable(location);
  }
}
