// The stages of `build` that the image needs, and what each of them starts from: packages to lock, or an image to pin.
import { type StagePlan, stagePhase } from "../../graph/plan.ts";
import { lowerRun } from "./lower.ts";
import type { Located, Spec, StageSpec } from "./spec.ts";

/**
 * The stages that `run` copies from, and those that these copy from in turn; what a stage copies from comes before it. The spec
 * has no circles (rule "stage-cycle").
 */
export function neededStages({ build, run }: Spec): readonly StageSpec[] {
  const needed = new Map<string, StageSpec>();
  const visit = (name: string): void => {
    const stage = build[name];
    if (stage === undefined || needed.has(name)) return;
    for (const from of copiedFrom(stage)) visit(from);
    needed.set(name, stage);
  };
  for (const { from } of run.copy) visit(from);
  return [...needed.values()];
}

/** The names that a stage's steps copy from; "context" may be one. */
function copiedFrom({ steps }: StageSpec): readonly string[] {
  return steps.flatMap(({ copy }) => (copy === undefined ? [] : [copy.from]));
}

/** The plans of the needed stages that start from packages. `folder` is the spec's own, absolute. */
export function lowerStagePlans(spec: Spec, folder: string): readonly StagePlan[] {
  const { alternatives, ignoredEffects, repositories } = lowerRun(spec, folder);
  return neededStages(spec).flatMap(({ image, name, packages }): StagePlan[] => {
    if (image !== undefined) return [];
    const requests = packages.map(({ span, value }) => ({ text: value, span }));
    return [{ phase: stagePhase(name), repositories, packages: requests, ignoredEffects, alternatives }];
  });
}

/** The images that the needed stages start from, as the spec names them. */
export function stageImages(spec: Spec): readonly Located<string>[] {
  return neededStages(spec).flatMap(({ image }) => image ?? []);
}
