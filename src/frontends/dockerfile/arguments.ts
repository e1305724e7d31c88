// The arguments of one instruction, in the form that it takes (docs.docker.com/reference/dockerfile).
import type { Arguments, CommandArguments, InstructionName, Pair, Word } from "./ast.ts";
import { readJsonWords } from "./json-words.ts";
import { type LogicalLine, type Slice, spanOfSlice } from "./lines.ts";
import type { DockerfileProblems } from "./rules.ts";
import { instructionRules } from "./table.ts";
import { blankWords, cutWord, quotedWords, trimmed } from "./words.ts";

export interface ArgumentContext {
  readonly line: LogicalLine;
  readonly escape: "\\" | "`";
  readonly problems: DockerfileProblems;
}

/** `rest` is trimmed. Undefined where it can't be read, which is told. */
export function readArguments(
  name: Exclude<InstructionName, "onbuild">,
  rest: Slice,
  context: ArgumentContext,
): Arguments | undefined {
  switch (instructionRules[name].form) {
    case "words":
      return { kind: "words", values: blankWords(rest).map((word) => wordOf(word, context)) };
    case "text":
      return { kind: "text", value: wordOf(rest, context) };
    case "json-or-words":
      return (
        readJson(rest, context) ??
        (isNotStrings(rest)
          ? undefined
          : { kind: "words", values: blankWords(rest).map((word) => wordOf(word, context)) })
      );
    case "json-or-text":
      return readCommand(rest, context);
    case "healthcheck":
      return readHealthcheck(rest, context);
    default:
      return name === "arg" ? readDefinitions(rest, context) : readPairs(name, rest, context);
  }
}

function wordOf(slice: Slice, { line }: ArgumentContext): Word {
  return { text: slice.text, span: spanOfSlice(line, slice) };
}

function readCommand(rest: Slice, context: ArgumentContext): CommandArguments | undefined {
  const json = readJson(rest, context);
  if (json !== undefined || isNotStrings(rest)) return json;
  return { kind: "text", value: wordOf(rest, context) };
}

function isNotStrings(rest: Slice): boolean {
  return readJsonWords(rest).kind === "not-strings";
}

function readJson(rest: Slice, context: ArgumentContext): Extract<Arguments, { kind: "json" }> | undefined {
  const json = readJsonWords(rest);
  if (json.kind === "strings") {
    const values = json.values.map(({ value, source }) => ({
      text: value,
      span: spanOfSlice(context.line, source),
    }));
    return { kind: "json", values };
  }
  if (json.kind === "not-strings") {
    context.problems.error(
      "json-not-strings",
      spanOfSlice(context.line, json.item),
      "the JSON form of an instruction holds strings only",
      'put it in double quotes: ["a", "1"]',
    );
  } else if (looksLikeJson(rest.text)) {
    context.problems.warning(
      "json-malformed",
      spanOfSlice(context.line, rest),
      "this begins like the JSON form, and is not JSON: it is not read as a list",
      'strings stand in double quotes, with commas between them: ["a", "b"]',
    );
  }
  return undefined;
}

/** "[", a string, and a comma or the end: a shell's `[ "$a" = b ]` goes on in another way. */
function looksLikeJson(text: string): boolean {
  if (!text.startsWith("[")) return false;
  const inner = text.slice(1).trimStart();
  const quote = inner[0];
  if (quote !== '"' && quote !== "'") return false;
  const end = inner.indexOf(quote, 1);
  const after = end < 0 ? "" : inner.slice(end + 1).trimStart();
  return after === "" || after.startsWith(",") || after.trimEnd() === "]";
}

function readHealthcheck(rest: Slice, context: ArgumentContext): Arguments | undefined {
  const end = /\s/.exec(rest.text)?.index ?? rest.text.length;
  const test = wordOf({ text: rest.text.slice(0, end), offset: rest.offset }, context);
  const after = trimmed({ text: rest.text.slice(end), offset: rest.offset + end });
  const command = readCommand(after, context);
  return command === undefined ? undefined : { kind: "health", test, command };
}

/** ARG: words with or without a value. */
function readDefinitions(rest: Slice, context: ArgumentContext): Arguments {
  const pairs = quotedWords(rest, context.escape).map((word): Pair => pairOf(word, context));
  return { kind: "pairs", pairs, legacy: false };
}

function pairOf(word: Slice, context: ArgumentContext): Pair {
  const equals = word.text.indexOf("=");
  if (equals < 0) return { name: wordOf(word, context) };
  const name = { text: word.text.slice(0, equals), offset: word.offset };
  const value = { text: word.text.slice(equals + 1), offset: word.offset + equals + 1 };
  return { name: wordOf(name, context), value: wordOf(value, context) };
}

/** ENV and LABEL: `name=value ...`, or the legacy `name value`, which the first word decides. */
function readPairs(name: InstructionName, rest: Slice, context: ArgumentContext): Arguments | undefined {
  const words = quotedWords(rest, context.escape);
  const [first] = words;
  if (first === undefined) return { kind: "pairs", pairs: [], legacy: false };
  if (!first.text.includes("=")) {
    const [key, value] = cutWord(rest);
    if (value !== undefined) {
      const pair = { name: wordOf(key, context), value: wordOf(value, context) };
      return { kind: "pairs", pairs: [pair], legacy: true };
    }
    context.problems.error(
      "missing-argument",
      spanOfSlice(context.line, key),
      `${name.toUpperCase()} gives ${key.text} no value`,
      instructionRules[name].usage,
    );
    return undefined;
  }
  for (const word of words) {
    if (word.text.includes("=")) continue;
    context.problems.error(
      "wrong-argument",
      spanOfSlice(context.line, word),
      `"${word.text}" is not name=value`,
      "a value with blanks stands in double quotes",
    );
    return undefined;
  }
  return { kind: "pairs", pairs: words.map((word) => pairOf(word, context)), legacy: false };
}
