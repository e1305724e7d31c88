// Where the parser stands: the text, the place in it, and what has to be remembered across nested constructs.
// Invariant: a `SyntaxFailure` never leaves parse.ts; offsets handed out are offsets of the script's own text.
import { limits } from "../../base/limits.ts";
import type { Command, CommandList, Dialect, Extent, Redirect, RedirectOperator, Word } from "./ast.ts";

/** A here-document whose redirection was read, but whose body begins after the next newline. */
export interface PendingHereDocument {
  readonly delimiter: string;
  readonly quoted: boolean;
  readonly stripTabs: boolean;
  readonly fill: (body: Word) => void;
}

/** Remembered for the whole script, whatever is nested in what. */
interface Shared {
  depth: number;
  /** bash reads `@(a|b)` as a pattern only after `shopt -s extglob`. */
  extendedPatterns: boolean;
  /** Readings that did not fit, by text, so that what is nested in two of them isn't read four times. */
  readonly misread: Map<string, Set<string>>;
  /** Characters that such readings took. */
  rereadLength: number;
}

/** Parsers that call each other in a circle, reached through the cursor so that modules don't. */
interface Grammar {
  readonly list: (cursor: Cursor) => CommandList;
  readonly compound: (cursor: Cursor) => Command | undefined;
  readonly hereDocument: (cursor: Cursor, pending: PendingHereDocument) => void;
}

export interface Cursor {
  readonly text: string;
  at: number;
  /** The offset in the script's text for an offset in `text`, which differs inside back quotes and here-documents. */
  readonly origin: (offset: number) => number;
  readonly dialect: Dialect;
  readonly pending: PendingHereDocument[];
  readonly shared: Shared;
  readonly grammar: Grammar;
}

/** A redirect while its here-document is still to be read. */
export type OpenRedirect = { -readonly [K in keyof Redirect]: Redirect[K] };

export class SyntaxFailure extends Error {
  readonly offset: number;
  /** Past a limit: no other reading is tried. */
  readonly final: boolean;
  constructor(message: string, offset: number, final = false) {
    super(message);
    this.offset = offset;
    this.final = final;
  }
}

/** @throws SyntaxFailure always */
export function fail(cursor: Cursor, message: string, at: number = cursor.at): never {
  throw new SyntaxFailure(message, cursor.origin(at));
}

/** @throws SyntaxFailure always, one that no other reading of the text is tried after */
function failFinally(cursor: Cursor, message: string): never {
  throw new SyntaxFailure(message, cursor.origin(cursor.at), true);
}

/**
 * One of two readings of what stands here: where `parse` answers undefined, all is as before, and the other is the caller's.
 * A reading that did not fit isn't tried there again.
 * @throws SyntaxFailure what `parse` throws; past limits.shellRereadLengthMax
 */
export function attempt<T>(
  cursor: Cursor,
  reading: "arithmetic" | "assignment" | "coprocess" | "subscript",
  parse: () => T | undefined,
): T | undefined {
  const { shared, at } = cursor;
  const { extendedPatterns, misread } = shared;
  const pending = [...cursor.pending];
  const key = `${reading} ${at} ${pending.length} ${extendedPatterns}`;
  const known = misread.get(cursor.text) ?? new Set();
  if (known.has(key)) return undefined;
  const result = parse();
  if (result !== undefined) return result;
  misread.set(cursor.text, known.add(key));
  shared.rereadLength += cursor.at - at;
  if (shared.rereadLength > limits.shellRereadLengthMax)
    failFinally(cursor, `more than ${limits.shellRereadLengthMax} characters can be read in two ways`);
  shared.extendedPatterns = extendedPatterns;
  cursor.pending.splice(0, cursor.pending.length, ...pending);
  cursor.at = at;
  return undefined;
}

/** A cursor over other text (a body whose escapes were taken off), whose offsets map back through `origin`. */
export function nested(cursor: Cursor, text: string, origin: (offset: number) => number): Cursor {
  return { ...cursor, text, at: 0, pending: [], origin: (offset) => cursor.origin(origin(offset)) };
}

/** Runs `parse` one level deeper. @throws SyntaxFailure past limits.shellNestingMax */
export function deeper<T>(cursor: Cursor, parse: () => T): T {
  const { shared } = cursor;
  if (shared.depth >= limits.shellNestingMax)
    failFinally(cursor, `nested deeper than ${limits.shellNestingMax} levels`);
  shared.depth++;
  try {
    return parse();
  } finally {
    shared.depth--;
  }
}

