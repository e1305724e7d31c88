// What lowering holds while it makes the graph of one target platform: the stages as far as they are made, and the words that
// they share. Values in it change from instruction to instruction; vertices never do.
import type { Diagnostic, Span } from "../../../base/diagnostics.ts";
import { limits } from "../../../base/limits.ts";
import type { Vertex } from "../../../graph/vertex.ts";
import type { HistoryEntry, ImageConfig, RunConfig } from "../../../oci/model.ts";
import type { Flag, Instruction, Word } from "../ast.ts";
import type { MatchBudget } from "../expand/pattern.ts";
import { expandedParts } from "../expand/table.ts";
import { type ExpandOptions, expandWord, isProblem } from "../expand/word.ts";
import type { Locals } from "./locals.ts";
import { Mistake } from "./mistake.ts";
import type { LowerOptions, NamedContext } from "./options.ts";
import type { Stage } from "./stages.ts";

export interface Scope {
  readonly options: LowerOptions;
  readonly escape: "\\" | "`";
  /** Normal: "linux/arm64". */
  readonly platform: string;
  /** Several platforms are built: names say which. */
  readonly multiple: boolean;
  readonly globals: ReadonlyMap<string, string>;
  readonly locals: Locals;
  readonly resolve: LowerOptions["resolveImage"];
  readonly states: StageState[];
  readonly byName: Map<string, StageState>;
  readonly found: Diagnostic[];
  readonly budget: MatchBudget;
  /** Characters that lowering may still make. */
  readonly room: { left: number };
  /** Names of ARGs that were met. */
  readonly declared: Set<string>;
}

/** A stage, or an image or context that stands in the place of one. */
export interface StageState {
  readonly stage: Stage | undefined;
  /** What it begins with; of a stage without its variables. */
  baseName: string;
  readonly span: Span;
  /** In front of the names of its vertices. */
  label: string;
  base: StageState | undefined;
  context: NamedContext | undefined;
  readonly needs: Map<StageState, Span>;
  commands: Command[];
  triggersRead: boolean;
  resolved: boolean;
  /** Its vertex is final. */
  dispatched: boolean;
  platform: string | undefined;
  vertex: Vertex;
  /** The variables that instructions see. The last that was set comes last. */
  env: Map<string, string>;
  image: ImageDraft;
  buildArguments: Map<string, string>;
  commandGiven: boolean;
  readonly ignoreCache: boolean;
  /** Steps in its progress: all, and those that have a number. */
  steps: number;
  numbered: number;
  /** The folder that it is, where it is one: what is read of it is told to `locals`. */
  local: string | undefined;
}

export interface Command {
  readonly instruction: Instruction;
  /** Where it takes files from, by the position of its `--mount`; one of COPY. Undefined is the context. */
  readonly sources: readonly (StageState | undefined)[];
  readonly onBuild: boolean;
}

/** A config in the making. */
export interface ImageDraft {
  /** Without `config`, which is beside it. */
  readonly document: Omit<ImageConfig, "config" | "rootfs" | "history">;
  readonly config: RunConfig;
  readonly history: readonly HistoryEntry[];
}

/** Time and memory are as much as what is made, and that has a limit. @throws Mistake "lowered-limit" */
export function spend(scope: Scope, length: number, span: Span): void {
  scope.room.left -= length;
  if (scope.room.left >= 0) return;
  throw new Mistake(
    "lowered-limit",
    span,
    `the file becomes more than ${limits.loweredLengthMax} characters of a build (loweredLengthMax)`,
  );
}

/** @throws Mistake "wrong-expansion" */
export function expandIn(
  scope: Scope,
  variables: ReadonlyMap<string, string>,
  word: Word,
  settings: Partial<ExpandOptions> = {},
): string {
  const { text, span } = word;
  const options = { variables, escape: scope.escape, budget: scope.budget, ...settings };
  const expanded = expandWord(text, options);
  if (isProblem(expanded))
    throw new Mistake("wrong-expansion", spanAt(word, expanded.at), `"${text}": ${expanded.problem}`);
  spend(scope, expanded.value.length, span);
  return expanded.value;
}

/** The place of a problem inside a word, where the word stands in one line as it is. */
export function spanAt({ text, span }: Word, at: number): Span {
  const asWritten = span.line === span.endLine && span.endColumn - span.column === text.length;
  return asWritten ? { ...span, column: Math.min(span.column + at, span.endColumn - 1) } : span;
}

/** The value of a flag, expanded where that is done. */
export function flagValue(
  scope: Scope,
  state: Pick<StageState, "env">,
  instruction: Instruction,
  name: string,
): { readonly value: string; readonly flag: Flag } | undefined {
  const flag = instruction.flags.find((one) => one.name === name);
  if (flag?.value === undefined) return undefined;
  const word = { text: flag.value, span: flag.span };
  const expands = expandedParts[instruction.name].flags.includes(name);
  return { value: expands ? expandIn(scope, state.env, word) : flag.value, flag };
}

/** A flag that is true or false; undefined where it isn't given. */
export function flagSwitch(instruction: Instruction, name: string): boolean | undefined {
  const flag = instruction.flags.find((one) => one.name === name);
  return flag === undefined ? undefined : flag.value === undefined || flag.value.toLowerCase() === "true";
}

/** All values of a flag that may be repeated. */
export function flagValues(instruction: Instruction, name: string): readonly string[] {
  return instruction.flags.flatMap((flag) => (flag.name === name ? [flag.value ?? ""] : []));
}

/** Variables with others set; those are the last then. */
export function withVariables(
  variables: ReadonlyMap<string, string>,
  pairs: Iterable<readonly [string, string]>,
): Map<string, string> {
  const changed = new Map(variables);
  for (const [name, value] of pairs) {
    changed.delete(name);
    changed.set(name, value);
  }
  return changed;
}

/** Changes of the config that the image will have. */
export function configure(state: StageState, change: RunConfig): void {
  state.image = { ...state.image, config: { ...state.image.config, ...change } };
}

export function workingDirOf(state: StageState): string {
  const { WorkingDir: folder } = state.image.config;
  return folder === undefined || folder === "" ? "/" : folder;
}
