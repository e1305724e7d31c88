// Words and their quoting (XCU 2.2 "Quoting", 2.6 "Word Expansions"): everything below the level of a command.
import type { ArrayElement, Word, WordPart } from "./ast.ts";
import {
  accept,
  atEnd,
  attempt,
  type Cursor,
  deeper,
  extentFrom,
  fail,
  nested,
  peek,
  skipNewlines,
  startsWith,
} from "./cursor.ts";
import { decodeDollarSingle } from "./dollar-single.ts";
import { isNameStart, type ReadParts, readName, readParameter, specialParameters } from "./parameter.ts";

/** Characters that end an unquoted word. */
const metacharacters: ReadonlySet<string> = new Set([" ", "\t", "\n", ";", "&", "|", "<", ">", "(", ")"]);

/** The word that stands here; undefined where none does. Blanks were already stepped over. */
export function readWord(cursor: Cursor): Word | undefined {
  const start = cursor.at;
  const parts = readUnquoted(cursor, (next) => metacharacters.has(next));
  return cursor.at === start ? undefined : { parts, extent: extentFrom(cursor, start) };
}

/** Parts up to the first unquoted character for which `stop` holds. */
export function readUnquoted(cursor: Cursor, stop: (next: string) => boolean): WordPart[] {
  const parts: WordPart[] = [];
  while (!atEnd(cursor)) {
    const next = peek(cursor);
    if (isExtendedPattern(cursor, next)) {
      readExtendedPattern(cursor, parts);
      continue;
    }
    if (isProcess(cursor, next)) parts.push(readProcess(cursor));
    else if (stop(next)) break;
    else readUnquotedPart(cursor, next, parts);
  }
  return parts;
}

function readUnquotedPart(cursor: Cursor, next: string, parts: WordPart[]): void {
  const start = cursor.at;
  if (next === "\\") readBackslash(cursor, parts);
  else if (next === "'") {
    cursor.at++;
    parts.push({
      kind: "quoted",
      quote: "single",
      text: readSingle(cursor, start),
      extent: extentFrom(cursor, start),
    });
  } else if (next === '"') parts.push(readDouble(cursor, start, false));
  else if (next === "$" || next === "`") readDollarOrBackQuote(cursor, parts, false);
  else {
    cursor.at++;
    pushLiteral(cursor, parts, next, start);
  }
}

function readBackslash(cursor: Cursor, parts: WordPart[]): void {
  const start = cursor.at;
  const escaped = peek(cursor, 1);
  cursor.at += escaped === "" ? 1 : 2;
  if (escaped === "\n") return;
  if (escaped === "") pushLiteral(cursor, parts, "\\", start);
  else parts.push({ kind: "quoted", quote: "backslash", text: escaped, extent: extentFrom(cursor, start) });
}

function readSingle(cursor: Cursor, start: number): string {
  const end = cursor.text.indexOf("'", cursor.at);
  if (end < 0) fail(cursor, "a single quote is not closed", start);
  const text = cursor.text.slice(cursor.at, end);
  cursor.at = end + 1;
  return text;
}

function readDouble(cursor: Cursor, start: number, translated: boolean): WordPart {
  cursor.at++;
  const parts = deeper(cursor, () => readQuotedParts(cursor, (next) => next === '"', '"'));
  if (!accept(cursor, '"')) fail(cursor, "a double quote is not closed", start);
  return { kind: "double-quoted", parts, translated, extent: extentFrom(cursor, start) };
}

/** Text as between double quotes, up to a character for which `stop` holds. `escapable`: what a backslash quotes beside $ ` \. */
export function readQuotedParts(
  cursor: Cursor,
  stop: (next: string) => boolean,
  escapable: string,
): WordPart[] {
  const parts: WordPart[] = [];
  while (!atEnd(cursor)) {
    const next = peek(cursor);
    if (stop(next)) break;
    const start = cursor.at;
    if (next === "\\") {
      const escaped = peek(cursor, 1);
      if (escaped !== "" && `$\`\\\n${escapable}`.includes(escaped)) readBackslash(cursor, parts);
      else {
        cursor.at++;
        pushLiteral(cursor, parts, "\\", start);
      }
    } else if (next === "$" || next === "`") readDollarOrBackQuote(cursor, parts, true);
    else {
      cursor.at++;
      pushLiteral(cursor, parts, next, start);
    }
  }
  return parts;
}

