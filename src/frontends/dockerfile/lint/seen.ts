// What lint sees of a file: its stages in their order, each instruction with the variables that are set before it. As lowering
// does, but nothing is built: what a base image sets may be unknown, and every stage is looked at.
import type { Span } from "../../../base/diagnostics.ts";
import type { RunConfig } from "../../../oci/model.ts";
import type { Dockerfile, Instruction, Word } from "../ast.ts";
import { type MatchBudget, matchBudget } from "../expand/pattern.ts";
import { type Expanded, type ExpandOptions, expandWord, isProblem } from "../expand/word.ts";
import { type Stage, stagesOf } from "../lower/stages.ts";
import { predefinedArguments } from "../lower/variables.ts";
import { parseTrigger } from "../parse.ts";
import { type Checks, checksAbove, fileChecks } from "./checks.ts";
import type { LintRuleId } from "./rules.ts";

/** What is known of a base image. */
export interface KnownImage {
  /** "linux/amd64". */
  readonly platform: string;
  readonly config: RunConfig;
}

export interface LintContext {
  readonly buildArgs?: ReadonlyMap<string, string>;
  /** Both "linux/amd64" where it isn't given. */
  readonly platform?: string;
  readonly buildPlatform?: string;
  /** A stage by its name; absent: the last one. */
  readonly target?: string;
  /** What is known of an image; undefined where nothing is. */
  readonly imageOf?: (reference: string) => KnownImage | undefined;
  /** Of the context's .dockerignore. */
  readonly ignorePatterns?: readonly string[];
}

export interface File {
  readonly ast: Dockerfile;
  readonly context: LintContext;
  readonly checks: Checks;
  /** Instructions before the first FROM, which are ARGs. */
  readonly globalInstructions: readonly Instruction[];
  /** Of FROM lines: predefined, and of those ARGs. */
  readonly globals: ReadonlyMap<string, string>;
  /** The same where no build argument is given. */
  readonly globalDefaults: ReadonlyMap<string, string>;
  /** Names of both kinds, also of those without a value. */
  readonly globalNames: ReadonlySet<string>;
  readonly stages: readonly StageSeen[];
  /** What ships: the target, and the stages that it begins with. */
  readonly shipped: ReadonlySet<StageSeen>;
  readonly budget: MatchBudget;
}

export interface StageSeen {
  readonly stage: Stage;
  readonly checks: Checks;
  /** The image or stage that it begins with, its variables filled in. */
  readonly baseName: string;
  readonly base: StageSeen | undefined;
  /** The image at the bottom, where it is known; `scratch` is. */
  readonly image: KnownImage | undefined;
  /** Its instructions, those that its base has for it before its own. */
  readonly instructions: readonly Instruction[];
}

export function seeFile(ast: Dockerfile, context: LintContext): File {
  const { globals: globalInstructions, stages } = stagesOf(ast);
  const budget = matchBudget();
  const predefined = predefinedArguments(
    context.buildArgs ?? new Map(),
    context.buildPlatform ?? "linux/amd64",
    context.platform ?? "linux/amd64",
    context.target ?? stages.at(-1)?.name ?? "default",
  );
  const words = { escape: ast.directives.escape, budget };
  const globals = withGlobals(predefined, globalInstructions, context.buildArgs, words);
  const globalDefaults = withGlobals(predefined, globalInstructions, undefined, words);
  const checks = fileChecks(ast.directives);
  const seen: StageSeen[] = [];
  const byName = new Map<string, StageSeen>();
  for (const stage of stages) {
    const expanded = expandWord(stage.base.text, { ...words, variables: globals });
    const baseName = isProblem(expanded) ? stage.base.text : expanded.value;
    const base = byName.get(baseName);
    const image = base === undefined ? imageOf(baseName, context) : base.image;
    const triggers = [
      ...(base === undefined ? (image?.config.OnBuild ?? []) : triggersOf(base.stage.instructions)),
    ].flatMap((text) => parseTrigger(text, stage.from.span).value ?? []);
    const one: StageSeen = {
      stage,
      checks: checksAbove(checks, stage.from),
      baseName,
      base,
      image,
      instructions: [...triggers, ...stage.instructions],
    };
    seen.push(one);
    if (stage.name !== undefined) byName.set(stage.name, one);
  }
  const names = pairsOf(globalInstructions).map(({ name }) => name.text);
  return {
    ast,
    context,
    checks,
    globalInstructions,
    globals,
    globalDefaults,
    globalNames: new Set([...names, ...globals.keys()]),
    stages: seen,
    shipped: chainOf(byName.get(context.target?.toLowerCase() ?? "") ?? seen.at(-1)),
    budget,
  };
}

function imageOf(name: string, { imageOf: known, platform }: LintContext): KnownImage | undefined {
  return name === "scratch" ? { platform: platform ?? "linux/amd64", config: {} } : known?.(name);
}

function triggersOf(instructions: readonly Instruction[]): readonly string[] {
  return instructions.flatMap(({ arguments: given }) =>
    given.kind === "instruction" ? [given.instruction.original] : [],
  );
}

/** A stage and those that it goes on from, the last one first. */
function chainOf(last: StageSeen | undefined): ReadonlySet<StageSeen> {
  const chain = new Set<StageSeen>();
  for (let stage = last; stage !== undefined; stage = stage.base) chain.add(stage);
  return chain;
}

export function pairsOf(
  instructions: readonly Instruction[],
): readonly { readonly name: Word; readonly value?: Word }[] {
  return instructions.flatMap(({ arguments: given }) => (given.kind === "pairs" ? given.pairs : []));
}

function withGlobals(
  predefined: ReadonlyMap<string, string>,
  instructions: readonly Instruction[],
  buildArgs: ReadonlyMap<string, string> | undefined,
  options: Pick<ExpandOptions, "escape" | "budget">,
): ReadonlyMap<string, string> {
  const globals = new Map(predefined);
  for (const { name, value } of pairsOf(instructions)) {
    const given = buildArgs?.get(name.text);
    if (given !== undefined) globals.set(name.text, given);
    else if (value !== undefined) {
      const expanded = expandWord(value.text, { ...options, variables: globals });
      if (!isProblem(expanded)) globals.set(name.text, expanded.value);
    }
  }
  return globals;
}

/** What a word becomes; undefined where it can't be expanded, which lowering tells. */
export function expand(
  { ast, budget }: Pick<File, "ast" | "budget">,
  variables: ReadonlyMap<string, string>,
  text: string,
  settings: Partial<ExpandOptions> = {},
): Expanded | undefined {
  const expanded = expandWord(text, { variables, escape: ast.directives.escape, budget, ...settings });
  return isProblem(expanded) ? undefined : expanded;
}

/** One finding; the rule is told unless `checks` turn it off. */
export type Report = (finding: {
  readonly rule: LintRuleId;
  readonly checks: Checks;
  readonly span: Span;
  readonly message: string;
  readonly hint?: string | undefined;
}) => void;
