// What the page's script gets of a report, packed: columns instead of rows, folders and steps as graphs, numbers instead of
// names. Equal reports give equal data.
import type { DetailedReport, FileRow } from "../../../audit/finding.ts";
import { type Primitive, primitives } from "../../../audit/primitives.ts";
import { isExplained } from "../../../audit/roles.ts";
import { type RuleId, rules } from "../../../audit/rules.ts";
import { limits } from "../../../base/limits.ts";
import type { Role } from "../../../closure/closure.ts";
import { baseName, parentOf, root, type TreePath } from "../../../tree/path.ts";
import { chainPacker, none } from "./chains.ts";
import type { FileColumns, FileKind, Folders, PageData, RuleFiles } from "./page/shapes.ts";

/** The order is that of legends and filters: what nobody vouches for comes first. */
export const pageRoles: readonly Role[] = [
  "foreign",
  "unproven",
  "entrypoint-runtime",
  "closure",
  "declared",
  "package-data",
];
const kinds: readonly FileKind[] = ["elf", "script", "archive", "text", "data"];

export interface PackedReport {
  readonly data: Omit<PageData, "more">;
  /** The index of a file that the page holds. */
  readonly indexOf: (path: string | undefined) => number | undefined;
}

/** Packs the files of a report with everything that is shown of each. */
export function packReport(report: DetailedReport): PackedReport {
  const all = report.files();
  const rows = shownFiles(report, all);
  const byPath = new Map<string, number>(rows.map((row, index) => [row.path, index]));
  const indexOf = (at: string | undefined): number | undefined =>
    at === undefined ? undefined : byPath.get(at);
  const { folders, folderOf } = packFolders(rows);
  const identities = new Map<string, number>();
  const packer = chainPacker(indexOf);
  const files: FileColumns = {
    folder: rows.map((row) => folderOf(parentOf(row.path))),
    name: rows.map((row) => baseName(row.path)),
    // A hard link's bytes count for another name.
    sizeBytes: rows.map((row) => (row.linkTo === undefined ? row.sizeBytes : 0)),
    role: rows.map((row) => pageRoles.indexOf(row.role)),
    kind: rows.map((row) => kinds.indexOf(row.kind)),
    package: rows.map((row) => row.package ?? none),
    layer: rows.map((row) => row.layer ?? none),
    primitives: rows.map((row) => maskOf(row.primitives)),
    identities: rows.map((row) => row.identities.map((name) => numberOf(identities, name))),
    chain: rows.map((row) => packer.add(report.explain(row.path))),
  };
  const data = {
    folders,
    files,
    filesTotal: all.length,
    chains: packer.graph(),
    identities: [...identities.keys()],
    packages: report.packages.map(({ name, type, version }) => `${name} ${version} (${type})`),
    layers: report.layers.length,
    roles: pageRoles,
    kinds,
    primitives: [...primitives],
    rules: ruleFiles(report, indexOf),
  };
  return { data, indexOf };
}

/** All files, or of too many those that matter: what nobody vouches for or that can do something, then the largest. */
function shownFiles(report: DetailedReport, all: readonly FileRow[]): readonly FileRow[] {
  if (all.length <= limits.reportFilesMax) return all;
  const found = new Set<TreePath | undefined>(report.findings.map((one) => one.path));
  const weight = (row: FileRow): number =>
    Number(found.has(row.path)) * 2 + Number(!isExplained(row.role)) + Number(row.primitives.length > 0);
  const chosen = all
    .map((row, index) => ({ row, index, weight: weight(row) }))
    .sort((a, b) => b.weight - a.weight || b.row.sizeBytes - a.row.sizeBytes || a.index - b.index)
    .slice(0, limits.reportFilesMax);
  return chosen.sort((a, b) => a.index - b.index).map((one) => one.row);
}

/** Folders in an order in which each comes after its parent; the root is the first, and its own parent. */
function packFolders(rows: readonly FileRow[]): {
  readonly folders: Folders;
  readonly folderOf: (path: TreePath) => number;
} {
  const indexes = new Map<TreePath, number>([[root, 0]]);
  const parent: number[] = [0];
  const name: string[] = [""];
  const folderOf = (at: TreePath): number => {
    const missing: TreePath[] = [];
    let above = at;
    while (!indexes.has(above)) {
      missing.push(above);
      above = parentOf(above);
    }
    let index = indexes.get(above) ?? 0;
    for (const one of missing.reverse()) {
      name.push(baseName(one));
      index = parent.push(index) - 1;
      indexes.set(one, index);
    }
    return index;
  };
  for (const row of rows) folderOf(parentOf(row.path));
  return { folders: { parent, name }, folderOf };
}

/** For each rule that found something, the files that it is about. */
function ruleFiles(
  report: DetailedReport,
  indexOf: (path: string | undefined) => number | undefined,
): RuleFiles[] {
  const files = new Map<RuleId, Set<number>>();
  for (const finding of report.findings) {
    const index = indexOf(finding.path);
    if (index === undefined) continue;
    const of = files.get(finding.rule) ?? new Set<number>();
    files.set(finding.rule, of.add(index));
  }
  return [...files].map(([rule, of]) => ({ id: rule, title: rules[rule].title, files: [...of] }));
}

function numberOf(numbers: Map<string, number>, text: string): number {
  const known = numbers.get(text);
  if (known !== undefined) return known;
  numbers.set(text, numbers.size);
  return numbers.size - 1;
}

/** A bit for each primitive, in the order of `primitives`. */
function maskOf(of: readonly Primitive[]): number {
  return of.reduce((mask, one) => mask | (1 << primitives.indexOf(one)), 0);
}