function readDollarOrBackQuote(cursor: Cursor, parts: WordPart[], quoted: boolean): void {
  const start = cursor.at;
  if (accept(cursor, "`")) {
    parts.push(readBackQuotes(cursor, start, quoted));
    return;
  }
  const after = peek(cursor, 1);
  if (startsWith(cursor, "$((")) parts.push(readArithmeticOrCommand(cursor));
  else if (after === "(") parts.push(readCommandSubstitution(cursor));
  else if (after === "{") parts.push(deeper(cursor, () => readParameter(cursor, quoted, wordReaders)));
  else if (isNameStart(after)) {
    cursor.at++;
    const name = readName(cursor);
    parts.push(plainParameter(cursor, name, start));
  } else if (after !== "" && specialParameters.includes(after)) {
    cursor.at += 2;
    parts.push(plainParameter(cursor, after, start));
  } else if (!quoted && cursor.dialect === "bash" && after === "'") {
    cursor.at += 2;
    const text = decodeDollarSingle(cursor, start);
    parts.push({ kind: "quoted", quote: "dollar-single", text, extent: extentFrom(cursor, start) });
  } else if (!quoted && cursor.dialect === "bash" && after === '"') {
    cursor.at++;
    parts.push(readDouble(cursor, start, true));
  } else {
    cursor.at++;
    pushLiteral(cursor, parts, "$", start);
  }
}

function plainParameter(cursor: Cursor, name: string, start: number): WordPart {
  return {
    kind: "parameter",
    name,
    subscript: undefined,
    form: "value",
    operation: undefined,
    extent: extentFrom(cursor, start),
  };
}

function readCommandSubstitution(cursor: Cursor): WordPart {
  const start = cursor.at;
  cursor.at += 2;
  const body = readParenthesised(cursor, start);
  return { kind: "command", style: "parentheses", body, extent: extentFrom(cursor, start) };
}

/** Commands up to the closing parenthesis, which is stepped over. */
function readParenthesised(cursor: Cursor, start: number): ReturnType<Cursor["grammar"]["list"]> {
  const body = deeper(cursor, () => {
    skipNewlines(cursor);
    return cursor.grammar.list(cursor);
  });
  skipNewlines(cursor);
  if (!accept(cursor, ")")) {
    if (atEnd(cursor)) fail(cursor, "a command substitution is not closed", start);
    fail(cursor, `unexpected "${peek(cursor)}" in a command substitution`);
  }
  return body;
}

/** `$((` begins arithmetic; bash takes it for a substitution of a subshell where no `))` closes it. */
function readArithmeticOrCommand(cursor: Cursor): WordPart {
  const start = cursor.at;
  const expression = attempt(cursor, "arithmetic", () => {
    cursor.at += 3;
    return deeper(cursor, () => readArithmetic(cursor));
  });
  if (expression !== undefined) return { kind: "arithmetic", expression, extent: extentFrom(cursor, start) };
  if (cursor.dialect === "posix") fail(cursor, "arithmetic is not closed by ))", start);
  return readCommandSubstitution(cursor);
}

/** An arithmetic expression up to its `))`, stepped over; undefined (and the cursor anywhere) where it doesn't end so. */
export function readArithmetic(cursor: Cursor): Word | undefined {
  const start = cursor.at;
  let open = 0;
  const parts = readQuotedParts(
    cursor,
    (next) => {
      if (next === "(") open++;
      else if (next === ")") open--;
      return open < 0;
    },
    '"',
  );
  const extent = extentFrom(cursor, start);
  return accept(cursor, "))") ? { parts, extent } : undefined;
}

function readBackQuotes(cursor: Cursor, start: number, quoted: boolean): WordPart {
  let text = "";
  const offsets: number[] = [];
  for (;;) {
    if (atEnd(cursor)) fail(cursor, "a back quote is not closed", start);
    const next = peek(cursor);
    if (next === "`") break;
    const escaped = next === "\\" ? peek(cursor, 1) : "";
    offsets.push(cursor.at);
    if (escaped !== "" && `$\`\\${quoted ? '"' : ""}`.includes(escaped)) cursor.at++;
    text += peek(cursor);
    cursor.at++;
  }
  offsets.push(cursor.at);
  cursor.at++;
  const inner = nested(cursor, text, (offset) => offsets[offset] ?? cursor.at);
  const body = deeper(cursor, () => readWhole(inner));
  return { kind: "command", style: "back-quotes", body, extent: extentFrom(cursor, start) };
}

