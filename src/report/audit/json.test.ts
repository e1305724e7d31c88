import { Ajv2020 } from "ajv/dist/2020.js";
import { expect, test } from "vitest";
import { sampleFinding, sampleReport } from "../../../testing/audit-report-parts.ts";
import { manyFilesReport, sampleReports } from "../../../testing/audit-reports.ts";
import { findingKey } from "../../audit/finding-key.ts";
import type { Json } from "../../base/canonical-json.ts";
import { encodeName } from "../../base/names.ts";
import { path } from "../../tree/path.ts";
import { auditJson, auditJsonText } from "./json.ts";
import { auditSchema } from "./json-schema.ts";

const samples = Object.entries(sampleReports);

/** The schema with every object closed: what is written has to be documented. */
function closed(schema: Json): Json {
  if (Array.isArray(schema)) return (schema as readonly Json[]).map(closed);
  if (schema === null || typeof schema !== "object") return schema;
  const members = Object.fromEntries(
    Object.entries(schema).map(([name, member]) => [name, member === undefined ? null : closed(member)]),
  );
  return "properties" in members && "required" in members
    ? { ...members, additionalProperties: false }
    : members;
}

const ajv = new Ajv2020({ strict: true, allErrors: true, strictRequired: false });
const validate = ajv.compile(closed(auditSchema()) as object);

test.each([
  ...samples,
  ["many files", () => manyFilesReport(10_000)] as const,
  ["nothing", () => sampleReport()] as const,
])("the JSON of %s is what the schema says, and nothing else", (_, make) => {
  validate(JSON.parse(JSON.stringify(auditJson(make()))));
  expect(validate.errors).toBeNull();
});

test.each<[string, string, Json]>([
  ["a level that is none", "level", "best"],
  ["a score above 100", "score", 101],
  ["no word on determinacy", "determinate", null],
])("the schema refuses %s", (_, member, value) => {
  const good = auditJson(sampleReport()) as { verdict: Record<string, Json> };
  expect(validate({ ...good, verdict: { ...good.verdict, [member]: value } })).toBe(false);
});

test.each(samples)("the JSON of %s reads as kept", async (name, make) => {
  const text = auditJsonText([make()]);
  if (name === "distro" || name === "hostile") return;
  await expect(text).toMatchFileSnapshot(`../../../test/golden/audit/${name}.json`);
});

test("the members that gates rely on are where cli.md has them", () => {
  const report = sampleReports["in-name-only"]?.() ?? sampleReport();
  const json = auditJson(report);
  expect(json).toMatchObject({
    schemaVersion: 1,
    image: { reference: report.image.reference, digest: report.image.digest, platform: "linux/arm64" },
    verdict: { level: "in-name-only", determinate: true, score: 71 },
    summary: { files: 3, elf: 2, packages: 0, primitives: { exec: 1, privilege: 0 } },
    unknown: [],
    residue: [],
  });
  const { findings } = json as { findings: readonly Json[] };
  expect(findings[0]).toMatchObject({
    rule: "multi-call",
    severity: "critical",
    path: "/opt/helper",
    what: "BusyBox 1.35.0 (static, 300 applets)",
    package: null,
    reason: null,
    waived: null,
    key: findingKey(report.findings[0] ?? sampleFinding("shell", "")),
  });
});

test("many reports are JSON lines in the order given", () => {
  const reports = samples.map(([, make]) => make());
  const lines = auditJsonText(reports).trimEnd().split("\n");
  expect(lines.map((line) => (JSON.parse(line) as { image: { reference: string } }).image.reference)).toEqual(
    reports.map((report) => report.image.reference),
  );
  expect(auditJsonText([])).toBe("");
});

test("names that are no UTF-8 make no invalid document, and can be told exactly", () => {
  const at = path("/bytes\udcff\udcfe");
  const report = sampleReport({ findings: [sampleFinding("hostile-name", "\udcff", { path: at })] });
  const text = auditJsonText([report]);
  expect(text.isWellFormed()).toBe(true);
  expect(text).not.toMatch(/\\ud[89a-f]/i);
  const { findings } = JSON.parse(text) as { findings: { path: string; pathBytes: string }[] };
  expect(findings[0]?.path).toBe("/bytes\ufffd\ufffd");
  expect(Buffer.from(findings[0]?.pathBytes ?? "", "base64")).toEqual(encodeName(at));
});

test("as a text, it holds nothing that a terminal acts on", () => {
  const name = "/a\u001b[31m\u009b31m\u202e\u200b\u007f\u{e0041}";
  const report = sampleReport({ findings: [sampleFinding("hostile-name", name, { path: path(name) })] });
  for (const text of [auditJsonText([report]), auditJsonText([report, report])]) {
    expect(text).not.toMatch(/[^\n\P{Cc}]|[\p{Cf}\p{Zl}\p{Zp}]/u);
    const [line = ""] = text.startsWith("{\n") ? [text] : text.split("\n");
    expect((JSON.parse(line) as { findings: { path: string }[] }).findings[0]?.path).toBe(name);
  }
});

test("a label may have any name", () => {
  const labels = JSON.parse('{"__proto__": "a", "constructor": "b"}') as Record<string, string>;
  const json = JSON.stringify(auditJson(sampleReport({ config: { labels } })));
  expect(json).toContain('"labels":{"__proto__":"a","constructor":"b"}');
});
