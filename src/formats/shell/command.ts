// Lists, pipelines and simple commands (XCU 2.9). Compound commands are in compound.ts.
import type { Assignment, Command, CommandList, Dialect, ListItem, Pipeline, Redirect, Word } from "./ast.ts";
import {
  accept,
  acceptOperator,
  acceptRedirect,
  attempt,
  type Cursor,
  deeper,
  describeHere,
  extentFrom,
  fail,
  type OpenRedirect,
  peek,
  peekOperator,
  skipBlanks,
  skipNewlines,
} from "./cursor.ts";
import { readArray, readSubscript, readWord } from "./word.ts";

/** Reserved words that can't begin a command: they end a list, or are a mistake. */
const posixClosers = ["then", "do", "done", "elif", "else", "fi", "esac", "}"];
const closers: Readonly<Record<Dialect, ReadonlySet<string>>> = {
  posix: new Set([...posixClosers, "in"]),
  bash: new Set([...posixClosers, "]]"]),
};

/** The word that stands here if it could be a reserved one: plain characters, and then a blank or an operator. */
export function peekReserved(cursor: Cursor): string | undefined {
  skipBlanks(cursor);
  const pattern = /(?:[a-z]+|\{|\}|!|\[\[|\]\])(?=[ \t\n;&|<>()]|\\\n|$)/y;
  pattern.lastIndex = cursor.at;
  return pattern.exec(cursor.text)?.[0];
}

export function acceptReserved(cursor: Cursor, word: string): boolean {
  if (peekReserved(cursor) !== word) return false;
  cursor.at += word.length;
  return true;
}

/** @throws SyntaxFailure where the word isn't here */
export function expectReserved(cursor: Cursor, word: string, opening: string): void {
  skipNewlines(cursor);
  if (acceptReserved(cursor, word)) return;
  fail(cursor, `expected "${word}" for "${opening}", found ${describeHere(cursor)}`);
}

/** Commands up to something that can't begin one; empty where that stands here. */
export function readList(cursor: Cursor): CommandList {
  const items: ListItem[] = [];
  for (;;) {
    skipNewlines(cursor);
    if (!beginsCommand(cursor)) return items;
    const start = cursor.at;
    const first = readPipeline(cursor);
    const rest = readRest(cursor);
    const background = acceptOperator(cursor, "&");
    items.push({ first, rest, background, extent: extentFrom(cursor, start) });
    if (background || acceptOperator(cursor, ";")) continue;
    if (peekOperator(cursor) !== "\n") return items;
  }
}

/** A list that must hold a command. @throws SyntaxFailure where it is empty */
export function requireList(cursor: Cursor, after: string): CommandList {
  const list = deeper(cursor, () => readList(cursor));
  if (list.length === 0) fail(cursor, `expected a command after "${after}", found ${describeHere(cursor)}`);
  return list;
}

function beginsCommand(cursor: Cursor): boolean {
  if (cursor.at >= cursor.text.length) return false;
  const operator = peekOperator(cursor);
  if (operator !== undefined) return operator === "(";
  const reserved = peekReserved(cursor);
  return reserved === undefined || !closers[cursor.dialect].has(reserved);
}

/** A newline, a separator or the end: after `!` or `time` of bash that is an empty command. */
function endsItem(cursor: Cursor): boolean {
  const operator = peekOperator(cursor);
  return operator === undefined ? cursor.at >= cursor.text.length : "\n;&&".includes(operator);
}

function readRest(cursor: Cursor): ListItem["rest"] {
  const rest: { operator: "&&" | "||"; pipeline: Pipeline }[] = [];
  for (;;) {
    const operator = peekOperator(cursor);
    if (operator !== "&&" && operator !== "||") return rest;
    acceptOperator(cursor, operator);
    skipNewlines(cursor);
    rest.push({ operator, pipeline: readPipeline(cursor) });
  }
}

function readPipeline(cursor: Cursor): Pipeline {
  skipBlanks(cursor);
  const start = cursor.at;
  const bash = cursor.dialect === "bash";
  let negated = false;
  let timed = false;
  for (;;) {
    if (acceptReserved(cursor, "!")) {
      negated = !negated;
      if (!bash) break;
    } else if (bash && acceptReserved(cursor, "time")) {
      timed = true;
      skipBlanks(cursor);
      while (/^-(?:p|-)(?=[ \t\n;])/.test(cursor.text.slice(cursor.at, cursor.at + 3))) {
        cursor.at += 2;
        skipBlanks(cursor);
      }
    } else break;
  }
  const commands: Command[] = [];
  const withStderr: boolean[] = [];
  if (bash && cursor.at > start && endsItem(cursor)) {
    return { negated, timed, commands, withStderr, extent: extentFrom(cursor, start) };
  }
  for (;;) {
    commands.push(readCommand(cursor));
    const both = acceptOperator(cursor, "|&");
    withStderr.push(both);
    if (!both && !acceptOperator(cursor, "|")) break;
    skipNewlines(cursor);
  }
  return { negated, timed, commands, withStderr, extent: extentFrom(cursor, start) };
}

