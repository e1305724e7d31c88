// Lint of a Dockerfile: what is not wrong and not wise either, each with its place.
//
// Invariant: reads nothing and asks nobody; what is known of images and the context is handed in.
import type { Diagnostic, Span } from "../../../base/diagnostics.ts";
import type { Dockerfile } from "../ast.ts";
import { fileChecks, isOn } from "./checks.ts";
import { checkInstructions } from "./instruction-rules.ts";
import { type LintRule, type LintRuleId, lintRules } from "./rules.ts";
import { type LintContext, type Report, seeFile } from "./seen.ts";
import { checkShipped } from "./shipped-rules.ts";
import { checkStages } from "./stage-rules.ts";

/**
 * Findings in the order of the file: warnings, and errors for BuildKit's rules where the file says `# check=error=true`.
 * `parserWarnings` are those of `parseDockerfile`, which the file may turn off as well.
 */
export function lintDockerfile(
  ast: Dockerfile,
  context: LintContext = {},
  parserWarnings: readonly Diagnostic[] = [],
): readonly Diagnostic[] {
  const found: Diagnostic[] = [];
  const report: Report = ({ checks, hint, message, rule, span }) => {
    if (!isOn(rule, checks)) return;
    found.push({
      severity: severityOf(rule, ast),
      rule,
      message,
      span,
      ...(hint === undefined ? {} : { hint }),
    });
  };
  const checks = fileChecks(ast.directives);
  for (const warning of parserWarnings) {
    if (!isLintRule(warning.rule)) found.push(warning);
    else if (isOn(warning.rule, checks)) found.push({ ...warning, severity: severityOf(warning.rule, ast) });
  }
  const file = seeFile(ast, context);
  checkStages(file, report);
  checkInstructions(file, report);
  checkShipped(file, report);
  return found.toSorted((a, b) => positionOf(a.span) - positionOf(b.span));
}

/** BuildKit fails for its own rules only: what it builds is built here. */
function severityOf(id: LintRuleId, { directives }: Dockerfile): Diagnostic["severity"] {
  const rule: LintRule = lintRules[id];
  return directives.check?.error === true && rule.origin === "buildkit" ? "error" : "warning";
}

export function isLintRule(rule: string): rule is LintRuleId {
  return Object.hasOwn(lintRules, rule);
}

/** Lines are shorter than what a column can be (dockerfileLineLengthMax). */
function positionOf(span: Span | undefined): number {
  return (span?.line ?? 0) * 2 ** 24 + (span?.column ?? 0);
}
