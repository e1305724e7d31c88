// Commands that read text and print some: computed where the text is known, described where a file's will be.

import { writeFile } from "../emit.ts";
import { contentAt, contentWhenApplied, isUnreadable, testFile } from "../files.ts";
import { type Expression, regularExpression } from "../regular-expression.ts";
import { findMatch, findMatches, stepsFor } from "../regular-expression-match.ts";
import { parseSed, resultOfSed } from "../sed.ts";
import { concat, known, mapValue, sameValue, unknown, type Value } from "../value.ts";
import {
  type Call,
  failure,
  type Handler,
  literal,
  notUnderstood,
  type Outcome,
  optionOf,
  parseOptions,
  pathsOf,
  printed,
  reading,
  success,
  undecided,
} from "./call.ts";
import { decodeEscapes, formatPrintf } from "./printf.ts";

/** What the named files hold, or the standard input. */
function inputOf(call: Call, operands: readonly string[]): Value {
  if (operands.length === 0 || (operands.length === 1 && operands[0] === "-")) {
    return call.state.stdin ?? unknown("it reads a standard input that is not known");
  }
  return concat(
    pathsOf(call, operands).map((path) =>
      path === undefined ? unknown("the file is not known") : contentAt(call.state, path),
    ),
  );
}

function print(value: Value): Outcome {
  return { status: 0, output: value };
}

/** `echo`: dash takes backslashes for escapes, bash only with -e. */
function echo(call: Call): Outcome {
  const words = call.fields.map((field) => field.value);
  let newline = true;
  let escapes = call.state.running.script.dialect === "posix";
  for (let first = words[0]; first?.known === true && /^-[neE]+$/.test(first.text); first = words[0]) {
    if (call.state.running.script.dialect === "posix" && first.text !== "-n") break;
    if (first.text.includes("n")) newline = false;
    if (first.text.includes("e")) escapes = true;
    words.shift();
  }
  const joined = concat(words.flatMap((value, index) => (index === 0 ? [value] : [known(" "), value])));
  return print(concat([escapes ? mapValue(joined, decodeEscapes) : joined, known(newline ? "\n" : "")]));
}

function printf(call: Call): Outcome {
  const values = call.fields.map((field) => field.value);
  const stranger = values.find((value) => !value.known);
  if (stranger !== undefined) return print(stranger);
  const [format = "", ...rest] = values.map((value) => (value.known ? value.text : ""));
  return print(formatPrintf(format, rest));
}

function cat(call: Call, words: readonly string[]): Outcome {
  const options = parseOptions(words, ["u", "s", "n"]);
  return options.values.has("n")
    ? undecided("numbered lines", unknown("numbered lines"))
    : print(inputOf(call, options.operands));
}

const sedOptions = [
  "n=quiet=silent",
  "e=expression:",
  "E=r=regexp-extended",
  "f=file:",
  "s=separate",
  "u",
  "z",
];

function sed(call: Call, words: readonly string[]): Outcome {
  const inPlace = words.some((word) => /^-[nErsz]*i|^--in-place/.test(word));
  const options = parseOptions(
    words.filter((word) => !/^-[nErsz]*i|^--in-place/.test(word)),
    sedOptions,
  );
  const given = options.values.get("expression");
  const program = given?.join("\n") ?? options.operands[0] ?? "";
  const files = given === undefined ? options.operands.slice(1) : options.operands;
  const how = { quiet: options.values.has("silent"), extended: options.values.has("regexp-extended") };
  const parsed =
    options.stranger === undefined && !options.values.has("file") ? parseSed(program, how) : undefined;
  const edit = (input: Value): Value => {
    if (parsed === undefined) return unknown("the sed program is not modelled");
    if (input.known) {
      const result = resultOfSed(parsed, input.text, how);
      return result === undefined
        ? unknown("what sed makes of it takes too long to find out")
        : known(result);
    }
    if (input.content === undefined) return unknown(input.why);
    return {
      known: false,
      why: input.why,
      content: { kind: "sed", of: input.content, program, options: how },
    };
  };
  if (!inPlace) return print(edit(inputOf(call, files)));
  for (const path of pathsOf(call, files)) {
    if (path === undefined) return notUnderstood(call, "which file it edits is not known");
    writeFile(call.state, call.extent, path, edit(contentWhenApplied(call.state, path)), { preserve: true });
  }
  return success;
}

