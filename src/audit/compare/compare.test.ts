import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  deb,
  fileRow,
  layerRow,
  sampleFinding,
  sampleReport,
  sampleVerdict,
  use,
} from "../../../testing/audit-report-parts.ts";
import { manyFilesReport, sampleReports } from "../../../testing/audit-reports.ts";
import { digestOf } from "../../base/digest.ts";
import { path } from "../../tree/path.ts";
import type { ConfigFacts, DetailedReport, FileRow } from "../finding.ts";
import { type Level, levels } from "../levels.ts";
import { type Primitive, primitives } from "../primitives.ts";
import { compareReports, failsOn, isSame } from "./compare.ts";
import type { Comparison } from "./comparison.ts";

function row(at: string, content: string, parts: Partial<FileRow> = {}): FileRow {
  return { ...fileRow(at, content.length, "closure"), digest: digestOf(content), ...parts };
}

/** Files as "+ /a", "- /b", "~ /c content size", "/d -> /e". */
function fileLines({ files }: Comparison): string[] {
  return [
    ...files.added.map((one) => `+ ${one.path}`),
    ...files.removed.map((one) => `- ${one.path}`),
    ...files.changed.map((one) => `~ ${one.path} ${one.aspects.join(" ")}`),
    ...files.moved.map((one) => `${one.before.path} -> ${one.after.path}`),
  ];
}

describe("files", () => {
  it.each<[string, readonly FileRow[], readonly FileRow[], string[]]>([
    ["the same", [row("/a", "x")], [row("/a", "x")], []],
    ["added and removed", [row("/a", "x")], [row("/b", "y")], ["+ /b", "- /a"]],
    ["moved", [row("/a", "x")], [row("/b", "x")], ["/a -> /b"]],
    ["one of two copies moved", [row("/a", "x"), row("/b", "x")], [row("/c", "x")], ["- /b", "/a -> /c"]],
    ["copied", [row("/a", "x")], [row("/a", "x"), row("/b", "x")], ["+ /b"]],
    ["empty files don't move", [row("/a", "")], [row("/b", "")], ["+ /b", "- /a"]],
    [
      "without digests nothing moves",
      [fileRow("/a", 1, "closure")],
      [fileRow("/b", 1, "closure")],
      ["+ /b", "- /a"],
    ],
    ["another content", [row("/a", "x")], [row("/a", "y")], ["~ /a content"]],
    ["another size", [row("/a", "x")], [row("/a", "xx")], ["~ /a content size"]],
    [
      "another size, of unknown content",
      [fileRow("/a", 1, "closure")],
      [fileRow("/a", 2, "closure")],
      ["~ /a size"],
    ],
    [
      "another role and kind",
      [row("/a", "x", { role: "foreign" })],
      [row("/a", "x", { kind: "elf" })],
      ["~ /a kind role"],
    ],
  ])("%s", (_name, before, after, expected) => {
    expect(
      fileLines(compareReports(sampleReport({ files: before }), sampleReport({ files: after }))),
    ).toEqual(expected);
  });
});

