// What ld.so loads into every program before any other library, told by the environment or a file (ld.so(8)): shared objects,
// and only where a program has a loader. It goes on without those that it can't load.
import { type TreePath, treePath } from "../tree/path.ts";
import type { Reason } from "./closure.ts";
import { preloadFile } from "./settings.ts";
import { factsAt, find, keepPath, type Work } from "./work.ts";

/** Keeps the preloads of the launch's programs; to be called once one that has an interpreter is kept. */
export function keepPreloads(work: Work): void {
  keepListed(work, work.input.launch.env["LD_PRELOAD"] ?? "", "LD_PRELOAD");
  keepListed(work, work.input.settings?.get(preloadFile) ?? "", preloadFile);
}

function keepListed(work: Work, list: string, by: string): void {
  for (const preload of list.split(/[\s:]+/)) {
    const path = preload.startsWith("/") ? treePath(preload) : undefined;
    if (path === undefined || !isLoadable(work, path)) continue;
    const evidence = `${by} names ${preload}`;
    const reason: Reason = { from: by, kind: "root", evidence, confidence: "known", weak: "named" };
    keepPath(work, path, reason, "run");
  }
}

/** Whether it leads to a library; what isn't there yet may be one. */
function isLoadable(work: Work, path: TreePath): boolean {
  const found = find(work, path);
  if (found === undefined) return true;
  const elf = factsAt(work, found.path)?.elf;
  return elf?.type === "shared" && elf.interpreter === undefined && !elf.program;
}
