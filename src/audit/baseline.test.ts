import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sampleFinding, sampleReport } from "../../testing/audit-report-parts.ts";
import { sampleReports } from "../../testing/audit-reports.ts";
import { auditJsonText } from "../report/audit/json.ts";
import { path } from "../tree/path.ts";
import { type Baseline, forOnlyImage, newFindings, readBaseline } from "./baseline.ts";
import type { AuditReport, Finding } from "./finding.ts";
import { findingKey } from "./finding-key.ts";

const shell = sampleFinding("shell", "dash 0.5.12", { path: path("/bin/sh") });
const ping = sampleFinding("setuid", "mode 4755", { path: path("/usr/bin/ping") });
const web = "registry.example.test/web:1";

function json(findings: readonly Finding[], reference = web, residue: readonly Finding[] = []): string {
  return JSON.stringify({
    schemaVersion: 1,
    image: { reference, platform: "linux/amd64" },
    findings: findings.map((one) => ({ ...one, key: findingKey(one), atMost: one.atMost ?? null })),
    residue: residue.map((one) => ({ ...one, key: findingKey(one, "residue") })),
  });
}

function reportOf(
  findings: readonly Finding[],
  reference = web,
  residue: readonly Finding[] = [],
): AuditReport {
  return sampleReport({ image: { reference, platform: "linux/amd64" }, findings, residue });
}

function baseline(text: string): Baseline {
  const { value, diagnostics } = readBaseline(text, "baseline.json");
  expect(diagnostics).toEqual([]);
  if (value === undefined) throw new Error("no baseline");
  return value;
}

const fresh = (report: AuditReport, text: string): string[] => {
  const { findings, residue } = newFindings(report, baseline(text));
  return [...findings, ...residue].map((one) => one.rule);
};

describe("what is new", () => {
  it.each<[string, string, AuditReport, string[]]>([
    ["against nothing", "", reportOf([shell]), ["shell"]],
    ["against itself", json([shell, ping]), reportOf([shell, ping]), []],
    ["one more", json([shell]), reportOf([shell, ping]), ["setuid"]],
    ["another version of it", json([shell]), reportOf([{ ...shell, what: "dash 0.5.13" }]), []],
    ["the same that became worse", json([shell]), reportOf([{ ...shell, atMost: "distro" }]), ["shell"]],
    ["the same that became better", json([{ ...shell, atMost: "distro" }]), reportOf([shell]), []],
    ["a second one of the same key", json([shell]), reportOf([shell, shell]), ["shell"]],
    ["deleted then, there again", json([], web, [shell]), reportOf([shell]), ["shell"]],
    ["deleted since", json([shell]), reportOf([], web, [shell]), ["shell"]],
    ["deleted as before", json([], web, [shell]), reportOf([], web, [shell]), []],
    ["waived then", json([{ ...shell, waived: { reason: "x" } }]), reportOf([shell]), ["shell"]],
    ["a key", `# known\n${findingKey(shell)} dash in /bin/sh\n`, reportOf([shell, ping]), ["setuid"]],
    ["the only report, of another image", json([shell], "oci:out"), reportOf([shell]), ["shell"]],
    ["an archive of another name", json([shell], "tar:a.tar"), reportOf([shell], "tar:b.tar"), ["shell"]],
    ["an indented report", JSON.stringify(JSON.parse(json([shell])), null, 2), reportOf([shell]), []],
    ["a list of reports", `[${json([shell])}, ${json([], "app:1")}]`, reportOf([shell]), []],
    ["a report a line", `${json([], "app:1")}\n${json([shell])}\n`, reportOf([shell]), []],
    ["another image's", `${json([], "app:1")}\n${json([shell])}\n`, reportOf([shell], "app:2"), ["shell"]],
    [
      "another tag's",
      `${json([], "app:1")}\n${json([shell])}\n`,
      reportOf([shell], "registry.example.test/web:2"),
      [],
    ],
  ])("%s", (_name, text, report, expected) => {
    expect(fresh(report, text)).toEqual(expected);
  });

  it.each<[string, string, string[]]>([
    ["the only report is of the only image, whatever its name", json([shell], "oci:out"), []],
    ["two reports of one image are", `${json([shell], "oci:out:1")}\n${json([], "oci:out:2")}`, []],
    ["reports of two images aren't", `${json([shell], "oci:out")}\n${json([], "app:1")}`, ["shell"]],
    ["keys are", findingKey(shell), []],
  ])("where one image is audited: %s", (_name, text, expected) => {
    const { findings } = newFindings(reportOf([shell]), forOnlyImage(baseline(text)));
    expect(findings.map((one) => one.rule)).toEqual(expected);
  });

  it("is nothing of a report against itself, and never more than without a baseline", () => {
    const findings = fc.array(fc.constantFrom(shell, ping, { ...shell, atMost: "slim" as const }), {
      maxLength: 6,
    });
    fc.assert(
      fc.property(findings, findings, findings, (before, now, residue) => {
        expect(fresh(reportOf(before, web, residue), json(before, web, residue))).toEqual([]);
        expect(fresh(reportOf(now), json(before)).length).toBeLessThanOrEqual(now.length);
        expect(fresh(reportOf(now), json(before)).length).toBeGreaterThanOrEqual(now.length - before.length);
      }),
    );
  });
});

