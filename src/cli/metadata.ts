// `--metadata FILE`: what a build made, for scripts (docs/reference/metadata.schema.json).
import { resolve } from "node:path";
import { writeFileAtomically } from "../base/files.ts";
import type { BuildMetadata } from "../report/metadata.ts";
import type { PlatformBuild } from "./build-project.ts";
import type { Context } from "./context.ts";
import type { Delivered } from "./deliver.ts";
import { toldReason } from "./level-gate.ts";

/** @throws ToolError "disk" */
export async function writeMetadata(
  context: Context,
  file: string,
  builds: readonly PlatformBuild[],
  { digest, places }: Delivered,
): Promise<void> {
  const document: BuildMetadata = {
    schemaVersion: 1,
    digest,
    places,
    images: builds.map(({ platform, image, figures, cached, durationMs }) => ({
      platform,
      digest: image.descriptor.digest,
      level: figures.level,
      levelReasons: figures.levelFindings.map(toldReason),
      files: figures.files,
      sizeBytes: figures.sizeBytes,
      compressedBytes: image.layers.reduce((sum, { descriptor }) => sum + descriptor.size, 0),
      layers: image.layers.map(({ descriptor, diffId }) => ({
        digest: descriptor.digest,
        diffId,
        sizeBytes: descriptor.size,
      })),
      packages: { shipped: figures.packagesShipped, locked: figures.packagesLocked },
      cached,
      durationMs: Math.round(durationMs),
    })),
  };
  await writeFileAtomically(resolve(context.cwd, file), `${JSON.stringify(document, null, 2)}\n`);
}
