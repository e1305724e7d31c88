// How entries are spread over layers. What changes seldom lies below what changes often, so that a rebuild and a pull move
// only the layers that differ.
import { limits } from "../base/limits.ts";
import type { Entry } from "../tree/entry.ts";
import { comparePaths, parentOf, root, type TreePath } from "../tree/path.ts";

export type LayerStrategy = "auto" | "single" | "package";

/**
 * The entries of each layer, bottom first, each sorted and complete: a folder that a layer's entries lie in is in that
 * layer, too, so that its attributes never depend on who unpacks.
 *
 * `single`: one layer. `auto`: packages below, what the spec declares (copied files, configuration) above. `package`: one
 * layer for each package (past limits.packageLayersMax the smallest share one), then what effects made, then what the spec
 * declares.
 */
export function planLayers(
  entries: readonly Entry[],
  strategy: LayerStrategy,
): readonly (readonly Entry[])[] {
  const byPath = new Map(entries.map((entry) => [entry.path, entry]));
  const groups = new Map<string, Map<TreePath, Entry>>();
  const inodes = groupsOfInodes(entries, strategy);
  for (const entry of entries) {
    if (entry.kind === "directory") continue;
    const inode = entry.kind === "file" && entry.link !== undefined ? inodes.get(entry.link) : undefined;
    place(groups, inode ?? groupOf(entry, strategy), entry, byPath);
  }
  const placed = new Set([...groups.values()].flatMap((group) => [...group.keys()]));
  for (const entry of entries) {
    if (!placed.has(entry.path)) place(groups, groupOf(entry, strategy), entry, byPath);
  }
  shareSmallest(groups);
  return [...groups]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, group]) => [...group.values()].sort((a, b) => comparePaths(a.path, b.path)));
}

/**
 * Where the names of an inode go: all of them into one layer, the uppermost of those that would have one. Apart they would be
 * several files, and a hard link to another layer's file is what engines refuse.
 */
function groupsOfInodes(entries: readonly Entry[], strategy: LayerStrategy): ReadonlyMap<string, string> {
  const groups = new Map<string, string>();
  for (const entry of entries) {
    if (entry.kind !== "file" || entry.link === undefined) continue;
    const group = groupOf(entry, strategy);
    const known = groups.get(entry.link);
    if (known === undefined || known < group) groups.set(entry.link, group);
  }
  return groups;
}

/** The prefix of each package's group, and the group that packages share: above those that are alone, as it changes oftener. */
const packagePrefix = "0 ";
const sharedGroup = "0~";

/** Keeps the layers of packages to limits.packageLayersMax: the smallest go into one. Equal sizes are told apart by name. */
function shareSmallest(groups: Map<string, Map<TreePath, Entry>>): void {
  const ofPackages = [...groups].filter(([name]) => name.startsWith(packagePrefix));
  const excess = ofPackages.length - limits.packageLayersMax;
  if (excess <= 0) return;
  const smallest = ofPackages
    .map(([name, group]) => ({ name, group, sizeBytes: sizeOf(group) }))
    .sort((a, b) => a.sizeBytes - b.sizeBytes || (a.name < b.name ? -1 : 1))
    .slice(0, excess + 1);
  for (const { name } of smallest) groups.delete(name);
  groups.set(sharedGroup, new Map(smallest.flatMap(({ group }) => [...group])));
}

function sizeOf(group: ReadonlyMap<TreePath, Entry>): number {
  return [...group.values()].reduce((sum, one) => sum + (one.kind === "file" ? one.sizeBytes : 0), 0);
}

/** Group names sort in the order of the layers. */
function groupOf(entry: Entry, strategy: LayerStrategy): string {
  if (strategy === "single") return "0";
  const origin = entry.origins.at(-1);
  if (origin === undefined || origin.kind === "declared" || origin.kind === "stage") return "2";
  if (strategy === "auto") return "0";
  return origin.kind === "package" ? `${packagePrefix}${origin.package}` : "1";
}

function place(
  groups: Map<string, Map<TreePath, Entry>>,
  name: string,
  entry: Entry,
  byPath: ReadonlyMap<TreePath, Entry>,
): void {
  let group = groups.get(name);
  if (group === undefined) {
    group = new Map();
    groups.set(name, group);
  }
  group.set(entry.path, entry);
  for (let folder = parentOf(entry.path); folder !== root && !group.has(folder); folder = parentOf(folder)) {
    const found = byPath.get(folder);
    if (found !== undefined) group.set(folder, found);
  }
}
