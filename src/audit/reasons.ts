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

/** The same for any file of a closure; what is said where nothing needs it. */
export function explainer(closure: Closure): (path: TreePath) => readonly string[] {
  const unproven = new Map(closure.unproven.map((one) => [one.path, one.why]));
  const mentions = new Map(closure.mentioned.map((one) => [one.path, one]));
  return (path) => {
    const chain = reasonOf(closure, path);
    if (chain !== undefined) return chain;
    const why = unproven.get(path);
    if (why !== undefined) return [`not proven: ${why}`];
    const mention = mentions.get(path);
    if (mention !== undefined) return [`not needed; ${mention.by} mentions it: ${mention.evidence}`];
    return ["nothing that starts in this image needs it"];
  };
}
