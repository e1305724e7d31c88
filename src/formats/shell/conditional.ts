// The expression of `[[ ]]` (bash(1) "Compound Commands", "CONDITIONAL EXPRESSIONS").
import type { Conditional, Word } from "./ast.ts";
import {
  accept,
  type Cursor,
  deeper,
  describeHere,
  extentFrom,
  fail,
  peek,
  skipBlanks,
  skipNewlines,
  startsWith,
} from "./cursor.ts";
import { readUnquoted, readWord } from "./word.ts";

const unaryOperator = /^-[abcdefghknoprstuvwxzGLNORS]$/;
const binaryOperator = /^(?:==?|!=|=~|-(?:eq|ne|lt|le|gt|ge|nt|ot|ef))$/;

export function readConditional(cursor: Cursor): Conditional {
  let left = readAnd(cursor);
  while (accept(cursor, "||")) left = { kind: "or", left, right: readAnd(cursor) };
  return left;
}

function readAnd(cursor: Cursor): Conditional {
  let left = readTerm(cursor);
  while (accept(cursor, "&&")) left = { kind: "and", left, right: readTerm(cursor) };
  return left;
}

function readTerm(cursor: Cursor): Conditional {
  skipNewlines(cursor);
  const term = deeper(cursor, () => readPrimary(cursor));
  skipNewlines(cursor);
  return term;
}

function readPrimary(cursor: Cursor): Conditional {
  if (accept(cursor, "(")) {
    const inner = readConditional(cursor);
    if (!accept(cursor, ")")) fail(cursor, `expected ")" in "[[", found ${describeHere(cursor)}`);
    return inner;
  }
  const left = readOperand(cursor);
  const text = plainText(left);
  if (text === "!") return { kind: "not", operand: readTerm(cursor) };
  skipBlanks(cursor);
  const operator = peekBinary(cursor);
  if (text !== undefined && unaryOperator.test(text) && operator === undefined && !atExpressionEnd(cursor)) {
    return { kind: "unary", operator: text, operand: readOperand(cursor) };
  }
  if (operator === undefined) return { kind: "word", word: left };
  cursor.at += operator.length;
  skipBlanks(cursor);
  const right = operator === "=~" ? readRegularExpression(cursor) : readPattern(cursor);
  return { kind: "binary", operator, left, right };
}

function readOperand(cursor: Cursor): Word {
  skipBlanks(cursor);
  const word = startsWith(cursor, "]]") ? undefined : readWord(cursor);
  if (word === undefined) fail(cursor, `expected an operand in "[[", found ${describeHere(cursor)}`);
  return word;
}

function plainText(word: Word): string | undefined {
  const part = word.parts[0];
  return word.parts.length === 1 && part?.kind === "literal" ? part.text : undefined;
}

function atExpressionEnd(cursor: Cursor): boolean {
  return /^(?:\]\]|&&|\|\||\)|\n|$)/.test(cursor.text.slice(cursor.at, cursor.at + 2));
}

function peekBinary(cursor: Cursor): string | undefined {
  const next = peek(cursor);
  if ((next === "<" || next === ">") && peek(cursor, 1) !== "(") return next;
  const token = /^[^\s()<>&|;]+/.exec(cursor.text.slice(cursor.at, cursor.at + 8))?.[0];
  return token !== undefined && binaryOperator.test(token) ? token : undefined;
}

/** The right side of `==`: extended patterns are always on there. */
function readPattern(cursor: Cursor): Word {
  const before = cursor.shared.extendedPatterns;
  cursor.shared.extendedPatterns = true;
  try {
    return readOperand(cursor);
  } finally {
    cursor.shared.extendedPatterns = before;
  }
}

/** The right side of `=~`: parentheses and bars belong to it, blanks only inside parentheses. */
function readRegularExpression(cursor: Cursor): Word {
  const start = cursor.at;
  let open = 0;
  const parts = readUnquoted(cursor, (next) => {
    if (next === "(") open++;
    else if (next === ")") open--;
    if (open < 0 || next === "\n") return true;
    return open === 0 && (next === " " || next === "\t");
  });
  if (cursor.at === start) fail(cursor, 'expected a regular expression after "=~"');
  return { parts, extent: extentFrom(cursor, start) };
}
