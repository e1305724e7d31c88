// Collects what is wrong, in the order of the file.
import type { Diagnostic, Span } from "../../base/diagnostics.ts";
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

/** By place; of several at one place, in the order in which they were found. */
export function inFileOrder(problems: readonly Diagnostic[]): Diagnostic[] {
  return problems.toSorted((a, b) => {
    const line = (a.span?.line ?? 0) - (b.span?.line ?? 0);
    return line !== 0 ? line : (a.span?.column ?? 0) - (b.span?.column ?? 0);
  });
}
