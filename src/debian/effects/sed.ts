// A subset of sed(1): s, d, p and q with addresses and ranges. Enough for what maintainer scripts do to a template; any
// other command makes the program "not understood" when it is parsed, never when it is applied.
import { ToolError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import type { SedOptions } from "./effect.ts";
import { type Expression, regularExpression } from "./regular-expression.ts";
import { findMatch, findMatches, type Steps, stepsFor } from "./regular-expression-match.ts";

type Address = { readonly line: number } | { readonly last: true } | { readonly match: Expression };

interface Command {
  readonly from: Address | undefined;
  readonly to: Address | undefined;
  readonly inverted: boolean;
  readonly action: Action;
}

type Action =
  | { readonly kind: "delete" }
  | { readonly kind: "print" }
  | { readonly kind: "quit" }
  | {
      readonly kind: "substitute";
      readonly expression: Expression;
      readonly replacement: readonly (string | number)[];
      readonly all: boolean;
      readonly print: boolean;
    };

export type SedProgram = readonly Command[];

/** The program, or undefined where it holds what isn't modelled. */
export function parseSed(text: string, options: SedOptions): SedProgram | undefined {
  if (text.length > limits.shellProgramLengthMax) return undefined;
  const reader = { text, at: 0 };
  const commands: Command[] = [];
  for (;;) {
    skip(reader, /[\s;]*/y);
    if (reader.at >= text.length) return commands;
    if (text[reader.at] === "#") {
      skip(reader, /[^\n]*/y);
      continue;
    }
    const command = readCommand(reader, options);
    if (command === undefined) return undefined;
    commands.push(command);
  }
}

interface Reader {
  readonly text: string;
  at: number;
}

function skip(reader: Reader, pattern: RegExp): string {
  pattern.lastIndex = reader.at;
  const found = pattern.exec(reader.text)?.[0] ?? "";
  reader.at += found.length;
  return found;
}

function readCommand(reader: Reader, options: SedOptions): Command | undefined {
  const from = readAddress(reader, options);
  if (from === "wrong") return undefined;
  let to: Address | undefined;
  if (from !== undefined && reader.text[reader.at] === ",") {
    reader.at++;
    const end = readAddress(reader, options);
    if (end === "wrong" || end === undefined) return undefined;
    to = end;
  }
  skip(reader, /\s*/y);
  const inverted = skip(reader, /!\s*/y) !== "";
  const action = readAction(reader, options);
  return action === undefined ? undefined : { from, to, inverted, action };
}

function readAddress(reader: Reader, options: SedOptions): Address | undefined | "wrong" {
  const number = skip(reader, /\d+/y);
  if (number !== "") return { line: Number(number) };
  if (skip(reader, /\$/y) !== "") return { last: true };
  const custom = skip(reader, /\\/y) !== "";
  const delimiter = reader.text[reader.at] ?? "";
  if (!custom && delimiter !== "/") return undefined;
  reader.at++;
  const source = readUntil(reader, delimiter);
  const match = expressionOf(source, options, false);
  return match === undefined ? "wrong" : { match };
}

/** An empty expression stands for the one used last, which isn't modelled. */
function expressionOf(
  source: string | undefined,
  options: SedOptions,
  ignoreCase: boolean,
): Expression | undefined {
  if (source === undefined || source === "") return undefined;
  return regularExpression(source, { kind: options.extended ? "extended" : "basic", ignoreCase, sed: true });
}

/** Text up to an unescaped delimiter, which is stepped over; a delimiter that was escaped is itself. */
function readUntil(reader: Reader, delimiter: string): string | undefined {
  let found = "";
  let inBrackets = false;
  while (reader.at < reader.text.length) {
    const next = reader.text[reader.at++] ?? "";
    if (next === "\\") {
      const after = reader.text[reader.at++] ?? "";
      found += after === delimiter && delimiter !== "" && !/[|+?(){}]/.test(delimiter) ? after : `\\${after}`;
    } else if (next === delimiter && !inBrackets) return found;
    else {
      if (next === "[" && !inBrackets) inBrackets = reader.text.indexOf("]", reader.at + 1) > 0;
      else if (next === "]" && inBrackets && !found.endsWith("[") && !found.endsWith("[^"))
        inBrackets = false;
      found += next;
    }
  }
  return undefined;
}

function readAction(reader: Reader, options: SedOptions): Action | undefined {
  const letter = reader.text[reader.at++];
  if (letter === "d" || letter === "p" || letter === "q") {
    if (!/^\s*(?:[;\n}]|$)/.test(reader.text.slice(reader.at))) return undefined;
    return { kind: letter === "d" ? "delete" : letter === "p" ? "print" : "quit" };
  }
  return letter === "s" ? readSubstitution(reader, options) : undefined;
}

