// What a report holds of the findings of an image: of each rule the worst, so that an image of a million odd files has a report.
// Invariant: a verdict (verdict.ts) of what is held is the verdict of all; what is left out is counted by a finding of its own.
import { limits } from "../base/limits.ts";
import type { Finding } from "./finding.ts";
import { compareLevels } from "./levels.ts";
import { type RuleId, severities } from "./rules.ts";
import { levelOfFindings } from "./verdict.ts";

/** What holds the level down comes first, then what is grave. */
export function byWeight(a: Finding, b: Finding): number {
  return compareLevels(a.atMost ?? "sealed", b.atMost ?? "sealed") || byGravity(a, b);
}

function byGravity(a: Pick<Finding, "severity">, b: Pick<Finding, "severity">): number {
  return severities.indexOf(a.severity) - severities.indexOf(b.severity);
}

/** In the order in which they were found, of those that weigh the same. */
interface Numbered {
  readonly finding: Finding;
  readonly number: number;
}

interface Held {
  readonly kept: Numbered[];
  omitted: Finding | undefined;
}

/** Worst first; of a rule with more than `max`, the worst and one finding for all others. */
export function worstFindings(
  all: Iterable<Finding>,
  max: number = limits.findingsOfRuleMax,
): readonly Finding[] {
  const byRule = new Map<RuleId, Held>();
  let number = 0;
  for (const finding of all) {
    const held = byRule.get(finding.rule) ?? { kept: [], omitted: undefined };
    byRule.set(finding.rule, held);
    held.kept.push({ finding, number });
    number += 1;
    // Sorted now and then only, and never more than twice the limit is held.
    if (held.kept.length >= 2 * max) cut(held, max);
  }
  const numbered = [...byRule.values()].flatMap((held) => {
    if (held.kept.length > max) cut(held, max);
    return held.omitted === undefined ? held.kept : [...held.kept, { finding: held.omitted, number }];
  });
  return numbered.sort(inOrder).map((one) => one.finding);
}

function inOrder(a: Numbered, b: Numbered): number {
  return byWeight(a.finding, b.finding) || a.number - b.number;
}

function cut(held: Held, max: number): void {
  held.kept.sort(inOrder);
  const over = held.kept.splice(max).map((one) => one.finding);
  held.omitted = standIn(held.omitted === undefined ? over : [held.omitted, ...over]);
}

/** One finding for many of a rule: as bad as the worst of them. */
function standIn(findings: readonly Finding[]): Finding | undefined {
  const [gravest] = findings.toSorted(byGravity);
  if (gravest === undefined) return undefined;
  const { rule, severity } = gravest;
  const count = findings.reduce((sum, one) => sum + (one.omitted ?? 1), 0);
  const level = levelOfFindings(findings);
  return {
    rule,
    severity,
    ...(level === "sealed" ? {} : { atMost: level }),
    subject: `${count} omitted`,
    what: `and ${count} more, which are left out here`,
    evidence: [
      {
        what: `a report holds ${limits.findingsOfRuleMax} findings of a rule, the worst (findingsOfRuleMax)`,
      },
    ],
    primitives: [],
    omitted: count,
  };
}
