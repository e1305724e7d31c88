// What audits are told as, read by independent readers: JUnit XML and the badge by expat, comments by cmark-gfm, GitHub's renderer;
// JSON and SARIF by jq, which refuses what is no JSON.
import { describe, expect, test } from "vitest";
import { judge } from "../../src/audit/judge.ts";
import { auditBadge } from "../../src/report/audit/badge.ts";
import { auditJsonText } from "../../src/report/audit/json.ts";
import { auditJunit } from "../../src/report/audit/junit.ts";
import { auditMarkdown } from "../../src/report/audit/markdown.ts";
import { auditSarif } from "../../src/report/audit/sarif.ts";
import { sampleReports } from "../../testing/audit-reports.ts";
import { hostileNames } from "../../testing/hostile-report.ts";
import { missingProgram, runWell } from "../../testing/programs.ts";

const reports = Object.values(sampleReports).map((make) => make());

const judged = reports.map((report) => ({ report, judgement: judge(report, { failBelow: "sealed" }) }));

const noPython = missingProgram("python3");
const noCmark = missingProgram("cmark-gfm");
const noJq = missingProgram("jq");

function named(what: string, missing: string | undefined): string {
  return missing === undefined ? what : `${what} (skipped: ${missing})`;
}

describe.skipIf(noPython !== undefined)(named("XML by expat", noPython), () => {
  const countCases = `
import json, sys, xml.etree.ElementTree as tree
root = tree.fromstring(sys.stdin.buffer.read())
print(json.dumps([
    [suite.get("name"), int(suite.get("tests")), int(suite.get("failures")), int(suite.get("skipped")),
     len(suite.findall("testcase")), len(suite.findall("testcase/failure")), len(suite.findall("testcase/skipped"))]
    for suite in root.findall("testsuite")]))
`;

  test("every suite holds what it counts", async () => {
    const answer = await runWell(["python3", "-c", countCases], { input: auditJunit(judged) });
    const suites = JSON.parse(answer) as [string, number, number, number, number, number, number][];
    expect(suites).toHaveLength(reports.length);
    for (const [, tests, failures, skipped, ...held] of suites)
      expect(held).toEqual([tests, failures, skipped]);
    expect(suites[0]?.[0]).toBe("docker.io/library/postgres:15 (linux/amd64)");
  });

  test("a hostile name is text, whole", async () => {
    const text =
      "import sys, xml.etree.ElementTree as t\nprint(''.join(t.fromstring(sys.stdin.buffer.read()).itertext()))";
    const answer = await runWell(["python3", "-c", text], {
      input: auditJunit(judged),
      env: { PYTHONUTF8: "1" },
    });
    expect(answer).toContain(`/${hostileNames.at(-1) ?? "none"}: tool `);
    expect(answer).toContain("]]><!DOCTYPE x><!--: tool ");
  });

  test("a badge has a title and two texts", async () => {
    const texts =
      "import sys, xml.etree.ElementTree as t\nprint('|'.join(e.text.strip() for e in t.fromstring(sys.stdin.buffer.read()).iter() if e.text and e.text.strip()))";
    const [first] = reports;
    const answer = await runWell(["python3", "-c", texts], {
      input: first === undefined ? "" : auditBadge(first),
    });
    expect(answer.trim()).toBe("distroless: distro (level 1 of 7)|distroless|distro");
  });
});

describe.skipIf(noCmark !== undefined)(named("comments by cmark-gfm", noCmark), () => {
  const render = (text: string): Promise<string> =>
    runWell(["cmark-gfm", "--unsafe", "-e", "table", "-e", "autolink", "-e", "strikethrough"], {
      input: text,
    });

  test.each([
    ["one image each", reports.map((one) => auditMarkdown([one]))],
    ["all images", [auditMarkdown(reports)]],
  ])("%s: nothing that an image chose is markup", async (_, texts) => {
    for (const text of texts) {
      const html = await render(text);
      const tags = [...html.matchAll(/<([a-z0-9!]+)/gi)].map(([, name = ""]) => name);
      expect(tags.filter((name) => !expectedTags.includes(name))).toEqual([]);
      const links = [...html.matchAll(/href="([^"]*)"/g)].map(([, target = ""]) => target);
      expect(links.filter((target) => !target.startsWith("https://attack.mitre.org/techniques/T"))).toEqual(
        [],
      );
      const outside = html.replaceAll(/<code>[^<]*<\/code>/g, "");
      expect(outside).not.toMatch(/@|evil|alert|DOCTYPE|DROP/);
      expect(html.match(/<details>/g)?.length).toBe(html.match(/<\/details>/g)?.length);
    }
  });
});

const expectedTags = [
  ...["a", "code", "details", "h3", "li", "p", "strong", "summary", "ul"],
  ...["table", "tbody", "td", "th", "thead", "tr"],
];

describe.skipIf(noJq !== undefined)(named("JSON by jq", noJq), () => {
  test("one report, JSON lines and SARIF are read whole", async () => {
    const level = await runWell(["jq", "-r", ".verdict.level"], { input: auditJsonText(reports) });
    expect(level.trim().split("\n")).toEqual(reports.map((report) => report.verdict.level));
    const results = await runWell(["jq", ".runs[0].results | length"], {
      input: JSON.stringify(auditSarif(reports)),
    });
    const found = reports.reduce((sum, one) => sum + one.findings.length + one.residue.length, 0);
    expect(Number(results)).toBe(found);
  });
});