it("knows every finding of the reports that this program writes", () => {
  const reports = Object.values(sampleReports).map((make) => make());
  for (const report of reports) {
    const unwaived = (all: readonly Finding[]): Finding[] => all.filter((one) => one.waived === undefined);
    const now = { ...report, findings: unwaived(report.findings), residue: unwaived(report.residue) };
    for (const text of [auditJsonText([report]), auditJsonText(reports)]) {
      expect(newFindings(now, baseline(text))).toEqual({ findings: [], residue: [] });
      const worse = now.findings.map((one) => ({ ...one, atMost: "distro" as const }));
      const wasBetter = now.findings.filter((one) => one.atMost !== "distro");
      expect(newFindings({ ...now, findings: worse }, baseline(text)).findings).toHaveLength(
        wasBetter.length,
      );
    }
  }
});

describe("a baseline that isn't one", () => {
  const image = '"image": {"reference": "x", "platform": "linux/amd64"}';
  it.each<[string, string, string, number]>([
    ["a word", "1/00\n", "baseline-malformed", 1],
    ["a word after keys", `${findingKey(shell)}\n\nshell\n`, "baseline-malformed", 3],
    ["a truncated report", '{\n "schemaVersion": 1,', "baseline-malformed", 1],
    ["a truncated line", `${json([])}\n{"schemaVersion": 1,\n`, "baseline-malformed", 2],
    ["another version", '{"schemaVersion": 2}', "baseline-version", 1],
    ["no version", "{}", "baseline-version", 1],
    ["a number", "[7]", "baseline-malformed", 1],
    ["no image", '{"schemaVersion": 1}', "baseline-malformed", 1],
    ["no findings", `{"schemaVersion": 1, ${image}}`, "baseline-malformed", 1],
    ["a finding of null", `{"schemaVersion": 1, ${image}, "findings": [null]}`, "baseline-malformed", 1],
    [
      "a finding without a rule",
      `{"schemaVersion": 1, ${image}, "findings": [{"what": "x"}]}`,
      "baseline-malformed",
      1,
    ],
    ["deep nesting", "[".repeat(200_000), "baseline-malformed", 1],
  ])("%s", (_name, text, rule, line) => {
    const { value, diagnostics } = readBaseline(text, "baseline.json");
    expect(value).toBeUndefined();
    expect(diagnostics).toMatchObject([{ rule, severity: "error", span: { file: "baseline.json", line } }]);
  });

  it("says no more than its first mistakes", () => {
    expect(readBaseline("x\n".repeat(1000), "b").diagnostics).toHaveLength(20);
  });

  it("never makes the reader throw", () => {
    const parts = fc.constantFrom(
      '{"schemaVersion": 1,',
      image,
      ",",
      '"findings": [',
      "{",
      "}",
      "]",
      '"rule": "shell"',
      "\n",
      "null",
      "#",
      findingKey(ping),
    );
    fc.assert(
      fc.property(fc.array(parts, { maxLength: 15 }), (all) => {
        const { value, diagnostics } = readBaseline(all.join(" "), "b");
        expect(value === undefined).toBe(diagnostics.length > 0);
      }),
    );
  });
});
