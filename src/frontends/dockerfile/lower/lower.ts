// From a Dockerfile to the graph of its build, for each platform: what the target needs, and nothing else
// (docs.docker.com/reference/dockerfile; configs and histories are those of moby/buildkit's frontend/dockerfile).
//
// Invariant: pure but for what `options` gives. The same file and options make the same digests.
import { type Diagnostic, InvalidInput } from "../../../base/diagnostics.ts";
import { assert } from "../../../base/errors.ts";
import { limits } from "../../../base/limits.ts";
import { toldProblems } from "../../../formats/document/problems.ts";
import type { BuildTarget } from "../../../graph/vertex.ts";
import type { RunConfig } from "../../../oci/model.ts";
import type { Dockerfile, InstructionName } from "../ast.ts";
import { checkDockerfile } from "../check.ts";
import { matchBudget } from "../expand/pattern.ts";
import { beginStage, resolveBases, withPlatform } from "./bases.ts";
import { lowerCopy } from "./copy.ts";
import { lazyMap } from "./lazy-map.ts";
import { localsOf, type UsedPaths } from "./locals.ts";
import {
  lowerCmd,
  lowerEntrypoint,
  lowerEnv,
  lowerExpose,
  lowerHealthcheck,
  lowerLabel,
  lowerMaintainer,
  lowerOnBuild,
  lowerShell,
  lowerStopSignal,
  lowerUser,
  lowerVolume,
} from "./metadata.ts";
import { collecting, Mistake } from "./mistake.ts";
import type { Lowered, LowerOptions } from "./options.ts";
import { platformOf } from "./platform.ts";
import { lowerRun } from "./run.ts";
import { type Command, type Scope, type StageState, spend } from "./scope.ts";
import { stagesOf } from "./stages.ts";
import { addCommands, addStage, checkCircles, reachable, targetState } from "./states.ts";
import { addGlobals, lowerArg, predefinedArguments, unusedArguments } from "./variables.ts";
import { lowerWorkdir } from "./workdir.ts";

/** @throws InvalidInput with every mistake; ToolError where an image can't be had */
export async function lowerDockerfile(dockerfile: Dockerfile, options: LowerOptions): Promise<Lowered> {
  const problems = checkDockerfile(dockerfile);
  if (problems.length > 0) throw new InvalidInput(toldProblems(problems));
  const ignore = await ignorePatterns(options);
  const resolve = resolveOnce(options.resolveImage);
  const targets: BuildTarget[] = [];
  const warnings = new Map<string, Diagnostic>();
  for (const platform of options.platforms) {
    const request = {
      dockerfile,
      options: withEpoch(options),
      platform: targetPlatform(platform, options),
      ignore,
      resolve,
    };
    // The first pass finds what is read of folders, the second makes the vertices that say so.
    const used: UsedPaths = new Map();
    await lowerTarget(request, new Map(), used);
    const { target, diagnostics } = await lowerTarget(request, used, new Map());
    targets.push(target);
    for (const one of diagnostics) warnings.set(`${one.rule} ${one.message}`, one);
  }
  return { targets, diagnostics: [...warnings.values()] };
}

interface Request {
  readonly dockerfile: Dockerfile;
  readonly options: LowerOptions;
  readonly platform: string;
  readonly ignore: ReadonlyMap<string, readonly string[]>;
  readonly resolve: LowerOptions["resolveImage"];
}

function targetPlatform(text: string, { buildPlatform }: LowerOptions): string {
  const platform = platformOf(text, buildPlatform);
  if (platform?.startsWith("linux/") === true) return platform;
  const { diagnostic } = new Mistake(
    "wrong-platform",
    undefined,
    `${text} is no platform that images are built for`,
    "write linux/amd64 or linux/arm64",
  );
  throw new InvalidInput([diagnostic]);
}

/** The time of the result is a build argument as well: an ARG of that name sees it. */
function withEpoch(options: LowerOptions): LowerOptions {
  const { buildArgs, sourceDateEpoch } = options;
  if (sourceDateEpoch === undefined || buildArgs.has("SOURCE_DATE_EPOCH")) return options;
  return { ...options, buildArgs: new Map(buildArgs).set("SOURCE_DATE_EPOCH", String(sourceDateEpoch)) };
}

async function ignorePatterns({
  contexts,
  ignorePatterns: read,
}: LowerOptions): Promise<ReadonlyMap<string, readonly string[]>> {
  const names = new Set(["context"]);
  for (const context of contexts.values()) if (context.kind === "local") names.add(context.name);
  const found = new Map<string, readonly string[]>();
  for (const name of names) found.set(name, await read(name));
  return found;
}

function resolveOnce(resolve: LowerOptions["resolveImage"]): LowerOptions["resolveImage"] {
  const asked = lazyMap((key: string) => {
    const [reference = "", platform = ""] = key.split(" ");
    return resolve(reference, platform);
  });
  return (reference, platform) => asked(`${reference} ${platform}`);
}

