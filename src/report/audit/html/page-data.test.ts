import { describe, expect, test } from "vitest";
import { fileRow, sampleFinding, sampleReport } from "../../../../testing/audit-report-parts.ts";
import { manyFilesReport, trulyDistrolessReport } from "../../../../testing/audit-reports.ts";
import { limits } from "../../../base/limits.ts";
import { path } from "../../../tree/path.ts";
import { chainOf, foldersTo, modelOf, pathOf, primitivesOf } from "./page/model.ts";
import { packReport } from "./page-data.ts";

describe("the page's data", () => {
  const report = trulyDistrolessReport();
  const { data, indexOf } = packReport(report);
  const model = modelOf({ ...data, more: {} });
  const libc = indexOf("/usr/lib/x86_64-linux-gnu/libc.so.6") ?? -1;

  test("gives every file back", () => {
    const { files, kinds, roles } = data;
    const rows = report.files().map((_, index) => ({
      path: pathOf(model, index),
      sizeBytes: files.sizeBytes[index],
      kind: kinds[files.kind[index] ?? -1],
      role: roles[files.role[index] ?? -1],
      package: files.package[index],
      layer: files.layer[index],
      identities: (files.identities[index] ?? []).map((one) => data.identities[one]),
      primitives: primitivesOf(model, files.primitives[index] ?? 0),
    }));
    expect(rows).toEqual(
      report.files().map((row) => ({ ...row, package: row.package ?? -1, layer: row.layer ?? -1 })),
    );
  });

  test("bytes of a hard link count for one name only", () => {
    const first = fileRow("/a", 100, "closure");
    const { files } = packReport(
      sampleReport({ files: [first, fileRow("/b", 100, "closure", { linkTo: first.path })] }),
    ).data;
    expect(files.sizeBytes).toEqual([100, 0]);
  });

  test("a chain names the files of its steps", () => {
    const node = indexOf("/usr/bin/node");
    expect(chainOf(model, libc)).toEqual([
      ["entrypoint ", { file: node }],
      [{ file: node }, " needs libc.so.6 (DT_NEEDED)"],
      [{ file: libc }],
    ]);
  });

  test("folders come after their parents", () => {
    expect(foldersTo(model, data.files.folder[libc] ?? 0).map((one) => model.folderPaths[one])).toEqual([
      "/",
      "/usr/",
      "/usr/lib/",
      "/usr/lib/x86_64-linux-gnu/",
    ]);
    expect(data.folders.parent.every((parent, index) => parent < index || index === 0)).toBe(true);
    expect(new Set(model.folderPaths).size).toBe(model.folderPaths.length);
  });

  test("each rule has the files that it found something in", () => {
    expect(data.rules.map(({ files, id }) => [id, files.map((file) => pathOf(model, file))])).toEqual([
      ["runtime-interpreter", ["/usr/bin/node"]],
      ["dynamic-loader", ["/usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2"]],
      ...(data.rules.length > 2 ? [["world-writable", ["/srv/app/state.json"]]] : []),
    ]);
  });

  test("takes less than 70 bytes a file for many files", () => {
    const many = manyFilesReport(10_000);
    expect(JSON.stringify(packReport(many).data).length).toBeLessThan(10_000 * 70);
  });

  test("of too many files those with findings stay, then what can do something, then the largest", () => {
    const files = Array.from({ length: limits.reportFilesMax + 3 }, (_, index) =>
      fileRow(`/f/${String(index).padStart(7, "0")}`, index, "closure"),
    );
    const [first, second, third] = files;
    if (first === undefined || second === undefined || third === undefined) throw new Error("no files");
    files[1] = { ...second, primitives: ["exec"] };
    const packed = packReport(
      sampleReport({ files, findings: [sampleFinding("secret", "a key", { path: path(first.path) })] }),
    );
    expect(packed.data.filesTotal).toBe(files.length);
    expect(packed.data.files.name).toHaveLength(limits.reportFilesMax);
    expect(packed.indexOf(first.path)).toBe(0);
    expect(packed.indexOf(second.path)).toBe(1);
    expect(packed.indexOf(third.path)).toBeUndefined();
    expect(packed.indexOf(files.at(-1)?.path)).toBe(limits.reportFilesMax - 1);
  });
});
