// The closure told to people: the chain of reasons behind a file, and what was left out, by package.
import type { Entry } from "../tree/entry.ts";
import type { TreePath } from "../tree/path.ts";
import type { Closure, Confidence, Reason, Role } from "./closure.ts";

/** One link of a chain: this path is kept because of this reason. */
export interface Step {
  readonly path: TreePath;
  readonly reason: Reason;
}

export type Explanation =
  /** `steps` lead from a root to the path, which is the last one's; `others` are further reasons of the path itself. */
  | {
      readonly kept: true;
      readonly path: TreePath;
      readonly role: Role;
      readonly steps: readonly Step[];
      readonly others: readonly Reason[];
    }
  | { readonly kept: false; readonly path: TreePath; readonly role: Role; readonly why: string };

export interface LeftOutGroup {
  /** Undefined for what belongs to no package. */
  readonly package: string | undefined;
  readonly files: number;
  readonly sizeBytes: number;
  /** By size, the largest first. */
  readonly whys: readonly { readonly why: string; readonly files: number; readonly sizeBytes: number }[];
}

/** A chain of sure steps reads better than a shorter one of guesses. */
const costs: Readonly<Record<Confidence, number>> = { certain: 1, declared: 1, known: 2, likely: 5 };

/** Why a path is kept, by the best chain from a root; or why it isn't. Undefined for what the closure knows nothing of. */
export function explainPath(closure: Closure, path: TreePath): Explanation | undefined {
  const role = closure.role(path);
  const reasons = closure.reasons.get(path);
  if (reasons === undefined) {
    const why = closure.leftOut().find((one) => one.entry.path === path)?.why;
    return why === undefined ? undefined : { kept: false, path, role, why };
  }
  const steps = bestChain(closure, path);
  const last = steps[steps.length - 1]?.reason;
  return { kept: true, path, role, steps, others: reasons.filter((one) => one !== last) };
}

/** What was left out, by package, the largest first. */
export function leftOutByPackage(closure: Closure): LeftOutGroup[] {
  const packages = new Map<string | undefined, Map<string, { files: number; sizeBytes: number }>>();
  for (const { entry, why } of closure.leftOut()) {
    const owner = ownerOf(entry);
    const whys = packages.get(owner) ?? new Map<string, { files: number; sizeBytes: number }>();
    packages.set(owner, whys);
    const sum = whys.get(why) ?? { files: 0, sizeBytes: 0 };
    whys.set(why, sum);
    sum.files += 1;
    sum.sizeBytes += entry.kind === "file" ? entry.sizeBytes : 0;
  }
  const groups = [...packages].map(([owner, whys]) => {
    const list = [...whys].map(([why, sum]) => ({ why, ...sum })).sort(bySize);
    return {
      package: owner,
      files: list.reduce((sum, one) => sum + one.files, 0),
      sizeBytes: list.reduce((sum, one) => sum + one.sizeBytes, 0),
      whys: list,
    };
  });
  return groups.sort((a, b) => bySize(a, b) || ((a.package ?? "") < (b.package ?? "") ? -1 : 1));
}

/** The cheapest way back from a path to a root (Dijkstra's, in buckets of equal cost), turned round. */
function bestChain(closure: Closure, path: TreePath): Step[] {
  const onward = new Map<TreePath, { readonly step: Step; readonly cost: number }>();
  const buckets: TreePath[][] = [[path]];
  const settled = new Set<TreePath>();
  for (let cost = 0; cost < buckets.length; cost++) {
    for (const at of buckets[cost] ?? []) {
      if (settled.has(at)) continue;
      settled.add(at);
      const reasons = closure.reasons.get(at) ?? [];
      const root = reasons.find((one) => !closure.reasons.has(one.from as TreePath));
      if (root !== undefined) return chainFrom({ path: at, reason: root }, onward);
      for (const reason of reasons) {
        const from = reason.from as TreePath;
        const price = cost + costs[reason.confidence];
        if (settled.has(from) || price >= (onward.get(from)?.cost ?? Number.POSITIVE_INFINITY)) continue;
        onward.set(from, { step: { path: at, reason }, cost: price });
        buckets[price] ??= [];
        buckets[price].push(from);
      }
    }
  }
  return [];
}

function chainFrom(first: Step, onward: ReadonlyMap<TreePath, { readonly step: Step }>): Step[] {
  const steps = [first];
  for (let next = onward.get(first.path); next !== undefined; next = onward.get(next.step.path)) {
    steps.push(next.step);
  }
  return steps;
}

function ownerOf(entry: Entry): string | undefined {
  for (let index = entry.origins.length - 1; index >= 0; index--) {
    const origin = entry.origins[index];
    if (origin?.kind === "package" || origin?.kind === "effect") return origin.package;
  }
  return undefined;
}

function bySize(a: { readonly sizeBytes: number }, b: { readonly sizeBytes: number }): number {
  return b.sizeBytes - a.sizeBytes;
}