describe("packages", () => {
  const at = (name: string, version: string, type: "deb" | "npm" = "deb"): ReturnType<typeof deb> => ({
    ...deb(name, version, 1, 1),
    type,
  });
  it.each<[string, ReturnType<typeof at>[], ReturnType<typeof at>[], string[]]>([
    ["added", [], [at("a", "1")], ["added a  -> 1"]],
    ["removed", [at("a", "1")], [], ["removed a 1 -> "]],
    ["upgraded", [at("a", "1.9-1")], [at("a", "1.10-1")], ["upgraded a 1.9-1 -> 1.10-1"]],
    ["downgraded", [at("a", "1:1")], [at("a", "2")], ["downgraded a 1:1 -> 2"]],
    ["spelled otherwise", [at("a", "1.0")], [at("a", "1.00")], ["changed a 1.0 -> 1.00"]],
    ["of two types", [at("a", "1")], [at("a", "1", "npm")], ["removed a 1 -> ", "added a  -> 1"]],
    [
      "in several versions",
      [at("a", "1.0.0", "npm"), at("a", "2.0.0", "npm")],
      [at("a", "2.0.0", "npm"), at("a", "3.0.0", "npm")],
      ["upgraded a 1.0.0 -> 3.0.0"],
    ],
    [
      "in more versions",
      [at("a", "1.0.0", "npm")],
      [at("a", "10.0.0", "npm"), at("a", "9.0.0", "npm")],
      ["changed a 1.0.0 -> 9.0.0,10.0.0"],
    ],
    ["twice in one version", [at("a", "1", "npm")], [at("a", "1", "npm"), at("a", "1", "npm")], []],
  ])("%s", (_name, before, after, expected) => {
    const { packages } = compareReports(
      sampleReport({ packages: before }),
      sampleReport({ packages: after }),
    );
    expect(
      packages.map((one) => `${one.kind} ${one.name} ${one.before.join()} -> ${one.after.join()}`),
    ).toEqual(expected);
  });
});

describe("primitives", () => {
  const none = sampleReport();
  const own = sampleReport({ primitives: [use("exec", ["/node", "Node.js", true])] });
  const unneeded = sampleReport({
    primitives: [use("exec", ["/node", "Node.js", true], ["/env", "env", false])],
  });
  const other = sampleReport({ primitives: [use("exec", ["/bun", "Bun", true])] });
  it.each<[string, DetailedReport, DetailedReport, string[], boolean]>([
    ["none", none, none, [], false],
    ["one more", none, own, ["gained"], true],
    ["one less", own, none, ["lost"], false],
    ["unneeded now", own, unneeded, ["gained"], true],
    ["needed only now", unneeded, own, ["lost"], false],
    ["by another file", own, other, ["shifted"], false],
    ["by the same", unneeded, unneeded, [], false],
  ])("%s", (_name, before, after, kinds, fails) => {
    const comparison = compareReports(before, after);
    expect(comparison.primitives.map((one) => one.kind)).toEqual(kinds);
    expect(failsOn(comparison, "more-primitives") !== undefined).toBe(fails);
  });

  it("names what was gained", () => {
    expect(failsOn(compareReports(none, unneeded), "more-primitives")).toBe("the image gained exec");
  });
});

describe("findings", () => {
  const shell = sampleFinding("shell", "dash 0.5.12", { path: path("/bin/sh") });
  it.each<[string, DetailedReport, DetailedReport, string[], string[]]>([
    [
      "another version is the same",
      sampleReport({ findings: [shell] }),
      sampleReport({ findings: [{ ...shell, what: "dash 0.5.13" }] }),
      [],
      [],
    ],
    [
      "two of a key, then one",
      sampleReport({ findings: [shell, shell] }),
      sampleReport({ findings: [shell] }),
      [],
      ["shell"],
    ],
    [
      "deleted, and still shipped",
      sampleReport({ findings: [shell] }),
      sampleReport({ residue: [shell] }),
      ["residue shell"],
      ["shell"],
    ],
  ])("%s", (_name, before, after, appeared, gone) => {
    const { findings } = compareReports(before, after);
    const named = (image: typeof findings.gone, residue: typeof findings.gone): string[] => [
      ...image.map((one) => one.rule),
      ...residue.map((one) => `residue ${one.rule}`),
    ];
    expect(named(findings.appeared, findings.residueAppeared)).toEqual(appeared);
    expect(named(findings.gone, findings.residueGone)).toEqual(gone);
  });
});

