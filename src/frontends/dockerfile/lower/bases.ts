// What stages begin with, once it is known: another stage as it is then, an image, a context, or nothing.
import { InvalidInput } from "../../../base/diagnostics.ts";
import { checkInstruction } from "../check.ts";
import { parseTrigger } from "../parse.ts";
import { draftOf, imageVertex, loadContext, loadImage, namedContext } from "./contexts.ts";
import { collecting, Mistake } from "./mistake.ts";
import { numberedName } from "./names.ts";
import { partsOf } from "./platform.ts";
import type { Scope, StageState } from "./scope.ts";
import { defaultPath, emptyImage, scratchVertex } from "./scratch.ts";
import { addCommands, reachable } from "./states.ts";

/** Until nothing new is needed: triggers of a base can name further images. */
export async function resolveBases(scope: Scope, target: StageState): Promise<void> {
  for (let settled = false; !settled; ) {
    settled = true;
    const pending = [...reachable(target)].filter((state) => state.base === undefined && !state.resolved);
    await Promise.all(pending.map((state) => collecting(scope.found, () => resolveBase(scope, state))));
    if (scope.found.length > 0) return;
    for (const state of reachable(target)) {
      if (state.triggersRead) continue;
      await collecting(scope.found, () => {
        if (addTriggers(scope, state)) settled = false;
      });
    }
    if (scope.found.length > 0) return;
  }
}

async function resolveBase(scope: Scope, state: StageState): Promise<void> {
  state.resolved = true;
  const platform = state.platform ?? scope.platform;
  if (state.context !== undefined) {
    const loaded = await loadContext(scope, state.stage?.name ?? "", state.context, platform, state.span);
    Object.assign(state, { ...loaded, platform, dispatched: true });
    return;
  }
  if (state.baseName === "scratch") {
    Object.assign(state, {
      vertex: scratchVertex,
      image: emptyImage(scope.platform),
      platform: scope.platform,
    });
  } else {
    const context = namedContext(scope, state.baseName, platform);
    if (context === undefined) await resolveImage(scope, state, platform);
    else Object.assign(state, await loadContext(scope, state.baseName, context, platform, state.span));
    state.platform = platform;
  }
  if (state.stage === undefined) state.dispatched = true;
}

async function resolveImage(scope: Scope, state: StageState, platform: string): Promise<void> {
  const span = state.stage?.base.span ?? state.span;
  const { reference, config } = await loadImage(scope, state.baseName, platform, span);
  // Names have the platform, which is not known before.
  state.platform = platform;
  const name = numberedName(scope, state, `FROM ${reference}`);
  state.vertex = imageVertex(reference, config, platform, name, state.span);
  state.image = draftOf(config);
}

/** ONBUILD of what a stage begins with comes before its own instructions. */
function addTriggers(scope: Scope, state: StageState): boolean {
  state.triggersRead = true;
  const texts = state.base === undefined ? (state.image.config.OnBuild ?? []) : [];
  const own = (state.base?.commands ?? []).flatMap(({ instruction: { arguments: given } }) =>
    given.kind === "instruction" ? [given.instruction] : [],
  );
  if (texts.length > 0) {
    const { OnBuild: _triggers, ...config } = state.image.config;
    state.image = { ...state.image, config };
  }
  const parsed = texts.map((text) => {
    const { value, diagnostics } = parseTrigger(text, state.span);
    if (value === undefined) throw new InvalidInput(diagnostics);
    const problems = checkInstruction(value);
    if (problems.length > 0) throw new InvalidInput(problems);
    if (value.name === "from")
      throw new Mistake("wrong-image-name", state.span, "FROM can't be a trigger of ONBUILD");
    return value;
  });
  const triggers = [...parsed, ...own.map((instruction) => ({ ...instruction, span: state.span }))];
  if (triggers.length === 0) return false;
  state.commands = [...addCommands(scope, state, triggers, true), ...state.commands];
  return true;
}

/** Before the first instruction: what is inherited, and a PATH in any case. */
export function beginStage(state: StageState): void {
  const { base } = state;
  if (base !== undefined) {
    const { OnBuild: _triggers, ...config } = base.image.config;
    state.vertex = base.vertex;
    state.platform = base.platform;
    state.image = { ...base.image, config };
    state.env = base.env;
    state.buildArguments = base.buildArguments;
    state.local = base.local;
  }
  const env = state.image.config.Env ?? [];
  const withPath = env.some((one) => one.startsWith("PATH=")) ? env : [...env, defaultPath];
  state.image = { ...state.image, config: { ...state.image.config, Env: withPath } };
  const variables = new Map(state.env);
  for (const one of withPath) {
    const equals = one.indexOf("=");
    const name = equals < 0 ? one : one.slice(0, equals);
    variables.delete(name);
    variables.set(name, equals < 0 ? "" : one.slice(equals + 1));
  }
  state.env = variables;
}

/** The platform of an image that was made for one: the target's, however its base calls it. */
export function withPlatform(
  document: StageState["image"]["document"],
  platform: string,
): StageState["image"]["document"] {
  const { os, architecture, variant } = partsOf(platform);
  const isSame = document.os === os && document.architecture === architecture;
  const { variant: own, ...rest } = document;
  const kept = variant ?? (isSame ? own : undefined);
  const isUsual = (architecture === "arm64" && kept === "v8") || (architecture === "amd64" && kept === "v1");
  return {
    ...rest,
    os,
    architecture,
    ...(kept === undefined || kept === "" || isUsual ? {} : { variant: kept }),
  };
}