/** @throws SyntaxFailure where no command stands here */
export function readCommand(cursor: Cursor): Command {
  const command = cursor.grammar.compound(cursor) ?? readSimple(cursor);
  if (command === undefined) fail(cursor, `expected a command, found ${describeHere(cursor)}`);
  return command;
}

const declarations: ReadonlySet<string> = new Set(["declare", "typeset", "local", "export", "readonly"]);

function readSimple(cursor: Cursor): Command | undefined {
  skipBlanks(cursor);
  if (!beginsCommand(cursor) || peekOperator(cursor) !== undefined) return undefined;
  const start = cursor.at;
  const assignments: Assignment[] = [];
  const words: Word[] = [];
  const redirects: Redirect[] = [];
  let end = start;
  for (;;) {
    skipBlanks(cursor);
    const redirect = readRedirect(cursor);
    if (redirect !== undefined) {
      redirects.push(redirect);
    } else {
      const assignment = words.length === 0 ? readAssignment(cursor) : undefined;
      if (assignment !== undefined) assignments.push(assignment);
      else {
        const word = readArgument(cursor, literalText(words[0]));
        if (word === undefined) break;
        words.push(word);
        if (words.length === 1 && assignments.length + redirects.length === 0) {
          const definition = readDefinition(cursor, word, start);
          if (definition !== undefined) return definition;
        }
      }
    }
    end = cursor.at;
  }
  noteExtendedPatterns(cursor, words);
  const extent = { start: cursor.origin(start), end: cursor.origin(end) };
  return { kind: "simple", assignments, words, redirects, extent };
}

