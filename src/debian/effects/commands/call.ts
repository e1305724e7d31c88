// How the interpreter asks for a command's effect, and what it gets back.
import type { Extent } from "../../../formats/shell/ast.ts";
import type { TreePath } from "../../../tree/path.ts";
import type { Condition } from "../effect.ts";
import { noteUnknown } from "../emit.ts";
import { pathOf } from "../expand.ts";
import type { State } from "../state.ts";
import { type Field, known, unknown, type Value } from "../value.ts";

/** One command with its arguments expanded. */
export interface Call {
  readonly state: State;
  readonly name: string;
  readonly fields: readonly Field[];
  readonly extent: Extent;
}

export interface Outcome {
  /** Undefined: it can't be known, and `why` says why. */
  readonly status: number | undefined;
  readonly why?: string;
  readonly output?: Value;
  /** The status is 0 where the composed tree says yes. */
  readonly question?: Omit<Condition, "holds">;
}

/** Writes its effects into `call.state`. */
export type Handler = (call: Call) => Outcome;

export const success: Outcome = { status: 0 };
export const failure: Outcome = { status: 1 };

export function undecided(why: string, output?: Value): Outcome {
  return { status: undefined, why, ...(output === undefined ? {} : { output }) };
}

export function printed(text: string): Outcome {
  return { status: 0, output: known(text) };
}

/** Notes that this command isn't understood. */
export function notUnderstood(call: Call, why: string): Outcome {
  noteUnknown(call.state, call.extent, why);
  return { status: undefined, why };
}

/** A handler that needs every argument's text. */
export function literal(handle: (call: Call, words: readonly string[]) => Outcome): Handler {
  return (call) => {
    const words: string[] = [];
    for (const { value } of call.fields) {
      if (!value.known) return notUnderstood(call, `an argument of ${call.name} is not known: ${value.why}`);
      words.push(value.text);
    }
    return handle(call, words);
  };
}

/** A handler that changes nothing: where an argument isn't known, neither is its answer. */
export function reading(handle: (call: Call, words: readonly string[]) => Outcome): Handler {
  return (call) => {
    const stranger = call.fields.find(({ value }) => !value.known)?.value;
    if (stranger?.known === false) return undecided(stranger.why, unknown(stranger.why));
    return literal(handle)(call);
  };
}

export interface Options {
  /** Given options by their name as in `known`, with their arguments in order; "" for those without. */
  readonly values: ReadonlyMap<string, readonly string[]>;
  readonly operands: readonly string[];
  /** The first option that isn't in `known`. */
  readonly stranger: string | undefined;
}

/**
 * Splits arguments as getopt_long does. `known`: "name" for a flag, "name:" where an argument follows; a short option is
 * one letter; "m=mode" makes `-m` another spelling of `--mode`.
 */
export function parseOptions(words: readonly string[], known: readonly string[]): Options {
  const table = optionTable(known);
  const values = new Map<string, string[]>();
  const operands: string[] = [];
  let stranger: string | undefined;
  const add = (name: string, value: string): void => {
    values.set(name, [...(values.get(name) ?? []), value]);
  };
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? "";
    if (word === "--") {
      operands.push(...words.slice(at + 1));
      break;
    }
    if (!word.startsWith("-") || word === "-") {
      operands.push(word);
      continue;
    }
    const long = word.startsWith("--");
    const [name, attached] = long ? splitLong(word) : [word.slice(1, 2), word.slice(2)];
    const option = table.get(name);
    if (option === undefined) {
      stranger ??= word;
      continue;
    }
    if (option.takes) {
      const value = attached !== undefined && attached !== "" ? attached : words[++at];
      add(option.name, value ?? "");
      continue;
    }
    add(option.name, "");
    // `-rf`: what follows a flag are further flags.
    if (!long && attached !== undefined && attached !== "") {
      const rest = parseOptions([`-${attached}`, ...words.slice(at + 1)], known);
      for (const [other, given] of rest.values) for (const value of given) add(other, value);
      return { values, operands: [...operands, ...rest.operands], stranger: stranger ?? rest.stranger };
    }
  }
  return { values, operands, stranger };
}

function splitLong(word: string): [string, string | undefined] {
  const cut = word.indexOf("=");
  return cut < 0 ? [word.slice(2), undefined] : [word.slice(2, cut), word.slice(cut + 1)];
}

function optionTable(known: readonly string[]): Map<string, { name: string; takes: boolean }> {
  const table = new Map<string, { name: string; takes: boolean }>();
  for (const text of known) {
    const takes = text.endsWith(":");
    const names = (takes ? text.slice(0, -1) : text).split("=");
    for (const name of names) table.set(name, { name: names.at(-1) ?? name, takes });
  }
  return table;
}

export function optionOf(options: Options, name: string): string | undefined {
  return options.values.get(name)?.at(-1);
}

export function pathsOf(call: Call, operands: readonly string[]): (TreePath | undefined)[] {
  return operands.map((operand) => pathOf(call.state, known(operand)));
}
