// The shell parser's door: a script's text to its syntax tree. Accepts what `dash -n` ("posix") and `bash -n` ("bash") do.
// Invariant: never throws on input; of several mistakes the first is reported, as after it a shell's grammar has no footing.
import type { Diagnostic, Parsed, Span } from "../../base/diagnostics.ts";
import { limits } from "../../base/limits.ts";
import type { Dialect, Extent, Script } from "./ast.ts";
import { readList } from "./command.ts";
import { readCompound } from "./compound.ts";
import {
  acceptNewline,
  type Cursor,
  deeper,
  describeHere,
  fail,
  SyntaxFailure,
  skipNewlines,
} from "./cursor.ts";
import { readHereDocument } from "./here-document.ts";

export interface ShellOptions {
  /** The name for spans: "postinst of nginx-common". */
  readonly file: string;
  /** Default: by the script's first line, else "posix". */
  readonly dialect?: Dialect;
}

/** The syntax tree of a script, or one diagnostic "shell-syntax". */
export function parseShell(text: string, options: ShellOptions): Parsed<Script> {
  const dialect = options.dialect ?? dialectOf(text) ?? "posix";
  if (text.length > limits.shellScriptBytesMax) {
    const message = `the script is longer than ${limits.shellScriptBytesMax} characters (shellScriptBytesMax)`;
    return { value: undefined, diagnostics: [{ severity: "error", rule: "shell-syntax", message }] };
  }
  const cursor: Cursor = {
    text,
    at: 0,
    origin: (offset) => offset,
    dialect,
    pending: [],
    shared: { depth: 0, extendedPatterns: false, misread: new Map(), rereadLength: 0 },
    grammar: { list: readList, compound: readCompound, hereDocument: readHereDocument },
  };
  try {
    const commands = deeper(cursor, () => readScript(cursor));
    return { value: { dialect, text, commands }, diagnostics: [] };
  } catch (thrown) {
    if (!(thrown instanceof SyntaxFailure)) throw thrown;
    return { value: undefined, diagnostics: [diagnosticOf(thrown, text, options.file)] };
  }
}

function readScript(cursor: Cursor): Script["commands"] {
  const commands = readList(cursor);
  skipNewlines(cursor);
  if (cursor.at < cursor.text.length) fail(cursor, `unexpected ${describeHere(cursor)}`);
  // A here-document begun on the last line, which has no newline, is empty.
  if (cursor.pending.length > 0) acceptNewline({ ...cursor, text: `${cursor.text}\n` });
  return commands;
}

/** What the first line says: "bash", "posix" for sh, dash and ash; undefined for other interpreters and without one. */
export function dialectOf(text: string): Dialect | undefined {
  const line = /^#![ \t]*(\S+)(?:[ \t]+(\S+))?/.exec(text);
  const path = line?.[1];
  if (path === undefined) return undefined;
  const program = path.endsWith("/env") ? line?.[2] : path;
  const name = program?.slice(program.lastIndexOf("/") + 1);
  if (name === "bash") return "bash";
  return name === "sh" || name === "dash" || name === "ash" ? "posix" : undefined;
}

function diagnosticOf(failure: SyntaxFailure, text: string, file: string): Diagnostic {
  const span = spanOf({ start: failure.offset, end: failure.offset + 1 }, text, file);
  return { severity: "error", rule: "shell-syntax", message: failure.message, span };
}

/** An extent of a script as lines and columns. */
export function spanOf(extent: Extent, text: string, file: string): Span {
  const start = placeOf(extent.start, text);
  const end = placeOf(extent.end, text);
  return { file, line: start.line, column: start.column, endLine: end.line, endColumn: end.column };
}

function placeOf(offset: number, text: string): { line: number; column: number } {
  let line = 1;
  let from = 0;
  for (;;) {
    const newline = text.indexOf("\n", from);
    if (newline < 0 || newline >= offset) return { line, column: offset - from + 1 };
    line++;
    from = newline + 1;
  }
}
