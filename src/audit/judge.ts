// The gate of `distill audit`: whether an image passes, and where not, what failed and what to do. Levels are compared by what
// counts: a policy's waivers and a baseline's known findings are left out (docs/decisions/0006-waivers-and-levels.md).
import { counted } from "../base/counted.ts";
import { type Baseline, newFindings } from "./baseline.ts";
import type { AuditReport, Finding } from "./finding.ts";
import { compareLevels, type Level } from "./levels.ts";
import type { AllowedPrimitives, Policy } from "./policy/policy.ts";
import { type Primitive, primitiveMeanings } from "./primitives.ts";
import { rules, type Severity, severities } from "./rules.ts";
import { allFindings, levelOfFindings } from "./verdict.ts";
import { byWeight } from "./worst.ts";

export interface Gate {
  /** --fail-below; a policy may ask for more. */
  readonly failBelow?: Level;
  /** Already applied to the report (policy/apply.ts). */
  readonly policy?: Policy;
  readonly baseline?: Baseline;
}

export interface Judgement {
  /** Whether nothing failed. */
  readonly passed: boolean;
  readonly failures: readonly Failure[];
  /** Findings that don't count since the baseline has them. */
  readonly known: readonly Finding[];
}

export interface JudgedReport {
  /** With the gate's policy applied. */
  readonly report: AuditReport;
  readonly judgement: Judgement;
}

export interface Failure {
  readonly gate: "level" | "severity" | "primitives" | "baseline";
  /** What failed, in one line: "the image is in-name-only; distroless is required". */
  readonly what: string;
  /** All that failed, at least one; of primitives none, they are no findings. */
  readonly findings: readonly Finding[];
  /** What it is about, each in one line; shortened. */
  readonly details: readonly string[];
  /** What to do. */
  readonly hint: string;
}

/** Lines of details; the last may say how many more there are. */
const detailsMax = 5;

/** Judges one image. Without any gate, every image passes. */
export function judge(report: AuditReport, gate: Gate): Judgement {
  const all = allFindings(report);
  const fresh = gate.baseline === undefined ? all : allFindings(newFindings(report, gate.baseline));
  const counting = fresh.filter((one) => one.waived === undefined).sort(byWeight);
  const required = requiredLevel(gate);
  const failures = [
    required === undefined ? undefined : levelFailure(report, counting, required, gate),
    gate.policy?.failAt === undefined ? undefined : severityFailure(counting, gate.policy.failAt),
    ...(gate.policy === undefined ? [] : primitiveFailures(report, gate.policy.primitives)),
    isBaselineAlone(gate) ? baselineFailure(counting) : undefined,
  ].filter((one) => one !== undefined);
  return { passed: failures.length === 0, failures, known: without(all, fresh) };
}

function without(all: readonly Finding[], some: readonly Finding[]): readonly Finding[] {
  const left = new Set(some);
  return all.filter((one) => !left.has(one));
}

/** The stricter of the option and the policy. */
export function requiredLevel({ failBelow, policy }: Gate): Level | undefined {
  if (failBelow === undefined || policy?.level === undefined) return failBelow ?? policy?.level;
  return compareLevels(failBelow, policy.level) >= 0 ? failBelow : policy.level;
}

/** With no other gate, a baseline asks that nothing new is found. */
function isBaselineAlone(gate: Gate): boolean {
  const { failAt, primitives } = gate.policy ?? {};
  const asked = [requiredLevel(gate), failAt, primitives?.allow, primitives?.residual];
  return gate.baseline !== undefined && asked.every((one) => one === undefined);
}

