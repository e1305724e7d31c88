// Parser directives, `# name=value` in the first lines of a file (docs.docker.com/reference/dockerfile, "Parser directives").
// The first line that is none ends them. `syntax` may also stand in comments of another style, since what follows may be for a
// frontend with a language of its own: `// syntax=x`, or `{"syntax": "x"}`.
import type { Span } from "../../base/diagnostics.ts";
import { nearestName } from "../../base/nearest.ts";
import type { Directives } from "./ast.ts";
import { withoutLineEnd } from "./lines.ts";
import type { DockerfileProblems } from "./rules.ts";

interface Directive {
  readonly name: DirectiveName;
  readonly value: string;
  /** Index of its line. */
  readonly line: number;
  readonly span: Span;
}

type DirectiveName = "syntax" | "escape" | "check";

export interface FoundDirectives {
  readonly directives: Directives;
  /** Indexes of lines that are directives, and so no comments. */
  readonly lines: ReadonlySet<number>;
  readonly syntaxSpan?: Span;
  /** The file is in another language than a Dockerfile's. */
  readonly foreign: boolean;
}

export function readDirectives(
  lines: readonly string[],
  file: string,
  problems: DockerfileProblems,
): FoundDirectives {
  const own = scan(lines, 0, "#", file, problems);
  // The escape character is looked for from the first line on, the others also behind a "#!".
  const others = lines[0]?.startsWith("#!") === true ? scan(lines, 1, "#", file, problems) : own;
  const escapeCharacter = readEscape(own, problems);
  const check = readCheck(others, problems);
  const syntax = others.find((one) => one.name === "syntax");
  const foreign = syntax === undefined ? foreignSyntax(lines, file) : undefined;
  const value = syntax?.value.split(" ", 1)[0] ?? foreign?.value;
  const span = syntax?.span ?? foreign?.span;
  return {
    directives: {
      escape: escapeCharacter,
      ...(value === undefined ? {} : { syntax: value }),
      ...(check === undefined ? {} : { check }),
    },
    lines: new Set([...own, ...others].map((one) => one.line)),
    ...(span === undefined ? {} : { syntaxSpan: span }),
    foreign: foreign !== undefined,
  };
}

function scan(
  lines: readonly string[],
  from: number,
  comment: "#" | "//",
  file: string,
  problems?: DockerfileProblems,
): readonly Directive[] {
  const found: Directive[] = [];
  for (let index = from; index < lines.length; index++) {
    const line = withoutLineEnd(lines[index] ?? "");
    const directive = directiveOf(line, comment);
    if (directive === undefined) break;
    const start = line.length - line.trimStart().length;
    const span = {
      file,
      line: index + 1,
      column: start + 1,
      endLine: index + 1,
      endColumn: line.trimEnd().length + 1,
    };
    if (found.some((one) => one.name === directive.name)) {
      problems?.error("directive", span, `the directive ${directive.name} is given twice`);
    }
    found.push({ ...directive, line: index, span });
  }
  return found;
}

function directiveOf(line: string, comment: "#" | "//"): Pick<Directive, "name" | "value"> | undefined {
  const text = line.trim();
  if (!text.startsWith(comment)) return undefined;
  const equals = text.indexOf("=");
  const name = text.slice(comment.length, Math.max(equals, 0)).trim().toLowerCase();
  const value = text.slice(equals + 1).trim();
  if (value === "" || (name !== "syntax" && name !== "escape" && name !== "check")) return undefined;
  return { name, value };
}

function readEscape(found: readonly Directive[], problems: DockerfileProblems): "\\" | "`" {
  const directive = found.find((one) => one.name === "escape");
  if (directive === undefined) return "\\";
  if (directive.value === "`" || directive.value === "\\") return directive.value;
  problems.error(
    "directive",
    directive.span,
    `the escape character can't be "${directive.value}"`,
    "it is a backslash (\\) or a backquote (`)",
  );
  return "\\";
}

function foreignSyntax(lines: readonly string[], file: string): { value: string; span: Span } | undefined {
  const first = lines[0]?.startsWith("#!") === true ? 1 : 0;
  const slashed = scan(lines, first, "//", file).find((one) => one.name === "syntax");
  if (slashed !== undefined) return { value: slashed.value.split(" ", 1)[0] ?? "", span: slashed.span };
  const value = jsonSyntax(lines.slice(first).join(""));
  const line = first + 1;
  const span = { file, line, column: 1, endLine: line, endColumn: 2 };
  return value === undefined ? undefined : { value, span };
}

function jsonSyntax(text: string): string | undefined {
  if (!text.trimStart().startsWith("{")) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null || !("syntax" in value)) return undefined;
    return typeof value.syntax === "string" ? value.syntax : undefined;
  } catch {
    return undefined;
  }
}

const checkOptions = ["skip", "error", "experimental"];

/** `skip=Rule,Rule;error=true;experimental=Rule`. */
function readCheck(found: readonly Directive[], problems: DockerfileProblems): Directives["check"] {
  const directive = found.find((one) => one.name === "check");
  if (directive === undefined) return undefined;
  let skip: readonly string[] = [];
  let experimental: readonly string[] = [];
  let error = false;
  for (const part of (directive.value.split(" ", 1)[0] ?? "").split(";")) {
    const equals = part.indexOf("=");
    const name = (equals < 0 ? part : part.slice(0, equals)).trim();
    const value = equals < 0 ? "" : part.slice(equals + 1).trim();
    const names = value.split(",").map((one) => one.trim());
    if (name === "skip" && equals >= 0) skip = names;
    else if (name === "experimental" && equals >= 0) experimental = names;
    else if (name === "error" && /^(true|false|1|0|t|f)$/i.test(value)) error = /^(true|1|t)$/i.test(value);
    else if (name === "error") {
      problems.error(
        "directive",
        directive.span,
        `error of the directive check can't be "${value}"`,
        "it is true or false",
      );
    } else {
      const near = nearestName(name, checkOptions);
      problems.error(
        "directive",
        directive.span,
        `the directive check has no option "${name}"`,
        near === undefined || equals < 0
          ? "it takes skip=, error= and experimental=, with ; between them"
          : `did you mean ${near}?`,
      );
    }
  }
  return { skip, error, experimental };
}
