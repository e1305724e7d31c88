// The few configuration files whose text decides what is loaded or who runs: read before the closure, which itself reads nothing.
import { collect } from "../base/bytes.ts";
import { limits } from "../base/limits.ts";
import { decodeName } from "../base/names.ts";
import { compileGlob, matching } from "../tree/glob.ts";
import { path, type TreePath } from "../tree/path.ts";
import { resolve } from "../tree/resolve.ts";
import type { Tree } from "../tree/tree.ts";

const files = [
  "/etc/ld.so.conf",
  "/etc/ld.so.conf.d/*.conf",
  "/etc/ld.so.preload",
  "/etc/ld-musl-*.path",
  "/etc/nsswitch.conf",
  "/etc/passwd",
  "/etc/group",
].map(compileGlob);

/** Their text by path. @throws ToolError "limit" for one beyond limits.settingsBytesMax; whatever reading throws. */
export async function readSettings(tree: Tree): Promise<ReadonlyMap<TreePath, string>> {
  const texts = new Map<TreePath, string>();
  for (const glob of files) {
    for (const { path: at } of matching(tree, glob)) {
      const entry = resolve(tree, at)?.entry;
      if (entry?.kind !== "file") continue;
      texts.set(at, decodeName(await collect(entry.content, limits.settingsBytesMax, at)));
    }
  }
  return texts;
}

export const passwdFile: TreePath = path("/etc/passwd");
export const groupFile: TreePath = path("/etc/group");
export const nameServiceFile: TreePath = path("/etc/nsswitch.conf");
export const preloadFile: TreePath = path("/etc/ld.so.preload");
