// Expansion of words: quotes, the escape character, and variables with the modifiers of a POSIX shell, as docker/dockerfile 1.x
// has them (docs.docker.com/reference/dockerfile, "Environment replacement"):
//
//   $x ${x} ${x-w} ${x:-w} ${x+w} ${x:+w} ${x?w} ${x:?w} ${x#p} ${x##p} ${x%p} ${x%%p} ${x/p/r} ${x//p/r}
//
// Invariant: never throws, and takes time that is linear in the text and in what it expands to, both of which have limits.
import { limits } from "../../../base/limits.ts";
import {
  type MatchBudget,
  matchBudget,
  PatternProblem,
  removePrefix,
  removeSuffix,
  replaceMatches,
} from "./pattern.ts";
import { addTo, type ExpandedWord, endWord, type Splitter } from "./splitter.ts";

export interface ExpandOptions {
  readonly variables: ReadonlyMap<string, string>;
  readonly escape: "\\" | "`";
  /** Quotes stay where they are. */
  readonly keepQuotes?: boolean;
  /** Escape characters stay where they are. */
  readonly keepEscapes?: boolean;
  /** Quotes are letters like others: the body of a heredoc. */
  readonly literalQuotes?: boolean;
  /** What names an unset variable stays as it is, instead of being nothing. */
  readonly keepUnset?: boolean;
  /** What patterns may cost; one budget for many words bounds a whole file. */
  readonly budget?: MatchBudget;
}

export interface Expanded {
  readonly value: string;
  /** Names that were looked up and are set, and those that are not, each once. */
  readonly used: readonly string[];
  readonly unset: readonly string[];
}

export interface ExpandedWords {
  readonly words: readonly ExpandedWord[];
  readonly unset: readonly string[];
}

/** What is wrong, and at which offset of the word. */
export interface WordProblem {
  readonly problem: string;
  readonly at: number;
}

/** One word, its blanks kept. */
export function expandWord(word: string, options: ExpandOptions): Expanded | WordProblem {
  const lexer = lexerOf(word, options);
  const result = run(lexer, word);
  if ("problem" in result) return result;
  return { value: result.value, used: [...lexer.used], unset: [...lexer.unset] };
}

/** Split at blanks that are neither quoted nor escaped, also at those that variables bring. */
export function expandWords(word: string, options: ExpandOptions): ExpandedWords | WordProblem {
  const lexer = lexerOf(word, options);
  const result = run(lexer, word);
  return "problem" in result ? result : { words: result.words, unset: [...lexer.unset] };
}

export function isProblem(result: object): result is WordProblem {
  return "problem" in result;
}

interface Lexer {
  readonly text: string;
  readonly options: ExpandOptions;
  readonly used: Set<string>;
  readonly unset: Set<string>;
  position: number;
  depth: number;
  /** Characters that variables may still bring. */
  room: number;
  readonly budget: MatchBudget;
}

class Malformed extends Error {
  readonly at: number;

  constructor(problem: string, at: number) {
    super(problem);
    this.at = at;
  }
}

function lexerOf(text: string, options: ExpandOptions): Lexer {
  return {
    text,
    options,
    used: new Set(),
    unset: new Set(),
    position: 0,
    depth: 0,
    room: limits.expandedLengthMax,
    budget: options.budget ?? matchBudget(),
  };
}

function run(lexer: Lexer, word: string): Text | WordProblem {
  try {
    return readUntil(lexer, undefined, lexer.options.keepEscapes ?? false, true);
  } catch (thrown) {
    if (thrown instanceof Malformed) return { problem: thrown.message, at: Math.min(thrown.at, word.length) };
    throw thrown;
  }
}

interface Text {
  readonly value: string;
  readonly words: readonly ExpandedWord[];
}

