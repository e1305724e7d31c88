// The stages of a spec as the build of an image sees them: keys that cost next to nothing, and trees, which may cost a build.
import type { Json } from "../../base/canonical-json.ts";
import type { Digest } from "../../base/digest.ts";
import { type Vertex, verticesOf } from "../../graph/vertex.ts";
import type { StageTree, StageTrees } from "./packages/stage-files.ts";
import { definitionKeys } from "./solver/definition-keys.ts";
import { solveAll } from "./solver/solve.ts";
import type { SolverServices } from "./solver/solver.ts";

export interface Stages {
  /** Equal for stages that are made of the same; undefined where steps are to be done whatever is known. */
  readonly key: () => Promise<Json | undefined>;
  /** @throws as the solver does */
  readonly solve: () => Promise<SolvedStages>;
}

export interface SolvedStages {
  readonly trees: StageTrees;
  /** As `Stages.key`, of what was read to make the trees: sources may have changed since that was asked for. */
  readonly key: Json;
  /** Steps that were done, rather than known. */
  readonly done: number;
}

/** @param stages by name, as a frontend lowered them */
export function openStages(
  stages: ReadonlyMap<string, Vertex>,
  services: SolverServices,
  signal: AbortSignal,
): Stages {
  const names = [...stages.keys()];
  const tops = [...stages.values()];
  const redone =
    services.settings.noCache || verticesOf(...tops).some(({ meta }) => meta.ignoreCache === true);
  const keyOf = (keys: readonly Digest[]): Json => names.map((name, index) => [name, keys[index] ?? null]);
  return {
    async key(): Promise<Json | undefined> {
      if (redone) return undefined;
      const keys = await definitionKeys(tops, services, signal);
      return keyOf(keys);
    },
    async solve(): Promise<SolvedStages> {
      const solved = await solveAll(tops, services, signal);
      const trees = await Promise.all(
        tops.map(async (top, index): Promise<[string, StageTree]> => {
          const snapshot = solved[index]?.snapshot ?? { layers: [] };
          const ofPackages = startOf(top).operation.kind === "packages";
          return [names[index] ?? "", { tree: await services.store.tree(snapshot), ofPackages }];
        }),
      );
      const key = keyOf(solved.map((one) => one.key));
      return { trees: new Map(trees), key, done: solved.reduce((sum, { done }) => sum + done, 0) };
    },
  };
}

/** What a stage starts from: the first input of each of its steps leads there. */
function startOf(vertex: Vertex): Vertex {
  let at = vertex;
  for (let [below] = at.inputs; below !== undefined; [below] = at.inputs) at = below;
  return at;
}
