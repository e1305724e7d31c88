// What is certainly needed: by edges that are certain or declared, all the way from a root. What a module lacks that was only
// kept because a rule or a string names it stops no build: in the full system it could not be loaded either.
import type { TreePath } from "../tree/path.ts";
import type { Missing, Reason } from "./closure.ts";
import { addUnproven, type Work } from "./work.ts";

/** What is missing for something certainly needed; the rest is noted as unproven. */
export function certainlyMissing(work: Work): Missing[] {
  const certain = certainPaths(work.reasons);
  return [...work.findings.missing.values()].filter((one) => {
    if (!one.neededBy.startsWith("/") || certain.has(one.neededBy)) return true;
    const by = one.neededBy as TreePath;
    if (!work.findings.unproven.has(by)) {
      const why = `it can't be loaded: ${one.what} is not there (${one.evidence})`;
      addUnproven(work, { path: by, kind: "unloadable", why });
    }
    return false;
  });
}

/** The paths that edges of confidence `certain` or `declared` reach from a root. */
export function certainPaths(reasons: ReadonlyMap<TreePath, readonly Reason[]>): ReadonlySet<string> {
  const outward = new Map<string, TreePath[]>();
  const pending: TreePath[] = [];
  for (const [to, list] of reasons) {
    for (const { from, confidence } of list) {
      if (confidence !== "certain" && confidence !== "declared") continue;
      if (!from.startsWith("/")) pending.push(to);
      else if (outward.has(from)) outward.get(from)?.push(to);
      else outward.set(from, [to]);
    }
  }
  const certain = new Set<string>();
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (certain.has(next)) continue;
    certain.add(next);
    pending.push(...(outward.get(next) ?? []));
  }
  return certain;
}
