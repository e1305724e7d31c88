// File operations as tests run them: on small trees, without archives, and what they refuse.
import { InvalidInput } from "../../src/base/diagnostics.ts";
import { applyFileOperation, type FileSettings } from "../../src/engines/native/files/apply.ts";
import type { FileAction } from "../../src/graph/operation.ts";
import { applyLayer, type LayerEntry } from "../../src/tree/layers.ts";
import { finishTree, treeBuilder } from "../../src/tree/memory-tree.ts";
import type { Tree } from "../../src/tree/tree.ts";

/** Seconds since the epoch, of what such an operation makes. */
export const madeAt = 1_700_000_000;

/** What the actions change of input 0. Archives need a `scratchFolder`. */
export function applyActions(
  actions: readonly FileAction[],
  inputs: readonly Tree[],
  more: Partial<FileSettings> = {},
): Promise<readonly LayerEntry[]> {
  const { signal } = new AbortController();
  const settings = { mtime: madeAt, signal, scratchFolder: "/nonexistent", ...more };
  return applyFileOperation({ kind: "file", actions }, inputs, settings);
}

/** The tree as a store makes it: the layer over what was below. */
export function layered(base: Tree, entries: readonly LayerEntry[]): Tree {
  const builder = treeBuilder(base);
  applyLayer(builder, entries, 1);
  return finishTree(builder);
}

/** The first diagnostic of what is refused: rule, message and hint. @throws where it isn't refused */
export async function refusalOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
  } catch (thrown) {
    if (!(thrown instanceof InvalidInput)) throw thrown;
    const [diagnostic] = thrown.diagnostics;
    return [diagnostic?.rule, diagnostic?.message, diagnostic?.hint]
      .filter((part) => part !== undefined)
      .join(" | ");
  }
  throw new Error("it was not refused");
}
