import { describe, expect, test } from "vitest";
import { fileRow, sampleReport } from "../../../../../testing/audit-report-parts.ts";
import { manyFilesReport, sampleReports } from "../../../../../testing/audit-reports.ts";
import type { DetailedReport } from "../../../../audit/finding.ts";
import { packReport } from "../page-data.ts";
import { type Cell, cellsMax, mapCells } from "./map-layout.ts";
import { nextCell } from "./map-moves.ts";
import { type Model, modelOf } from "./model.ts";

const size = { width: 1200, height: 480 };
const modelFor = (report: DetailedReport): Model => modelOf({ ...packReport(report).data, more: {} });
const all = (model: Model): number[] => Array.from({ length: model.count }, (_, index) => index);
const bytes = (cells: readonly Cell[]): number => cells.reduce((sum, one) => sum + one.sizeBytes, 0);

/** The largest side that two cells have in common. */
function largestOverlap(cells: readonly Cell[]): number {
  let largest = 0;
  for (const [index, one] of cells.entries()) {
    for (const other of cells.slice(index + 1)) {
      const across = Math.min(one.x + one.width, other.x + other.width) - Math.max(one.x, other.x);
      const down = Math.min(one.y + one.height, other.y + other.height) - Math.max(one.y, other.y);
      largest = Math.max(largest, Math.min(across, down));
    }
  }
  return largest;
}

describe("the map", () => {
  test.each([...Object.entries(sampleReports), ["many files", () => manyFilesReport(20_000)] as const])(
    "%s: few cells hold all bytes, side by side",
    (_, make) => {
      const model = modelFor(make());
      const cells = mapCells(model, all(model), 0, size);
      expect(cells.length).toBeLessThanOrEqual(cellsMax);
      const leaves = cells.filter((one) => !one.isOpen);
      expect(bytes(leaves)).toBe(model.data.files.sizeBytes.reduce((sum, one) => sum + one, 0));
      expect(largestOverlap(leaves)).toBeLessThan(0.001);
    },
  );

  test("a folder tells its bytes by role; one that holds only a folder is told as that one", () => {
    const report = sampleReport({
      files: [
        fileRow("/deep/er/est/a", 300, "closure"),
        fileRow("/deep/er/est/b", 100, "foreign"),
        fileRow("/top", 1, "foreign"),
      ],
    });
    const model = modelFor(report);
    const [folder] = mapCells(model, all(model), 0, { width: 60, height: 40 });
    expect(model.folderPaths[folder?.index ?? -1]).toBe("/deep/er/est/");
    expect(folder).toMatchObject({ kind: "folder", sizeBytes: 400, isOpen: false });
    expect(
      folder?.byRole.map((one, index) => [model.data.roles[index], one]).filter(([, one]) => one !== 0),
    ).toEqual([
      ["foreign", 100],
      ["closure", 300],
    ]);
  });

  test("what is too small for a cell is in one rest", () => {
    const files = Array.from({ length: 5000 }, (_, index) =>
      fileRow(`/f${index}`, index === 0 ? 1_000_000 : 10, "closure"),
    );
    const model = modelFor(sampleReport({ files }));
    const cells = mapCells(model, all(model), 0, size);
    expect(cells.map(({ kind, things }) => [kind, things])).toEqual([
      ["file", 1],
      ["rest", 4999],
    ]);
  });

  test("files without bytes, and no files, give no cells", () => {
    const model = modelFor(sampleReport({ files: [fileRow("/empty", 0, "closure")] }));
    expect(mapCells(model, [0], 0, size)).toEqual([]);
    expect(mapCells(model, [], 0, size)).toEqual([]);
  });
});

describe("arrow keys", () => {
  const cell = (x: number, y: number, kind: Cell["kind"] = "file"): Cell => {
    const rectangle = { x, y, width: 10, height: 10 };
    return { ...rectangle, kind, index: 0, sizeBytes: 1, things: 1, folder: 0, byRole: [], isOpen: false };
  };
  // 0 1
  // 2 3 and a rest
  const cells = [cell(0, 0), cell(10, 0), cell(0, 10), cell(10, 10), cell(20, 0, "rest")];

  test.each([
    [0, "ArrowRight", 1],
    [0, "ArrowDown", 2],
    [3, "ArrowLeft", 2],
    [3, "ArrowUp", 1],
    [0, "ArrowLeft", undefined],
    [1, "ArrowRight", undefined],
    [0, "End", 3],
    [3, "Home", 0],
    [0, "x", undefined],
    [-1, "ArrowRight", undefined],
  ])("from %d by %s to %s", (from, key, to) => {
    expect(nextCell(cells, from, key)).toBe(to);
  });

  test("every cell of a map can be reached from the first", () => {
    const model = modelFor(manyFilesReport(2000));
    const map = mapCells(model, all(model), 0, size);
    const reached = new Set<number>([0]);
    for (const from of reached) {
      for (const key of ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown"]) {
        const to = nextCell(map, from, key);
        if (to !== undefined) reached.add(to);
      }
    }
    expect(reached.size).toBe(map.filter((one) => one.kind !== "rest").length);
  });
});
