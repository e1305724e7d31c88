// Which files' contents are kept beside a layer's record: those that later steps read. Others can be read as well, by reading the
// layer once more. Data, to be extended with whatever reads more.
import { limits } from "../../base/limits.ts";
import type { Facts } from "../../content/facts.ts";
import { compileGlob, type Glob } from "../../tree/glob.ts";
import { baseName, type TreePath } from "../../tree/path.ts";

export const keptFiles: readonly string[] = [
  // What decides which libraries are loaded and who runs (closure/settings.ts), and who there is.
  "/etc/ld.so.conf",
  "/etc/ld.so.conf.d/*",
  "/etc/ld.so.preload",
  "/etc/ld-musl-*.path",
  "/etc/nsswitch.conf",
  "/etc/passwd",
  "/etc/group",
  "/etc/shadow",
  "/etc/gshadow",
  "/etc/sudoers",
  "/etc/shells",
  "/etc/os-release",
  "/usr/lib/os-release",
  // System packages.
  "/var/lib/dpkg/status",
  "/var/lib/dpkg/diversions",
  "/var/lib/dpkg/status.d/**",
  "/var/lib/dpkg/info/*.list",
  "/lib/apk/db/installed",
  "/usr/lib/apk/db/installed",
  "/var/lib/rpm/Packages",
  "/var/lib/rpm/Packages.db",
  "/var/lib/rpm/rpmdb.sqlite*",
  "/usr/lib/sysimage/rpm/Packages.db",
  "/usr/lib/sysimage/rpm/rpmdb.sqlite*",
  "/usr/share/rpm/Packages",
  "/usr/share/rpm/Packages.db",
  "/usr/share/rpm/rpmdb.sqlite*",
  "/var/lib/rpmmanifest/*",
  // Packages of languages.
  "**/*.dist-info/METADATA",
  "**/*.dist-info/RECORD",
  "**/*.dist-info/top_level.txt",
  "**/*.egg-info",
  "**/*.egg-info/PKG-INFO",
  "**/*.egg-info/installed-files.txt",
  "**/EGG-INFO/PKG-INFO",
  "**/EGG-INFO/top_level.txt",
  "**/*.egg-info/top_level.txt",
  "**/package.json",
  "**/*.gemspec",
  "**/composer/installed.json",
];

interface KeptIndex {
  /** Globs by the name that they end in, and those that end in a wildcard. */
  readonly byName: ReadonlyMap<string, readonly Glob[]>;
  readonly others: readonly Glob[];
}

const index = indexOf(keptFiles);

function indexOf(texts: readonly string[]): KeptIndex {
  const byName = new Map<string, Glob[]>();
  const others: Glob[] = [];
  for (const text of texts) {
    const name = text.slice(text.lastIndexOf("/") + 1);
    if (/[*?]/.test(name)) others.push(compileGlob(text));
    else byName.set(name, [...(byName.get(name) ?? []), compileGlob(text)]);
  }
  return { byName, others };
}

/** Whether a file's content is kept for its name. */
export function isKeptPath(path: TreePath): boolean {
  const matches = (glob: Glob): boolean => glob.matches(path);
  return index.byName.get(baseName(path))?.some(matches) === true || index.others.some(matches);
}

/** Whether a file's content is kept for what it is: a script, or a text that somebody may start. */
export function isKeptText(facts: Facts, mode: number, sizeBytes: number): boolean {
  if (sizeBytes > limits.keptTextBytesMax) return false;
  return facts.magic === "script" || (facts.magic === "text" && (mode & 0o111) !== 0);
}
