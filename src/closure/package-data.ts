// Data of kept packages: what is no code stays with its package, so that programs behave as they do in the full system
// (locales, mime types, time zones). Documentation goes, by a named filter.
import { lazy } from "../base/lazy.ts";
import type { Entry, FileEntry } from "../tree/entry.ts";
import { baseName, joinPath, type TreePath } from "../tree/path.ts";
import { resolve } from "../tree/resolve.ts";
import type { LeftOut, Reason } from "./closure.ts";
import { looksLikeCode } from "./code-paths.ts";
import { documentationFilter } from "./documentation.ts";
import { packageOf } from "./pending.ts";
import { addData, addUnproven, isCode, type Work } from "./work.ts";

/** The packages whose data stays, each with the reason that all of its data shares. */
type KeptPackages = ReadonlyMap<string, Reason>;

/**
 * Keeps the data of every kept package, and defers pending packages whose data would be kept. Gives what is left out, and why:
 * worked out when asked for, as few ask, and there may be a million of them.
 */
export function keepPackageData(work: Work): () => readonly LeftOut[] {
  const kept = keptPackages(work);
  const rest: Entry[] = [];
  const links: Entry[] = [];
  for (const entry of work.input.tree.walk()) {
    if (work.reasons.has(entry.path)) continue;
    // What a rule or a `drop` leaves out stays out.
    const reason =
      kept.size === 0 || work.findings.dropped.has(entry.path) ? undefined : dataReason(work, entry, kept);
    if (reason !== undefined && entry.kind === "symlink") links.push(entry);
    if (reason === undefined || entry.kind === "symlink" || isCode(work, entry)) rest.push(entry);
    else {
      addData(work, entry.path, reason);
      // A `drop` may have stopped it.
      if (!work.reasons.has(entry.path)) rest.push(entry);
    }
  }
  keepDataLinks(work, links, kept);
  // Folders are not listed: one exists where it holds something kept.
  const leftOut = rest.filter((entry) => entry.kind !== "directory" && !work.reasons.has(entry.path));
  for (const entry of leftOut) noteUnnamed(work, entry, kept);
  return lazy(() => leftOut.map((entry) => ({ entry, why: whyLeftOut(work, entry, kept) })));
}

function keptPackages(work: Work): KeptPackages {
  const { packages, tree } = work.input;
  const kept = new Map<string, Reason>();
  for (const name of packages?.requested ?? []) {
    kept.set(name, dataOf(name, "asked for by name"));
    if (packages?.pending.has(name) === true) work.findings.deferred.add(name);
  }
  for (const path of work.reasons.keys()) {
    const entry = tree.lookup(path);
    if (entry === undefined || !isCode(work, entry)) continue;
    const name = packageOf(work, path);
    if (name !== undefined && !kept.has(name)) kept.set(name, dataOf(name, `its ${baseName(path)} is kept`));
  }
  if (packages === undefined) return kept;
  const withCode = packagesNamingCode(work);
  // A Map grows while it is walked: data packages of data packages follow.
  for (const name of kept.keys()) {
    for (const dependency of packages.dependenciesOf(name)) {
      if (kept.has(dependency)) continue;
      const waiting = packages.pending.has(dependency);
      if (waiting ? packages.pending.namesCode(dependency) : withCode.has(dependency)) continue;
      kept.set(dependency, dataOf(dependency, `${name} depends on it, and it holds no code`));
      if (waiting) work.findings.deferred.add(dependency);
    }
  }
  return kept;
}

/** Packages of the tree that name a program or a library: judged by names, as for those that are pending. */
function packagesNamingCode(work: Work): ReadonlySet<string> {
  const names = new Set<string>();
  for (const entry of work.input.tree.walk()) {
    if (entry.kind !== "file" || !looksLikeCode(entry.path)) continue;
    for (const origin of entry.origins) if (origin.kind === "package") names.add(origin.package);
    const owner = work.input.packages?.packageOf?.(entry);
    if (owner !== undefined) names.add(owner);
  }
  return names;
}