function readWhole(cursor: Cursor): ReturnType<Cursor["grammar"]["list"]> {
  skipNewlines(cursor);
  const body = cursor.grammar.list(cursor);
  skipNewlines(cursor);
  if (!atEnd(cursor)) fail(cursor, `unexpected "${peek(cursor)}" between back quotes`);
  return body;
}

function isProcess(cursor: Cursor, next: string): boolean {
  return cursor.dialect === "bash" && (next === "<" || next === ">") && peek(cursor, 1) === "(";
}

function readProcess(cursor: Cursor): WordPart {
  const start = cursor.at;
  const direction = peek(cursor) === "<" ? "<" : ">";
  cursor.at += 2;
  const body = readParenthesised(cursor, start);
  return { kind: "process", direction, body, extent: extentFrom(cursor, start) };
}

function isExtendedPattern(cursor: Cursor, next: string): boolean {
  return cursor.shared.extendedPatterns && "?*+@!".includes(next) && peek(cursor, 1) === "(";
}

/** `@(a|b)`: its characters are part of the pattern, so they are literals around the parts inside. */
function readExtendedPattern(cursor: Cursor, parts: WordPart[]): void {
  const start = cursor.at;
  pushLiteral(cursor, parts, `${peek(cursor)}(`, start);
  cursor.at += 2;
  deeper(cursor, () => {
    let open = 0;
    parts.push(
      ...readUnquoted(cursor, (next) => {
        if (next === "(") open++;
        else if (next === ")") open--;
        return open < 0;
      }),
    );
  });
  if (!accept(cursor, ")")) fail(cursor, "an extended pattern is not closed", start);
  pushLiteral(cursor, parts, ")", cursor.at - 1);
}

/** `(a b [k]=c)` of an array assignment; the parenthesis stands here. */
export function readArray(cursor: Cursor): WordPart {
  const start = cursor.at;
  cursor.at++;
  const elements: ArrayElement[] = [];
  for (;;) {
    skipNewlines(cursor);
    if (accept(cursor, ")")) break;
    const subscript = readElementSubscript(cursor);
    const from = cursor.at;
    const value = readWord(cursor);
    if (value === undefined && subscript === undefined) {
      fail(cursor, atEnd(cursor) ? "an array is not closed" : `unexpected "${peek(cursor)}" in an array`);
    }
    elements.push({ subscript, value: value ?? { parts: [], extent: extentFrom(cursor, from) } });
  }
  return { kind: "array", elements, extent: extentFrom(cursor, start) };
}

function readElementSubscript(cursor: Cursor): Word | undefined {
  if (peek(cursor) !== "[") return undefined;
  return attempt(cursor, "subscript", () => {
    const subscript = readSubscript(cursor);
    return accept(cursor, "=") ? subscript : undefined;
  });
}

/** `[...]` of an array element; undefined where no bracket closes it. */
export function readSubscript(cursor: Cursor): Word | undefined {
  cursor.at++;
  const start = cursor.at;
  let open = 0;
  const parts = readUnquoted(cursor, (next) => {
    if (next === "[") open++;
    else if (next === "]") open--;
    return open < 0;
  });
  const extent = extentFrom(cursor, start);
  return accept(cursor, "]") ? { parts, extent } : undefined;
}

/** Adds unquoted text, joined to the literal before it. */
function pushLiteral(cursor: Cursor, parts: WordPart[], text: string, start: number): void {
  const before = parts.at(-1);
  const end = cursor.origin(Math.max(cursor.at, start + text.length));
  if (before?.kind === "literal") {
    parts[parts.length - 1] = {
      kind: "literal",
      text: before.text + text,
      extent: { start: before.extent.start, end },
    };
  } else parts.push({ kind: "literal", text, extent: { start: cursor.origin(start), end } });
}

/** What parameter.ts needs of this module. */
const wordReaders: ReadParts = { unquoted: readUnquoted, quoted: readQuotedParts, subscript: readSubscript };
