// Packages installed on this machine (Debian) as trees with origins, with what is known of those that are held back: real data
// for tests of the closure. Reads dpkg's database.
import { existsSync, readFileSync } from "node:fs";
import type { PackageView } from "../src/closure/closure.ts";
import { looksLikeCode } from "../src/closure/code-paths.ts";
import { field, parseStanzas, type Stanza } from "../src/formats/deb822.ts";
import type { Entry } from "../src/tree/entry.ts";
import { compileGlob } from "../src/tree/glob.ts";
import { finishTree, treeBuilder } from "../src/tree/memory-tree.ts";
import { path, type TreePath, treePath } from "../src/tree/path.ts";
import { placeEntry } from "../src/tree/placing.ts";
import { resolve } from "../src/tree/resolve.ts";
import type { Tree } from "../src/tree/tree.ts";
import { hostTree } from "./host-tree.ts";
import { symlink } from "./trees.ts";

const database = "/var/lib/dpkg";
const host = hostTree();

export interface HostPackage {
  readonly name: string;
  readonly depends: readonly string[];
  readonly entries: readonly Entry[];
  /** Regular files, as md5sums lists them. */
  readonly files: ReadonlySet<TreePath>;
  readonly sonames: ReadonlySet<string>;
}

/** The installed packages that these ones need, themselves first; undefined where this machine lacks one of those asked for. */
export function hostPackages(names: readonly string[]): readonly HostPackage[] | undefined {
  const installed = readStatus();
  if (names.some((name) => !installed.has(name))) return undefined;
  const wanted = new Map<string, HostPackage>();
  const pending = [...names];
  for (let name = pending.shift(); name !== undefined; name = pending.shift()) {
    const stanza = installed.get(name);
    if (stanza === undefined || wanted.has(name)) continue;
    const depends = dependenciesOf(stanza, installed);
    wanted.set(name, readPackage(name, stanza, depends));
    pending.push(...depends);
  }
  return [...wanted.values()];
}

/** A tree of these packages, with merged /usr. */
export function treeOfPackages(packages: Iterable<HostPackage>): Tree {
  const builder = treeBuilder();
  for (const name of ["bin", "sbin", "lib", "lib64"]) placeEntry(builder, symlink(`/${name}`, `usr/${name}`));
  for (const one of packages) for (const entry of one.entries) placeEntry(builder, entry);
  return finishTree(builder);
}

/** What is known of all these packages where only the ones named in `present` are in the tree. */
export function viewOf(
  packages: readonly HostPackage[],
  requested: readonly string[],
  present: ReadonlySet<string>,
): PackageView {
  const byName = new Map(packages.map((one) => [one.name, one]));
  const waiting = packages.filter((one) => !present.has(one.name));
  const isWaiting = (name: string): boolean => !present.has(name) && byName.has(name);
  const dependencies = (name: string): readonly string[] => byName.get(name)?.depends ?? [];
  return {
    requested: new Set(requested),
    dependenciesOf: dependencies,
    pending: {
      has: isWaiting,
      packageOfPath: (at) => waiting.find((one) => one.files.has(at))?.name,
      packagesOfGlob: (text) => {
        const glob = compileGlob(text);
        return waiting.filter((one) => [...one.files].some((at) => glob.matches(at))).map((one) => one.name);
      },
      packageOfSoname: (soname) => waiting.find((one) => one.sonames.has(soname))?.name,
      dependenciesOf: (name) => dependencies(name).filter(isWaiting),
      namesCode: (name) => [...(byName.get(name)?.files ?? [])].some(looksLikeCode),
    },
  };
}

function readStatus(): ReadonlyMap<string, Stanza> {
  const file = `${database}/status`;
  if (!existsSync(file)) return new Map();
  const stanzas = parseStanzas(readFileSync(file, "utf8"), file);
  return new Map(
    stanzas
      .filter((one) => field(one, "Status") === "install ok installed")
      .map((one) => [field(one, "Package") ?? "", one]),
  );
}

/** The first installed alternative of each dependency; virtual ones are looked up in Provides. */
function dependenciesOf(stanza: Stanza, installed: ReadonlyMap<string, Stanza>): string[] {
  const clauses = ["Pre-Depends", "Depends"].flatMap((name) => (field(stanza, name) ?? "").split(","));
  return clauses.flatMap((clause) => {
    const alternatives = clause.split("|").map((one) => one.trim().replace(/[\s:(].*$/s, ""));
    const real = alternatives.find((one) => installed.has(one));
    if (real !== undefined) return [real];
    const provider = [...installed].find(([, other]) =>
      (field(other, "Provides") ?? "")
        .split(",")
        .some((one) => alternatives.includes(one.trim().replace(/[\s(].*$/s, ""))),
    );
    return provider === undefined ? [] : [provider[0]];
  });
}

function readPackage(name: string, stanza: Stanza, depends: readonly string[]): HostPackage {
  const version = field(stanza, "Version") ?? "";
  const origins = [{ kind: "package", package: name, version } as const];
  const listed = infoLines(name, stanza, "list").flatMap((line) => treePath(line) ?? []);
  const entries = listed.flatMap((at) => {
    const entry = resolve(host, at, { followLast: false })?.entry;
    return entry === undefined || at === path("/") ? [] : [{ ...entry, path: at, origins }];
  });
  const files = entries.flatMap((entry) => (entry.kind === "file" ? [merged(entry.path)] : []));
  const sonames = infoLines(name, stanza, "shlibs").flatMap((line) => {
    const [library = "", version = ""] = line.replace(/^\S+:\s+/, "").split(/\s+/);
    return [`${library}.so.${version}`, `${library}-${version}.so`];
  });
  return { name, depends, entries, files: new Set(files), sonames: new Set(sonames) };
}

function infoLines(name: string, stanza: Stanza, suffix: string): string[] {
  const architecture = field(stanza, "Architecture") ?? "";
  const candidates = [`${name}:${architecture}`, name].map((one) => `${database}/info/${one}.${suffix}`);
  const file = candidates.find((one) => existsSync(one));
  return file === undefined
    ? []
    : readFileSync(file, "utf8")
        .split("\n")
        .filter((line) => line !== "");
}

function merged(at: TreePath): TreePath {
  return /^\/(?:bin|sbin|lib|lib64)\//.test(at) ? path(`/usr${at}`) : at;
}
