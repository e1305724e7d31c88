// YAML 1.2 (core schema) to plain nodes with spans, keeping what a file of a user may use: maps with text keys, lists, scalars,
// aliases. Refused, with their place: tags, merge keys, duplicate keys, several documents, whatever hits a limit.
// Invariant: the nodes returned form a finite tree of at most limits.yamlNodesMax nodes, limits.yamlDepthMax deep.
import { Lexer, LineCounter, parseDocument } from "yaml";
import type { Diagnostic, Span } from "../../base/diagnostics.ts";
import { limits } from "../../base/limits.ts";
import type { YamlNode } from "./yaml-nodes.ts";
import { readNodes } from "./yaml-reader.ts";
import { syntaxProblem } from "./yaml-syntax.ts";

export interface ParsedYaml {
  /** The document; undefined where it is so broken that nothing can be said of its content. */
  readonly root: YamlNode | undefined;
  readonly problems: readonly Diagnostic[];
}

/** Reads one YAML document. Never throws. */
export function parseYaml(text: string, file: string): ParsedYaml {
  const refused = refuseText(text, file);
  if (refused !== undefined) return { root: undefined, problems: [refused] };
  const lines = new LineCounter();
  const document = parseDocument(text, {
    version: "1.2",
    schema: "core",
    merge: false,
    uniqueKeys: false,
    prettyErrors: false,
    lineCounter: lines,
  });
  const spanOf = (start: number, end: number): Span => spanBetween(file, lines, start, end);
  const syntax = document.errors.map((error) => syntaxProblem(error, text, spanOf));
  if (syntax.length > 0) return { root: undefined, problems: syntax };
  return readNodes(document, text, spanOf);
}

/** What is refused before the YAML parser sees the text, so that its work stays bounded. */
function refuseText(text: string, file: string): Diagnostic | undefined {
  const at = { file, line: 1, column: 1, endLine: 1, endColumn: 2 };
  if (text.startsWith("\ufeff")) {
    return {
      severity: "error",
      rule: "yaml-encoding",
      message: "the file begins with a byte order mark",
      span: at,
      hint: "save it as UTF-8 without a byte order mark",
    };
  }
  if (Buffer.byteLength(text) > limits.specBytesMax) {
    return limitProblem(at, `the file is larger than ${limits.specBytesMax} bytes (specBytesMax)`);
  }
  const line = tooDeepAt(text);
  if (line === undefined) return undefined;
  const span = { ...at, line, endLine: line };
  return limitProblem(span, `lists and maps are nested more than ${limits.yamlDepthMax} deep (yamlDepthMax)`);
}

/**
 * The line where the nesting certainly exceeds the limit, by the lexemes alone. The tree's own check is exact; this one
 * keeps the parser, which recurses, from running out of stack.
 */
function tooDeepAt(text: string): number | undefined {
  let line = 1;
  let flow = 0;
  let block = 0;
  for (const lexeme of new Lexer().lex(text)) {
    if (lexeme === "[" || lexeme === "{") flow += 1;
    else if (lexeme === "]" || lexeme === "}") flow -= 1;
    else if (flow === 0 && (lexeme === "-" || lexeme === "?")) block += 1;
    else if (lexeme.includes("\n")) block = 0;
    if (flow > limits.yamlDepthMax || block > limits.yamlDepthMax) return line;
    line += lexeme.split("\n").length - 1;
  }
  return undefined;
}

function limitProblem(span: Span, message: string): Diagnostic {
  return { severity: "error", rule: "yaml-limit", message, span };
}

function spanBetween(file: string, lines: LineCounter, start: number, end: number): Span {
  const from = lines.linePos(start);
  const to = lines.linePos(Math.max(end, start + 1));
  return { file, line: from.line, column: from.col, endLine: to.line, endColumn: to.col };
}
