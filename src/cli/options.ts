// A command's options as data. From the table come the parser, the types of the values, `--help` and docs/reference/cli.md.
// Conventions: POSIX Utility Syntax Guidelines and GNU long options: `--name value`, `--name=value`, `-n value`, `-nvalue`,
// flags may be joined (`-qh`), `--` ends the options, options and arguments may be mixed.
import type { Diagnostic } from "../base/diagnostics.ts";
import { InvalidInput } from "../base/diagnostics.ts";
import { nearestName } from "../base/nearest.ts";
import type { cliRules } from "./rules.ts";
import { checkArguments } from "./usage.ts";

interface OptionBase {
  readonly summary: string;
  /** One letter. */
  readonly short?: string;
}

/** Present or not: `--push`. */
interface FlagOption extends OptionBase {
  readonly kind: "flag";
}

/** One value: `--file FILE`. The last one counts. */
interface TextOption extends OptionBase {
  readonly kind: "text";
  /** What stands for the value in the help: "FILE". */
  readonly value: string;
  readonly default?: string;
}

/** May be given again and again: `--tag a --tag b`. */
interface ListOption extends OptionBase {
  readonly kind: "list";
  readonly value: string;
  /** One value may hold several, with commas between them. */
  readonly commas?: boolean;
}

/** One of a closed list: `--progress plain`. */
interface ChoiceOption extends OptionBase {
  readonly kind: "choice";
  readonly value: string;
  readonly choices: readonly string[];
  readonly default?: string;
}

export type Option = FlagOption | TextOption | ListOption | ChoiceOption;

/** Options by their long name. */
export type OptionTable = Readonly<Record<string, Option>>;

type ValueOf<O extends Option> = O extends FlagOption
  ? boolean
  : O extends ListOption
    ? readonly string[]
    :
        | (O extends ChoiceOption ? O["choices"][number] : string)
        | (O extends { default: string } ? never : undefined);

/** What was given on the command line, checked against the table. */
export interface Arguments<T extends OptionTable = OptionTable> {
  readonly options: { readonly [K in keyof T]: ValueOf<T[K]> };
  readonly positionals: readonly string[];
  /** What follows `--`. */
  readonly rest: readonly string[];
}

/**
 * Reads a command's arguments.
 * @throws InvalidInput with every mistake
 */
export function parseArguments<T extends OptionTable>(
  argv: readonly string[],
  table: T,
  usage: string,
): Arguments<T> {
  const reading: Reading = { table, values: new Map(), positionals: [], problems: [] };
  const end = argv.indexOf("--");
  const words = end === -1 ? argv : argv.slice(0, end);
  const rest = end === -1 ? [] : argv.slice(end + 1);
  for (let at = 0; at < words.length; ) at += readWord(reading, words, at);
  reading.problems.push(...checkArguments(usage, reading.positionals, rest));
  if (reading.problems.length > 0) throw new InvalidInput(reading.problems);
  const options = Object.fromEntries(
    Object.entries(table).map(([name, option]) => [
      name,
      optionValue(option, reading.values.get(name) ?? []),
    ]),
  );
  return { options: options as Arguments<T>["options"], positionals: reading.positionals, rest };
}

interface Reading {
  readonly table: OptionTable;
  readonly values: Map<string, string[]>;
  readonly positionals: string[];
  readonly problems: Diagnostic[];
}

/** Reads the word at `at`; returns how many words it took. */
function readWord(reading: Reading, words: readonly string[], at: number): number {
  const word = words[at] ?? "";
  if (word.startsWith("--")) return readLong(reading, word.slice(2), words[at + 1]);
  if (word.startsWith("-") && word !== "-") return readShort(reading, word.slice(1), words[at + 1]);
  reading.positionals.push(word);
  return 1;
}

function readLong(reading: Reading, text: string, next: string | undefined): number {
  const cut = text.indexOf("=");
  const name = cut === -1 ? text : text.slice(0, cut);
  const option = Object.hasOwn(reading.table, name) ? reading.table[name] : undefined;
  if (option === undefined) {
    const nearest = nearestName(name, Object.keys(reading.table));
    const hint = nearest === undefined ? "--help lists the options" : `did you mean --${nearest}?`;
    complain(reading, "unknown-option", `there is no option --${name}`, hint);
    return 1;
  }
  if (option.kind === "flag") {
    if (cut !== -1) complain(reading, "unexpected-value", `--${name} takes no value`);
    record(reading, name, "");
    return 1;
  }
  if (cut !== -1) return take(reading, name, option, text.slice(cut + 1), 1);
  return takeNext(reading, name, option, next);
}

function readShort(reading: Reading, letters: string, next: string | undefined): number {
  for (let at = 0; at < letters.length; at++) {
    const letter = letters[at] ?? "";
    const found = Object.entries(reading.table).find(([, option]) => option.short === letter);
    if (found === undefined) {
      complain(reading, "unknown-option", `there is no option -${letter}`, "--help lists the options");
      return 1;
    }
    const [name, option] = found;
    if (option.kind !== "flag") {
      const attached = letters.slice(at + 1).replace(/^=/, "");
      return attached === ""
        ? takeNext(reading, name, option, next)
        : take(reading, name, option, attached, 1);
    }
    record(reading, name, "");
  }
  return 1;
}

function takeNext(
  reading: Reading,
  name: string,
  option: Exclude<Option, FlagOption>,
  next: string | undefined,
): number {
  // A value that begins with a dash is taken for a forgotten value; `--name=-x` says that it is meant.
  if (next !== undefined && (next === "-" || !next.startsWith("-")))
    return take(reading, name, option, next, 2);
  const hint = next === undefined ? undefined : `write --${name}=${next} if ${next} is the value`;
  complain(reading, "missing-value", `--${name} needs a value: --${name} ${option.value}`, hint);
  return 1;
}

function take(
  reading: Reading,
  name: string,
  option: Exclude<Option, FlagOption>,
  value: string,
  words: number,
): number {
  if (value === "") complain(reading, "missing-value", `--${name} needs a value: --${name} ${option.value}`);
  else if (option.kind === "choice" && !option.choices.includes(value)) {
    const nearest = nearestName(value, option.choices);
    const hint = nearest === undefined ? undefined : `did you mean ${nearest}?`;
    complain(reading, "wrong-choice", `--${name} takes ${option.choices.join(", ")}; not ${value}`, hint);
  } else if (option.kind === "list" && option.commas === true) {
    for (const part of value.split(",")) if (part.trim() !== "") record(reading, name, part.trim());
  } else record(reading, name, value);
  return words;
}

function record(reading: Reading, name: string, value: string): void {
  const values = reading.values.get(name);
  if (values === undefined) reading.values.set(name, [value]);
  else values.push(value);
}

function complain(reading: Reading, rule: keyof typeof cliRules, message: string, hint?: string): void {
  reading.problems.push({ severity: "error", rule, message, ...(hint === undefined ? {} : { hint }) });
}

function optionValue(
  option: Option,
  given: readonly string[],
): boolean | string | readonly string[] | undefined {
  switch (option.kind) {
    case "flag":
      return given.length > 0;
    case "list":
      return given;
    case "text":
    case "choice":
      return given.at(-1) ?? option.default;
  }
}