const grepOptions = [
  "q=quiet=silent",
  "s=no-messages",
  "v=invert-match",
  "i=ignore-case",
  "E=extended-regexp",
  "F=fixed-strings",
  "w=word-regexp",
  "x=line-regexp",
  "c=count",
  "o=only-matching",
  "h=no-filename",
  "e=regexp:",
  "G=basic-regexp",
  "m=max-count:",
];

function grep(call: Call, words: readonly string[]): Outcome {
  const options = parseOptions(words, grepOptions);
  const { values } = options;
  const given = values.get("regexp");
  const [source = "", ...files] =
    given === undefined ? options.operands : [given.join("\n"), ...options.operands];
  const input = absentFiles(call, files) ? known("") : inputOf(call, files);
  if (!input.known) return undecided(input.why, unknown(input.why));
  const expression = grepExpression(call.name, source, values);
  if (expression === undefined || options.stranger !== undefined || values.has("max-count")) {
    return undecided("the expression is not modelled", unknown("the expression is not modelled"));
  }
  const lines = input.text === "" ? [] : input.text.replace(/\n$/, "").split("\n");
  const steps = stepsFor(input.text);
  const found = lines.filter(
    (line) =>
      (findMatch(expression, Array.from(line), 0, steps) !== undefined) !== values.has("invert-match"),
  );
  const shown =
    values.has("only-matching") && !values.has("silent")
      ? found.flatMap((line) => {
          const characters = Array.from(line);
          const matches = [...findMatches(expression, characters, steps)];
          return matches.flatMap(([start, end]) =>
            end > start ? [characters.slice(start, end).join("")] : [],
          );
        })
      : found;
  if (steps.left < 0) {
    return undecided("what it matches takes too long to find out", unknown("what grep finds is not known"));
  }
  const status = found.length > 0 ? 0 : 1;
  if (values.has("silent")) return { status };
  if (values.has("count")) return { status, output: known(`${found.length}\n`) };
  return { status, output: known(shown.map((line) => `${line}\n`).join("")) };
}

function absentFiles(call: Call, files: readonly string[]): boolean {
  const paths = pathsOf(call, files);
  return (
    paths.length > 0 &&
    paths.every((path) => path !== undefined && testFile(call.state, path, "exists") === false)
  );
}

function grepExpression(
  name: string,
  source: string,
  values: ReadonlyMap<string, unknown>,
): Expression | undefined {
  const fixed = name === "fgrep" || values.has("fixed-strings");
  const extended = name === "egrep" || values.has("extended-regexp");
  return regularExpression(source, {
    kind: fixed ? "fixed" : extended ? "extended" : "basic",
    ignoreCase: values.has("ignore-case"),
    sed: false,
    whole: values.has("line-regexp") ? "line" : values.has("word-regexp") ? "word" : undefined,
  });
}

/** A filter whose result is a function of its input's lines. */
function filter(
  known: readonly string[],
  apply: (lines: readonly string[], call: Call, words: readonly string[]) => string[] | undefined,
): Handler {
  return reading((call, words) => {
    const numbered = words.map((word) => (/^-\d+$/.test(word) ? `-n${word.slice(1)}` : word));
    const options = parseOptions(numbered, known);
    const input = inputOf(call, options.operands);
    if (!input.known) return print(unknown(input.why));
    const lines = input.text === "" ? [] : input.text.replace(/\n$/, "").split("\n");
    const result = options.stranger === undefined ? apply(lines, call, numbered) : undefined;
    return result === undefined
      ? print(unknown(`this form of ${call.name} is not modelled`))
      : printed(result.map((line) => `${line}\n`).join(""));
  });
}

const cutOptions = ["d=delimiter:", "f=fields:", "c=characters:", "s=only-delimited"];

function cut(lines: readonly string[], _call: Call, words: readonly string[]): string[] | undefined {
  const options = parseOptions(words, cutOptions);
  const fields = optionOf(options, "fields");
  const delimiter = optionOf(options, "delimiter") ?? "\t";
  const list = fields ?? optionOf(options, "characters");
  if (list === undefined) return undefined;
  return lines.map((line) => {
    const pieces = fields === undefined ? Array.from(line) : line.split(delimiter);
    if (fields !== undefined && pieces.length === 1) return line;
    const chosen = pieces.filter((_, index) => list.split(",").some((range) => inRange(range, index + 1)));
    return chosen.join(fields === undefined ? "" : delimiter);
  });
}

