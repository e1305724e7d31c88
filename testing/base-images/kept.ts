// Base images that take long to make, kept from run to run as OCI layouts in the user's cache folder.
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { canonicalJson, type Json } from "../../src/base/canonical-json.ts";
import { systemCode } from "../../src/base/errors.ts";
import { writeLayout } from "../../src/oci/layout-writer.ts";
import type { ImageSet } from "../../src/oci/model.ts";
import { openImageSet } from "../../src/oci/open.ts";

/**
 * The image of a recipe: from the cache, or as `make` makes it in a folder that is gone afterwards. All that decides what the
 * image holds is part of the recipe.
 */
export async function keptImage(
  name: string,
  recipe: Json,
  make: (scratch: string) => Promise<ImageSet>,
): Promise<ImageSet> {
  const folder = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "distill-base-images");
  const key = createHash("sha256").update(canonicalJson(recipe)).digest("hex").slice(0, 16);
  const layout = join(folder, `${name}-${key}`);
  if (!existsSync(layout)) {
    await mkdir(folder, { recursive: true });
    const scratch = await mkdtemp(join(folder, "making-"));
    try {
      const made = join(scratch, "layout");
      await writeLayout(await make(scratch), made, undefined);
      await rename(made, layout).catch(unlessThere);
    } finally {
      await rm(scratch, { recursive: true, force: true, maxRetries: 3 });
    }
  }
  return openImageSet({ kind: "oci-layout", path: layout }, { scratchFolder: folder });
}

/** Another run was faster: its image is as good. */
function unlessThere(thrown: unknown): void {
  const code = systemCode(thrown);
  if (code !== "ENOTEMPTY" && code !== "EEXIST") throw thrown;
}
