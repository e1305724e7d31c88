// A shell script, or the command line of `sh -c`, as its simple commands: each with its line and its words as far as they are
// known without running it.
import type { Script } from "../../formats/shell/ast.ts";
import { dialectOf, parseShell } from "../../formats/shell/parse.ts";
import { commandsOf, type FoundCommand } from "./commands.ts";
import type { MaybeWord } from "./shells.ts";
import { expandWords, isAllArguments, type Scope } from "./words.ts";

export interface Source {
  readonly text: string;
  /** The shell that runs it knows more than POSIX. */
  readonly bash: boolean;
  /** "$@"; undefined where it isn't known. */
  readonly args: readonly MaybeWord[] | undefined;
  /** "$0" of a script, which scripts start again as another user; absent for a command line. */
  readonly self?: string;
  /** What the image's config sets. */
  readonly env: Readonly<Record<string, string>>;
}

interface ScriptCommand {
  /** From 1. */
  readonly line: number;
  readonly words: readonly MaybeWord[];
  /** As it stands in the script. */
  readonly written: string;
}

interface ScriptCommands {
  readonly commands: readonly ScriptCommand[];
  readonly functions: ReadonlySet<string>;
  /** Folders whose scripts it seems to start. */
  readonly folders: ReadonlySet<string>;
  /** It sets PATH or changes its folder somewhere: what isn't found may be found when it runs. */
  readonly moves: boolean;
}

/** In the order of the text; undefined for what no shell's grammar fits. */
export function scriptCommands(source: Source): ScriptCommands | undefined {
  const script = parsed(source);
  if (script === undefined) return undefined;
  const { assigned, commands, folders, functions } = commandsOf(script.commands);
  const lineOf = lineCounter(source.text);
  const args = argumentsOf(source.args, commands);
  const forwarding = forwardingFunctions(commands);
  const variable = (name: string): string | undefined => {
    if (name === "0" || name === "BASH_SOURCE") return source.self;
    return assigned.has(name) || !Object.hasOwn(source.env, name) ? undefined : source.env[name];
  };
  return {
    commands: commands.map(({ command, inside }) => ({
      line: lineOf(command.extent.start),
      words: expandWords(command.words, {
        variable,
        // A function has arguments of its own, mostly others.
        args: inside === undefined || forwarding.has(inside) ? args : undefined,
      }),
      written: source.text.slice(command.extent.start, command.extent.end),
    })),
    functions,
    folders,
    moves: assigned.has("PATH") || commands.some(changesFolder),
  };
}

function parsed({ bash, text }: Source): Script | undefined {
  const file = "script";
  const dialect = dialectOf(text) ?? (bash ? "bash" : "posix");
  // BusyBox's and other small shells take some of bash's grammar under the name sh.
  return parseShell(text, { file, dialect }).value ?? parseShell(text, { file, dialect: "bash" }).value;
}

const nothingKnown: Scope = { variable: () => undefined, args: undefined };

/**
 * What `"$@"` is when the script comes to use it. Entrypoints put a program in front where the first argument is an option
 * (`set -- postgres "$@"`); what it is then is not known.
 */
function argumentsOf(args: Source["args"], commands: readonly FoundCommand[]): Source["args"] {
  if (args === undefined || !commands.some(changesArguments)) return args;
  const [first] = args;
  return first === undefined || first.startsWith("-") ? undefined : args;
}

function changesArguments({ command }: FoundCommand): boolean {
  const [name, ...rest] = expandWords(command.words, nothingKnown);
  if (name === "shift") return true;
  return name === "set" && rest.some((one) => one === "--" || one?.startsWith("-") !== true);
}

/** Functions that are called with the script's own arguments. */
function forwardingFunctions(commands: readonly FoundCommand[]): ReadonlySet<string> {
  const found = new Set<string>();
  for (const { command, inside } of commands) {
    const [name, only, ...more] = command.words;
    if (inside !== undefined || name === undefined || only === undefined || more.length > 0) continue;
    const [text] = expandWords([name], nothingKnown);
    if (text !== undefined && isAllArguments(only)) found.add(text);
  }
  return found;
}

function changesFolder({ command }: FoundCommand): boolean {
  const part = command.words[0]?.parts[0];
  return part?.kind === "literal" && (part.text === "cd" || part.text === "pushd");
}

/** Lines from 1, by offset. */
function lineCounter(text: string): (offset: number) => number {
  const starts = [0];
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  return (offset) => {
    let low = 0;
    let high = starts.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle;
    }
    return low + 1;
  };
}
