// The role of each file: what kind of reason brought it in, or that none did.
import type { TreePath } from "../tree/path.ts";
import type { Reason, Role } from "./closure.ts";
import { isCode, type Work } from "./work.ts";

/** Roles by path, once the closure is complete. */
export function roleOf(work: Work): (path: TreePath) => Role {
  const runtime = entrypointRuntime(work);
  return (path) => {
    const reasons = work.reasons.get(path);
    if (reasons !== undefined) return runtime.has(path) ? "entrypoint-runtime" : roleOfReason(reasons);
    const entry = work.input.tree.lookup(path);
    if (entry === undefined || !isCode(work, entry)) return "foreign";
    return work.findings.unproven.has(path) ? "unproven" : "foreign";
  };
}

/** Of something kept that isn't the entrypoint's own. */
export function roleOfReason(reasons: readonly Reason[]): Role {
  const first = reasons[0];
  if (first?.kind === "declared") return "declared";
  return first?.kind === "package-data" ? "package-data" : "closure";
}

/** The entrypoint, its interpreters, and the links between them. */
function entrypointRuntime(work: Work): ReadonlySet<TreePath> {
  const onward = new Map<string, TreePath[]>();
  const pending: TreePath[] = [];
  for (const [path, reasons] of work.reasons) {
    for (const { kind, from, weak } of reasons) {
      if (kind === "root" && weak === undefined) pending.push(path);
      if (kind !== "interpreter" && kind !== "link") continue;
      const targets = onward.get(from);
      if (targets === undefined) onward.set(from, [path]);
      else targets.push(path);
    }
  }
  const runtime = new Set<TreePath>();
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (runtime.has(next)) continue;
    runtime.add(next);
    pending.push(...(onward.get(next) ?? []));
  }
  return runtime;
}
