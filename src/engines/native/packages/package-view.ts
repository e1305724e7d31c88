// What the closure may know of the locked packages: who depends on whom, and what the packages that aren't unpacked yet say
// that they hold (their control data).

import { lazy } from "../../../base/lazy.ts";
import type { PackageView, Pending } from "../../../closure/closure.ts";
import { looksLikeCode } from "../../../closure/code-paths.ts";
import type { LockedPackage } from "../../../debian/locked.ts";
import type { PackageControl } from "../../../debian/package.ts";
import { compileGlob } from "../../../tree/glob.ts";
import { comparePaths, isWithin, type TreePath } from "../../../tree/path.ts";

/** A locked package with its control data; `control.id` is the name used everywhere else ("libc6:amd64"). */
export interface KnownPackage {
  readonly locked: LockedPackage;
  readonly control: PackageControl;
}

/** The file lists of packages as one index. Where several packages list a path, the last in the lock's order has it. */
export interface Catalogue {
  readonly byPath: ReadonlyMap<TreePath, string>;
  /** The same in path order. */
  readonly sorted: readonly (readonly [TreePath, string])[];
  readonly bySoname: ReadonlyMap<string, string>;
  readonly dependencies: ReadonlyMap<string, readonly string[]>;
  readonly requested: ReadonlySet<string>;
  readonly namesCode: (id: string) => boolean;
}

/** Reads the packages' control data once; views for any set of unpacked packages share it. */
export function catalogueOf(packages: readonly KnownPackage[]): Catalogue {
  const byPath = new Map<TreePath, string>();
  const bySoname = new Map<string, string>();
  const idOfName = new Map(packages.map(({ locked, control }) => [locked.name, control.id]));
  for (const { control } of packages) {
    for (const path of control.paths) byPath.set(path, control.id);
    for (const soname of control.sonames) bySoname.set(soname, control.id);
  }
  const withCode = lazy(
    () =>
      new Set(
        packages.filter(({ control }) => control.paths.some(looksLikeCode)).map(({ control }) => control.id),
      ),
  );
  return {
    byPath,
    sorted: [...byPath].sort(([a], [b]) => comparePaths(a, b)),
    bySoname,
    dependencies: new Map(
      packages.map(({ locked, control }) => [
        control.id,
        locked.depends.flatMap((name) => idOfName.get(name) ?? []),
      ]),
    ),
    requested: new Set(packages.filter(({ locked }) => locked.requested).map(({ control }) => control.id)),
    namesCode: (id) => withCode().has(id),
  };
}

/** The view while only `unpacked` are in the tree. */
export function packageView(catalogue: Catalogue, unpacked: ReadonlySet<string>): PackageView {
  const isPending = (id: string | undefined): id is string =>
    id !== undefined && catalogue.dependencies.has(id) && !unpacked.has(id);
  const dependenciesOf = (id: string): readonly string[] => catalogue.dependencies.get(id) ?? [];
  const pending: Pending = {
    has: isPending,
    packageOfPath: (path) => pendingOf(catalogue.byPath.get(path), isPending),
    packageOfSoname: (soname) => pendingOf(catalogue.bySoname.get(soname), isPending),
    packagesOfGlob(text): readonly string[] {
      const glob = compileGlob(text);
      const found = new Set<string>();
      for (const [path, id] of listedWithin(catalogue.sorted, glob.folder)) {
        if (!found.has(id) && isPending(id) && glob.matches(path)) found.add(id);
      }
      return [...found];
    },
    dependenciesOf: (id) => dependenciesOf(id).filter(isPending),
    namesCode: catalogue.namesCode,
  };
  return { requested: catalogue.requested, dependenciesOf, pending };
}

/** The part of the list that lies in a folder, found by bisection. */
function* listedWithin(
  sorted: Catalogue["sorted"],
  folder: TreePath,
): Generator<readonly [TreePath, string]> {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const at = sorted[middle]?.[0];
    if (at !== undefined && comparePaths(at, folder) < 0) low = middle + 1;
    else high = middle;
  }
  for (let index = low; index < sorted.length; index++) {
    const listed = sorted[index];
    if (listed === undefined || !isWithin(listed[0], folder)) return;
    yield listed;
  }
}

function pendingOf(id: string | undefined, isPending: (id: string) => boolean): string | undefined {
  return id !== undefined && isPending(id) ? id : undefined;
}