/** An argument; one of a declaring command may be `name=(...)`. */
function readArgument(cursor: Cursor, command: string | undefined): Word | undefined {
  const start = cursor.at;
  if (cursor.dialect === "bash" && command !== undefined && declarations.has(command)) {
    const name = /^[A-Za-z_][A-Za-z0-9_]*\+?=(?=\()/.exec(cursor.text.slice(cursor.at, cursor.at + 256))?.[0];
    if (name !== undefined) {
      cursor.at += name.length;
      const literal = { kind: "literal", text: name, extent: extentFrom(cursor, start) } as const;
      return { parts: [literal, readArray(cursor)], extent: extentFrom(cursor, start) };
    }
  }
  return readWord(cursor);
}

/** bash reads extended patterns once it has run this; scripts that need it say it first. */
function noteExtendedPatterns(cursor: Cursor, words: readonly Word[]): void {
  if (cursor.dialect !== "bash" || literalText(words[0]) !== "shopt") return;
  const rest = words.slice(1).map(literalText);
  if (rest.includes("extglob") && rest.includes("-s")) cursor.shared.extendedPatterns = true;
}

/** The text of a word without quotes or expansions. */
export function literalText(word: Word | undefined): string | undefined {
  if (word === undefined || word.parts.length > 1) return undefined;
  const part = word.parts[0];
  return part?.kind === "literal" ? part.text : undefined;
}

function readAssignment(cursor: Cursor): Assignment | undefined {
  const start = cursor.at;
  const bash = cursor.dialect === "bash";
  const pattern = bash ? /[A-Za-z_][A-Za-z0-9_]*(?=\+?=|\[)/y : /[A-Za-z_][A-Za-z0-9_]*(?==)/y;
  pattern.lastIndex = start;
  const name = pattern.exec(cursor.text)?.[0];
  const target =
    name === undefined ? undefined : attempt(cursor, "assignment", () => readTarget(cursor, name));
  if (name === undefined || target === undefined) return undefined;
  const from = cursor.at;
  const value: Word =
    bash && peek(cursor) === "("
      ? { parts: [readArray(cursor)], extent: extentFrom(cursor, from) }
      : (readWord(cursor) ?? { parts: [], extent: extentFrom(cursor, from) });
  return { name, ...target, value, extent: extentFrom(cursor, start) };
}

/** `name=`, or of bash `name[...]+=`. */
function readTarget(cursor: Cursor, name: string): Pick<Assignment, "subscript" | "append"> | undefined {
  const start = cursor.at;
  cursor.at += name.length;
  const bracketed = peek(cursor) === "[";
  const subscript = bracketed ? readSubscript(cursor) : undefined;
  if (bracketed && subscript === undefined) fail(cursor, "a [ is not closed", start);
  const append = cursor.dialect === "bash" && accept(cursor, "+");
  return accept(cursor, "=") ? { subscript, append } : undefined;
}

/** Redirections after a compound command. */
export function readRedirects(cursor: Cursor): Redirect[] {
  const redirects: Redirect[] = [];
  for (;;) {
    skipBlanks(cursor);
    const redirect = readRedirect(cursor);
    if (redirect === undefined) return redirects;
    redirects.push(redirect);
  }
}

function readRedirect(cursor: Cursor): Redirect | undefined {
  const start = cursor.at;
  const descriptor = readDescriptor(cursor);
  if (descriptor === undefined && isProcessHere(cursor)) return undefined;
  const operator = acceptRedirect(cursor);
  if (operator === undefined) {
    cursor.at = start;
    return undefined;
  }
  skipBlanks(cursor);
  const from = cursor.at;
  const target = readWord(cursor);
  if (target === undefined)
    fail(cursor, `expected a name after "${operator}", found ${describeHere(cursor)}`);
  const extent = extentFrom(cursor, start);
  const redirect: OpenRedirect = { operator, descriptor, target, body: undefined, extent };
  if (operator === "<<" || operator === "<<-") {
    cursor.pending.push({
      ...delimiterOf(target, cursor.text.slice(from, cursor.at)),
      stripTabs: operator === "<<-",
      fill: (body) => {
        redirect.body = body;
      },
    });
  }
  return redirect;
}

function isProcessHere(cursor: Cursor): boolean {
  const next = peek(cursor);
  return cursor.dialect === "bash" && (next === "<" || next === ">") && peek(cursor, 1) === "(";
}

function readDescriptor(cursor: Cursor): number | string | undefined {
  const pattern = cursor.dialect === "bash" ? /(?:(\d+)|\{([A-Za-z_]\w*)\})(?=[<>])/y : /(\d)(?=[<>])/y;
  pattern.lastIndex = cursor.at;
  const match = pattern.exec(cursor.text);
  if (match === null) return undefined;
  cursor.at += match[0].length;
  return match[1] === undefined ? match[2] : Number(match[1]);
}

/** Quote removal as for here-document delimiters: nothing is expanded, and any quote makes the body literal. */
function delimiterOf(target: Word, source: string): { delimiter: string; quoted: boolean } {
  let quoted = false;
  let delimiter = "";
  for (const part of target.parts) {
    const inner = part.kind === "double-quoted" ? part.parts : [part];
    for (const one of inner) {
      // An expansion stands for its own spelling here.
      if (one.kind !== "literal" && one.kind !== "quoted") return { delimiter: source, quoted };
      delimiter += one.text;
    }
    quoted ||= part.kind !== "literal";
  }
  return { delimiter, quoted };
}

/** `name ()` makes the word before it a function's name. */
function readDefinition(cursor: Cursor, word: Word, start: number): Command | undefined {
  if (peekOperator(cursor) !== "(") return undefined;
  acceptOperator(cursor, "(");
  if (!acceptOperator(cursor, ")")) fail(cursor, `unexpected ${describeHere(cursor)} after "("`);
  const name = literalText(word);
  if (name === undefined || (cursor.dialect === "posix" && !isPosixFunctionName(name))) {
    fail(cursor, "this can't be a function's name", start);
  }
  return readFunctionBody(cursor, name, start);
}

const specialBuiltins: ReadonlySet<string> = new Set(
  "break continue eval exec exit export readonly return set shift times trap unset".split(" "),
);

function isPosixFunctionName(name: string): boolean {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) && !specialBuiltins.has(name);
}

/** The body after `name ()` or `function name`. bash wants a compound command; dash takes any. */
export function readFunctionBody(cursor: Cursor, name: string, start: number): Command {
  skipNewlines(cursor);
  const body = deeper(cursor, () =>
    cursor.dialect === "posix" ? readCommand(cursor) : cursor.grammar.compound(cursor),
  );
  if (body === undefined) fail(cursor, `expected the body of "${name}", found ${describeHere(cursor)}`);
  return { kind: "function", name, body, redirects: [], extent: extentFrom(cursor, start) };
}
