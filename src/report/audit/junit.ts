// Audits as JUnit XML, as Jenkins and GitLab read it: a suite for each image, a case for each rule. A rule fails by findings that
// keep the image below the level asked for; where all of them are waived it is skipped, with the reasons. XML 1.0, 2.2 says which
// characters there are.
import type { AuditReport, Finding } from "../../audit/finding.ts";
import { compareLevels, type Level } from "../../audit/levels.ts";
import { rules } from "../../audit/rules.ts";
import { allFindings } from "../../audit/verdict.ts";
import { printableLine } from "../text.ts";
import { ruleIds } from "./groups.ts";

/** Findings that one failure lists: test reports are read in browsers. */
const findingsListed = 50;

interface JunitOptions {
  /** A finding with which the image is below this level fails; `truly-distroless` where it isn't given, as in a build. */
  readonly failBelow?: Level;
}

interface Suite {
  readonly tests: number;
  readonly failures: number;
  readonly skipped: number;
  readonly lines: readonly string[];
}

/** Ends with a line feed. */
export function auditJunit(reports: readonly AuditReport[], options: JunitOptions = {}): string {
  const suites = reports.map((report) => suiteOf(report, options.failBelow ?? "truly-distroless"));
  const sum = (of: (suite: Suite) => number): number => suites.reduce((total, suite) => total + of(suite), 0);
  const counts = `tests="${sum((one) => one.tests)}" failures="${sum((one) => one.failures)}" skipped="${sum((one) => one.skipped)}" errors="0"`;
  const lines = [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="distill audit" ${counts}>`,
    ...suites.flatMap((suite) => suite.lines),
    "</testsuites>",
  ];
  return `${lines.join("\n")}\n`;
}

function suiteOf(report: AuditReport, failBelow: Level): Suite {
  const { image, verdict } = report;
  const byRule = Map.groupBy(
    allFindings(report).filter((one) => one.atMost !== undefined && compareLevels(one.atMost, failBelow) < 0),
    (one) => one.rule,
  );
  const name = printableLine(`${image.reference} (${image.platform})`);
  const groups = ruleIds.map((rule) => byRule.get(rule) ?? []);
  const isFailure = (group: readonly Finding[]): boolean => group.some((one) => one.waived === undefined);
  const failures = groups.filter(isFailure).length;
  const skipped = groups.filter((group) => group.length > 0).length - failures;
  const cases = ruleIds.flatMap((rule, index) => {
    const group = groups[index] ?? [];
    const opening = `    <testcase name=${attribute(`${rule}: ${rules[rule].title}`)} classname=${attribute(name)} time="0"`;
    if (group.length === 0) return [`${opening}/>`];
    return [`${opening}>`, isFailure(group) ? failure(group) : skippedCase(group), "    </testcase>"];
  });
  return {
    tests: ruleIds.length,
    failures,
    skipped,
    lines: [
      `  <testsuite name=${attribute(name)} tests="${ruleIds.length}" failures="${failures}" skipped="${skipped}" errors="0" time="0">`,
      "    <properties>",
      property("level", verdict.level),
      property("determinate", String(verdict.determinate)),
      property("score", String(verdict.score)),
      property("ruleSet", verdict.ruleSet),
      ...(image.digest === undefined ? [] : [property("digest", image.digest)]),
      "    </properties>",
      ...cases,
      "  </testsuite>",
    ],
  };
}

function property(name: string, value: string): string {
  return `      <property name=${attribute(name)} value=${attribute(value)}/>`;
}

function failure(group: readonly Finding[]): string {
  const findings = group.filter((one) => one.waived === undefined);
  const [first] = findings;
  if (first === undefined) return "";
  const { fix, why } = rules[first.rule];
  const more = findings.length === 1 ? "" : `, and ${findings.length - 1} more`;
  const text = [
    ...findings.slice(0, findingsListed).map(line),
    ...(findings.length > findingsListed ? [`and ${findings.length - findingsListed} more`] : []),
    "",
    why,
    `What to do: ${fix}.`,
  ].join("\n");
  return `      <failure type=${attribute(first.rule)} message=${attribute(line(first) + more)}>${content(text)}</failure>`;
}

function skippedCase(findings: readonly Finding[]): string {
  const reasons = new Set(
    findings.flatMap(({ waived }) => {
      if (waived === undefined) return [];
      const until = waived.expires === undefined ? "" : ` (until ${waived.expires})`;
      return [`waived: ${printableLine(waived.reason)}${until}`];
    }),
  );
  return `      <skipped message=${attribute([...reasons].join("; "))}/>`;
}

function line(one: Finding): string {
  const at = one.path === undefined ? "" : `${printableLine(one.path)}: `;
  return `${at}${printableLine(one.what)} (at most ${one.atMost ?? "sealed"})`;
}

function attribute(text: string): string {
  return `"${content(text).replaceAll('"', "&quot;").replaceAll("\n", "&#10;").replaceAll("\t", "&#9;")}"`;
}

/** Characters that XML has no way to write become U+FFFD; what was made visible before stays so. */
function content(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(notXml, "\ufffd")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;");
}

const notXml = /[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu;
