// Compound commands (XCU 2.9.4, 2.9.5; bash(1) "Compound Commands"): those that a reserved word or a parenthesis begins.
import type { CaseClause, Command, CommandList, IfCommand, Word } from "./ast.ts";
import {
  acceptReserved,
  expectReserved,
  literalText,
  peekReserved,
  readCommand,
  readFunctionBody,
  readList,
  readRedirects,
  requireList,
} from "./command.ts";
import { readConditional } from "./conditional.ts";
import {
  accept,
  acceptOperator,
  attempt,
  type Cursor,
  deeper,
  describeHere,
  extentFrom,
  fail,
  type Operator,
  peekOperator,
  SyntaxFailure,
  skipBlanks,
  skipNewlines,
  startsWith,
} from "./cursor.ts";
import { readArithmetic, readWord } from "./word.ts";

type Reader = (cursor: Cursor, start: number, opening: string) => Command;

const posixReaders: Readonly<Record<string, Reader>> = {
  "{": readGroup,
  if: readIf,
  while: readLoop,
  until: readLoop,
  for: readFor,
  case: readCase,
};

const bashReaders: Readonly<Record<string, Reader>> = {
  ...posixReaders,
  select: readFor,
  function: readFunction,
  coproc: readCoprocess,
  "[[": readConditionalCommand,
};

/** The compound command that stands here, with its redirections; undefined where none does. */
export function readCompound(cursor: Cursor): Command | undefined {
  skipBlanks(cursor);
  const start = cursor.at;
  const command = deeper(cursor, () => readBody(cursor, start));
  if (command === undefined || command.kind === "function" || command.kind === "coprocess") return command;
  const redirects = readRedirects(cursor);
  return { ...command, redirects, extent: extentFrom(cursor, start) };
}

function readBody(cursor: Cursor, start: number): Command | undefined {
  if (peekOperator(cursor) === "(") {
    return (
      (cursor.dialect === "bash" ? readArithmeticCommand(cursor, start) : undefined) ??
      readSubshell(cursor, start)
    );
  }
  const word = peekReserved(cursor);
  if (word === undefined) return undefined;
  const readers = cursor.dialect === "bash" ? bashReaders : posixReaders;
  const reader = Object.hasOwn(readers, word) ? readers[word] : undefined;
  if (reader === undefined) return undefined;
  cursor.at += word.length;
  return reader(cursor, start, word);
}

function readSubshell(cursor: Cursor, start: number): Command {
  acceptOperator(cursor, "(");
  const body = requireList(cursor, "(");
  skipNewlines(cursor);
  if (!acceptOperator(cursor, ")")) fail(cursor, `expected ")", found ${describeHere(cursor)}`);
  return { kind: "subshell", body, redirects: [], extent: extentFrom(cursor, start) };
}

/** `((...))`; undefined where it turns out to be a subshell in a subshell. */
function readArithmeticCommand(cursor: Cursor, start: number): Command | undefined {
  if (!startsWith(cursor, "((")) return undefined;
  const expression = tryArithmetic(cursor);
  if (expression === undefined) return undefined;
  return { kind: "arithmetic", expression, redirects: [], extent: extentFrom(cursor, start) };
}

function tryArithmetic(cursor: Cursor): Word | undefined {
  return attempt(cursor, "arithmetic", () => {
    try {
      cursor.at += 2;
      return readArithmetic(cursor);
    } catch (thrown) {
      if (!(thrown instanceof SyntaxFailure) || thrown.final) throw thrown;
      return undefined;
    }
  });
}

function readGroup(cursor: Cursor, start: number): Command {
  const body = requireList(cursor, "{");
  expectReserved(cursor, "}", "{");
  return { kind: "group", body, redirects: [], extent: extentFrom(cursor, start) };
}

function readIf(cursor: Cursor, start: number): Command {
  const branches: IfCommand["branches"][number][] = [];
  let otherwise: CommandList | undefined;
  let opening = "if";
  for (;;) {
    const condition = requireList(cursor, opening);
    expectReserved(cursor, "then", opening);
    branches.push({ condition, body: requireList(cursor, "then") });
    skipNewlines(cursor);
    opening = "elif";
    if (acceptReserved(cursor, "elif")) continue;
    if (acceptReserved(cursor, "else")) otherwise = requireList(cursor, "else");
    break;
  }
  expectReserved(cursor, "fi", "if");
  return { kind: "if", branches, otherwise, redirects: [], extent: extentFrom(cursor, start) };
}

function readLoop(cursor: Cursor, start: number, opening: string): Command {
  const condition = requireList(cursor, opening);
  const body = readDoGroup(cursor, opening);
  const kind = opening === "while" ? "while" : "until";
  return { kind, condition, body, redirects: [], extent: extentFrom(cursor, start) };
}

function readDoGroup(cursor: Cursor, opening: string): CommandList {
  expectReserved(cursor, "do", opening);
  const body = requireList(cursor, "do");
  expectReserved(cursor, "done", opening);
  return body;
}

