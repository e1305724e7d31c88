// Which folders ldconfig(8) looks into: those of /etc/ld.so.conf and of what it includes, then those built into Debian's
// glibc. Each real folder counts once, under the spelling that named it first.
import { collect } from "../base/bytes.ts";
import { limits } from "../base/limits.ts";
import { decodeName } from "../base/names.ts";
import { compileGlob, matching } from "../tree/glob.ts";
import { baseName, parentOf, path, type TreePath, treePath } from "../tree/path.ts";
import { resolve } from "../tree/resolve.ts";
import type { Tree } from "../tree/tree.ts";

export interface LibraryFolder {
  /** As configured: the spelling that the cache's paths begin with. */
  readonly path: TreePath;
  /** Where it really is in the tree. */
  readonly realPath: TreePath;
}

/**
 * The folders in ldconfig's order. `triplet` is Debian's multiarch name ("x86_64-linux-gnu").
 * @throws ToolError "limit", and what reading a file of the tree throws
 */
export async function libraryFolders(tree: Tree, triplet: string): Promise<readonly LibraryFolder[]> {
  const configured = await confFolders(tree, path("/etc/ld.so.conf"), new Set());
  const builtIn = [`/lib/${triplet}`, `/usr/lib/${triplet}`, "/lib", "/usr/lib"].map(path);
  const folders = new Map<TreePath, LibraryFolder>();
  for (const folder of [...configured, ...builtIn]) {
    const found = resolve(tree, folder);
    if (found?.entry.kind !== "directory" || folders.has(found.path)) continue;
    folders.set(found.path, { path: folder, realPath: found.path });
  }
  return [...folders.values()];
}

async function confFolders(tree: Tree, conf: TreePath, open: Set<TreePath>): Promise<readonly TreePath[]> {
  const found = resolve(tree, conf);
  // A file that includes itself would never end; ldconfig runs into its own limit there.
  if (found?.entry.kind !== "file" || open.has(found.path)) return [];
  open.add(found.path);
  const folders: TreePath[] = [];
  const text = decodeName(await collect(found.entry.content, limits.settingsBytesMax, conf));
  for (const line of text.split("\n")) {
    const words = line.replace(/#.*/s, "").trim();
    const include = /^include\s+(.+)$/.exec(words)?.[1];
    if (include !== undefined) {
      for (const file of included(tree, conf, include))
        folders.push(...(await confFolders(tree, file, open)));
    } else if (words.startsWith("/")) {
      const folder = treePath(words.replace(/=\w*$/, ""));
      if (folder !== undefined) folders.push(folder);
    }
  }
  open.delete(found.path);
  return folders;
}

/** The files of an include line: glob(7) patterns, relative ones to the folder of the file that includes. */
function included(tree: Tree, conf: TreePath, patterns: string): readonly TreePath[] {
  return patterns.split(/\s+/).flatMap((pattern) => {
    const glob = compileGlob(pattern.startsWith("/") ? pattern : `${parentOf(conf)}/${pattern}`);
    return [...matching(tree, glob)]
      .map((entry) => entry.path)
      .filter((file) => !baseName(file).startsWith("."));
  });
}
