// /var/lib/dpkg/status.d: the package database of images without dpkg, as scanners read it. One stanza a package in a file of
// its own, and the MD5 sums of those files that are really there. Neither `status` nor `info/` is written: no dpkg runs here.
//
// Readers differ: one takes "Package" only from the first line; several find the sums as "<package>.md5sums"; some cut a
// stanza file's name at its first dot, so that "libssl1.1" has to be "libssl1".
import { bytesOf } from "../base/bytes.ts";
import { digestOf } from "../base/digest.ts";
import { encodeName } from "../base/names.ts";
import { field, formatStanza } from "../formats/deb822.ts";
import type { DirectoryEntry, Entry, FileEntry, Origin } from "../tree/entry.ts";
import { joinPath, path, type TreePath } from "../tree/path.ts";
import type { Tree } from "../tree/tree.ts";
import { nameOf, type PackageControl } from "./package.ts";

const folder = path("/var/lib/dpkg/status.d");
const origins: readonly Origin[] = [{ kind: "declared", what: "package database" }];

/** Scanners skip fields that they don't know; this one tells of a package of which only a part ships. */
const partialField = "Distill-Partial";

export interface ShippedPackage {
  readonly control: PackageControl;
  /** Its files and links in the tree. */
  readonly paths: readonly TreePath[];
  /** How many of the files that it says it holds are absent. */
  readonly absent: number;
}

/** The packages of which at least one file or link is in the tree, by name. */
export function shippedPackages(tree: Tree, controls: readonly PackageControl[]): readonly ShippedPackage[] {
  const paths = new Map<string, TreePath[]>(controls.map(({ id }) => [id, []]));
  for (const entry of tree.walk()) {
    if (entry.kind === "directory") continue;
    for (const origin of entry.origins) {
      if (origin.kind === "package") paths.get(origin.package)?.push(entry.path);
    }
  }
  return controls.flatMap((control) => {
    const present = paths.get(control.id) ?? [];
    if (present.length === 0) return [];
    const there = new Set<TreePath>(present);
    return [{ control, paths: present, absent: control.paths.filter((one) => !there.has(one)).length }];
  });
}

/** The database for a tree as it ships. `mtime`: seconds since the epoch. */
export function statusEntries(
  tree: Tree,
  controls: readonly PackageControl[],
  mtime: number,
): readonly Entry[] {
  const shipped = shippedPackages(tree, controls);
  if (shipped.length === 0) return [];
  const common = { uid: 0, gid: 0, mtime, origins };
  const file = (name: string, text: string): FileEntry => {
    const bytes = encodeName(text);
    const made = { ...common, path: joinPath(folder, name), mode: 0o644, sizeBytes: bytes.length };
    return { ...made, kind: "file", digest: digestOf(bytes), content: bytesOf(bytes) };
  };
  const sums = sumsNames(shipped.map(({ control }) => control));
  const names = stanzaNames(shipped.map(({ control }) => control));
  const top: DirectoryEntry = { ...common, kind: "directory", path: folder, mode: 0o755 };
  return [
    top,
    ...shipped.flatMap((one) => [
      file(names.get(one.control.id) ?? one.control.id, stanzaText(one)),
      file(`${sums(one.control)}.md5sums`, sumsText(one)),
    ]),
  ];
}

function stanzaText({ control, absent }: ShippedPackage): string {
  const fields = new Map([
    ["Package", packageName(control)],
    ["Status", "install ok installed"],
  ]);
  for (const [name, value] of control.fields)
    if (!/^(?:package|status)$/i.test(name)) fields.set(name, value);
  if (absent > 0)
    fields.set(partialField, `${absent} of ${control.paths.length} files are not in this image`);
  return formatStanza(fields);
}

function sumsText({ control, paths }: ShippedPackage): string {
  return paths
    .flatMap((one) => {
      const sum = control.md5sums.get(one);
      return sum === undefined ? [] : [`${sum}  ${one.slice(1)}\n`];
    })
    .join("");
}

function packageName(control: PackageControl): string {
  return field(control.fields, "Package") ?? nameOf(control.id);
}

/** "name", or "name:architecture" where two architectures of it ship, as dpkg names its own. */
function sumsNames(controls: readonly PackageControl[]): (control: PackageControl) => string {
  const counts = new Map<string, number>();
  for (const name of controls.map(packageName)) counts.set(name, (counts.get(name) ?? 0) + 1);
  return (control) => ((counts.get(packageName(control)) ?? 0) > 1 ? control.id : packageName(control));
}

/** A unique file name for each package: cut at the first dot, unless that is another package's name. */
function stanzaNames(controls: readonly PackageControl[]): ReadonlyMap<string, string> {
  const taken = new Set(controls.map(packageName).filter((name) => !name.includes(".")));
  const names = new Map<string, string>();
  const used = new Set<string>();
  for (const control of controls) {
    const name = packageName(control);
    const cut = name.includes(".") ? name.slice(0, name.indexOf(".")) : name;
    const candidates = cut !== name && taken.has(cut) ? [name, control.id] : [cut, name, control.id];
    const free = candidates.find((one) => !used.has(one)) ?? control.id;
    used.add(free);
    names.set(control.id, free);
  }
  return names;
}
