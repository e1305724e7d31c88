// The stages of a file as lowering sees them: what each begins with, what it needs, and in which order they are made
// (moby/buildkit, dockerfile2llb/convert.go, buildDispatchStates to resolveReachableStages).
import type { Span } from "../../../base/diagnostics.ts";
import { nearestName } from "../../../base/nearest.ts";
import type { Instruction } from "../ast.ts";
import { namedContext } from "./contexts.ts";
import { isIgnored } from "./ignored.ts";
import { Mistake } from "./mistake.ts";
import { mountSource } from "./mounts.ts";
import { platformOf } from "./platform.ts";
import { type Command, expandIn, type Scope, type StageState } from "./scope.ts";
import { emptyImage, scratchVertex } from "./scratch.ts";
import type { Stage } from "./stages.ts";

/** @throws Mistake */
export function addStage(scope: Scope, stage: Stage): void {
  const baseName = expandIn(scope, scope.globals, stage.base);
  if (baseName === "") {
    throw new Mistake(
      "wrong-image-name",
      stage.base.span,
      `"${stage.base.text}" is empty once its variables are in`,
      "give its ARG a default before the first FROM",
    );
  }
  const platform = stagePlatform(scope, stage);
  const context =
    stage.name === undefined ? undefined : namedContext(scope, stage.name, platform ?? scope.platform);
  const base = context === undefined ? scope.byName.get(baseName) : undefined;
  const state: StageState = {
    ...newState(scope, baseName, stage.from.span),
    stage,
    label: stage.name ?? `stage-${stage.index}`,
    base,
    context,
    platform,
    ignoreCache: isIgnored(scope.options.ignoreCache, stage.name),
    steps: baseName !== "scratch" && base === undefined ? 1 : 0,
  };
  scope.states.push(state);
  if (stage.name !== undefined) scope.byName.set(stage.name, state);
}

/** A state for an image or context that an instruction names. */
function newState(scope: Scope, baseName: string, span: Span): StageState {
  return {
    stage: undefined,
    baseName,
    span,
    label: "",
    base: undefined,
    context: undefined,
    needs: new Map(),
    commands: [],
    triggersRead: false,
    resolved: false,
    dispatched: false,
    platform: undefined,
    vertex: scratchVertex,
    env: new Map(),
    image: emptyImage(scope.platform),
    buildArguments: new Map(),
    commandGiven: false,
    ignoreCache: false,
    steps: 0,
    numbered: 0,
    local: undefined,
  };
}

function stagePlatform(scope: Scope, { platform: flag }: Stage): string | undefined {
  if (flag === undefined) return undefined;
  const text = expandIn(scope, scope.globals, { text: flag.value ?? "", span: flag.span });
  const platform = platformOf(text, scope.options.buildPlatform);
  if (platform?.startsWith("linux/") === true) return platform;
  throw new Mistake(
    "wrong-platform",
    flag.span,
    text === ""
      ? `"${flag.value}" is empty once its variables are in`
      : `${text} is no platform that images are built for`,
    "write linux/amd64, linux/arm64 or $BUILDPLATFORM",
  );
}

const numbered: readonly string[] = ["add", "copy", "run", "workdir"];

/** Adds what instructions of `state` take files from. @throws Mistake */
export function addCommands(
  scope: Scope,
  state: StageState,
  instructions: readonly Instruction[],
  onBuild: boolean,
): readonly Command[] {
  return instructions.map((instruction) => {
    if (onBuild || numbered.includes(instruction.name)) state.steps++;
    const sources = sourcesOf(scope, instruction);
    for (const source of sources) {
      if (source === undefined) continue;
      state.needs.set(source, instruction.span);
      if (!scope.states.includes(source)) scope.states.push(source);
    }
    return { instruction, sources, onBuild };
  });
}

function sourcesOf(scope: Scope, instruction: Instruction): readonly (StageState | undefined)[] {
  if (instruction.name === "copy") {
    const from = instruction.flags.find((flag) => flag.name === "from");
    if (from?.value === undefined || from.value === "") return [];
    if (expandIn(scope, new Map(), { text: from.value, span: from.span }) !== from.value) {
      throw new Mistake(
        "wrong-image-name",
        from.span,
        "--from takes no variables",
        "name a stage with FROM, which takes those of ARGs before the first FROM",
      );
    }
    return [
      /^[+-]?\d+$/.test(from.value)
        ? stageByNumber(scope, from.value, from.span)
        : stageOrImage(scope, from.value, from.span),
    ];
  }
  if (instruction.name !== "run") return [];
  return instruction.flags
    .filter((flag) => flag.name === "mount")
    .map((flag) => {
      const from = mountSource(flag.value ?? "", flag.span);
      return from === "" ? undefined : stageOrImage(scope, from, flag.span);
    });
}

function stageOrImage(scope: Scope, name: string, span: Span): StageState {
  const stage = scope.byName.get(name.toLowerCase());
  if (stage !== undefined) return stage;
  const known = scope.states.find((state) => state.stage === undefined && state.baseName === name);
  return known ?? newState(scope, name, span);
}

function stageByNumber(scope: Scope, text: string, span: Span): StageState {
  const state = scope.states[Number(text)];
  if (state?.stage !== undefined) return state;
  const count = scope.states.filter((one) => one.stage !== undefined).length;
  throw new Mistake(
    "unknown-stage-number",
    span,
    `there is no stage ${text}`,
    count === 1 ? "the file has one stage, which is 0" : `stages are counted from 0 to ${count - 1}`,
  );
}

/** @throws Mistake "unknown-target" */
export function targetState(scope: Scope): StageState | undefined {
  const { target } = scope.options;
  const stages = scope.states.filter((state) => state.stage !== undefined);
  if (target === undefined) return stages.at(-1);
  const found = scope.byName.get(target.toLowerCase());
  if (found !== undefined) return found;
  const near = nearestName(target, scope.byName.keys());
  const names = [...scope.byName.keys()];
  throw new Mistake(
    "unknown-target",
    undefined,
    `there is no stage ${target} to build`,
    near === undefined
      ? names.length === 0
        ? "no stage has a name: give it one with AS"
        : `the stages are ${names.join(", ")}`
      : `did you mean ${near}?`,
  );
}

/** @throws Mistake "circular-stages" */
export function checkCircles(states: readonly StageState[]): void {
  const done = new Set<StageState>();
  const open = new Set<StageState>();
  const visit = (state: StageState): void => {
    open.add(state);
    for (const [need, span] of state.needs) {
      if (open.has(need)) {
        const names = [...open].map((one) => one.stage?.name ?? String(one.stage?.index ?? one.baseName));
        const circle = names.slice([...open].indexOf(need));
        throw new Mistake(
          "circular-stages",
          span,
          `stages need each other: ${[...circle, circle[0]].join(" -> ")}`,
        );
      }
      if (!done.has(need)) visit(need);
    }
    open.delete(state);
    done.add(state);
  };
  for (const state of states) if (!done.has(state)) visit(state);
}

/** A stage with all that it needs. */
export function reachable(target: StageState): ReadonlySet<StageState> {
  const found = new Set([target]);
  for (const state of found) {
    if (state.base !== undefined) found.add(state.base);
    for (const need of state.needs.keys()) found.add(need);
  }
  return found;
}
