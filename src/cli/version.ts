// Which distill this is.
import { createHash } from "node:crypto";
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import manifest from "../../package.json" with { type: "json" };

/** As package.json says it. */
export const version: string = manifest.version;

/**
 * Names this very program, for what it remembers of its decisions: the version; in a checkout also what its sources look like
 * (names, sizes, times), since they change without a new version.
 */
export function programIdentity(): string {
  const home = join(import.meta.dirname, "../..");
  if (!existsSync(join(home, ".git"))) return version;
  const hash = createHash("sha256");
  for (const entry of readdirSync(join(home, "src"), { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || entry.name.endsWith(".test.ts")) continue;
    const file = join(entry.parentPath, entry.name);
    const { size, mtimeMs } = statSync(file);
    hash.update(`${file} ${size} ${mtimeMs}\n`);
  }
  return `${version}+${hash.digest("hex").slice(0, 16)}`;
}
