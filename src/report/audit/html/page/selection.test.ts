import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { manyFilesReport, trulyDistrolessReport } from "../../../../../testing/audit-reports.ts";
import { distroReport } from "../../../../../testing/distro-report.ts";
import { packReport } from "../page-data.ts";
import { modelOf, pathOf } from "./model.ts";
import { everything, type Selection, type SortKey, selectFiles, sortFiles } from "./selection.ts";

const model = modelOf({ ...packReport(manyFilesReport(600)).data, more: {} });
const node = modelOf({ ...packReport(trulyDistrolessReport()).data, more: {} });
const distro = modelOf({ ...packReport(distroReport()).data, more: {} });

describe("which files are shown", () => {
  test.each([
    [{}, 6],
    [{ query: "NODE" }, 2],
    [{ query: "usr lib" }, 2],
    [{ query: "glibc's" }, 1],
    [{ query: "nothing" }, 0],
    [{ role: node.data.roles.indexOf("closure") }, 3],
    [{ kind: node.data.kinds.indexOf("elf"), layer: 0 }, 3],
    [{ layer: 1 }, 3],
    [{ package: 2 }, 1],
    [{ primitive: node.data.primitives.indexOf("library-load") }, 2],
    [{ rule: 0 }, 1],
    [{ folder: node.folderPaths.indexOf("/srv/app/") }, 3],
  ] as const)("%j: %d", (change, count) => {
    expect(selectFiles(node, { ...everything, ...change })).toHaveLength(count);
  });

  test("a rule with many findings shows all of its files", () => {
    const rule = distro.data.rules.findIndex((one) => one.id === "unneeded-elf");
    expect(selectFiles(distro, { ...everything, rule })).toHaveLength(640);
  });

  test("as a naive filter does", () => {
    // Mostly "all", so that something is left to be told apart.
    const oneOf = (max: number): fc.Arbitrary<number> =>
      fc.oneof(
        { arbitrary: fc.constant(-1), weight: 4 },
        { arbitrary: fc.integer({ min: 0, max }), weight: 1 },
      );
    const some: fc.Arbitrary<Selection> = fc.record({
      query: fc.constantFrom("", "folder-0001", "file 7", "x"),
      folder: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: model.folderPaths.length - 1 })),
      role: oneOf(5),
      kind: oneOf(4),
      package: oneOf(5),
      layer: oneOf(1),
      primitive: oneOf(1),
      rule: oneOf(model.data.rules.length - 1),
      sort: fc.constant("path" as const),
      descending: fc.boolean(),
    });
    const { files, rules } = model.data;
    fc.assert(
      fc.property(some, (chosen) => {
        const expected = files.name.flatMap((_, file) => {
          const path = pathOf(model, file);
          const fits =
            path.startsWith(model.folderPaths[chosen.folder] ?? "?") &&
            chosen.query.split(" ").every((word) => path.includes(word)) &&
            (chosen.role < 0 || files.role[file] === chosen.role) &&
            (chosen.kind < 0 || files.kind[file] === chosen.kind) &&
            (chosen.package < 0 || files.package[file] === chosen.package) &&
            (chosen.layer < 0 || files.layer[file] === chosen.layer) &&
            (chosen.primitive < 0 || ((files.primitives[file] ?? 0) & (1 << chosen.primitive)) !== 0) &&
            (chosen.rule < 0 || rules[chosen.rule]?.files.includes(file) === true);
          return fits ? [file] : [];
        });
        expect(selectFiles(model, chosen)).toEqual(expected);
      }),
    );
  });
});

describe("their order", () => {
  const paths = (sort: SortKey, descending = false): string[] =>
    sortFiles(node, selectFiles(node, everything), { ...everything, sort, descending }).map((file) =>
      pathOf(node, file).replace(/.*\//, ""),
    );

  test.each([
    ["path", false, ["index.js", "server.js", "state.json", "node", "ld-linux-x86-64.so.2", "libc.so.6"]],
    ["path", true, ["libc.so.6", "ld-linux-x86-64.so.2", "node", "state.json", "server.js", "index.js"]],
    ["size", true, ["node", "libc.so.6", "ld-linux-x86-64.so.2", "index.js", "server.js", "state.json"]],
    ["package", false, ["index.js", "ld-linux-x86-64.so.2", "libc.so.6", "node", "server.js", "state.json"]],
    ["layer", false, ["node", "ld-linux-x86-64.so.2", "libc.so.6", "index.js", "server.js", "state.json"]],
    [
      "primitives",
      true,
      ["node", "ld-linux-x86-64.so.2", "index.js", "server.js", "state.json", "libc.so.6"],
    ],
  ] as const)("by %s, descending: %s", (sort, descending, expected) => {
    expect(paths(sort, descending)).toEqual(expected);
  });

  test.each(["role", "kind"] as const)("by %s: no file is lost, and equal ones keep their order", (sort) => {
    const order = sortFiles(model, selectFiles(model, everything), { ...everything, sort });
    const column = model.data.files[sort];
    expect([...order].sort((a, b) => a - b)).toEqual(selectFiles(model, everything));
    for (const [at, file] of order.slice(1).entries()) {
      const before = order[at] ?? -1;
      expect((column[before] ?? 0) - (column[file] ?? 0) || before - file).toBeLessThan(0);
    }
  });
});
