// Programs out of Debian's packages, as this machine's apt has them: unpacked, never installed.
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { hasTool } from "./debian-roots.ts";

/** Why packages can't be fetched and unpacked here; undefined where they can. */
export function reasonAgainstPackages(): string | undefined {
  const absent = ["apt-get", "apt-cache", "dpkg-deb"].find((tool) => !hasTool(tool));
  return absent === undefined ? undefined : `${absent} is not installed`;
}

/** Whose packages are meant where the installed one is another. */
const release = "bookworm";

/**
 * Each package's files in a folder of its own below `folder`; without those that apt doesn't know. Nothing is downloaded before
 * this is called.
 */
export function unpackPackages(names: readonly string[], folder: string): ReadonlyMap<string, string> {
  const env = { ...process.env, LC_ALL: "C" };
  const policy = spawnSync("apt-cache", ["policy", ...names], { encoding: "utf8", env });
  const known = [...policy.stdout.matchAll(/^(\S+):\n.*\n {2}Candidate: (?!\(none\))/gm)].map(
    (match) => match[1] ?? "",
  );
  const debs = join(folder, "debs");
  mkdirSync(debs, { recursive: true });
  const download = (...wanted: string[]): boolean =>
    spawnSync("apt-get", ["download", "-qq", ...wanted], { cwd: debs, timeout: 400_000 }).status === 0;
  // One that is installed from elsewhere can't be downloaded, and then none is.
  if (known.length > 0 && !download(...known)) {
    for (const name of known) if (!download(name)) download(`${name}/${release}`);
  }
  const found = new Map<string, string>();
  for (const deb of readdirSync(debs)) {
    const name = deb.replace(/_.*/, "");
    const into = join(folder, name);
    if (spawnSync("dpkg-deb", ["-x", join(debs, deb), into]).status === 0) found.set(name, into);
    rmSync(join(debs, deb));
  }
  return found;
}
