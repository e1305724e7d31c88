// What people see of a vertex: "[build 3/5] RUN go build -o my-app".
import type { VertexMeta } from "../../../graph/vertex.ts";
import type { Instruction } from "../ast.ts";
import { expandWord, isProblem } from "../expand/word.ts";
import { partsOf, platformOf } from "./platform.ts";
import type { Command, Scope, StageState } from "./scope.ts";

/** Gives the next number of the stage to it. `text` follows the brackets. */
export function numberedName(scope: Scope, state: StageState, text: string, onBuild = false): string {
  if (state.steps === 0) return text;
  const platform =
    scope.multiple && state.platform !== undefined ? `${state.platform}${crossed(state)} ` : "";
  const label = state.label === "" ? "" : `${state.label} `;
  const number = String(++state.numbered).padStart(String(state.steps).length);
  return `[${platform}${label}${number}/${state.steps}] ${onBuild ? "ONBUILD " : ""}${text}`;
}

/** The instruction with its variables filled in, as far as they can be. */
export function shownInstruction(
  scope: Scope,
  state: StageState,
  { instruction }: Command,
  settings: { readonly keep: boolean; readonly extra?: string; readonly masked?: ReadonlySet<string> },
): string {
  const variables = new Map(state.env);
  for (const name of settings.masked ?? []) variables.set(name, "****");
  const text = `${instruction.original}${settings.extra ?? ""}`;
  const expanded = expandWord(text, {
    variables,
    escape: scope.escape,
    budget: scope.budget,
    keepQuotes: settings.keep,
    keepUnset: settings.keep,
  });
  const [keyword = "", ...rest] = (isProblem(expanded) ? text : expanded.value).split(" ");
  return [keyword.toUpperCase(), ...rest].join(" ");
}

export function metaOf(state: StageState, instruction: Instruction, name: string): VertexMeta {
  return {
    name,
    ...(state.label === "" ? {} : { stage: state.label }),
    span: instruction.span,
    ...(state.ignoreCache && instruction.name !== "workdir" ? { ignoreCache: true } : {}),
  };
}

/** What a stage that runs on the machine's own platform builds for, where it asks: "->arm64". */
function crossed(state: StageState): string {
  const own = partsOf(state.platform ?? "");
  const whole = state.env.get("TARGETPLATFORM");
  const os = state.env.get("TARGETOS") ?? own.os;
  const architecture = state.env.get("TARGETARCH") ?? own.architecture;
  const variant = state.env.get("TARGETVARIANT");
  const text =
    whole ?? [os, architecture, ...(variant === undefined || variant === "" ? [] : [variant])].join("/");
  const target = partsOf(platformOf(text, state.platform ?? "") ?? state.platform ?? "");
  if (target.os !== own.os) return `->${Object.values(target).join("/")}`;
  if (target.architecture === own.architecture) return "";
  return `->${target.architecture}${target.variant === undefined ? "" : `/${target.variant}`}`;
}
