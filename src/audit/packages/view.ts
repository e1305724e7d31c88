// What the closure may know of an image's packages: whose an entry is, and who depends on whom. All of them are in the tree, so
// nothing is pending. Ids are those of builds for Debian's packages ("libc6:amd64"), and unlike any of them for languages'.
import type { PackageView, Pending } from "../../closure/closure.ts";
import { type InstalledPackage, isSystemPackage, type PackageIndex, type PackageRef } from "./package.ts";

const nothingPending: Pending = {
  has: () => false,
  packageOfPath: () => undefined,
  packagesOfGlob: () => [],
  packageOfSoname: () => undefined,
  dependenciesOf: () => [],
  namesCode: () => false,
};

/** "libc6:amd64" of a system's package, "npm/express@4.18.2" of a language's. */
export function packageId({ type, name, version, architecture }: PackageRef): string {
  if (isSystemPackage({ type })) return architecture === undefined ? name : `${name}:${architecture}`;
  return `${type}/${name}@${version}`;
}

/** `requested`: ids of the packages whose data is there for a reason; an image has those that own its entrypoint's program. */
export function packageView(index: PackageIndex, requested: ReadonlySet<string>): PackageView {
  const byId = new Map(index.packages.map((one) => [packageId(one), one]));
  const byName = new Map<string, InstalledPackage[]>();
  for (const one of index.packages) {
    const name = typedName(one, one.name);
    const known = byName.get(name);
    if (known === undefined) byName.set(name, [one]);
    else known.push(one);
  }
  return {
    requested,
    dependenciesOf: (id) => {
      const own = byId.get(id);
      if (own === undefined) return [];
      return own.depends.flatMap((name) => bestOf(byName.get(typedName(own, name)) ?? [], own));
    },
    pending: nothingPending,
    packageOf: (entry) => {
      const owner = index.ownerOf(entry);
      return owner === undefined ? undefined : packageId(owner);
    },
  };
}

/** Names of one package manager mean nothing to another. */
function typedName({ type }: PackageRef, name: string): string {
  return `${type}/${name}`;
}

/** Of a name that is installed for several architectures, the one of the package's own; else all. */
function bestOf(candidates: readonly InstalledPackage[], own: PackageRef): readonly string[] {
  const same = candidates.filter((one) => one.architecture === own.architecture);
  return (same.length > 0 ? same : candidates).map(packageId);
}
