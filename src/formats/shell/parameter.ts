// Parameters (XCU 2.6.2 "Parameter Expansion"; bash(1) "Parameter Expansion"): `${...}` with its operators.
import type { ParameterOperation, ParameterPart, Word, WordPart } from "./ast.ts";
import { accept, atEnd, type Cursor, extentFrom, fail, peek, startsWith } from "./cursor.ts";

export const specialParameters = "0123456789@*#?-$!";

export function isNameStart(character: string): boolean {
  return /^[A-Za-z_]$/.test(character);
}

/** The identifier that stands here; empty where none does. */
export function readName(cursor: Cursor): string {
  const pattern = /[A-Za-z_][A-Za-z0-9_]*/y;
  pattern.lastIndex = cursor.at;
  const name = pattern.exec(cursor.text)?.[0] ?? "";
  cursor.at += name.length;
  return name;
}

/** The word module's readers, handed over because the two modules need each other. */
export interface ReadParts {
  readonly unquoted: (cursor: Cursor, stop: (next: string) => boolean) => WordPart[];
  readonly quoted: (cursor: Cursor, stop: (next: string) => boolean, escapable: string) => WordPart[];
  readonly subscript: (cursor: Cursor) => Word | undefined;
}

/** `${...}`, which stands here. @throws SyntaxFailure where it isn't closed */
export function readParameter(cursor: Cursor, quoted: boolean, readers: ReadParts): ParameterPart {
  const start = cursor.at;
  cursor.at += 2;
  let form: ParameterPart["form"] = "value";
  if (peek(cursor) === "#" && lengthFollows(cursor)) {
    cursor.at++;
    form = "length";
  } else if (cursor.dialect === "bash" && peek(cursor) === "!" && /[A-Za-z0-9_@*]/.test(peek(cursor, 1))) {
    cursor.at++;
    form = "indirect";
  }
  const name = readParameterName(cursor);
  if (name === "") return badSubstitution(cursor, start, readers);
  const subscript = peek(cursor) === "[" && cursor.dialect === "bash" ? readers.subscript(cursor) : undefined;
  if (form === "indirect" && namesAreMeant(cursor, subscript)) form = "names";
  const operation = peek(cursor) === "}" ? undefined : readOperation(cursor, quoted, readers);
  if (!accept(cursor, "}")) {
    if (atEnd(cursor)) fail(cursor, "a ${ is not closed", start);
    return badSubstitution(cursor, start, readers);
  }
  return { kind: "parameter", name, subscript, form, operation, extent: extentFrom(cursor, start) };
}

/** `${#x}` and `${#}` begin alike: a length unless what follows ends or changes the parameter `#`. */
function lengthFollows(cursor: Cursor): boolean {
  const after = peek(cursor, 1);
  if (/[A-Za-z0-9_@*$!]/.test(after)) return true;
  return "#?-".includes(after) && after !== "" && peek(cursor, 2) === "}";
}

function readParameterName(cursor: Cursor): string {
  const name = readName(cursor);
  if (name !== "") return name;
  const next = peek(cursor);
  if (/[0-9]/.test(next)) {
    const digits = /^[0-9]+/.exec(cursor.text.slice(cursor.at, cursor.at + 20))?.[0] ?? next;
    cursor.at += digits.length;
    return digits;
  }
  if (next !== "" && specialParameters.includes(next)) {
    cursor.at++;
    return next;
  }
  return "";
}

function namesAreMeant(cursor: Cursor, subscript: Word | undefined): boolean {
  if (subscript !== undefined) {
    const only = subscript.parts[0];
    return only?.kind === "literal" && (only.text === "@" || only.text === "*");
  }
  return (startsWith(cursor, "*}") || startsWith(cursor, "@}")) && accept(cursor, peek(cursor));
}

const posixOperators = [":-", ":=", ":?", ":+", "-", "=", "?", "+", "##", "#", "%%", "%"] as const;
const bashOperators = ["//", "/#", "/%", "/", "^^", "^", ",,", ",", "@", ":"] as const;

function readOperation(cursor: Cursor, quoted: boolean, readers: ReadParts): ParameterOperation | undefined {
  const operators: readonly string[] =
    cursor.dialect === "bash" ? [...posixOperators, ...bashOperators] : posixOperators;
  const operator = operators.find((one) => accept(cursor, one));
  if (operator === undefined) return undefined;
  if (operator.startsWith("/")) {
    const word = readOperand(cursor, "/}", false, readers);
    const second = accept(cursor, "/") ? readOperand(cursor, "}", false, readers) : undefined;
    return { operator, word, second };
  }
  if (operator === ":") {
    const word = readOffset(cursor, readers);
    const second = accept(cursor, ":") ? readOffset(cursor, readers) : undefined;
    return { operator, word, second };
  }
  // Quotes are active in a pattern even between double quotes; in a default value they aren't (XCU 2.6.2).
  const isPattern = operator.startsWith("#") || operator.startsWith("%");
  return { operator, word: readOperand(cursor, "}", quoted && !isPattern, readers), second: undefined };
}

function readOperand(cursor: Cursor, ends: string, quoted: boolean, readers: ReadParts): Word {
  const start = cursor.at;
  const stop = (next: string): boolean => ends.includes(next);
  const parts = quoted ? readBetweenDoubleQuotes(cursor, readers) : readers.unquoted(cursor, stop);
  return { parts, extent: extentFrom(cursor, start) };
}

/** A default value between double quotes: `"` toggles quoting, `'` is a character like others. */
function readBetweenDoubleQuotes(cursor: Cursor, readers: ReadParts): WordPart[] {
  const parts: WordPart[] = [];
  let inside = false;
  for (;;) {
    const found = readers.quoted(cursor, (next) => next === '"' || (next === "}" && !inside), '"}');
    parts.push(...found);
    if (peek(cursor) !== '"') return parts;
    cursor.at++;
    inside = !inside;
  }
}

/** An offset or length: arithmetic, in which `?:` may hold a colon of its own. */
function readOffset(cursor: Cursor, readers: ReadParts): Word {
  const start = cursor.at;
  let open = 0;
  const parts = readers.quoted(
    cursor,
    (next) => {
      if (next === "(" || next === "?") open++;
      else if ((next === ")" || next === ":") && open > 0) {
        open--;
        return false;
      }
      return next === "}" || (next === ":" && open === 0);
    },
    '"}',
  );
  return { parts, extent: extentFrom(cursor, start) };
}

/** Shells notice these only when they are expanded, so the script still parses. */
function badSubstitution(cursor: Cursor, start: number, readers: ReadParts): ParameterPart {
  const from = cursor.at;
  const parts = readers.unquoted(cursor, (next) => next === "}");
  const word: Word = { parts, extent: extentFrom(cursor, from) };
  if (!accept(cursor, "}")) fail(cursor, "a ${ is not closed", start);
  return {
    kind: "parameter",
    name: "",
    subscript: undefined,
    form: "value",
    operation: { operator: "bad", word, second: undefined },
    extent: extentFrom(cursor, start),
  };
}
