// Packages of two images, by type, name and architecture.
import type { PackageRow } from "../finding.ts";
import type { PackageChange } from "./comparison.ts";
import { compareVersions } from "./version.ts";

/** In the order of type and name. */
export function comparePackages(
  before: readonly PackageRow[],
  after: readonly PackageRow[],
): PackageChange[] {
  const earlier = grouped(before);
  const later = grouped(after);
  const keys = [...new Set([...earlier.keys(), ...later.keys()])].sort();
  return keys.flatMap((key) => changesOf(earlier.get(key) ?? [], later.get(key) ?? []));
}

function grouped(packages: readonly PackageRow[]): ReadonlyMap<string, readonly PackageRow[]> {
  return Map.groupBy(packages, (one) => JSON.stringify([one.type, one.name, one.architecture ?? ""]));
}

/** Of packages that differ in nothing but their version. */
function changesOf(before: readonly PackageRow[], after: readonly PackageRow[]): PackageChange[] {
  const example = before[0] ?? after[0];
  if (example === undefined) return [];
  const { architecture, name, type } = example;
  const inOrder = (versions: ReadonlySet<string>, others: ReadonlySet<string>): string[] =>
    [...versions]
      .filter((one) => !others.has(one))
      .sort((a, b) => compareVersions(type, a, b) || (a < b ? -1 : 1));
  const [all, allAfter] = [
    new Set(before.map((one) => one.version)),
    new Set(after.map((one) => one.version)),
  ];
  const [gone, come] = [inOrder(all, allAfter), inOrder(allAfter, all)];
  if (gone.length === 0 && come.length === 0) return [];
  const kind = kindOf(type, gone, come);
  return [
    { type, name, ...(architecture === undefined ? {} : { architecture }), kind, before: gone, after: come },
  ];
}

function kindOf(
  type: PackageRow["type"],
  gone: readonly string[],
  come: readonly string[],
): PackageChange["kind"] {
  const [first, second] = [gone[0], come[0]];
  if (first === undefined) return "added";
  if (second === undefined) return "removed";
  if (gone.length > 1 || come.length > 1) return "changed";
  const order = compareVersions(type, first, second);
  if (order === 0) return "changed";
  return order < 0 ? "upgraded" : "downgraded";
}
