// What a build says aloud of its closure: the runtimes and loaders of which nobody told what they load.
import type { Unproven } from "../../../closure/closure.ts";

const linesMax = 5;

/** One warning about all that no rule is about; undefined where there is nothing of the kind. `explain` tells the rest. */
export function unprovenWarning(unproven: readonly Unproven[]): string | undefined {
  const lines = unproven.filter(({ kind }) => kind === "no-rule").map(({ path, why }) => `  ${path}: ${why}`);
  if (lines.length === 0) return undefined;
  const more = lines.length > linesMax ? [`  and ${lines.length - linesMax} more`] : [];
  const head = "not proven to be complete, as what these need is known at run time only:";
  return [head, ...lines.slice(0, linesMax), ...more].join("\n");
}
