// What apk tells: lib/apk/db/installed (or below usr/), one record a package, a field a line, the letter before the colon:
// P name, V version, A architecture, D dependencies, p provides, F a folder, R a file in it (apk-tools, "APK installed database").
import { limits } from "../../base/limits.ts";
import { joinPath, type TreePath } from "../../tree/path.ts";
import type { Tree } from "../../tree/tree.ts";
import { malformed, overLimit, type Place, packageRef, placesIn, type Reading } from "./claim.ts";
import { dependenciesOf, providersOf } from "./dependencies.ts";
import { attempt, fileAt, mergeReadings, readText } from "./image-file.ts";
import { apkFolders } from "./places.ts";

const databases = apkFolders.map((folder) => joinPath(folder, "installed"));

interface Record {
  readonly fields: Map<string, string>;
  readonly paths: TreePath[];
  folder: string;
}

export async function readApk(tree: Tree): Promise<Reading> {
  const files = new Map(
    databases.flatMap((one) => {
      const file = fileAt(tree, one);
      // On a merged /usr both paths lead to one file.
      return file === undefined ? [] : [[file.path, file] as const];
    }),
  );
  const readings: Reading[] = [];
  for (const file of files.values()) {
    readings.push(
      await attempt(file.path, async () => {
        const text = await readText(file, "packageDatabaseBytesMax");
        return claimsOf(parseRecords(text, file.path, placesIn(tree, file.path)), file.path);
      }),
    );
  }
  return mergeReadings(readings);
}

function parseRecords(text: string, what: TreePath, place: Place): readonly Record[] {
  const records: Record[] = [];
  let open: Record | undefined;
  let lineNumber = 0;
  for (let at = 0; at < text.length; ) {
    const feed = text.indexOf("\n", at);
    const end = feed < 0 ? text.length : feed;
    lineNumber += 1;
    if (end === at) open = undefined;
    else {
      if (text[at + 1] !== ":") throw malformed(what, `line ${lineNumber}: expected a letter and a colon`);
      if (open === undefined) {
        open = { fields: new Map(), paths: [], folder: "" };
        records.push(open);
        if (records.length > limits.packagesInImageMax) throw overLimit(what, "packagesInImageMax");
      }
      addField(open, text.charAt(at), text.slice(at + 2, end), place);
    }
    at = end + 1;
  }
  return records;
}

function addField(record: Record, letter: string, value: string, place: Place): void {
  if (letter === "F") {
    record.folder = value;
    addPath(record, value, place);
  } else if (letter === "R") addPath(record, `${record.folder}/${value}`, place);
  else if (/[PVADp]/.test(letter)) record.fields.set(letter, value);
}

function addPath(record: Record, name: string, place: Place): void {
  const made = place(name);
  if (made !== undefined) record.paths.push(made);
}

function claimsOf(records: readonly Record[], source: TreePath): Reading {
  const named = records.map((record) => {
    const architecture = record.fields.get("A");
    const ref = {
      type: "apk",
      name: record.fields.get("P") ?? "",
      version: record.fields.get("V") ?? "",
    } as const;
    return { record, ref: packageRef(architecture === undefined ? ref : { ...ref, architecture }, source) };
  });
  const providers = providersOf(
    named.map(({ ref }) => ref.name),
    source,
  );
  for (const { record, ref } of named) {
    for (const name of namesIn(record.fields.get("p"))) providers.provide(name, ref.name);
  }
  const claims = named.map(({ record, ref }) => ({
    package: {
      ...ref,
      source,
      depends: dependenciesOf(namesIn(record.fields.get("D")), ref.name, providers),
    },
    paths: record.paths,
    folders: [],
  }));
  return { claims, unreadable: [] };
}

/** "so:libc.musl-x86_64.so.1=1 cmd:busybox !old foo>=2": names without versions; conflicts are left out. */
function* namesIn(value: string | undefined): Generator<string> {
  for (const [name] of (value ?? "").matchAll(/(?<![^ ])[^ !<>=~][^ <>=~]*/g)) yield name;
}