function inRange(range: string, index: number): boolean {
  const [from = "", to] = range.split("-");
  if (to === undefined) return index === Number(from);
  return (
    index >= (from === "" ? 1 : Number(from)) && index <= (to === "" ? Number.POSITIVE_INFINITY : Number(to))
  );
}

function countOf(words: readonly string[]): number {
  return Number(optionOf(parseOptions(words, ["n=lines:"]), "lines") ?? "10");
}

/** tr(1) over single characters, ranges and the two letter classes. */
function translateCharacters(call: Call, words: readonly string[]): Outcome {
  const options = parseOptions(words, ["d=delete", "s=squeeze-repeats", "c=C=complement"]);
  const input = call.state.stdin ?? unknown("it reads a standard input that is not known");
  if (!input.known) return print(unknown(input.why));
  const [from = "", to = ""] = options.operands;
  if (options.values.has("complement") || options.stranger !== undefined)
    return print(unknown("this form of tr is not modelled"));
  const source = characterSet(from);
  if (options.values.has("delete"))
    return print(
      mapValue(input, (text) =>
        Array.from(text)
          .filter((one) => !source.includes(one))
          .join(""),
      ),
    );
  const target = characterSet(to);
  const mapped = Array.from(input.text, (one) => {
    const index = source.indexOf(one);
    return index < 0 || target.length === 0 ? one : (target[Math.min(index, target.length - 1)] ?? one);
  });
  const squeezed = target.length === 0 ? source : target;
  const kept = options.values.has("squeeze-repeats")
    ? mapped.filter((one, index) => one !== mapped[index - 1] || !squeezed.includes(one))
    : mapped;
  return printed(kept.join(""));
}

function characterSet(text: string): string[] {
  const plain = decodeEscapes(text)
    .replaceAll("[:upper:]", "A-Z")
    .replaceAll("[:lower:]", "a-z")
    .replaceAll("[:space:]", " \t\n\v\f\r")
    .replaceAll("[:digit:]", "0-9");
  return Array.from(plain.replace(/(.)-(.)/gs, (_, from: string, to: string) => rangeOf(from, to)));
}

function rangeOf(from: string, to: string): string {
  let range = "";
  for (let code = from.charCodeAt(0); code <= to.charCodeAt(0); code++) range += String.fromCharCode(code);
  return range;
}

/** cmp(1) and diff(1). */
function compareFiles(call: Call, words: readonly string[]): Outcome {
  const names = words.filter((word) => !word.startsWith("-"));
  const paths = pathsOf(call, names);
  if (paths.some((path) => path !== undefined && isUnreadable(call.state, path))) return { status: 2 };
  const [a, b] = paths.map((path) => (path === undefined ? unknown("") : contentAt(call.state, path)));
  if (a?.known === true && b?.known === true) return sameValue(a, b) ? success : failure;
  return undecided("what two files hold is compared", unknown("how two files differ is not known"));
}

export const textCommands: Readonly<Record<string, Handler>> = {
  echo,
  printf,
  cat: reading(cat),
  sed: literal(sed),
  grep: reading(grep),
  egrep: reading(grep),
  fgrep: reading(grep),
  cut: filter(cutOptions, cut),
  head: filter(["n=lines:"], (lines, _call, words) => lines.slice(0, countOf(words))),
  tail: filter(["n=lines:"], (lines, _call, words) => lines.slice(-countOf(words))),
  sort: filter(["u=unique", "r=reverse"], (lines, _call, words) => {
    const sorted = lines.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    const unique = words.includes("-u") ? [...new Set(sorted)] : sorted;
    return words.includes("-r") ? unique.reverse() : unique;
  }),
  uniq: filter([], (lines) => lines.filter((line, index) => line !== lines[index - 1])),
  tac: filter([], (lines) => lines.toReversed()),
  wc: filter(["l=lines"], (lines, _call, words) =>
    words.includes("-l") ? [String(lines.length)] : undefined,
  ),
  tr: reading(translateCharacters),
  cmp: reading(compareFiles),
  diff: reading(compareFiles),
};