/** Up to `stop`, which is consumed, or the end of the text. */
function readUntil(lexer: Lexer, stop: string | undefined, keepEscapes: boolean, split: boolean): Text {
  const { text, options } = lexer;
  const opened = lexer.position;
  const value: string[] = [];
  const splitter: Splitter = { words: [], parts: [], start: 0 };
  while (lexer.position < text.length) {
    const start = lexer.position;
    const character = text[start] ?? "";
    if (character === stop) {
      lexer.position++;
      return { value: value.join(""), words: [] };
    }
    let piece: string;
    let splits = false;
    if (character === "$") {
      piece = readVariable(lexer);
      splits = true;
    } else if (character === "'" && options.literalQuotes !== true) {
      piece = readSingleQuoted(lexer);
    } else if (character === '"' && options.literalQuotes !== true) {
      piece = readDoubleQuoted(lexer, keepEscapes);
    } else if (character === "<" && text[start + 1] === "<") {
      piece = readHeredocMark(lexer);
    } else if (character === options.escape) {
      piece = readEscaped(lexer, keepEscapes);
      if (piece === "") break;
    } else {
      piece = readPlain(lexer, stop);
      splits = true;
    }
    value.push(piece);
    if (split) addTo(splitter, piece, splits, start, lexer.position);
  }
  if (stop !== undefined) throw new Malformed(`"${stop}" is missing`, opened);
  if (split) endWord(splitter, lexer.position);
  return { value: value.join(""), words: splitter.words };
}

/** Characters that mean nothing but themselves. */
function readPlain(lexer: Lexer, stop: string | undefined): string {
  const { text, options } = lexer;
  const start = lexer.position++;
  for (; lexer.position < text.length; lexer.position++) {
    const character = text[lexer.position] ?? "";
    if (character === stop || character === "$" || character === "<" || character === options.escape) break;
    if ((character === "'" || character === '"') && options.literalQuotes !== true) break;
  }
  return text.slice(start, lexer.position);
}

/** "<<" with the blanks after it, which belong to the word as in a shell's here-document. */
function readHeredocMark(lexer: Lexer): string {
  const start = lexer.position;
  lexer.position += 2;
  while (/[\t\r ]/.test(lexer.text[lexer.position] ?? "")) lexer.position++;
  return lexer.text.slice(start, lexer.position);
}

/** Empty for an escape character at the very end, which is dropped. */
function readEscaped(lexer: Lexer, keepEscapes: boolean): string {
  const { text, options } = lexer;
  lexer.position++;
  const kept = keepEscapes ? options.escape : "";
  const escaped = text.codePointAt(lexer.position);
  if (escaped === undefined) return kept;
  const character = String.fromCodePoint(escaped);
  lexer.position += character.length;
  return kept + character;
}

function readSingleQuoted(lexer: Lexer): string {
  const start = lexer.position;
  const end = lexer.text.indexOf("'", start + 1);
  if (end < 0) throw new Malformed("a single quote is not closed", start);
  lexer.position = end + 1;
  return lexer.options.keepQuotes === true
    ? lexer.text.slice(start, end + 1)
    : lexer.text.slice(start + 1, end);
}

/** Variables are expanded; an escape character means something before `"`, `$` and itself only. */
function readDoubleQuoted(lexer: Lexer, keepEscapes: boolean): string {
  const { text, options } = lexer;
  const start = lexer.position++;
  const quote = options.keepQuotes === true ? '"' : "";
  const parts = [quote];
  while (lexer.position < text.length) {
    const character = text[lexer.position] ?? "";
    if (character === '"') {
      lexer.position++;
      parts.push(quote);
      return parts.join("");
    }
    if (character === "$") {
      parts.push(readVariable(lexer));
      continue;
    }
    lexer.position++;
    if (character !== options.escape) {
      parts.push(character);
      continue;
    }
    if (keepEscapes) parts.push(character);
    const next = text[lexer.position] ?? "";
    if (next === '"' || next === "$" || next === options.escape) {
      lexer.position++;
      parts.push(next);
    } else if (next !== "") parts.push(character);
  }
  throw new Malformed("a double quote is not closed", start);
}

function readVariable(lexer: Lexer): string {
  const start = lexer.position++;
  if (lexer.text[lexer.position] !== "{") {
    const name = readName(lexer);
    if (name === "") return "$";
    const value = lookUp(lexer, name);
    if (value === undefined) return lexer.options.keepUnset === true ? `$${name}` : "";
    return charge(lexer, value, start);
  }
  lexer.position++;
  if (lexer.depth >= limits.expansionDepthMax) {
    throw new Malformed("variables are nested too deep (expansionDepthMax)", start);
  }
  lexer.depth++;
  const value = readBraced(lexer, start);
  lexer.depth--;
  return charge(lexer, value, start);
}