function readFor(cursor: Cursor, start: number, opening: string): Command {
  skipBlanks(cursor);
  if (opening === "for" && cursor.dialect === "bash" && startsWith(cursor, "((")) {
    const header = tryArithmetic(cursor);
    if (header === undefined) fail(cursor, 'the header of "for" is not closed by "))"');
    acceptOperator(cursor, ";");
    const body = readLoopBody(cursor, opening);
    return { kind: "arithmetic-for", header, body, redirects: [], extent: extentFrom(cursor, start) };
  }
  const variable = literalText(readWord(cursor));
  if (variable === undefined || !/^[A-Za-z_][A-Za-z0-9_]*$/.test(variable)) {
    fail(cursor, `expected a variable's name after "${opening}"`);
  }
  const words = readForWords(cursor, opening);
  const body = readLoopBody(cursor, opening);
  const kind = opening === "for" ? "for" : "select";
  return { kind, variable, words, body, redirects: [], extent: extentFrom(cursor, start) };
}

function readForWords(cursor: Cursor, opening: string): readonly Word[] | undefined {
  if (acceptOperator(cursor, ";")) return undefined;
  skipNewlines(cursor);
  if (!acceptReserved(cursor, "in")) return undefined;
  const words: Word[] = [];
  for (;;) {
    skipBlanks(cursor);
    const word = readWord(cursor);
    if (word === undefined) break;
    words.push(word);
  }
  if (!acceptOperator(cursor, ";") && peekOperator(cursor) !== "\n") {
    fail(cursor, `unexpected ${describeHere(cursor)} in the list of "${opening}"`);
  }
  return words;
}

/** `do ... done`, or of bash `{ ... }`. */
function readLoopBody(cursor: Cursor, opening: string): CommandList {
  skipNewlines(cursor);
  if (cursor.dialect === "bash" && acceptReserved(cursor, "{")) {
    const body = requireList(cursor, "{");
    expectReserved(cursor, "}", "{");
    return body;
  }
  return readDoGroup(cursor, opening);
}

function readCase(cursor: Cursor, start: number): Command {
  skipBlanks(cursor);
  const subject = readWord(cursor);
  if (subject === undefined) fail(cursor, `expected a word after "case", found ${describeHere(cursor)}`);
  expectReserved(cursor, "in", "case");
  const clauses: CaseClause[] = [];
  for (;;) {
    skipNewlines(cursor);
    if (acceptReserved(cursor, "esac")) break;
    const clause = readClause(cursor);
    clauses.push(clause.value);
    if (clause.last) {
      expectReserved(cursor, "esac", "case");
      break;
    }
  }
  return { kind: "case", subject, clauses, redirects: [], extent: extentFrom(cursor, start) };
}

const clauseEnds = [";;&", ";;", ";&"] as const satisfies readonly Operator[];

function readClause(cursor: Cursor): { value: CaseClause; last: boolean } {
  const start = cursor.at;
  acceptOperator(cursor, "(");
  const patterns: Word[] = [];
  do {
    skipBlanks(cursor);
    const pattern = readWord(cursor);
    if (pattern === undefined) fail(cursor, `expected a pattern, found ${describeHere(cursor)}`);
    patterns.push(pattern);
  } while (acceptOperator(cursor, "|"));
  if (!acceptOperator(cursor, ")")) {
    fail(cursor, `expected ")" after the pattern, found ${describeHere(cursor)}`);
  }
  const body = deeper(cursor, () => readList(cursor));
  skipNewlines(cursor);
  const end = clauseEnds.find((one) => acceptOperator(cursor, one));
  const value: CaseClause = { patterns, body, end: end ?? ";;", extent: extentFrom(cursor, start) };
  return { value, last: end === undefined };
}

function readFunction(cursor: Cursor, start: number): Command {
  skipBlanks(cursor);
  const name = literalText(readWord(cursor));
  if (name === undefined) fail(cursor, 'expected a name after "function"');
  if (peekOperator(cursor) === "(") {
    const before = cursor.at;
    acceptOperator(cursor, "(");
    // `function f (...)`: without the closing parenthesis at once, a subshell is the body.
    if (!acceptOperator(cursor, ")")) cursor.at = before;
  }
  return readFunctionBody(cursor, name, start);
}

function readCoprocess(cursor: Cursor, start: number): Command {
  const direct = readCompound(cursor);
  if (direct !== undefined) return coprocess(cursor, start, undefined, direct);
  const named = attempt(cursor, "coprocess", () => {
    const name = literalText(readWord(cursor));
    const body = name === undefined ? undefined : readCompound(cursor);
    return body === undefined ? undefined : { name, body };
  });
  if (named !== undefined) return coprocess(cursor, start, named.name, named.body);
  return coprocess(cursor, start, undefined, readCommand(cursor));
}

function coprocess(cursor: Cursor, start: number, name: string | undefined, body: Command): Command {
  return { kind: "coprocess", name, body, redirects: [], extent: extentFrom(cursor, start) };
}

function readConditionalCommand(cursor: Cursor, start: number): Command {
  const expression = readConditional(cursor);
  skipNewlines(cursor);
  if (!accept(cursor, "]]")) fail(cursor, `expected "]]", found ${describeHere(cursor)}`);
  return { kind: "conditional", expression, redirects: [], extent: extentFrom(cursor, start) };
}
