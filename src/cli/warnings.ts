// Warnings about an input, as lines of progress: they don't stop what goes on.
import type { Diagnostic } from "../base/diagnostics.ts";
import type { Context } from "./context.ts";

/** Each on one line, with its place and rule. */
export function emitWarnings(context: Context, diagnostics: readonly Diagnostic[]): void {
  for (const { message, rule, span } of diagnostics) {
    const place = span === undefined ? "" : `${span.file}:${span.line}:${span.column}: `;
    context.emit({ type: "log", level: "warning", message: `${place}${message} [${rule}]` });
  }
}
