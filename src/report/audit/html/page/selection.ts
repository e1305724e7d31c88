// Which files are shown, and in which order.
import { foldersWithin, type Model } from "./model.ts";

export type SortKey = "path" | "role" | "kind" | "size" | "package" | "layer" | "primitives";

/** -1 for "all" wherever a number is an index. */
export interface Selection {
  readonly query: string;
  readonly folder: number;
  readonly role: number;
  readonly kind: number;
  readonly package: number;
  readonly layer: number;
  readonly primitive: number;
  readonly rule: number;
  readonly sort: SortKey;
  readonly descending: boolean;
}

export const everything: Selection = {
  query: "",
  folder: 0,
  role: -1,
  kind: -1,
  package: -1,
  layer: -1,
  primitive: -1,
  rule: -1,
  sort: "path",
  descending: false,
};

/** The files that a selection leaves, in path order. Words of the query all have to be in the path or in an identity's name. */
export function selectFiles(model: Model, selection: Selection): number[] {
  const { data, searched } = model;
  const { files } = data;
  const words = selection.query
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== "");
  const within = selection.folder === 0 ? undefined : foldersWithin(model, selection.folder);
  const ofRule = selection.rule < 0 ? undefined : new Set(data.rules[selection.rule]?.files);
  const chosen: number[] = [];
  for (let file = 0; file < model.count; file++) {
    if (within !== undefined && within[files.folder[file] ?? 0] !== true) continue;
    if (selection.role >= 0 && files.role[file] !== selection.role) continue;
    if (selection.kind >= 0 && files.kind[file] !== selection.kind) continue;
    if (selection.package >= 0 && files.package[file] !== selection.package) continue;
    if (selection.layer >= 0 && files.layer[file] !== selection.layer) continue;
    if (selection.primitive >= 0 && (((files.primitives[file] ?? 0) >> selection.primitive) & 1) === 0)
      continue;
    if (ofRule !== undefined && !ofRule.has(file)) continue;
    const text = searched[file] ?? "";
    if (words.every((word) => text.includes(word))) chosen.push(file);
  }
  return chosen;
}

/** Sorted by a column; equal ones stay in path order. */
export function sortFiles(
  model: Model,
  chosen: readonly number[],
  { descending, sort }: Selection,
): number[] {
  const rank = rankOf(model, sort);
  const sign = descending ? -1 : 1;
  return [...chosen].sort((a, b) => sign * (rank(a) - rank(b)) || a - b);
}

/** A number for each file that orders a column. */
function rankOf(model: Model, sort: SortKey): (file: number) => number {
  const { files, packages } = model.data;
  const at = (column: readonly number[]) => (file: number) => column[file] ?? -1;
  switch (sort) {
    case "path":
      return (file) => file;
    case "role":
      return at(files.role);
    case "kind":
      return at(files.kind);
    case "size":
      return at(files.sizeBytes);
    case "layer":
      return at(files.layer);
    case "package": {
      const order = packages.map((_, index) => index).sort((a, b) => compare(packages[a], packages[b]));
      const ranks: number[] = [];
      for (const [rank, index] of order.entries()) ranks[index] = rank;
      return (file) => ranks[files.package[file] ?? -1] ?? packages.length;
    }
    case "primitives":
      return (file) => bits(files.primitives[file] ?? 0);
  }
}

function compare(a = "", b = ""): number {
  return a < b ? -1 : Number(a > b);
}

function bits(mask: number): number {
  let count = 0;
  for (let left = mask; left !== 0; left &= left - 1) count += 1;
  return count;
}
