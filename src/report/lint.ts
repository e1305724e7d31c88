// Findings of lint as JSON: the contract is docs/reference/lint.schema.json. Members are only ever added; `schemaVersion` counts
// what would break a reader. Every member is there, `null` where there is nothing to say.
import type { Json } from "../base/canonical-json.ts";
import type { Diagnostic } from "../base/diagnostics.ts";
import { list, object, orNull, string, text } from "./audit/json-schema.ts";
import { jsonText, wellFormed } from "./audit/well-formed.ts";

/** A text that is safe to print, with a line feed at its end. */
export function lintJson(found: readonly Diagnostic[]): string {
  const findings = found.map(({ hint, message, rule, severity, span }) => ({
    rule,
    severity,
    message,
    hint: hint ?? null,
    place: span === undefined ? null : { ...span },
  }));
  return `${jsonText(wellFormed({ schemaVersion: 1, findings }), 2)}\n`;
}

export function lintSchema(): Json {
  const position = { type: "integer", minimum: 1 };
  const place = object("Lines and columns count from 1, columns in UTF-16 units; the end is exclusive.", {
    file: string,
    line: position,
    column: position,
    endLine: position,
    endColumn: position,
  });
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "distill lint --format json",
    ...object("What is unwise in a Dockerfile. Members are only ever added.", {
      schemaVersion: { const: 1 },
      findings: list(
        "In the order of the file.",
        object("A finding.", {
          rule: text("A rule of docs/reference/dockerfile.md, or of docs/reference/diagnostics.md."),
          severity: { enum: ["warning", "error"], description: "error: the file asks for that." },
          message: string,
          hint: orNull(text("What to do.")),
          place: orNull(place),
        }),
      ),
    }),
  };
}
