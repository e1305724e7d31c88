// Roots of Debian made by mmdebstrap, and the .debs they were made from: what composed trees are compared with. The mirror is
// the one that this machine's apt is configured with.
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { type Cache, openCache } from "../src/base/cache.ts";
import { digestOf } from "../src/base/digest.ts";
import { readControl } from "../src/debian/control.ts";
import type { DebFile } from "../src/debian/deb.ts";
import type { PackageContents, PackageControl } from "../src/debian/package.ts";
import { createUnpacker } from "../src/debian/unpack.ts";
import { field } from "../src/formats/deb822.ts";

/** Why no such root can be made here; undefined where one can. */
export function reasonAgainstRoots(): string | undefined {
  const absent = ["mmdebstrap", "dpkg-deb", "apt-get", "chroot"].find((tool) => !hasTool(tool));
  if (absent !== undefined) return `${absent} is not installed`;
  if (process.getuid?.() !== 0) return "only root can make the roots to compare with";
  return hostMirror() === undefined ? "apt has no Debian mirror" : undefined;
}

export function hasTool(name: string): boolean {
  return spawnSync("sh", ["-c", `command -v ${name}`]).status === 0;
}

/** The address of the host's Debian archive. */
export function hostMirror(): string | undefined {
  const listed = spawnSync("apt-get", ["indextargets", "--format", "$(REPO_URI)", "Identifier: Packages"], {
    encoding: "utf8",
  });
  return listed.stdout.split("\n").find((line) => /\/debian\/?$/.test(line));
}

const hooks = "/usr/share/mmdebstrap/hooks/merged-usr";

/** Runs mmdebstrap; "extract" unpacks and runs no script, "apt" installs. The .debs stay in the root. */
export function makeRoot(
  folder: string,
  release: string,
  variant: "extract" | "apt",
  packages: readonly string[],
  architecture?: string,
): void {
  const args = [
    "--quiet",
    `--variant=${variant}`,
    "--skip=essential/unlink",
    "--skip=cleanup/apt",
    // From trixie on base-files ships the links of merged /usr.
    ...(["bullseye", "bookworm"].includes(release) ? [`--hook-dir=${hooks}`] : []),
    ...(architecture === undefined ? [] : [`--architectures=${architecture}`]),
    `--include=${packages.join(",")}`,
    release,
    folder,
    hostMirror() ?? "",
  ];
  execFileSync("mmdebstrap", args, { stdio: ["ignore", "ignore", "pipe"] });
}

/** The .debs that a root was made from. */
export function debsOf(root: string): readonly DebFile[] {
  const folder = join(root, "var/cache/apt/archives");
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.endsWith(".deb") && !name.startsWith("usr-is-merged"))
    .map((name) => join(folder, name))
    .map((file) => ({ file, sizeBytes: statSync(file).size, digest: digestOf(readFileSync(file)) }));
}

export interface Unpacked {
  readonly controls: readonly PackageControl[];
  readonly contents: readonly PackageContents[];
}

/** Control data and contents of .debs, by way of a cache in `folder`. */
export async function unpackAll(debs: readonly DebFile[], folder: string): Promise<Unpacked> {
  const cache: Cache = await openCache(folder);
  const controls = await Promise.all(debs.map((deb) => readControl(deb, cache)));
  const task = { signal: new AbortController().signal, emit: () => undefined, now: () => 0 };
  const unpacker = createUnpacker({ cache, workers: 2, task });
  const files = controls.map((control, index) => ({
    id: control.id,
    version: field(control.fields, "Version") ?? "",
    deb: debs[index] ?? { file: "", sizeBytes: 0, digest: control.digest },
  }));
  const contents = await unpacker.unpack(files);
  await unpacker.close();
  return { controls, contents };
}