/** From behind "${". */
function readBraced(lexer: Lexer, start: number): string {
  const { text } = lexer;
  const first = text[lexer.position];
  if (first === undefined) throw new Malformed('"${" has no "}"', start);
  if (first === "{" || first === "}" || first === ":") {
    throw new Malformed('"${" names no variable', start);
  }
  const name = readName(lexer);
  const operator = text[lexer.position++];
  switch (operator) {
    case "}": {
      const value = lookUp(lexer, name);
      if (value === undefined) return lexer.options.keepUnset === true ? `\${${name}}` : "";
      return value;
    }
    case ":":
    case "+":
    case "-":
    case "?":
      return readConditional(lexer, start, name, operator);
    case "#":
    case "%":
      return readTrimmed(lexer, start, name, operator);
    case "/":
      return readReplaced(lexer, start, name);
    case undefined:
      throw new Malformed('"${" has no "}"', start);
    default:
      throw new Malformed(`"${operator}" is no modifier of a variable`, lexer.position - 1);
  }
}

function readConditional(lexer: Lexer, start: number, name: string, operator: string): string {
  const emptyIsUnset = operator === ":";
  const kind = emptyIsUnset ? lexer.text[lexer.position++] : operator;
  if (kind === undefined) throw new Malformed('"${" has no "}"', start);
  if (kind !== "-" && kind !== "+" && kind !== "?") {
    throw new Malformed(`":${kind}" is no modifier of a variable`, lexer.position - 2);
  }
  const word = readOperand(lexer, "}", start, false);
  const value = lookUp(lexer, name);
  if (value === undefined && lexer.options.keepUnset === true) {
    return `\${${name}${emptyIsUnset ? ":" : ""}${kind}${word}}`;
  }
  const isSet = value !== undefined && !(emptyIsUnset && value === "");
  if (kind === "-") return isSet ? value : word;
  if (kind === "+") return isSet ? word : "";
  if (isSet) return value;
  const state = value === undefined ? "unset" : "empty";
  throw new Malformed(word === "" ? `${name} must not be ${state}` : `${name}: ${word}`, start);
}

function readTrimmed(lexer: Lexer, start: number, name: string, operator: "#" | "%"): string {
  const word = readOperand(lexer, "}", start, true);
  const value = lookUp(lexer, name);
  if (value === undefined) return lexer.options.keepUnset === true ? `\${${name}${operator}${word}}` : "";
  const longest = word.startsWith(operator);
  const pattern = longest ? word.slice(1) : word;
  const remove = operator === "#" ? removePrefix : removeSuffix;
  return matched(start, () => remove(value, pattern, longest, lexer.budget));
}

function readReplaced(lexer: Lexer, start: number, name: string): string {
  const all = lexer.text[lexer.position] === "/";
  if (all) lexer.position++;
  const pattern = readOperand(lexer, "/", start, true);
  const replacement = readOperand(lexer, "}", start, true);
  const value = lookUp(lexer, name);
  if (value === undefined) {
    return lexer.options.keepUnset === true ? `\${${name}/${pattern}/${replacement}}` : "";
  }
  return matched(start, () => replaceMatches(value, pattern, { replacement, all }, lexer.budget));
}

function readOperand(lexer: Lexer, stop: string, start: number, keepEscapes: boolean): string {
  try {
    return readUntil(lexer, stop, keepEscapes, false).value;
  } catch (thrown) {
    // The "${" that lacks its end says more than what its operand lacks.
    if (thrown instanceof Malformed && lexer.position >= lexer.text.length) {
      throw new Malformed(`"\${" has no "${stop}"`, start);
    }
    throw thrown;
  }
}

function matched(start: number, match: () => string): string {
  try {
    return match();
  } catch (thrown) {
    if (thrown instanceof PatternProblem) throw new Malformed(thrown.message, start);
    throw thrown;
  }
}

/** A name, a number, or one of the shell's special parameters, which are never set. */
function readName(lexer: Lexer): string {
  const { text, position } = lexer;
  const pattern = /\p{Nd}+|[@*#?\-$!]|[\p{L}_][\p{L}\p{Nd}_]*/uy;
  pattern.lastIndex = position;
  const name = pattern.exec(text)?.[0] ?? "";
  lexer.position += name.length;
  return name;
}

function lookUp(lexer: Lexer, name: string): string | undefined {
  const value = lexer.options.variables.get(name);
  (value === undefined ? lexer.unset : lexer.used).add(name);
  return value;
}

/** Variables can double with each line that sets one: what a word becomes is bounded. */
function charge(lexer: Lexer, value: string, start: number): string {
  lexer.room -= value.length;
  if (lexer.room < 0) throw new Malformed("it becomes too long (expandedLengthMax)", start);
  return value;
}
