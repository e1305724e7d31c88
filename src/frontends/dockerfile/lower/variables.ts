// Build arguments: those before the first FROM, those of a stage, and those that nobody has to declare
// (docs.docker.com/reference/dockerfile, "ARG"; moby/buildkit, dockerfile2llb/convert.go, buildMetaArgs and dispatchArg).
import type { Diagnostic } from "../../../base/diagnostics.ts";
import { nearestName } from "../../../base/nearest.ts";
import type { Instruction } from "../ast.ts";
import { addHistory } from "./history.ts";
import { partsOf } from "./platform.ts";
import { type Command, expandIn, type Scope, type StageState } from "./scope.ts";

/** What every FROM can use, and every stage once it says ARG. */
export function predefinedArguments(
  buildArgs: ReadonlyMap<string, string>,
  buildPlatform: string,
  platform: string,
  target: string,
): Map<string, string> {
  const build = partsOf(buildPlatform);
  const result = partsOf(platform);
  const values: readonly (readonly [string, string])[] = [
    ["BUILDPLATFORM", buildPlatform],
    ["BUILDOS", build.os],
    ["BUILDOSVERSION", ""],
    ["BUILDARCH", build.architecture],
    ["BUILDVARIANT", build.variant ?? ""],
    ["TARGETPLATFORM", platform],
    ["TARGETOS", result.os],
    ["TARGETOSVERSION", ""],
    ["TARGETARCH", result.architecture],
    ["TARGETVARIANT", result.variant ?? ""],
    ["TARGETSTAGE", target],
  ];
  return new Map(values.map(([name, value]) => [name, buildArgs.get(name) ?? value]));
}

/** ARGs before the first FROM go to `globals`, each with those before it in its default. */
export function addGlobals(
  scope: Scope,
  globals: Map<string, string>,
  instructions: readonly Instruction[],
): void {
  for (const { arguments: given } of instructions) {
    for (const { name, value } of given.kind === "pairs" ? given.pairs : []) {
      scope.declared.add(name.text);
      const chosen =
        scope.options.buildArgs.get(name.text) ??
        (value === undefined ? undefined : expandIn(scope, globals, value));
      if (chosen !== undefined) globals.set(name.text, chosen);
    }
  }
}

/** Arguments of SBOM scanners are no variables of steps. */
const notInEnvironment: readonly string[] = ["BUILDKIT_SBOM_SCAN_CONTEXT", "BUILDKIT_SBOM_SCAN_STAGE"];

export function lowerArg(scope: Scope, state: StageState, { instruction }: Command): void {
  const given = instruction.arguments;
  const shown: string[] = [];
  // Each sees those before it in its line.
  const env = new Map(state.env);
  const known = new Map(state.buildArguments);
  for (const { name: word, value: initial } of given.kind === "pairs" ? given.pairs : []) {
    const name = word.text;
    scope.declared.add(name);
    const chosen =
      scope.options.buildArgs.get(name) ??
      (initial === undefined ? scope.globals.get(name) : expandIn(scope, env, initial));
    if (chosen !== undefined && !notInEnvironment.includes(name)) {
      env.delete(name);
      env.set(name, chosen);
    }
    known.set(name, chosen ?? "");
    shown.push(chosen === undefined ? name : `${name}=${chosen}`);
  }
  state.env = env;
  state.buildArguments = known;
  addHistory(scope, state, `ARG ${shown.join(" ")}`, false);
}

/** Arguments that are a way to the network: they need no ARG, and are no part of a step. */
const proxies = /^(?:https?|ftp|no|all)_proxy$/i;

/** Build arguments that no ARG declares. */
export function unusedArguments(scope: Scope, reserved: ReadonlySet<string>): readonly Diagnostic[] {
  const unused = [...scope.options.buildArgs.keys()].filter(
    (name) =>
      !scope.declared.has(name) &&
      !reserved.has(name) &&
      !proxies.test(name) &&
      !/^(?:BUILDKIT_|SOURCE_DATE_EPOCH$)/.test(name),
  );
  return unused.map((name) => {
    const near = nearestName(name, scope.declared);
    return {
      severity: "warning",
      rule: "unused-build-argument",
      message: `the build argument ${name} is declared by no ARG`,
      ...(near === undefined ? {} : { hint: `did you mean ${near}?` }),
    };
  });
}