function dataOf(packageName: string, evidence: string): Reason {
  return { from: `package ${packageName}`, kind: "package-data", evidence, confidence: "known" };
}

function dataReason(work: Work, entry: Entry, kept: KeptPackages): Reason | undefined {
  const owner = ownerAmong(entry, kept, work);
  if (owner === undefined || documentationFilter(entry.path) !== undefined) return undefined;
  if (entry.kind === "directory" && holdsOwn(work, entry.path, kept)) return undefined;
  return kept.get(owner);
}

/** The kept package that an entry belongs to; a folder shared by many packages belongs to each of them. */
function ownerAmong(entry: Entry, kept: KeptPackages, work: Work): string | undefined {
  for (const origin of entry.origins) {
    if (origin.kind !== "package" && origin.kind !== "effect") continue;
    if (origin.package !== undefined && kept.has(origin.package)) return origin.package;
  }
  const name = packageOf(work, entry.path);
  return name !== undefined && kept.has(name) ? name : undefined;
}

/**
 * Whether a kept package put something into this folder: then it is there for what of that stays. A folder that was made empty
 * (/var/log/nginx) is data itself.
 */
function holdsOwn(work: Work, folder: TreePath, kept: KeptPackages): boolean {
  const { tree } = work.input;
  return tree.children(folder).some((name) => {
    const entry = tree.lookup(joinPath(folder, name));
    return entry !== undefined && ownerAmong(entry, kept, work) !== undefined;
  });
}

/** A link stays where what it leads to stays: it must not bring code in. Links to links need another round. */
function keepDataLinks(work: Work, links: readonly Entry[], kept: KeptPackages): void {
  let waiting = links;
  for (let before = -1; before !== waiting.length; ) {
    before = waiting.length;
    waiting = waiting.filter((entry) => {
      const target = resolve(work.input.tree, entry.path);
      if (target === undefined ? !leadsOutside(entry) : !work.reasons.has(target.path)) return true;
      const reason = dataReason(work, entry, kept);
      if (reason !== undefined) addData(work, entry.path, reason);
      return false;
    });
  }
}

/** Links into what only exists at run time. */
function leadsOutside(entry: Entry): boolean {
  return entry.kind === "symlink" && /^(?:\.\.\/|\/)*(?:proc|sys|dev|run)\//.test(entry.target);
}

function whyLeftOut(work: Work, entry: Entry, kept: KeptPackages): string {
  const dropped = work.findings.dropped.get(entry.path);
  if (dropped !== undefined) return dropped;
  if (isCode(work, entry)) return whyCodeIsLeftOut(work, entry, kept);
  const filter = documentationFilter(entry.path);
  if (filter !== undefined) return filter;
  if (entry.kind === "symlink") return "leads to nothing that is kept";
  const owner: TreePath | string | undefined = packageOf(work, entry.path);
  if (owner === undefined) return "data that nothing names";
  return kept.has(owner) ? "not asked for" : `data of ${owner}, no code of which is kept`;
}

function whyCodeIsLeftOut(work: Work, entry: FileEntry, kept: KeptPackages): string {
  if (work.input.facts(entry).magic === "script") return "a script that nothing runs";
  return whyUnnamed(work, entry, kept) ?? "code that nothing reaches";
}

/** A library that nothing names may still be loaded by name: that is not proven, and said. */
function noteUnnamed(work: Work, entry: Entry, kept: KeptPackages): void {
  if (work.findings.dropped.has(entry.path) || !isCode(work, entry)) return;
  const why = whyUnnamed(work, entry, kept);
  if (why !== undefined) addUnproven(work, { path: entry.path, kind: "unnamed", why });
}

/** What is said of a library that a kept package has and nothing names; undefined for everything else. */
function whyUnnamed(work: Work, entry: FileEntry, kept: KeptPackages): string | undefined {
  const { elf } = work.input.facts(entry);
  if (elf === undefined || elf.program || elf.interpreter !== undefined) return undefined;
  const owner = packageOf(work, entry.path);
  if (owner === undefined || !kept.has(owner)) return undefined;
  return `a library of ${owner} that nothing names; perhaps it is loaded by name`;
}