it("config: each value that differs, and nothing of what an environment holds", () => {
  const config: Partial<ConfigFacts> = {
    user: "0",
    entrypoint: ["/app"],
    ports: ["80/tcp", "443/tcp"],
    environment: ["PATH", "TOKEN"],
    volumes: ["/data"],
    labels: { a: "1", b: "2" },
  };
  const other: Partial<ConfigFacts> = {
    user: "65532",
    entrypoint: ["/app", "--serve"],
    workingDir: "/srv",
    ports: ["443/tcp", "8080/tcp"],
    environment: ["PATH"],
    volumes: ["/data"],
    labels: { b: "3", __proto__: { polluted: "1" } as unknown as string },
  };
  expect(compareReports(sampleReport({ config }), sampleReport({ config: other })).config).toEqual([
    { what: "user", before: "0", after: "65532" },
    { what: "entrypoint", before: '["/app"]', after: '["/app","--serve"]' },
    { what: "working folder", before: "", after: "/srv" },
    { what: "port", before: "80/tcp" },
    { what: "port", after: "8080/tcp" },
    { what: "environment", before: "TOKEN" },
    { what: "label a", before: "1" },
    { what: "label b", before: "2", after: "3" },
  ]);
});

it("layers by digest, at whatever height", () => {
  const [one, two, three] = ["1", "2", "3"].map((name) => layerRow(digestOf(name), 1, 10));
  if (one === undefined || two === undefined || three === undefined) throw new Error("three layers");
  const { layers } = compareReports(
    sampleReport({ layers: [one, two] }),
    sampleReport({ layers: [three, two] }),
  );
  expect(layers).toEqual({ shared: 1, added: [three], removed: [one] });
});

it.each(levels.flatMap((before) => levels.map((after): [Level, Level] => [before, after])))(
  "lower-level: from %s to %s",
  (before, after) => {
    const of = (level: Level): DetailedReport => sampleReport({ verdict: sampleVerdict(level) });
    const isLower = levels.indexOf(after) < levels.indexOf(before);
    const why = failsOn(compareReports(of(before), of(after)), "lower-level");
    expect(why).toBe(isLower ? `the level went from ${before} to ${after}` : undefined);
  },
);

it("config: each list is read a few times, however long", () => {
  let reads = 0;
  const counted = (names: readonly string[]): readonly string[] =>
    new Proxy(names, {
      get: (target, name, receiver): unknown => {
        if (typeof name === "string" && /^\d+$/.test(name)) reads += 1;
        return Reflect.get(target, name, receiver) as unknown;
      },
    });
  const names = (prefix: string): readonly string[] =>
    Array.from({ length: 500 }, (_, index) => `${prefix}${index}`);
  const configOf = (prefix: string): Partial<ConfigFacts> => ({
    environment: counted(names(prefix)),
    ports: counted(names(prefix)),
    volumes: counted(names(prefix)),
  });
  const [before, after] = [configOf("a"), configOf("b")].map((config) => sampleReport({ config }));
  const { config } = compareReports(before ?? sampleReport(), after ?? sampleReport());
  expect(config).toHaveLength(3000);
  expect(reads).toBeLessThanOrEqual(3 * 3000);
});