function levelFailure(
  report: AuditReport,
  counting: readonly Finding[],
  required: Level,
  gate: Gate,
): Failure | undefined {
  const level = levelOfFindings(counting);
  if (compareLevels(level, required) >= 0) return undefined;
  const below = counting.filter((one) => one.atMost !== undefined && compareLevels(one.atMost, required) < 0);
  const { verdict } = report;
  const stated = `the image is ${verdict.level}`;
  const counts = level === verdict.level ? "" : `, and counts as ${level} with what is left out`;
  const asks =
    gate.policy?.level === required && gate.failBelow !== required ? "the policy asks for" : "it has to be";
  const unsure =
    !verdict.determinate && compareLevels(verdict.atBest, required) >= 0
      ? `; what can't be told is taken for the worst, it may be ${verdict.atBest}`
      : "";
  return {
    gate: "level",
    what: `${stated}${counts}; ${asks} ${required}${unsure}`,
    findings: below,
    details: detailsOf(below.map(lineOf)),
    hint: fixOf(below),
  };
}

function severityFailure(counting: readonly Finding[], failAt: Severity): Failure | undefined {
  const grave = counting.filter((one) => severities.indexOf(one.severity) <= severities.indexOf(failAt));
  if (grave.length === 0) return undefined;
  return {
    gate: "severity",
    what: `${counted(grave.length, "finding")} of severity ${failAt} or graver`,
    findings: grave,
    details: detailsOf(grave.map((one) => `${one.severity}: ${lineOf(one)}`)),
    hint: fixOf(grave),
  };
}

function baselineFailure(counting: readonly Finding[]): Failure | undefined {
  const grave = counting.filter((one) => one.severity !== "info");
  if (grave.length === 0) return undefined;
  return {
    gate: "baseline",
    what: `${counted(grave.length, "finding")} that the baseline doesn't have`,
    findings: grave,
    details: detailsOf(grave.map(lineOf)),
    hint: fixOf(grave),
  };
}

function primitiveFailures(report: AuditReport, allowed: AllowedPrimitives): Failure[] {
  const accepted = acceptedPrimitives(report);
  const refuse = (needed: boolean, list: readonly Primitive[] | undefined): Failure[] => {
    if (list === undefined) return [];
    return report.primitives.flatMap(({ files, primitive }) => {
      const offering = files.filter((one) => one.needed === needed && !accepted(one.path, primitive));
      if (list.includes(primitive) || offering.length === 0) return [];
      return {
        gate: "primitives",
        what: `${primitive} (${primitiveMeanings[primitive].what}) is offered by ${counted(offering.length, "file")} that the entrypoint ${needed ? "needs" : "does not need"}; the policy doesn't allow it`,
        findings: [],
        details: detailsOf(offering.map((one) => `${one.path}: ${one.by}`)),
        hint: needed
          ? `choose a runtime without it, or add ${primitive} to primitives.residual of the policy`
          : `leave the ${offering.length === 1 ? "file" : "files"} out, or add ${primitive} to primitives.allow of the policy`,
      };
    });
  };
  return [...refuse(false, allowed.allow), ...refuse(true, allowed.residual)];
}

/** What a waived finding of the file says that it offers. */
function acceptedPrimitives(report: AuditReport): (path: string, primitive: Primitive) => boolean {
  const accepted = new Set<string>();
  for (const { path, primitives, waived } of report.findings) {
    if (path === undefined || waived === undefined) continue;
    for (const primitive of primitives) accepted.add(`${primitive} ${path}`);
  }
  return (path, primitive) => accepted.has(`${primitive} ${path}`);
}

function lineOf({ path, rule, what }: Finding): string {
  return path === undefined ? `${rule}: ${what}` : `${rule}: ${path}: ${what}`;
}

function detailsOf(lines: readonly string[]): readonly string[] {
  if (lines.length <= detailsMax) return lines;
  return [...lines.slice(0, detailsMax - 1), `and ${lines.length - detailsMax + 1} more`];
}

/** The advice of the worst finding's rule: it comes first when an image is mended. */
function fixOf(worstFirst: readonly Finding[]): string {
  const [worst] = worstFirst;
  return worst === undefined ? "" : rules[worst.rule].fix;
}
