// What rpm tells: its database in one of three formats, told by content, in any of the folders that distributions have it in; and
// the list of CBL-Mariner's distroless images, which names packages but no files.
import { ToolError } from "../../../base/errors.ts";
import { limits } from "../../../base/limits.ts";
import type { FileEntry } from "../../../tree/entry.ts";
import { joinPath, path, type TreePath } from "../../../tree/path.ts";
import type { Tree } from "../../../tree/tree.ts";
import {
  malformed,
  overLimit,
  type Place,
  packageRef,
  placesIn,
  type Reading,
  type Unreadable,
} from "../claim.ts";
import { dependenciesOf, type Providers, providersOf } from "../dependencies.ts";
import { attempt, fileAt, mergeReadings, readBytes, readText, unreadable } from "../image-file.ts";
import type { PackageRef } from "../package.ts";
import { rpmFolders } from "../places.ts";
import { berkeleyRecords, isBerkeley } from "./berkeley.ts";
import { parseRpmHeader, type RpmHeader } from "./header.ts";
import { isNdb, ndbRecords } from "./ndb.ts";
import type { RpmRecord } from "./record.ts";
import { isSqlite, sqliteRecords } from "./sqlite.ts";

const databases = ["rpmdb.sqlite", "Packages.db", "Packages"];
const manifest = path("/var/lib/rpmmanifest/container-manifest-2");

interface Installed {
  readonly ref: PackageRef;
  readonly requires: readonly string[];
  readonly provides: readonly string[];
  readonly paths: readonly TreePath[];
}

export async function readRpm(tree: Tree): Promise<Reading> {
  const files = new Map<TreePath, FileEntry>();
  for (const folder of rpmFolders) {
    for (const name of databases) {
      const file = fileAt(tree, joinPath(folder, name));
      // Folders are links to each other on some distributions.
      if (file !== undefined) files.set(file.path, file);
    }
  }
  const readings: Reading[] = [];
  for (const file of files.values()) readings.push(await attempt(file.path, () => readDatabase(tree, file)));
  const listed = fileAt(tree, manifest);
  if (listed !== undefined) readings.push(await attempt(listed.path, () => readManifest(listed)));
  return mergeReadings(readings);
}

async function readDatabase(tree: Tree, file: FileEntry): Promise<Reading> {
  const bytes = await readBytes(file, "packageDatabaseBytesMax");
  const log = fileAt(tree, `${file.path}-wal` as TreePath);
  const logBytes = log === undefined ? undefined : await readBytes(log, "packageDatabaseBytesMax");
  const records = recordsOf(bytes, file.path, logBytes);
  return claimsOf(records, file.path, bytes.length + (logBytes?.length ?? 0), placesIn(tree, file.path));
}

function recordsOf(bytes: Uint8Array, what: string, log: Uint8Array | undefined): Iterable<RpmRecord> {
  if (isSqlite(bytes)) return sqliteRecords(bytes, what, log);
  if (isNdb(bytes)) return ndbRecords(bytes, what);
  if (isBerkeley(bytes)) return berkeleyRecords(bytes, what);
  throw malformed(what, "byte 0: neither SQLite nor rpm's own format nor a hash of Berkeley DB");
}

/** What could be read counts, also where the rest can't be. */
function claimsOf(
  records: Iterable<RpmRecord>,
  source: TreePath,
  databaseBytes: number,
  place: Place,
): Reading {
  const installed: Installed[] = [];
  const failed: Unreadable[] = [];
  const note = (thrown: unknown): void => {
    failed.push(unreadable(source, thrown));
  };
  try {
    const bounds = recordBounds(source, databaseBytes);
    for (const record of records) {
      bounds.count(record);
      try {
        const header = parseRpmHeader(record.header, `the package at ${record.at} of ${source}`);
        // Imported keys are kept like packages.
        if (header.name !== "gpg-pubkey") installed.push(installedOf(header, source, place, bounds));
      } catch (thrown) {
        // The first tells enough; a limit holds for all of them.
        if (!(thrown instanceof ToolError) || thrown.code !== "malformed") throw thrown;
        if (failed.length === 0)
          failed.push({ path: source, why: `the package at ${record.at}: ${thrown.why}` });
      }
    }
  } catch (thrown) {
    note(thrown);
  }
  return { claims: withDependencies(installed, source, place), unreadable: failed };
}

