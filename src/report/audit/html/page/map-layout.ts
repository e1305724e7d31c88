// The map of a folder: its files and folders as cells, folders that are large enough with cells of their own inside. The number
// of cells is bounded, whatever the number of files; the largest come first.
import type { Model } from "./model.ts";
import { type Rectangle, squarify } from "./squarify.ts";

interface Thing {
  readonly kind: "file" | "folder" | "rest";
  /** Index of the file or folder; of the folder that a rest is in. */
  readonly index: number;
  readonly sizeBytes: number;
  /** How many files and folders it stands for: more than one for a rest. */
  readonly things: number;
}

export interface Cell extends Rectangle, Thing {
  /** The folder whose cell it lies in. */
  readonly folder: number;
  /** Bytes by role. */
  readonly byRole: readonly number[];
  /** Whether cells follow that lie inside. */
  readonly isOpen: boolean;
}

export const cellsMax: number = 800;
/** Smaller cells can't be told apart, nor hit: what would be smaller goes into one rest. */
const sideMin = 12;
const headerHeight = 20;
const padding = 3;
const openWidthMin = 72;
const openHeightMin = 56;

interface FolderSums {
  readonly byRole: readonly (readonly number[])[];
  readonly things: ReadonlyMap<number, readonly Thing[]>;
}

/** The cells of a folder over the files that are chosen; each folder before what lies in it. */
export function mapCells(
  model: Model,
  chosen: readonly number[],
  folder: number,
  { height, width }: Pick<Rectangle, "width" | "height">,
): Cell[] {
  const sums = sumFolders(model, chosen);
  const cells = folderCells(model, sums, folder, { x: 0, y: 0, width, height });
  const closed = cells.flatMap((cell, index) => (canOpen(cell) ? [index] : []));
  // The largest first: when cells run out, it is small folders that stay closed.
  for (;;) {
    const next = takeLargest(closed, cells);
    const cell = next === undefined ? undefined : cells[next];
    if (next === undefined || cell === undefined) return cells;
    const inner = folderCells(model, sums, cell.index, inside(cell));
    if (cells.length + inner.length > cellsMax || !showsMost(inner)) continue;
    cells[next] = { ...cell, isOpen: true };
    for (const one of inner) {
      const index = cells.push(one) - 1;
      if (canOpen(one)) closed.push(index);
    }
  }
}

/** Whether less than half of the bytes are in the rest: else a closed folder tells more. */
function showsMost(cells: readonly Cell[]): boolean {
  const rest = cells.filter((one) => one.kind === "rest");
  return bytesOf(rest) * 2 < bytesOf(cells);
}

/** Takes the index of the largest cell out of a list of indexes. */
function takeLargest(indexes: number[], cells: readonly Cell[]): number | undefined {
  let best = -1;
  let bestArea = -1;
  for (const [at, index] of indexes.entries()) {
    const { height = 0, width = 0 } = cells[index] ?? {};
    if (width * height <= bestArea) continue;
    best = at;
    bestArea = width * height;
  }
  return best < 0 ? undefined : indexes.splice(best, 1)[0];
}

function folderCells(model: Model, sums: FolderSums, folder: number, within: Rectangle): Cell[] {
  const all = [...(sums.things.get(folder) ?? [])].sort(bySize);
  const total = bytesOf(all);
  const bytesMin = (sideMin * sideMin * total) / Math.max(1, within.width * within.height);
  const things: Thing[] = all.slice(0, cellsMax - 1).filter((one) => one.sizeBytes >= bytesMin);
  const rest = all.slice(things.length);
  if (rest.length > 0) {
    things.push({ kind: "rest", index: folder, sizeBytes: bytesOf(rest), things: rest.length });
    things.sort(bySize);
  }
  const rectangles = squarify(
    things.map((one) => one.sizeBytes),
    within,
  );
  return rectangles.flatMap((rectangle, index): Cell[] => {
    const thing = things[index];
    if (thing === undefined) return [];
    const only = thing.kind === "folder" ? innermost(sums, thing) : thing;
    return [{ ...rectangle, ...only, folder, byRole: bytesByRole(model, sums, only), isOpen: false }];
  });
}

/** A folder that holds nothing but one folder is told as that one. */
function innermost(sums: FolderSums, folder: Thing): Thing {
  let at = folder;
  for (;;) {
    const [first, ...others] = sums.things.get(at.index) ?? [];
    if (first?.kind !== "folder" || others.length > 0) return at;
    at = first;
  }
}

function bytesByRole(
  { data }: Model,
  sums: FolderSums,
  { index, kind, sizeBytes }: Thing,
): readonly number[] {
  if (kind === "folder") return sums.byRole[index] ?? [];
  const role = kind === "file" ? data.files.role[index] : undefined;
  return data.roles.map((_, at) => (at === role ? sizeBytes : 0));
}

function bytesOf(things: readonly Thing[]): number {
  return things.reduce((sum, one) => sum + one.sizeBytes, 0);
}

function bySize(a: Thing, b: Thing): number {
  return b.sizeBytes - a.sizeBytes || a.index - b.index;
}

function canOpen(cell: Cell): boolean {
  return cell.kind === "folder" && cell.width >= openWidthMin && cell.height >= openHeightMin;
}

function inside({ height, width, x, y }: Rectangle): Rectangle {
  return {
    x: x + padding,
    y: y + headerHeight,
    width: width - 2 * padding,
    height: height - headerHeight - padding,
  };
}

/** Bytes of every folder by role, and what lies in it directly. */
function sumFolders(model: Model, chosen: readonly number[]): FolderSums {
  const { files, folders, roles } = model.data;
  const things = new Map<number, Thing[]>();
  const add = (folder: number, thing: Thing): void => {
    const of = things.get(folder) ?? [];
    of.push(thing);
    things.set(folder, of);
  };
  const byRole: number[][] = folders.name.map(() => roles.map(() => 0));
  const bump = (folder: number, role: number, bytes: number): void => {
    const of = byRole[folder];
    if (of !== undefined) of[role] = (of[role] ?? 0) + bytes;
  };
  for (const file of chosen) {
    const sizeBytes = files.sizeBytes[file] ?? 0;
    const folder = files.folder[file] ?? 0;
    bump(folder, files.role[file] ?? 0, sizeBytes);
    if (sizeBytes > 0) add(folder, { kind: "file", index: file, sizeBytes, things: 1 });
  }
  // Every folder comes after its parent: from the end on, each is complete when its turn comes.
  for (let folder = folders.name.length - 1; folder > 0; folder--) {
    const parent = folders.parent[folder] ?? 0;
    let total = 0;
    for (const [role, bytes] of (byRole[folder] ?? []).entries()) {
      bump(parent, role, bytes);
      total += bytes;
    }
    if (total > 0) add(parent, { kind: "folder", index: folder, sizeBytes: total, things: 1 });
  }
  return { byRole, things };
}
