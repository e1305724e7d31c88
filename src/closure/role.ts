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

function roleOfReason(reasons: readonly Reason[]): Role {
  const first = reasons[0];
  if (first?.kind === "declared") return "declared";
  return first?.kind === "package-data" ? "package-data" : "closure";
}

/** The entrypoint, its interpreters, and the links between them. */
function entrypointRuntime(work: Work): ReadonlySet<TreePath> {
  const runtime = new Set<TreePath>();
  for (const [path, reasons] of work.reasons) {
    if (reasons.some((one) => one.kind === "root" && !one.evidence.startsWith("argument ")))
      runtime.add(path);
  }
  // Reasons are in the order of discovery, but an interpreter may have been kept before it became one: to a fixed point.
  for (let before = -1; before !== runtime.size; ) {
    before = runtime.size;
    for (const [path, reasons] of work.reasons) {
      if (runtime.has(path)) continue;
      const leads = reasons.some(
        (one) => (one.kind === "interpreter" || one.kind === "link") && runtime.has(one.from as TreePath),
      );
      if (leads) runtime.add(path);
    }
  }
  return runtime;
}
