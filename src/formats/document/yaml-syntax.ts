// The YAML parser's complaints in this program's words, each with what to do about it.
import type { YAMLError } from "yaml";
import type { Diagnostic, Span } from "../../base/diagnostics.ts";

interface Wording {
  readonly rule?: string;
  readonly message: string;
  readonly hint?: string;
}

const wordings: Readonly<Partial<Record<YAMLError["code"], Wording>>> = {
  TAB_AS_INDENT: {
    rule: "yaml-tab",
    message: "a tab is used as indentation",
    hint: "indent with spaces",
  },
  BAD_INDENT: {
    message: "the indentation fits no open list or map",
    hint: "align it with the lines that it belongs to, and close every [ and { above it",
  },
  MISSING_CHAR: { message: "a quote, bracket, comma or colon is missing here" },
  BLOCK_AS_IMPLICIT_KEY: {
    message: 'a second ": " on one line',
    hint: 'quote a value that contains ": "',
  },
  BAD_SCALAR_START: {
    message: "a plain text can't begin with this character",
    hint: "put the text in quotes",
  },
  BAD_DQ_ESCAPE: {
    message: "an unknown escape in double quotes",
    hint: "write \\\\ for a backslash, or use single quotes",
  },
  MULTILINE_IMPLICIT_KEY: {
    message: 'this line has no ": "',
    hint: "write a field as `name: value`",
  },
  MULTIPLE_DOCS: {
    rule: "yaml-feature",
    message: "a second document begins here",
    hint: "write one document: remove the ---",
  },
  RESOURCE_EXHAUSTION: { rule: "yaml-limit", message: "lists and maps are nested too deep" },
};

/** The diagnostic for one error of the YAML parser. */
export function syntaxProblem(
  error: YAMLError,
  text: string,
  spanOf: (start: number, end: number) => Span,
): Diagnostic {
  const wording = wordings[error.code];
  // A missing character is found missing at the end of what was read: there is nothing to point at past the text.
  const start = Math.min(error.pos[0], Math.max(text.length - 1, 0));
  return {
    severity: "error",
    rule: wording?.rule ?? "yaml-syntax",
    message: wording?.message ?? lowerFirst(error.message),
    span: spanOf(start, Math.max(Math.min(error.pos[1], text.length), start + 1)),
    ...(wording?.hint === undefined ? {} : { hint: wording.hint }),
  };
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