interface RecordBounds {
  count(record: RpmRecord): void;
  countNames(names: number): void;
}

/** Records lie apart from each other, so together they are no larger than the database; one that has them overlap lies. */
function recordBounds(what: string, databaseBytes: number): RecordBounds {
  let packages = 0;
  let bytes = 0;
  let dependencies = 0;
  return {
    count({ header, at }): void {
      packages += 1;
      bytes += header.length;
      if (packages > limits.packagesInImageMax) throw overLimit(what, "packagesInImageMax");
      if (bytes > databaseBytes) throw malformed(what, `${at}: its packages overlap`);
    },
    countNames(names): void {
      dependencies += names;
      if (dependencies > limits.packageDependenciesMax) throw overLimit(what, "packageDependenciesMax");
    },
  };
}

function installedOf(header: RpmHeader, source: string, place: Place, bounds: RecordBounds): Installed {
  const { name, version, architecture, requires, provides } = header;
  bounds.countNames(requires.length + provides.length);
  const ref = { type: "rpm", name, version } as const;
  const paths: TreePath[] = [];
  for (const listed of header.paths()) {
    const placed = place(listed);
    if (placed !== undefined) paths.push(placed);
  }
  const known = packageRef(architecture === undefined ? ref : { ...ref, architecture }, source);
  return { ref: known, requires, provides, paths };
}

/** A dependency is a name that a package has or provides, or the path of a file. */
function withDependencies(
  installed: readonly Installed[],
  source: TreePath,
  place: Place,
): Reading["claims"] {
  const providers = providersOf(
    installed.map(({ ref }) => ref.name),
    source,
  );
  for (const { ref, provides } of installed) for (const name of provides) providers.provide(name, ref.name);
  provideFiles(installed, providers, place);
  return installed.map(({ ref, requires, paths }) => ({
    package: { ...ref, source, depends: dependenciesOf(requires, ref.name, providers) },
    paths,
    folders: [],
  }));
}

/** "/bin/sh" is met by whoever has the file that it leads to. */
function provideFiles(installed: readonly Installed[], providers: Providers, place: Place): void {
  const wanted = new Map<TreePath, Set<string>>();
  for (const name of new Set(installed.flatMap(({ requires }) => requires))) {
    const path = name.startsWith("/") ? place(name) : undefined;
    if (path !== undefined) wanted.set(path, (wanted.get(path) ?? new Set()).add(name));
  }
  for (const { ref, paths } of installed) {
    for (const one of paths) for (const name of wanted.get(one) ?? []) providers.provide(name, ref.name);
  }
}

/** A package a line, in ten columns; those read are 1 name, 2 version-release, 8 architecture, 9 epoch. */
async function readManifest(file: FileEntry): Promise<Reading> {
  const lines = (await readText(file, "packageDatabaseBytesMax")).split("\n");
  if (lines.length > limits.packagesInImageMax) throw overLimit(file.path, "packagesInImageMax");
  const claims = lines.flatMap((line, index) => {
    if (line.trim() === "") return [];
    const columns = line.split("\t");
    const [name, version] = columns;
    const architecture = columns[7];
    if (name === undefined || version === undefined || architecture === undefined)
      throw malformed(file.path, `line ${index + 1}: expected ten columns`);
    const epoch = columns[8];
    const full = epoch !== undefined && /^[1-9]\d*$/.test(epoch) ? `${epoch}:${version}` : version;
    const ref = packageRef({ type: "rpm", name, version: full, architecture }, file.path);
    return [{ package: { ...ref, source: file.path, depends: [] }, paths: [], folders: [] }];
  });
  return { claims, unreadable: [] };
}
