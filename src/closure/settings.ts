// The few configuration files whose text decides what is loaded or who runs: read before the closure, which itself reads nothing.
import { collect } from "../base/bytes.ts";
import { ToolError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import { decodeName } from "../base/names.ts";
import { compileGlob, matching } from "../tree/glob.ts";
import { path, type TreePath } from "../tree/path.ts";
import { resolve } from "../tree/resolve.ts";
import type { Tree } from "../tree/tree.ts";

/** Those of fixed names first: no number of others keeps them from being read. */
const files = [
  "/etc/ld.so.conf",
  "/etc/ld.so.preload",
  "/etc/nsswitch.conf",
  "/etc/passwd",
  "/etc/group",
  "/etc/ld-musl-*.path",
  "/etc/ld.so.conf.d/*.conf",
].map(compileGlob);

/** The settings of a tree that has no more of them than is read. @throws ToolError "limit"; whatever reading throws. */
export async function readSettings(tree: Tree): Promise<ReadonlyMap<TreePath, string>> {
  const { tooLarge, texts } = await readSettingsWithin(tree);
  const [first] = tooLarge;
  if (first === undefined) return texts;
  throw new ToolError("limit", {
    what: `${first} can't be read as a setting`,
    why: `a file may have ${limits.settingsBytesMax} bytes; all of its kind ${limits.settingsTotalBytesMax}, and be ${limits.settingsFilesMax}`,
    hint: "leave it out, or make it smaller",
  });
}

export interface Settings {
  /** By path. */
  readonly texts: ReadonlyMap<TreePath, string>;
  /** Those that weren't read: larger than limits.settingsBytesMax, or beyond the limits of all of them. */
  readonly tooLarge: readonly TreePath[];
}

/** The settings of any tree, as far as they are read. @throws whatever reading throws. */
export async function readSettingsWithin(tree: Tree): Promise<Settings> {
  const texts = new Map<TreePath, string>();
  const tooLarge: TreePath[] = [];
  let bytesLeft = limits.settingsTotalBytesMax;
  for (const glob of files) {
    for (const { path: at } of matching(tree, glob)) {
      const entry = resolve(tree, at)?.entry;
      if (entry?.kind !== "file") continue;
      const bytesMax = Math.min(limits.settingsBytesMax, bytesLeft);
      if (entry.sizeBytes > bytesMax || texts.size >= limits.settingsFilesMax) {
        tooLarge.push(at);
        continue;
      }
      texts.set(at, decodeName(await collect(entry.content, bytesMax, at)));
      bytesLeft -= entry.sizeBytes;
    }
  }
  return { texts, tooLarge };
}

export const passwdFile: TreePath = path("/etc/passwd");
export const groupFile: TreePath = path("/etc/group");
export const nameServiceFile: TreePath = path("/etc/nsswitch.conf");
export const preloadFile: TreePath = path("/etc/ld.so.preload");
