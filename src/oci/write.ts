// Writes an image set to a place on this machine.
import { ToolError } from "../base/errors.ts";
import { writeLayout } from "./layout-writer.ts";
import type { LocalLocation } from "./locations.ts";
import type { ImageSet } from "./model.ts";

export interface WriteOptions {
  readonly signal?: AbortSignal;
}

/**
 * Writes `set` to `location`; equal sets give equal bytes. Nothing half-written is left in its place.
 * @throws ToolError "disk", "usage"; whatever the set's blobs throw
 */
export async function writeImageSet(
  set: ImageSet,
  location: LocalLocation,
  options: WriteOptions = {},
): Promise<void> {
  switch (location.kind) {
    case "oci-layout":
      return writeLayout(set, location.path, location.tag, options.signal);
    default:
      throw new ToolError("usage", {
        what: `writing to ${location.path}`,
        why: "this kind of place isn't supported",
      });
  }
}
