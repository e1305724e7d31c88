// What dpkg tells: /var/lib/dpkg/status with the lists below info/ (dpkg(1), dpkg-query(1)), and the status.d of images without
// dpkg: a stanza in a file of its own, beside it the MD5 sums of the files that the package brought.
import { limits } from "../../base/limits.ts";
import { field, parseStanzas, type Stanza } from "../../formats/deb822.ts";
import type { FileEntry } from "../../tree/entry.ts";
import { joinPath, type TreePath } from "../../tree/path.ts";
import { resolve } from "../../tree/resolve.ts";
import type { Tree } from "../../tree/tree.ts";
import { type Claim, malformed, overLimit, type Place, packageRef, placesIn, type Reading } from "./claim.ts";
import { dependenciesOf, type Providers, providersOf } from "./dependencies.ts";
import { attempt, fileAt, mergeReadings, readText } from "./image-file.ts";
import type { PackageRef } from "./package.ts";
import { dpkgFolder, dpkgStatus } from "./places.ts";

const sumsSuffix = ".md5sums";

/** A stanza, and what is known of its files before they are placed. */
interface Installed {
  readonly ref: PackageRef;
  readonly stanza: Stanza;
  readonly source: TreePath;
  readonly paths: readonly TreePath[];
}

export async function readDpkg(tree: Tree): Promise<Reading> {
  const status = dpkgStatus;
  const file = fileAt(tree, status);
  const full =
    file === undefined
      ? []
      : [await attempt(status, async () => claimsOf(await readStatus(tree, file), status))];
  return mergeReadings([...full, await readStatusFolder(tree)]);
}

async function readStatus(tree: Tree, file: FileEntry): Promise<readonly Installed[]> {
  const stanzas = parseStanzas(await readText(file, "packageDatabaseBytesMax"), file.path);
  if (stanzas.length > limits.packagesInImageMax) throw overLimit(file.path, "packagesInImageMax");
  const diverted = await readDiversions(tree);
  const place = placesIn(tree, joinPath(dpkgFolder, "info"));
  const installed: Installed[] = [];
  for (const stanza of stanzas) {
    if (!isInstalled(stanza)) continue;
    const ref = refOf(stanza, file.path);
    const paths = placed(await readList(tree, ref), (name) => place(diverted(name, ref.name)));
    installed.push({ ref, stanza, source: file.path, paths });
  }
  return installed;
}

/** Whether its files are there: the third word of Status. Stanzas of status.d may have none. */
function isInstalled(stanza: Stanza): boolean {
  const state = field(stanza, "Status")?.trim().split(/\s+/)[2];
  return state === undefined || (state !== "not-installed" && state !== "config-files");
}

function refOf(stanza: Stanza, what: string): PackageRef {
  const name = field(stanza, "Package");
  if (name === undefined) throw malformed(what, "a stanza has no Package field");
  const architecture = field(stanza, "Architecture");
  const ref = { type: "deb", name, version: field(stanza, "Version") ?? "" } as const;
  return packageRef(architecture === undefined ? ref : { ...ref, architecture }, what);
}

/** "info/libc6:amd64.list" for what can be installed for several architectures, else "info/bash.list". */
async function readList(tree: Tree, ref: PackageRef): Promise<readonly string[]> {
  const file = [`${ref.name}:${ref.architecture ?? ""}.list`, `${ref.name}.list`]
    .map((name) => infoFile(tree, name))
    .find((one) => one !== undefined);
  return file === undefined ? [] : (await readText(file, "packageListBytesMax")).split("\n");
}

function infoFile(tree: Tree, name: string): FileEntry | undefined {
  return name.includes("/") ? undefined : fileAt(tree, joinPath(dpkgFolder, `info/${name}`));
}

function placed(names: readonly string[], place: Place): readonly TreePath[] {
  return names.flatMap((name) => (name === "" ? [] : (place(name) ?? [])));
}

/**
 * Where a listed path really is: var/lib/dpkg/diversions holds three lines each, the path, the one that it was moved to, and the
 * package that moved it and has the path itself (":" is the administrator, who has none).
 */
