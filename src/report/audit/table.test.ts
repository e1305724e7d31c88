import { stripVTControlCharacters } from "node:util";
import { expect, test } from "vitest";
import { sampleReport, sampleVerdict } from "../../../testing/audit-report-parts.ts";
import { manyFilesReport, sampleReports } from "../../../testing/audit-reports.ts";
import { styleFor } from "../style.ts";
import { displayWidth } from "../text.ts";
import type { Page } from "./lines.ts";
import { renderAuditSummary } from "./summary.ts";
import { renderAuditTable } from "./table.ts";

const plain = styleFor(false);
const page: Page = { columns: 80, style: plain, verbose: false };
const golden = "../../../test/golden/audit";
const samples = Object.entries(sampleReports);
const all = (): ReturnType<typeof sampleReport>[] => samples.map(([, make]) => make());
const acting = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u;

test.each(samples)("the table of %s reads as kept", async (name, make) => {
  await expect(renderAuditTable(make(), page)).toMatchFileSnapshot(`${golden}/${name}.txt`);
});

test("the verbose table shows evidence and how to check it", async () => {
  const text = renderAuditTable(sampleReports["in-name-only"]?.() ?? sampleReport(), {
    ...page,
    verbose: true,
  });
  await expect(text).toMatchFileSnapshot(`${golden}/in-name-only-verbose.txt`);
});

test("the summary has a line for each image, as given", async () => {
  await expect(renderAuditSummary(all(), page)).toMatchFileSnapshot(`${golden}/summary.txt`);
});

test("the summary tells platforms of one image apart, and says where there are none", () => {
  const [one, two] = ["linux/amd64", "linux/arm64"].map((platform) =>
    sampleReport({ image: { reference: "app:1", platform } }),
  );
  const text = renderAuditSummary(one && two ? [one, two] : [], { columns: 100, style: plain });
  expect(text).toContain("app:1 linux/amd64\n");
  expect(text).toContain("app:1 linux/arm64\n");
  expect(renderAuditSummary([], page)).toContain("no images");
});

const shapes = samples.flatMap(([name, make]) =>
  [40, 48, 60, 80, 132].flatMap((columns) =>
    [false, true].map((verbose) => ({ name, make, columns, verbose }) as const),
  ),
);

test.each(shapes)("$name fits $columns columns, verbose: $verbose", ({ make, columns, verbose }) => {
  const texts = [
    renderAuditTable(make(), { columns, style: plain, verbose }),
    columns < 80 ? "" : renderAuditSummary(all(), { columns, style: plain }),
  ];
  for (const text of texts) {
    expect(text).not.toMatch(/ $/m);
    for (const line of text.split("\n")) {
      expect(line).not.toMatch(acting);
      expect(displayWidth(line), line).toBeLessThanOrEqual(columns);
    }
  }
});

test.each(samples)("colours change nothing of %s but the colours", (_, make) => {
  const coloured = renderAuditTable(make(), { ...page, style: styleFor(true) });
  expect(coloured).toContain("\u001b[");
  expect(stripVTControlCharacters(coloured)).toBe(renderAuditTable(make(), page));
});

test("a long list is cut, and said to be; the verbose one is whole", () => {
  const report = manyFilesReport(10_000);
  const short = renderAuditTable(report, page);
  const found = report.findings.length;
  expect(short).toContain(`and ${found - 5} more: --verbose, or --format json`);
  expect(short.split("\n").length).toBeLessThan(40);
  const long = renderAuditTable(report, { ...page, verbose: true });
  for (const { path } of report.findings) expect(long).toContain(path ?? "none");
});

test("what a policy accepts is told beside the level, never instead of it", () => {
  const report = sampleReport({ verdict: sampleVerdict("in-name-only", { accepted: "distroless" }) });
  const text = renderAuditTable(report, page);
  expect(text).toMatch(/^in-name-only - level 3 of 7, determinate\n/);
  expect(text).toContain("accepted as distroless: the policy waives what holds it");
  const summary = renderAuditSummary([report], page);
  expect(summary).toContain("in-name-only*");
  expect(summary).toContain("1 accepted as better by a policy (*)");
  const same = sampleReport({ verdict: sampleVerdict("distroless", { accepted: "distroless" }) });
  expect(renderAuditTable(same, page)).not.toContain("accepted");
});

test("a sealed image has nothing to reach", () => {
  const text = renderAuditTable(sampleReport({ verdict: sampleVerdict("sealed") }), page);
  expect(text).toContain("sealed - level 7 of 7, determinate");
  expect(text).not.toContain("To reach");
});
