// From findings to the verdict: the one place where a level is decided (docs/decisions/0006-waivers-and-levels.md).
// Invariants: the level is a property of the image, so what is waived counts; one finding more never makes the level, nor the
// score, better.
import type { AuditReport, Finding, Verdict } from "./finding.ts";
import { type Level, nextLevel, worseLevel } from "./levels.ts";
import { type RuleId, ruleSetVersion, type Severity } from "./rules.ts";

/** What a verdict is made of. */
export type Judged = Pick<AuditReport, "findings" | "residue">;

/** Findings of these rules say that something can't be told, and are taken for the worst that it can be. */
const undecidedRules: ReadonlySet<RuleId> = new Set(["hidden-program", "unread-content", "no-user"]);

/** The verdict on what an image holds, whatever a policy says of it. */
export function verdictOf(judged: Judged): Verdict {
  const all = allFindings(judged);
  const level = levelOfFindings(all);
  const atBest = levelOfFindings(all.filter((one) => !undecidedRules.has(one.rule)));
  return {
    level,
    determinate: level === atBest,
    atBest,
    score: scoreOf(level, all),
    ruleSet: ruleSetVersion,
  };
}

/** The findings of a report; what only a lower layer holds has a level where it counts (a secret), and none else. */
export function allFindings(judged: Judged): Finding[] {
  return [...judged.findings, ...judged.residue];
}

/** The worst level that a finding allows; `sealed` where none limits it. */
export function levelOfFindings(findings: readonly Finding[]): Level {
  let level: Level = "sealed";
  for (const one of findings) if (one.atMost !== undefined) level = worseLevel(level, one.atMost);
  return level;
}

/** Where each level's scores begin; they end where the next one's begin. */
const bands: Readonly<Record<Level, number>> = {
  distro: 0,
  slim: 10,
  "in-name-only": 20,
  "shell-less": 40,
  distroless: 60,
  "truly-distroless": 80,
  sealed: 100,
};

/** The part of a level's band that a rule with endlessly many findings of this severity costs. */
const weights: Readonly<Record<Severity, number>> = {
  critical: 0.9,
  high: 0.7,
  medium: 0.5,
  low: 0.25,
  info: 0.1,
};

/** At n findings with log2(1 + n) of this, a rule costs half of its weight. */
const halfAt = 4;

/**
 * The beginning of the level's band, and of its width the part that the findings leave. Each rule with n findings leaves
 * 1 - w * L / (L + 4), where L = log2(1 + n) and w is the weight of its gravest finding; the parts are multiplied. So a score
 * is never above the worst score of a better level, the first finding of a rule costs most, and the thousandth still counts.
 */
function scoreOf(level: Level, findings: readonly Finding[]): number {
  const byRule = new Map<RuleId, { count: number; weight: number }>();
  for (const { omitted = 1, rule, severity } of findings) {
    const before = byRule.get(rule) ?? { count: 0, weight: 0 };
    byRule.set(rule, { count: before.count + omitted, weight: Math.max(before.weight, weights[severity]) });
  }
  let left = 1;
  for (const { count, weight } of byRule.values()) {
    const size = Math.log2(1 + count);
    left *= 1 - (weight * size) / (size + halfAt);
  }
  const start = bands[level];
  const next = nextLevel(level);
  if (next === undefined) return start;
  return Math.min(Math.floor(start + (bands[next] - start) * left), bands[next] - 1);
}