async function lowerTarget(
  request: Request,
  used: UsedPaths,
  record: UsedPaths,
): Promise<{ target: BuildTarget; diagnostics: readonly Diagnostic[] }> {
  const { dockerfile, options, platform, ignore, resolve } = request;
  const { globals: globalInstructions, stages } = stagesOf(dockerfile);
  const goal = options.target ?? stages.at(-1)?.name ?? "default";
  const globals = predefinedArguments(
    options.buildArgs,
    platformOf(options.buildPlatform, options.buildPlatform) ?? options.buildPlatform,
    platform,
    goal,
  );
  const reserved = new Set(globals.keys());
  const scope: Scope = {
    options,
    escape: dockerfile.directives.escape,
    platform,
    multiple: options.platforms.length > 1,
    globals,
    locals: localsOf(ignore, used, record),
    resolve,
    states: [],
    byName: new Map(),
    found: [],
    budget: matchBudget(),
    room: { left: limits.loweredLengthMax },
    declared: new Set(),
  };
  await collecting(scope.found, () => {
    addGlobals(scope, globals, globalInstructions);
  });
  for (const stage of stages)
    await collecting(scope.found, () => {
      addStage(scope, stage);
    });
  const state = await makeTarget(scope);
  if (options.target !== undefined && state !== scope.states.at(-1)) addUnmade(scope, state);
  return { target: resultOf(scope, state), diagnostics: unusedArguments(scope, reserved) };
}

/** @throws InvalidInput */
async function makeTarget(scope: Scope): Promise<StageState> {
  for (const state of [...scope.states]) {
    await collecting(scope.found, () => {
      state.commands = [...addCommands(scope, state, state.stage?.instructions ?? [], false)];
    });
  }
  const goal: { target: StageState | undefined } = { target: undefined };
  await collecting(scope.found, () => {
    goal.target = targetState(scope);
    checkCircles(scope.states);
  });
  stopWhere(scope);
  const { target } = goal;
  assert(target !== undefined, "a file without mistakes has a stage");
  const [first, second] = scope.states;
  // A file of one stage that takes from nowhere needs no names in front of its steps.
  if (first !== undefined && second === undefined) first.label = "";
  await resolveBases(scope, target);
  stopWhere(scope);
  const needed = reachable(target);
  for (const state of scope.states) {
    if (needed.has(state) && !state.dispatched) await lowerStage(scope, state);
  }
  stopWhere(scope);
  if (target.local !== undefined) scope.locals.uses(target.local, "/");
  return target;
}

function stopWhere({ found }: Scope): void {
  if (found.length > 0) throw new InvalidInput(toldProblems(found));
}

async function lowerStage(scope: Scope, state: StageState): Promise<void> {
  beginStage(state);
  for (const command of state.commands) {
    if (scope.room.left < 0) break;
    await collecting(scope.found, () => {
      const { name, span } = command.instruction;
      if (copying.includes(name)) spend(scope, settingsLength * settingsOf(state), span);
      instructions[name](scope, state, command);
    });
  }
  state.dispatched = true;
}

/** What copying one name of a config counts as. */
const settingsLength = 16;

const copying: readonly InstructionName[] = ["arg", "env", "expose", "label", "volume"];

/** How many names a stage has set: some instructions copy the lists of them. */
function settingsOf({ env, image: { config } }: StageState): number {
  const maps = [config.Labels, config.Volumes, config.ExposedPorts];
  return maps.reduce((sum, one) => sum + Object.keys(one ?? {}).length, env.size);
}

const instructions: Readonly<
  Record<InstructionName, (scope: Scope, state: StageState, command: Command) => void>
> = {
  add: lowerCopy,
  arg: lowerArg,
  cmd: lowerCmd,
  copy: lowerCopy,
  entrypoint: lowerEntrypoint,
  env: lowerEnv,
  expose: lowerExpose,
  from: () => undefined,
  healthcheck: lowerHealthcheck,
  label: lowerLabel,
  maintainer: lowerMaintainer,
  onbuild: lowerOnBuild,
  run: lowerRun,
  shell: lowerShell,
  stopsignal: lowerStopSignal,
  user: lowerUser,
  volume: lowerVolume,
  workdir: lowerWorkdir,
};

/** ARGs of stages that aren't made are declared as well. */
function addUnmade(scope: Scope, target: StageState): void {
  const made = reachable(target);
  for (const state of scope.states) {
    if (made.has(state)) continue;
    for (const { instruction } of state.commands) {
      const given = instruction.arguments;
      if (instruction.name !== "arg" || given.kind !== "pairs") continue;
      for (const { name } of given.pairs) scope.declared.add(name.text);
    }
  }
}

function resultOf(scope: Scope, { vertex, image }: StageState): BuildTarget {
  const labels = Object.fromEntries(scope.options.labels);
  const config: RunConfig = {
    ...image.config,
    ...(scope.options.labels.size === 0 ? {} : { Labels: { ...image.config.Labels, ...labels } }),
  };
  return {
    platform: scope.platform,
    vertex,
    config: {
      created: scope.options.created,
      ...withPlatform(image.document, scope.platform),
      config: withoutEmpty(config),
    },
    history: image.history,
  };
}

/** What is empty is not written, as in Go's JSON of a config. */
function withoutEmpty(config: RunConfig): RunConfig {
  const isEmpty = (value: unknown): boolean =>
    value === "" ||
    value === false ||
    (typeof value === "object" && value !== null && Object.keys(value).length === 0);
  return Object.fromEntries(Object.entries(config).filter(([, value]) => !isEmpty(value)));
}
