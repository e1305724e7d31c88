import { expect, test } from "vitest";
import { sampleReport, sampleVerdict } from "../../../testing/audit-report-parts.ts";
import { manyFilesReport, sampleReports } from "../../../testing/audit-reports.ts";
import { hostileNames, hostileReport } from "../../../testing/hostile-report.ts";
import type { AuditReport } from "../../audit/finding.ts";
import { auditMarkdown } from "./markdown.ts";

const samples = Object.entries(sampleReports);
const all = (): AuditReport[] => samples.map(([, make]) => make());

/** The text without its code spans, as GFM 6.3 finds them: a run of backquotes up to the next run of the same length; and without code elements whose text is letters and numbers. */
function outsideOfCode(text: string): string {
  const inert = text.replaceAll(/<code>(?:[A-Za-z0-9 .,:/_-]|&#\d+;)*<\/code>/g, "");
  return inert.replaceAll(/(?<!`)(`+)(?!`)(.*?[^`])\1(?!`)/g, "");
}

test.each(samples)("the comment on %s reads as kept", async (name, make) => {
  await expect(auditMarkdown([make()])).toMatchFileSnapshot(`../../../test/golden/audit/${name}.md`);
});

test("many images begin with a table", async () => {
  await expect(auditMarkdown(all())).toMatchFileSnapshot("../../../test/golden/audit/many.md");
});

test("what an image chose stands in code spans only", () => {
  for (const text of [auditMarkdown([hostileReport()]), auditMarkdown(all())]) {
    const outside = outsideOfCode(text);
    expect(outside).not.toMatch(/evil|<script|alert|everyone|DOCTYPE|DROP|nnnn|isolate/);
    expect(outside.replaceAll(/<\/?(?:details|summary|code)>/g, "")).not.toMatch(/[<>@]|(?<!&)#\d/);
    expect(text).not.toMatch(/[\p{Cf}\p{Zl}\p{Zp}\p{Cs}]|(?!\n)\p{Cc}/u);
  }
});

test("every row of a table has the cells of its head", () => {
  const reports = hostileNames.map((name) =>
    sampleReport({ image: { reference: `${name}|`, platform: "linux/amd64" } }),
  );
  for (const text of [auditMarkdown(reports), auditMarkdown(all()), auditMarkdown([hostileReport()])]) {
    for (const table of text.match(/(?:^\|.*\n)+/gm) ?? []) {
      const counts = table
        .trimEnd()
        .split("\n")
        .map((row) => row.replaceAll("\\|", "").split("|").length);
      expect(new Set(counts).size, table).toBe(1);
    }
  }
});

test("a comment fits where comments go, and says what it left out", () => {
  expect(auditMarkdown([manyFilesReport(10_000)]).length).toBeLessThan(65_536);
  const many = Array.from({ length: 100 }, () => sampleReports["distro"]?.() ?? sampleReport());
  const text = auditMarkdown(many);
  expect(text.length).toBeLessThan(65_536);
  expect(text).toMatch(/\d+ sections would make this too long/);
  expect(text.match(/^<details>/gm)?.length).toBeGreaterThan(5);
});

test("what a policy accepts is told beside the level", () => {
  const report = sampleReport({ verdict: sampleVerdict("in-name-only", { accepted: "distroless" }) });
  expect(auditMarkdown([report])).toContain("it is accepted as `distroless`.");
  expect(auditMarkdown([report, report])).toContain("| **in-name-only**, accepted as distroless |");
});

test("nothing is a comment too", () => {
  expect(auditMarkdown([])).toBe("");
});
