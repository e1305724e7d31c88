// Where COPY and `RUN --mount` take files from: another stage, an image, or the context.
import type { Span } from "../../../base/diagnostics.ts";
import type { Vertex } from "../../../graph/vertex.ts";
import { Mistake } from "./mistake.ts";
import type { Command, StageState } from "./scope.ts";

export interface Source {
  readonly vertex: Vertex;
  /** The folder of the user that it is. */
  readonly local: string | undefined;
}

/** Undefined where the instruction names none. @throws Mistake "stage-order" */
export function copySource(
  state: StageState,
  { sources }: Command,
  index: number,
  span: Span,
): Source | undefined {
  const source = sources[index];
  if (source === undefined) return undefined;
  if (!source.dispatched) {
    const name = source.stage?.name ?? source.stage?.index ?? source.baseName;
    throw new Mistake(
      "stage-order",
      span,
      source === state ? `the stage ${name} can't take files from itself` : `the stage ${name} comes later`,
      "a stage takes files from stages above it",
    );
  }
  return { vertex: source.vertex, local: source.local };
}
