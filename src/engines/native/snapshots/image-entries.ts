// The entries of an image's layer, its tar streamed once: contents go into one file, in a row. Verified as it flows: the end
// comes only where all was as the image's config and manifest say.
import { join } from "node:path";
import { createTarReader, type TarHeader } from "../../../formats/tar-reader.ts";
import { layerEntryOf } from "../../../oci/layer-entry.ts";
import { tarOfLayer } from "../../../oci/layer-tar.ts";
import type { Layer } from "../../../oci/model.ts";
import { createSpool } from "../../../oci/spool.ts";
import type { LayerEntry } from "../../../tree/layers.ts";

export interface ImageEntries {
  readonly entries: readonly LayerEntry[];
  /** Where each file's content lies in the file of contents. */
  readonly offsets: ReadonlyMap<LayerEntry, number>;
}

/**
 * Reads the layer; its contents go to `folder`/content.
 * @throws ToolError "malformed", "digest-mismatch", "limit", "disk"; whatever opening the layer throws
 */
export async function readImageLayer(
  layer: Layer,
  folder: string,
  signal: AbortSignal,
): Promise<ImageEntries> {
  const what = `the layer ${layer.descriptor.digest}`;
  const spool = createSpool(join(folder, "content"));
  const entries: LayerEntry[] = [];
  const offsets = new Map<LayerEntry, number>();
  let position = 0;
  let current: TarHeader | undefined;
  try {
    const reader = createTarReader(
      {
        entry: (header) => {
          current = header;
        },
        data: (chunk) => spool.write(chunk),
        end: () => {
          if (current === undefined) return;
          const content = current.kind === "file" ? spool.finish() : undefined;
          const entry = layerEntryOf(
            current,
            content,
            { kind: "layer", digest: layer.diffId, index: 0 },
            what,
          );
          entries.push(entry);
          if (content !== undefined) offsets.set(entry, position);
          position += content?.sizeBytes ?? 0;
          current = undefined;
        },
      },
      what,
    );
    for await (const chunk of tarOfLayer(layer, true)) {
      signal.throwIfAborted();
      reader.write(chunk);
    }
    reader.finish();
  } finally {
    spool.close();
  }
  return { entries, offsets };
}
