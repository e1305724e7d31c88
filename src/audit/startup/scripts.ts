// Which texts the start-up path is told from: read before the audit, which itself reads nothing.
import type { Launch } from "../../closure/closure.ts";
import type { Facts } from "../../content/facts.ts";
import type { FileEntry } from "../../tree/entry.ts";
import type { TreePath } from "../../tree/path.ts";
import type { Tree } from "../../tree/tree.ts";
import { unmasked } from "../config-secrets/masking.ts";
import { traceStartup } from "./trace.ts";

/** The files to read: with more texts, scripts that those call may come to it. At most limits.startupScriptsMax in all. */
export function startupScripts(
  tree: Tree,
  facts: (file: FileEntry) => Facts,
  launch: Launch,
  texts: ReadonlyMap<TreePath, string> = new Map(),
): readonly TreePath[] {
  return traceStartup({ tree, facts, launch, texts }, unmasked).wanted;
}

/**
 * The texts of the start-up path, read as the path is followed. `read` gives the text of a file, or undefined where it is none.
 * @throws whatever `read` throws
 */
export async function readStartupTexts(
  tree: Tree,
  facts: (file: FileEntry) => Facts,
  launch: Launch,
  read: (path: TreePath) => Promise<string | undefined>,
): Promise<ReadonlyMap<TreePath, string>> {
  const texts = new Map<TreePath, string>();
  const tried = new Set<TreePath>();
  for (;;) {
    const wanted = startupScripts(tree, facts, launch, texts).filter((path) => !tried.has(path));
    if (wanted.length === 0) return texts;
    for (const path of wanted) {
      tried.add(path);
      const text = await read(path);
      if (text !== undefined) texts.set(path, text);
    }
  }
}