async function readDiversions(tree: Tree): Promise<(listed: string, packageName: string) => string> {
  const file = fileAt(tree, joinPath(dpkgFolder, "diversions"));
  if (file === undefined) return (listed) => listed;
  const moved = new Map<string, { readonly to: string; readonly by: string }>();
  const lines = (await readText(file, "packageListBytesMax")).split("\n");
  for (let at = 0; at + 2 < lines.length; at += 3) {
    moved.set(lines[at] ?? "", { to: lines[at + 1] ?? "", by: lines[at + 2] ?? "" });
  }
  return (listed, packageName) => {
    const found = moved.get(listed);
    return found === undefined || found.by === packageName ? listed : found.to;
  };
}

/** Each stanza by itself: one that can't be read says nothing of the others. */
async function readStatusFolder(tree: Tree): Promise<Reading> {
  const where = resolve(tree, joinPath(dpkgFolder, "status.d"));
  if (where?.entry.kind !== "directory") return { claims: [], unreadable: [] };
  const names = tree.children(where.path).filter((name) => !name.endsWith(sumsSuffix));
  if (names.length > limits.packagesInImageMax) {
    return attempt(where.path, () => Promise.reject(overLimit(where.path, "packagesInImageMax")));
  }
  const place = placesIn(tree, where.path);
  const installed: Installed[] = [];
  const failed: Reading[] = [];
  for (const name of names) {
    const file = fileAt(tree, joinPath(where.path, name));
    if (file === undefined) continue;
    const reading = await attempt(file.path, async () => {
      installed.push(...(await readStanzaFile(tree, file, name, place)));
      return { claims: [], unreadable: [] };
    });
    failed.push(reading);
  }
  const claimed = await attempt(where.path, async () => claimsOf(installed, where.path));
  return mergeReadings([claimed, ...failed]);
}

async function readStanzaFile(
  tree: Tree,
  file: FileEntry,
  name: string,
  place: Place,
): Promise<readonly Installed[]> {
  const stanzas = parseStanzas(await readText(file, "packageMetadataBytesMax"), file.path);
  const installed: Installed[] = [];
  for (const stanza of stanzas.filter(isInstalled)) {
    const ref = refOf(stanza, file.path);
    const sums = [ref.name, `${ref.name}:${ref.architecture ?? ""}`, name]
      .filter((one) => !one.includes("/"))
      .map((one) => fileAt(tree, joinPath(dpkgFolder, `status.d/${one}${sumsSuffix}`)))
      .find((one) => one !== undefined);
    const text = sums === undefined ? "" : await readText(sums, "packageListBytesMax");
    installed.push({ ref, stanza, source: file.path, paths: placed(summedNames(text), place) });
  }
  return installed;
}

/** md5sum(1)'s lines: 32 digits, a blank, a blank or "*", the name. */
function summedNames(text: string): readonly string[] {
  return text.split("\n").map((line) => /^[0-9a-f]{32} [ *](.+)$/.exec(line)?.[1] ?? "");
}

/** `what` the database is. */
function claimsOf(installed: readonly Installed[], what: string): Reading {
  const providers = providersOf(
    installed.map(({ ref }) => ref.name),
    what,
  );
  for (const { ref, stanza } of installed) {
    for (const group of groupsIn(field(stanza, "Provides")))
      for (const name of namesIn(group)) providers.provide(name, ref.name);
  }
  const claims = installed.map(
    ({ ref, stanza, source, paths }): Claim => ({
      package: { ...ref, source, depends: dependsOf(stanza, ref.name, providers) },
      paths,
      folders: [],
    }),
  );
  return { claims, unreadable: [] };
}

/** The first alternative of each dependency that is met. */
function dependsOf(stanza: Stanza, own: string, providers: Providers): readonly string[] {
  const groups = [...groupsIn(field(stanza, "Pre-Depends")), ...groupsIn(field(stanza, "Depends"))];
  const met = (group: string): readonly string[] => {
    for (const name of namesIn(group)) {
      const names = providers.of(name);
      if (names.length > 0) return names;
    }
    return [];
  };
  return dependenciesOf(groups, own, { of: met });
}

/** What commas part in a relationship field (deb-control(5)): alternatives. */
function groupsIn(value: string | undefined): readonly string[] {
  return (value ?? "").split(",");
}

/** The names of alternatives; versions, architectures and profiles are left out. */
function* namesIn(group: string): Generator<string> {
  for (const one of group.split("|")) {
    const name = /^\s*([^\s:([<]+)/.exec(one)?.[1];
    if (name !== undefined) yield name;
  }
}