function readSubstitution(reader: Reader, options: SedOptions): Action | undefined {
  const delimiter = reader.text[reader.at++] ?? "";
  const source = readUntil(reader, delimiter);
  const replacement = readReplacement(reader, delimiter);
  const flags = skip(reader, /[gpiI]*/y);
  if (replacement === undefined) return undefined;
  if (!/^\s*(?:[;\n}#]|$)/.test(reader.text.slice(reader.at))) return undefined;
  const expression = expressionOf(source, options, /[iI]/.test(flags));
  if (expression === undefined) return undefined;
  if (replacement.some((piece) => typeof piece === "number" && piece > expression.groups)) return undefined;
  return {
    kind: "substitute",
    expression,
    replacement,
    all: flags.includes("g"),
    print: flags.includes("p"),
  };
}

/** Literal pieces, and the numbers of groups (0 for `&`). */
function readReplacement(reader: Reader, delimiter: string): (string | number)[] | undefined {
  const pieces: (string | number)[] = [];
  while (reader.at < reader.text.length) {
    const next = reader.text[reader.at++] ?? "";
    if (next === delimiter) return pieces;
    if (next === "&") pieces.push(0);
    else if (next === "\\") {
      const after = reader.text[reader.at++] ?? "";
      if (/\d/.test(after)) pieces.push(Number(after));
      else if (/[LUElu]/.test(after)) return undefined;
      else pieces.push(after === "n" ? "\n" : after === "t" ? "\t" : after);
    } else pieces.push(next);
  }
  return undefined;
}

/**
 * Applies a program to a text, line by line.
 * @throws ToolError "limit" where `resultOfSed` has no answer
 */
export function applySed(program: SedProgram, text: string, options: SedOptions): string {
  const result = resultOfSed(program, text, options);
  if (result !== undefined) return result;
  throw new ToolError("limit", {
    what: "editing a file as sed would",
    why: `it takes more than shellMatchStepsMax steps for ${text.length} characters`,
    hint: "declare what the script does in the spec",
  });
}

/** What a program makes of a text; undefined where that takes more steps than `stepsFor` gives. */
export function resultOfSed(program: SedProgram, text: string, options: SedOptions): string | undefined {
  const ended = text.endsWith("\n") || text === "";
  const lines = (ended ? text.slice(0, -1) : text).split("\n");
  if (text === "") return "";
  const run: Run = { count: lines.length, active: new Set(), output: [], steps: stepsFor(text) };
  for (const [index, original] of lines.entries()) {
    let line: string | undefined = original;
    let stop = false;
    for (const command of program) {
      if (!selects(command, line, index, run)) continue;
      if (command.action.kind === "delete") line = undefined;
      else if (command.action.kind === "print") run.output.push(line);
      else if (command.action.kind === "quit") stop = true;
      else line = substitute(command.action, line, run);
      if (line === undefined || stop) break;
    }
    if (line !== undefined && !options.quiet) run.output.push(line);
    if (run.steps.left < 0) return undefined;
    if (stop) break;
  }
  return run.output.length === 0 ? "" : `${run.output.join("\n")}${ended ? "\n" : ""}`;
}

/** One run of a program. */
interface Run {
  /** How many lines there are. */
  readonly count: number;
  /** Commands whose range is open. */
  readonly active: Set<Command>;
  readonly output: string[];
  readonly steps: Steps;
}

function substitute(action: Extract<Action, { kind: "substitute" }>, line: string, run: Run): string {
  const characters = Array.from(line);
  let result = "";
  let copied = 0;
  let found = false;
  for (const [start, end, slots] of findMatches(action.expression, characters, run.steps)) {
    found = true;
    result += characters.slice(copied, start).join("");
    for (const piece of action.replacement) {
      result +=
        typeof piece === "string"
          ? piece
          : characters.slice(slots[2 * piece] ?? 0, slots[2 * piece + 1] ?? 0).join("");
    }
    copied = end;
    if (!action.all) break;
  }
  result += characters.slice(copied).join("");
  if (action.print && found) run.output.push(result);
  return result;
}

function selects(command: Command, line: string, index: number, run: Run): boolean {
  const { from, to, inverted } = command;
  if (from === undefined) return !inverted;
  const here = (address: Address): boolean =>
    "match" in address
      ? findMatch(address.match, Array.from(line), 0, run.steps) !== undefined
      : "last" in address
        ? index === run.count - 1
        : address.line === index + 1;
  if (to === undefined) return here(from) !== inverted;
  let inside = run.active.has(command);
  if (inside) {
    if (here(to)) run.active.delete(command);
  } else if (here(from)) {
    inside = true;
    if (!("line" in to && to.line <= index + 1)) run.active.add(command);
  }
  return inside !== inverted;
}