describe("properties", () => {
  const file = fc
    .record({
      at: fc.constantFrom("/a", "/b", "/c", "/d"),
      content: fc.constantFrom("", "x", "y"),
      role: fc.constantFrom("closure" as const, "foreign" as const),
    })
    .map(({ at, content, role }) => row(at, content, { role }));
  const report = fc
    .record({
      files: fc
        .uniqueArray(file, { selector: (one) => one.path })
        .map((rows) => rows.sort((a, b) => (a.path < b.path ? -1 : 1))),
      packages: fc.array(
        fc
          .record({ name: fc.constantFrom("a", "b"), version: fc.constantFrom("1", "2", "10") })
          .map(({ name, version }) => deb(name, version, 1, 1)),
        { maxLength: 4 },
      ),
      primitives: fc.array(
        fc
          .record({ primitive: fc.constantFrom(...primitives.slice(0, 2)), needed: fc.boolean() })
          .map(({ needed, primitive }: { needed: boolean; primitive: Primitive }) =>
            use(primitive, ["/a", "a", needed]),
          ),
        { maxLength: 3 },
      ),
      findings: fc.array(
        fc.constantFrom(sampleFinding("shell", "dash"), sampleFinding("root-user", "root")),
        { maxLength: 3 },
      ),
      ports: fc.uniqueArray(fc.constantFrom("80/tcp", "53/udp")),
      level: fc.constantFrom(...levels),
    })
    .map(({ level, ports, ...parts }) =>
      sampleReport({ ...parts, config: { ports }, verdict: sampleVerdict(level) }),
    );

  const opposite = {
    added: "removed",
    removed: "added",
    upgraded: "downgraded",
    downgraded: "upgraded",
    changed: "changed",
  } as const;
  const inverse = { gained: "lost", lost: "gained", shifted: "shifted" } as const;

  /** The comparison the other way round, by definition; lists whose order depends on a side are sorted. */
  function mirrored(one: Comparison): unknown {
    return sorted({
      before: one.after,
      after: one.before,
      files: {
        added: one.files.removed,
        removed: one.files.added,
        changed: one.files.changed.map(({ after, before, ...rest }) => ({
          ...rest,
          before: after,
          after: before,
        })),
        moved: one.files.moved.map(({ after, before }) => ({ before: after, after: before })),
      },
      packages: one.packages.map(({ after, before, kind, ...rest }) => ({
        ...rest,
        kind: opposite[kind],
        before: after,
        after: before,
      })),
      primitives: one.primitives.map(({ after, before, kind, primitive }) => ({
        primitive,
        kind: inverse[kind],
        before: after,
        after: before,
      })),
      findings: {
        appeared: one.findings.gone,
        gone: one.findings.appeared,
        residueAppeared: one.findings.residueGone,
        residueGone: one.findings.residueAppeared,
      },
      config: one.config.map(({ after, before, what }) => ({
        what,
        ...(after === undefined ? {} : { before: after }),
        ...(before === undefined ? {} : { after: before }),
      })),
      layers: { shared: one.layers.shared, added: one.layers.removed, removed: one.layers.added },
    });
  }

  function sorted(one: Comparison): unknown {
    const byText = (a: unknown, b: unknown): number => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1);
    return {
      ...one,
      config: one.config.toSorted((a, b) =>
        byText(a.what + (a.before ?? "") + (a.after ?? ""), b.what + (b.before ?? "") + (b.after ?? "")),
      ),
      files: {
        ...one.files,
        moved: one.files.moved.toSorted((a, b) =>
          byText([a.before.path, a.after.path].sort(), [b.before.path, b.after.path].sort()),
        ),
      },
    };
  }

  it("a report differs in nothing from itself", () => {
    for (const sample of [...Object.values(sampleReports), (): DetailedReport => manyFilesReport(1000)]) {
      const comparison = compareReports(sample(), sample());
      expect(isSame(comparison)).toBe(true);
      expect(failsOn(comparison, "more-primitives")).toBeUndefined();
      expect(failsOn(comparison, "lower-level")).toBeUndefined();
    }
    fc.assert(
      fc.property(report, (one) => {
        expect(isSame(compareReports(one, one))).toBe(true);
      }),
    );
  });

  it("the other way round it is its mirror image", () => {
    fc.assert(
      fc.property(report, report, (a, b) => {
        expect(sorted(compareReports(b, a))).toEqual(mirrored(compareReports(a, b)));
      }),
    );
  });

  it("every file of both is accounted for", () => {
    fc.assert(
      fc.property(report, report, (a, b) => {
        const { files } = compareReports(a, b);
        const kept = a.files().filter((one) => b.files().some((other) => other.path === one.path)).length;
        expect(files.removed.length + files.moved.length + kept).toBe(a.files().length);
        expect(files.added.length + files.moved.length + kept).toBe(b.files().length);
      }),
    );
  });
});
