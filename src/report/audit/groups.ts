// Findings as reports show them: what holds the image at its level first, then the rest, each grouped by rule.
import type { AuditReport, Finding } from "../../audit/finding.ts";
import { compareLevels, type Level, levels, nextLevel, worseLevel } from "../../audit/levels.ts";
import { type RuleId, ruleIds, type Severity, severities } from "../../audit/rules.ts";
import { allFindings } from "../../audit/verdict.ts";

export interface RuleGroup {
  readonly rule: RuleId;
  /** The gravest of its findings'. */
  readonly severity: Severity;
  /** The worst of its findings'; absent where they move no level. */
  readonly atMost?: Level;
  /** At least one. */
  readonly findings: readonly Finding[];
}

/** What keeps an image from the level above its own. */
export interface Hold {
  readonly next: Level;
  readonly groups: readonly RuleGroup[];
}

/** Undefined for a sealed image: nothing is above. What is waived holds it too (docs/decisions/0006-waivers-and-levels.md). */
export function holdOf(report: AuditReport): Hold | undefined {
  const next = nextLevel(report.verdict.level);
  if (next === undefined) return undefined;
  return { next, groups: groupByRule(allFindings(report).filter((one) => holds(report, one))) };
}

/** The findings of the image, and of its lower layers, that keep it from no level. */
export function others(report: AuditReport): {
  readonly image: readonly RuleGroup[];
  readonly residue: readonly RuleGroup[];
} {
  const free = (findings: readonly Finding[]): readonly RuleGroup[] =>
    groupByRule(findings.filter((one) => !holds(report, one)));
  return { image: free(report.findings), residue: free(report.residue) };
}

/** Gravest first, then in the order of the rules. */
export function groupByRule(findings: readonly Finding[]): RuleGroup[] {
  const byRule = new Map<RuleId, Finding[]>();
  for (const one of findings) {
    const group = byRule.get(one.rule);
    if (group === undefined) byRule.set(one.rule, [one]);
    else group.push(one);
  }
  return ruleIds
    .flatMap((rule) => {
      const group = byRule.get(rule);
      return group === undefined ? [] : [groupOf(rule, group)];
    })
    .sort((a, b) => rank(a.severity) - rank(b.severity));
}

/** How many findings of each severity count: what is waived doesn't. */
export function countBySeverity(report: AuditReport): Readonly<Record<Severity, number>> {
  const counts: Record<Severity, number> = { critical: 0, high: 0, medium: 0, low: 0, info: 0 };
  for (const { omitted = 1, severity, waived } of allFindings(report)) {
    if (waived === undefined) counts[severity] += omitted;
  }
  return counts;
}

/** The level that a gate compares, where a policy makes it another than the image's. */
export function acceptedLevel({ verdict }: AuditReport): Level | undefined {
  return verdict.accepted === verdict.level ? undefined : verdict.accepted;
}

/** "level 3 of 7" is what a reader needs who doesn't know the names. */
export function placeOf(level: Level): string {
  return `level ${levels.indexOf(level) + 1} of ${levels.length}`;
}

function holds(report: AuditReport, one: Finding): boolean {
  return one.atMost !== undefined && compareLevels(one.atMost, report.verdict.level) <= 0;
}

function groupOf(rule: RuleId, findings: readonly Finding[]): RuleGroup {
  let severity: Severity = "info";
  let atMost: Level | undefined;
  for (const one of findings) {
    if (rank(one.severity) < rank(severity)) severity = one.severity;
    if (one.atMost !== undefined) atMost = atMost === undefined ? one.atMost : worseLevel(atMost, one.atMost);
  }
  return { rule, severity, findings, ...(atMost === undefined ? {} : { atMost }) };
}

function rank(severity: Severity): number {
  return severities.indexOf(severity);
}