export function extentFrom(cursor: Cursor, start: number): Extent {
  return { start: cursor.origin(start), end: cursor.origin(cursor.at) };
}

export function peek(cursor: Cursor, ahead = 0): string {
  return cursor.text[cursor.at + ahead] ?? "";
}

export function atEnd(cursor: Cursor): boolean {
  return cursor.at >= cursor.text.length;
}

export function startsWith(cursor: Cursor, expected: string): boolean {
  return cursor.text.startsWith(expected, cursor.at);
}

/** Steps over `expected` where it stands here. */
export function accept(cursor: Cursor, expected: string): boolean {
  if (!startsWith(cursor, expected)) return false;
  cursor.at += expected.length;
  return true;
}

/** Steps over blanks, joined lines and a comment. */
export function skipBlanks(cursor: Cursor): void {
  for (;;) {
    const next = peek(cursor);
    if (next === " " || next === "\t") cursor.at++;
    else if (next === "\\" && peek(cursor, 1) === "\n") cursor.at += 2;
    else break;
  }
  if (peek(cursor) !== "#") return;
  const end = cursor.text.indexOf("\n", cursor.at);
  cursor.at = end < 0 ? cursor.text.length : end;
}

/** Steps over blanks, comments and newlines; the bodies of here-documents that are due are read. */
export function skipNewlines(cursor: Cursor): void {
  for (;;) {
    skipBlanks(cursor);
    if (!acceptNewline(cursor)) return;
  }
}

export function acceptNewline(cursor: Cursor): boolean {
  if (!accept(cursor, "\n")) return false;
  const due = cursor.pending.splice(0);
  for (const pending of due) cursor.grammar.hereDocument(cursor, pending);
  return true;
}

export type Operator = "&&" | "||" | ";;" | "&" | "|" | ";" | "(" | ")" | "\n" | ";;&" | ";&" | "|&";
const posixOperators: readonly Operator[] = ["&&", "||", ";;", "&", "|", ";", "(", ")", "\n"];
const bashOperators: readonly Operator[] = [";;&", ";&", "|&", ...posixOperators];

/** The control operator that stands here, after blanks; it isn't stepped over. */
export function peekOperator(cursor: Cursor): Operator | undefined {
  skipBlanks(cursor);
  const operators = cursor.dialect === "bash" ? bashOperators : posixOperators;
  if (cursor.dialect === "bash" && startsWith(cursor, "&>")) return undefined;
  return operators.find((operator) => operatorEnd(cursor, operator) !== undefined);
}

export function acceptOperator(cursor: Cursor, operator: Operator): boolean {
  if (peekOperator(cursor) !== operator) return false;
  if (operator === "\n") return acceptNewline(cursor);
  cursor.at = operatorEnd(cursor, operator) ?? cursor.at;
  return true;
}

/** Where the operator that begins here ends; a joined line (backslash, newline) may stand between its characters. */
function operatorEnd(cursor: Cursor, operator: string): number | undefined {
  let at = cursor.at;
  for (const character of operator) {
    if (at > cursor.at) while (cursor.text.startsWith("\\\n", at)) at += 2;
    if (cursor.text[at] !== character) return undefined;
    at++;
  }
  return at;
}

const posixRedirects = ["<<-", "<<", "<&", "<>", "<", ">>", ">&", ">|", ">"] as const;
const bashRedirects = ["&>>", "&>", "<<<", ...posixRedirects] as const;

/** The redirection operator that stands here; blanks and a descriptor were already stepped over. */
export function acceptRedirect(cursor: Cursor): RedirectOperator | undefined {
  const operators: readonly RedirectOperator[] = cursor.dialect === "bash" ? bashRedirects : posixRedirects;
  for (const operator of operators) {
    const end = operatorEnd(cursor, operator);
    if (end === undefined) continue;
    cursor.at = end;
    return operator;
  }
  return undefined;
}

/** How the thing that stands here is called in a message. */
export function describeHere(cursor: Cursor): string {
  if (atEnd(cursor)) return "the end of the script";
  const operator = peekOperator(cursor);
  if (operator === "\n") return "the end of the line";
  return `"${operator ?? /^\S{1,24}/.exec(cursor.text.slice(cursor.at, cursor.at + 24))?.[0] ?? ""}"`;
}
