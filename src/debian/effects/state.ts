// One line of execution of a script, as far as it can be known. Where a decision can't be taken the line forks; both lines
// remember what they assume (`guards`), and are joined again where they meet (paths.ts).
// Invariant: only paths.ts makes guards disappear.
import type { Command, CommandList, Script } from "../../formats/shell/ast.ts";
import type { TreePath } from "../../tree/path.ts";
import type { ScriptName } from "../package.ts";
import type {
  Before,
  Condition,
  EffectAction,
  EffectSource,
  EffectsContext,
  InertCommand,
  KnownUser,
  UnknownEffect,
} from "./effect.ts";
import type { Value } from "./value.ts";

/** An assumption. Two lines whose last guards have one id and opposite `holds` are the two halves of one fork. */
export interface Guard {
  readonly id: number;
  readonly holds: boolean;
  /** What the tree will answer; undefined where nothing but running the script could. */
  readonly condition: Condition | undefined;
  readonly why: string;
}

/** An effect with everything that was assumed when it happened. */
export interface GuardedEffect {
  readonly action: EffectAction;
  readonly guards: readonly Guard[];
  readonly source: EffectSource;
  readonly text: string;
}

/** What a script made of a path so far. */
export type Made =
  | { readonly kind: "file"; readonly content: Value }
  | { readonly kind: "directory" }
  | { readonly kind: "symlink"; readonly target: string }
  | { readonly kind: "absent" }
  | { readonly kind: "unknown" };

export type Variable = Value | { readonly elements: readonly Value[] };

export type Flow =
  | { readonly kind: "exit"; readonly status: number | undefined }
  | { readonly kind: "return" }
  | { readonly kind: "break" | "continue"; readonly levels: number };

/** The text that is being run: a script, or a file that it sources. */
export interface Running {
  readonly script: Script;
  readonly file: string;
  readonly of: ScriptName;
}

export interface FunctionValue {
  readonly body: Command;
  readonly running: Running;
}

/** What stays the same over one package's analysis. */
export interface World {
  readonly context: EffectsContext;
  readonly package: string;
  readonly packageName: string;
  readonly templates: ReadonlyMap<string, ReadonlyMap<string, string>>;
  /** What packages configured earlier have made. */
  readonly before: Before;
  /** The package's own files. */
  readonly ownPaths: ReadonlySet<TreePath>;
  readonly reads: Set<TreePath>;
  /** Runs commands (execute.ts); here so that expansions can, without a circle of modules. */
  readonly runList: (state: State, list: CommandList) => State[];
  readonly runCommand: (state: State, command: Command) => State[];
  /** Numbers handed out: fork ids, temporary names, commands run. */
  readonly counters: { forks: number; temporary: number; steps: number };
}

/** The parts that a fork has to copy. */
interface Knowledge {
  readonly variables: Map<string, Variable>;
  readonly functions: Map<string, FunctionValue>;
  readonly files: Map<TreePath, Made>;
  readonly users: Map<string, KnownUser>;
  readonly groups: Set<string>;
  readonly diversions: Map<string, { readonly owner: string; readonly to: string }>;
  readonly overrides: Set<string>;
  readonly answers: Map<string, Value>;
}

interface Findings {
  readonly effects: GuardedEffect[];
  readonly unknown: UnknownEffect[];
  readonly inert: InertCommand[];
}

export interface State extends Knowledge, Findings {
  readonly world: World;
  running: Running;
  positional: readonly Value[];
  guards: readonly Guard[];
  flow: Flow | undefined;
  /** `$?`: undefined where it depends on what can't be known. */
  status: number | undefined;
  statusWhy: string;
  errexit: boolean;
  /** Above 0 where a failing command is a condition, not an error (XCU 2.8.1). */
  conditionDepth: number;
  /** Above 0 inside ( ), $( ) and pipelines: an exit ends only those. */
  subshellDepth: number;
  /** What `local` hid, of every function that is being run. */
  locals: readonly ReadonlyMap<string, Variable | undefined>[];
  directory: Value;
  umask: number;
  stdin: Value | undefined;
  /** Where captured output goes; undefined where nobody reads it. */
  output: Value[] | undefined;
  /** What `trap ... EXIT` asked for. */
  exitTrap: Value | undefined;
  /** Who runs it: "root", or the account of `su -c`. */
  account: string;
}

export function forkState(state: State): State {
  return {
    ...state,
    variables: new Map(state.variables),
    functions: new Map(state.functions),
    files: new Map(state.files),
    users: new Map(state.users),
    groups: new Set(state.groups),
    diversions: new Map(state.diversions),
    overrides: new Set(state.overrides),
    answers: new Map(state.answers),
    effects: [...state.effects],
    unknown: [...state.unknown],
    inert: [...state.inert],
    output: state.output === undefined ? undefined : [...state.output],
  };
}

/** Where a node of the running text stands. */
export function sourceAt(state: State, offset: number): EffectSource {
  const { script, file, of } = state.running;
  let line = 1;
  for (let at = script.text.indexOf("\n"); at >= 0 && at < offset; at = script.text.indexOf("\n", at + 1))
    line++;
  return { package: state.world.package, script: of, file, line };
}

/** The text of a node on one line, cut where it is long. */
export function textOf(state: State, extent: { readonly start: number; readonly end: number }): string {
  const text = state.running.script.text.slice(extent.start, extent.end).replace(/\s*\\?\n\s*/g, " ");
  return text.length > 160 ? `${text.slice(0, 159)}…` : text;
}
