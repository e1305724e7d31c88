// The chain of reasons behind a file, as lines that a person reads and a report keeps.
import type { Closure } from "../closure/closure.ts";
import { explainPath } from "../closure/explain.ts";
import type { TreePath } from "../tree/path.ts";

/** From the root down to the path, one step a line; undefined where nothing needs it. */
export function reasonOf(closure: Closure, path: TreePath): readonly string[] | undefined {
  if (!closure.reasons.has(path)) return undefined;
  const explanation = explainPath(closure, path);
  if (explanation?.kept !== true) return undefined;
  return explanation.steps.map(
    ({ path: to, reason }) =>
      `${reason.from} -> ${to}: ${reason.evidence}${reason.confidence === "likely" ? " (likely)" : ""}`,
  );
}

/** The same, or what is said of a file that nothing needs. */
export function explainedLines(closure: Closure, path: TreePath): readonly string[] {
  const chain = reasonOf(closure, path);
  if (chain !== undefined) return chain;
  const unproven = closure.unproven.find((one) => one.path === path);
  if (unproven !== undefined) return [`not proven: ${unproven.why}`];
  const mention = closure.mentioned.find((one) => one.path === path);
  if (mention !== undefined) return [`not needed; ${mention.by} mentions it: ${mention.evidence}`];
  return ["nothing that starts in this image needs it"];
}
