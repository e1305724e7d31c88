// Packages whose content is not unpacked yet: when the closure needs what one of them may hold, it is deferred, and the
// closure is computed again once it is there. Invariant: what ends up kept depends on the packages alone, never on which of
// them happened to be unpacked first; so anything that would be kept from a package in the tree defers a pending one.
import type { Entry } from "../tree/entry.ts";
import type { TreePath } from "../tree/path.ts";
import type { Work } from "./work.ts";

/** Defers the pending package that lists this path. */
export function deferPath(work: Work, path: TreePath): boolean {
  return defer(work, work.input.packages?.pending.packageOfPath(path));
}

/** Defers the pending package that ships this soname. */
export function deferSoname(work: Work, soname: string): boolean {
  return defer(work, work.input.packages?.pending.packageOfSoname(soname));
}

/** Defers every pending package that lists a path matching the glob. */
export function deferGlob(work: Work, glob: string): boolean {
  let any = false;
  for (const name of work.input.packages?.pending.packagesOfGlob(glob) ?? []) any = defer(work, name) || any;
  return any;
}

/**
 * Something is needed and nothing says which package holds it (file lists name no links): defers the nearest pending
 * dependencies of the package that needs it, one level at a time. False where none is left: then it is missing.
 */
export function deferNearest(work: Work, neededBy: TreePath | string): boolean {
  const { packages, tree } = work.input;
  if (packages === undefined) return false;
  const entry = neededBy.startsWith("/") ? tree.lookup(neededBy as TreePath) : undefined;
  const owner = entry === undefined ? undefined : packageOf(work, entry.path);
  const starts = owner === undefined ? [...packages.requested].sort() : [owner];
  return (
    deferLevel(work, starts) || (owner !== undefined && deferLevel(work, [...packages.requested].sort()))
  );
}

/**
 * Whether a wildcard may keep this entry. File lists name no folders, so an empty folder of a package that nothing else asks for
 * would be kept where that package happens to be unpacked, and only there; a kept package's own come with its data.
 */
export function countsForWildcards(work: Work, entry: Entry): boolean {
  const { packages } = work.input;
  if (entry.kind !== "directory" || packages === undefined) return true;
  return entry.origins.some((one) => one.kind !== "package" || packages.requested.has(one.package));
}

/** The package that an entry comes from: the last of its origins that names one. */
export function packageOf(work: Work, path: TreePath): string | undefined {
  const entry = work.input.tree.lookup(path);
  if (entry === undefined) return undefined;
  for (let index = entry.origins.length - 1; index >= 0; index--) {
    const origin = entry.origins[index];
    if (origin?.kind === "package" || (origin?.kind === "effect" && origin.package !== undefined)) {
      return origin.package;
    }
  }
  return work.input.packages?.packageOf?.(entry);
}

function defer(work: Work, packageName: string | undefined): boolean {
  if (packageName === undefined) return false;
  work.findings.deferred.add(packageName);
  return true;
}

function deferLevel(work: Work, starts: readonly string[]): boolean {
  const { packages } = work.input;
  if (packages === undefined) return false;
  const seen = new Set(starts);
  let level = [...starts];
  while (level.length > 0) {
    const waiting = level.flatMap((name) =>
      packages.pending.has(name) ? [name] : packages.pending.dependenciesOf(name),
    );
    for (const name of waiting) work.findings.deferred.add(name);
    if (waiting.length > 0) return true;
    level = level
      .flatMap((name) => packages.dependenciesOf(name))
      .filter((name) => {
        if (seen.has(name)) return false;
        seen.add(name);
        return true;
      });
  }
  return false;
}
