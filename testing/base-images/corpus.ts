// Images that others made, from the folder that may lie beside a checkout (../shared/corpus): BusyBox and Alpine.
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Image } from "../../src/oci/model.ts";
import { openImageSet } from "../../src/oci/open.ts";
import { imageFor } from "../../src/oci/platform.ts";

const corpus = join(import.meta.dirname, "../../../shared/corpus");

const archives = {
  busybox: { file: "busybox-amd64.oci.tar", tag: "latest" },
  alpine: { file: "alpine-3.14.oci.tar", tag: "3.14" },
} as const;

/** Why these images can't be had here. */
export const corpusMissing: string | undefined = existsSync(corpus)
  ? undefined
  : "the folder ../shared/corpus is absent";

/** The image for linux/amd64. `scratchFolder` outlives it. */
export async function corpusImage(name: keyof typeof archives, scratchFolder: string): Promise<Image> {
  const { file, tag } = archives[name];
  const set = await openImageSet({ kind: "oci-archive", path: join(corpus, file), tag }, { scratchFolder });
  return imageFor(set, { os: "linux", architecture: "amd64" });
}
