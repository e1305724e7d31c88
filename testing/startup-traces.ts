// What a trace of a start-up tells, as lines.
import { unmasked } from "../src/audit/config-secrets/masking.ts";
import { traceStartup } from "../src/audit/startup/trace.ts";
import type { Launch } from "../src/closure/closure.ts";
import type { Entry } from "../src/tree/entry.ts";
import { treeOf } from "../src/tree/memory-tree.ts";
import { path, type TreePath } from "../src/tree/path.ts";
import { factsOfEntry, launch } from "./closures.ts";

/** The steps as lines, and what is still to be read. */
export function traced(
  entries: readonly Entry[],
  given: Partial<Launch>,
  texts: Readonly<Record<string, string>> = {},
): { readonly steps: string[]; readonly wanted: readonly TreePath[] } {
  const { steps, wanted } = traceStartup(
    {
      tree: treeOf(entries),
      facts: factsOfEntry,
      launch: launch(given),
      texts: new Map(Object.entries(texts).map(([name, text]) => [path(name), text])),
    },
    unmasked,
  );
  const lines = steps.map((one) => `${one.from} ${one.kind} ${one.path ?? "-"} ${one.command}`);
  return { steps: lines, wanted };
}
