// Collects what is wrong, in the order of the file.
import type { Diagnostic, Span } from "../../base/diagnostics.ts";
import { limits } from "../../base/limits.ts";
import type { DocumentRule } from "./rules.ts";

/** A file of a kind of its own has rules of its own beside those of all. */
export interface Problems<Rule extends string = DocumentRule> {
  readonly error: (rule: Rule, span: Span, message: string, hint?: string) => void;
  readonly warning: (rule: Rule, span: Span, message: string, hint?: string) => void;
  readonly found: readonly Diagnostic[];
}

export function collectProblems<Rule extends string = DocumentRule>(): Problems<Rule> {
  const found: Diagnostic[] = [];
  const add =
    (severity: "error" | "warning") =>
    (rule: Rule, span: Span, message: string, hint?: string): void => {
      found.push({ severity, rule, message, span, ...(hint === undefined ? {} : { hint }) });
    };
  return { error: add("error"), warning: add("warning"), found };
}

/** In file order, as many as people read: warnings give way to errors, and the rest is counted. */
export function toldProblems(problems: readonly Diagnostic[]): readonly Diagnostic[] {
  const max = limits.documentProblemsMax;
  const ordered = inFileOrder(problems);
  if (ordered.length <= max) return ordered;
  const told = inFileOrder(
    [
      ...ordered.filter((one) => one.severity === "error"),
      ...ordered.filter((one) => one.severity === "warning"),
    ].slice(0, max),
  );
  const span = told.at(-1)?.span;
  const rest: Diagnostic = {
    severity: told.some((one) => one.severity === "error") ? "error" : "warning",
    rule: "more-problems",
    message: `and ${ordered.length - max} more, which are not shown (documentProblemsMax)`,
    ...(span === undefined ? {} : { span }),
  };
  return [...told, rest];
}

/** By place; of several at one place, in the order in which they were found. */
function inFileOrder(problems: readonly Diagnostic[]): Diagnostic[] {
  return problems.toSorted((a, b) => {
    const line = (a.span?.line ?? 0) - (b.span?.line ?? 0);
    return line !== 0 ? line : (a.span?.column ?? 0) - (b.span?.column ?? 0);
  });
}
