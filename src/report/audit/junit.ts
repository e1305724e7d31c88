// Audits as JUnit XML, as Jenkins and GitLab read it: a suite for each image, a case for each rule and one for primitives. What
// fails is what the gate refused, so that failures and the exit code agree; without a gate nothing fails. XML 1.0, 2.2 says which
// characters there are.
import type { AuditReport, Finding } from "../../audit/finding.ts";
import type { Failure, JudgedReport, Judgement } from "../../audit/judge.ts";
import { type RuleId, ruleIds, rules } from "../../audit/rules.ts";
import { allFindings } from "../../audit/verdict.ts";
import { printableLine } from "../text.ts";
import type { Unaudited } from "./unaudited.ts";

/** Findings that one case lists: test reports are read in browsers. */
const findingsListed = 50;

type Outcome = "passed" | "failed" | "skipped";

interface Case {
  readonly outcome: Outcome;
  readonly lines: readonly string[];
}

interface Suite {
  readonly counts: Counts;
  readonly lines: readonly string[];
}

interface Counts {
  readonly tests: number;
  readonly failures: number;
  readonly skipped: number;
  readonly errors: number;
}

/** An image that couldn't be audited is a suite with an error. Ends with a line feed. */
export function auditJunit(judged: readonly JudgedReport[], unaudited: readonly Unaudited[] = []): string {
  const suites = [...judged.map(suiteOf), ...unaudited.map(errorSuite)];
  const sum = (of: keyof Counts): number => suites.reduce((total, { counts }) => total + counts[of], 0);
  const counts = {
    tests: sum("tests"),
    failures: sum("failures"),
    skipped: sum("skipped"),
    errors: sum("errors"),
  };
  const lines = [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="distill audit" ${countsText(counts)}>`,
    ...suites.flatMap((suite) => suite.lines),
    "</testsuites>",
  ];
  return `${lines.join("\n")}\n`;
}

function suiteOf({ judgement, report }: JudgedReport): Suite {
  const { image, verdict } = report;
  const name = printableLine(`${image.reference} (${image.platform})`);
  const cases = [...ruleCases(name, report, judgement), primitivesCase(name, judgement.failures)];
  const count = (outcome: Outcome): number => cases.filter((one) => one.outcome === outcome).length;
  const counts = { tests: cases.length, failures: count("failed"), skipped: count("skipped"), errors: 0 };
  return {
    counts,
    lines: [
      suiteTag(name, counts),
      "    <properties>",
      property("level", verdict.level),
      property("determinate", String(verdict.determinate)),
      property("score", String(verdict.score)),
      property("ruleSet", verdict.ruleSet),
      ...(image.digest === undefined ? [] : [property("digest", image.digest)]),
      "    </properties>",
      ...cases.flatMap((one) => one.lines),
      "  </testsuite>",
    ],
  };
}

function errorSuite({ reference, why }: Unaudited): Suite {
  const name = printableLine(reference);
  const counts = { tests: 1, failures: 0, skipped: 0, errors: 1 };
  return {
    counts,
    lines: [
      suiteTag(name, counts),
      caseTag(name, "the audit", ">"),
      `      <error type="audit" message=${attribute(printableLine(why))}/>`,
      "    </testcase>",
      "  </testsuite>",
    ],
  };
}

function suiteTag(name: string, counts: Counts): string {
  return `  <testsuite name=${attribute(name)} ${countsText(counts)} time="0">`;
}

function countsText({ errors, failures, skipped, tests }: Counts): string {
  return `tests="${tests}" failures="${failures}" skipped="${skipped}" errors="${errors}"`;
}

function property(name: string, value: string): string {
  return `      <property name=${attribute(name)} value=${attribute(value)}/>`;
}

function ruleCases(suite: string, report: AuditReport, { failures, known }: Judgement): Case[] {
  const byRule = Map.groupBy(allFindings(report), (one) => one.rule);
  const failed = new Set(failures.flatMap((one) => one.findings));
  const knownThen = new Set(known);
  return ruleIds.map((rule) => {
    const found = byRule.get(rule) ?? [];
    const refused = found.filter((one) => failed.has(one));
    const name = `${rule}: ${rules[rule].title}`;
    if (refused.length > 0) return caseOf(suite, name, "failed", failureLine(rule, refused));
    const excuses = excusesOf(found, knownThen);
    if (excuses.size > 0) {
      return caseOf(suite, name, "skipped", `      <skipped message=${attribute([...excuses].join("; "))}/>`);
    }
    return caseOf(suite, name, "passed", found.length === 0 ? undefined : passedLine(found));
  });
}

/** The gate of primitives is about the image's files together: one case, the same in every report. */
function primitivesCase(suite: string, failures: readonly Failure[]): Case {
  const refused = failures.filter((one) => one.gate === "primitives");
  const name = "primitives: What the files offer";
  const [first] = refused;
  if (first === undefined) return caseOf(suite, name, "passed", undefined);
  const more = refused.length === 1 ? "" : `, and ${refused.length - 1} more`;
  const text = refused
    .map(({ details, hint, what }) =>
      [what, ...details, `What to do: ${hint}.`].map(printableLine).join("\n"),
    )
    .join("\n\n");
  return caseOf(suite, name, "failed", failureTag("primitives", printableLine(first.what) + more, text));
}

function caseOf(suite: string, name: string, outcome: Outcome, content: string | undefined): Case {
  if (content === undefined) return { outcome, lines: [caseTag(suite, name, "/>")] };
  return { outcome, lines: [caseTag(suite, name, ">"), content, "    </testcase>"] };
}

function caseTag(suite: string, name: string, end: "/>" | ">"): string {
  return `    <testcase name=${attribute(name)} classname=${attribute(suite)} time="0"${end}`;
}

/** `findings`: at least one. */
function failureLine(rule: RuleId, findings: readonly Finding[]): string {
  const [first] = findings;
  const { fix, why } = rules[rule];
  const more = findings.length === 1 ? "" : `, and ${findings.length - 1} more`;
  const message = `${first === undefined ? "" : line(first)}${more}`;
  return failureTag(rule, message, `${listOf(findings)}\n\n${why}\nWhat to do: ${fix}.`);
}

function failureTag(type: string, message: string, text: string): string {
  return `      <failure type=${attribute(type)} message=${attribute(message)}>${content(text)}</failure>`;
}

/** What was found, where the gate lets it pass. */
function passedLine(findings: readonly Finding[]): string {
  return `      <system-out>${content(listOf(findings))}</system-out>`;
}

function listOf(findings: readonly Finding[]): string {
  const more = findings.length - findingsListed;
  return [...findings.slice(0, findingsListed).map(line), ...(more > 0 ? [`and ${more} more`] : [])].join(
    "\n",
  );
}

/** Why findings don't count. */
function excusesOf(findings: readonly Finding[], known: ReadonlySet<Finding>): ReadonlySet<string> {
  const excuses = new Set<string>();
  for (const one of findings) {
    const { waived } = one;
    if (waived !== undefined) {
      const until = waived.expires === undefined ? "" : ` (until ${waived.expires})`;
      excuses.add(`waived: ${printableLine(waived.reason)}${until}`);
    } else if (known.has(one)) excuses.add("known: the baseline has it");
  }
  return excuses;
}

function line(one: Finding): string {
  const at = one.path === undefined ? "" : `${printableLine(one.path)}: `;
  const level = one.atMost === undefined ? "" : ` (at most ${one.atMost})`;
  return `${at}${printableLine(one.what)}${level}`;
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
