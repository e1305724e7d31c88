// What would bring an image one level up: the rules that hold it where it is, each with its findings.
import type { AuditReport, Finding } from "../../../audit/finding.ts";
import { type Level, nextLevel } from "../../../audit/levels.ts";
import type { RuleId } from "../../../audit/rules.ts";
import { allFindings } from "../../../audit/verdict.ts";

export interface StepUp {
  readonly rule: RuleId;
  /** All of them have to go. */
  readonly findings: readonly Finding[];
}

export interface StepsUp {
  /** Undefined for an image at the best level. */
  readonly next: Level | undefined;
  readonly steps: readonly StepUp[];
}

/** By rule, in the order of the findings. What a policy waives holds an image back like any other finding. */
export function stepsUp(report: AuditReport): StepsUp {
  const { level } = report.verdict;
  const next = nextLevel(level);
  if (next === undefined) return { next, steps: [] };
  const holding = allFindings(report).filter((one) => one.atMost === level);
  const byRule = Map.groupBy(holding, (one) => one.rule);
  return { next, steps: [...byRule].map(([rule, findings]) => ({ rule, findings })) };
}
