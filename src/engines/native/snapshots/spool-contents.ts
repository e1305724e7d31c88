// The contents of entries, each one once, in a row in one file.
import type { Digest } from "../../../base/digest.ts";
import { ToolError } from "../../../base/errors.ts";
import { createSpool } from "../../../oci/spool.ts";
import type { FileEntry } from "../../../tree/entry.ts";
import type { LayerEntry } from "../../../tree/layers.ts";

/**
 * Writes the contents to `file`, which is new. Gives the offset of each.
 * @throws ToolError "digest-mismatch" where a content is not what its entry says, "disk"; whatever reading one throws
 */
export async function spoolContents(
  entries: readonly LayerEntry[],
  file: string,
  signal: AbortSignal,
): Promise<ReadonlyMap<Digest, number>> {
  const spool = createSpool(file);
  const offsets = new Map<Digest, number>();
  let position = 0;
  try {
    for (const entry of entries) {
      if (entry.kind !== "file" || entry.sizeBytes === 0 || offsets.has(entry.digest)) continue;
      for await (const chunk of entry.content) {
        signal.throwIfAborted();
        spool.write(chunk);
      }
      const { digest } = spool.finish();
      if (digest !== entry.digest) throw mismatch(entry, digest);
      offsets.set(digest, position);
      position += entry.sizeBytes;
    }
  } finally {
    spool.close();
  }
  return offsets;
}

function mismatch({ path, digest: expected }: FileEntry, digest: Digest): ToolError {
  return new ToolError("digest-mismatch", {
    what: `reading ${JSON.stringify(path)}`,
    why: `its content has the digest ${digest}, expected ${expected}`,
    hint: "it changed while it was read; run the command again",
  });
}
