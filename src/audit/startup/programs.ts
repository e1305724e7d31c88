// What the words of a start-up name in the tree: programs as execvp(3) finds them, files as open(2) does, texts of scripts.
import { limits } from "../../base/limits.ts";
import type { Launch } from "../../closure/closure.ts";
import { programNamed } from "../../closure/launch.ts";
import type { Facts } from "../../content/facts.ts";
import type { FileEntry } from "../../tree/entry.ts";
import { type TreePath, treePath } from "../../tree/path.ts";
import { resolve } from "../../tree/resolve.ts";
import type { Tree } from "../../tree/tree.ts";

export interface StartupInput {
  readonly tree: Tree;
  readonly facts: (file: FileEntry) => Facts;
  readonly launch: Launch;
  /** The scripts that were read so far. */
  readonly texts: ReadonlyMap<TreePath, string>;
}

export interface Program {
  /** No component of it is a link. */
  readonly path: TreePath;
  readonly facts: Facts;
  readonly runs: "program" | "script";
}

/** What would be started: an executable file; by a shell also a text without `#!`. Undefined where there is none. */
export function programOf(
  { facts, launch, tree }: StartupInput,
  word: string,
  byShell: boolean,
): Program | undefined {
  const named = word === "" ? undefined : programNamed(word, launch, tree);
  const found = named === undefined ? undefined : resolve(tree, named);
  if (found?.entry.kind !== "file" || (found.entry.mode & 0o111) === 0) return undefined;
  const known = facts(found.entry);
  const isScript = known.script !== undefined || (byShell && known.magic === "text");
  return { path: found.path, facts: known, runs: isScript ? "script" : "program" };
}

/** The file that a word names for whoever opens it: PATH plays no part. */
export function fileNamed({ launch, tree }: StartupInput, word: string): TreePath | undefined {
  const named = programNamed(word.includes("/") ? word : `./${word}`, launch, tree);
  const found = named === undefined ? undefined : resolve(tree, named);
  return found?.entry.kind === "file" ? found.path : undefined;
}

/** The folder that an absolute name leads to. */
export function folderNamed({ tree }: StartupInput, word: string): TreePath | undefined {
  const named = treePath(word);
  const found = named === undefined ? undefined : resolve(tree, named);
  return found?.entry.kind === "directory" ? found.path : undefined;
}

/** Whether a file is too long for a script that anybody wrote. */
export function isTooLong({ tree }: StartupInput, path: TreePath): boolean {
  const entry = tree.lookup(path);
  return entry?.kind !== "file" || entry.sizeBytes > limits.startupScriptBytesMax;
}

/** A search goes through all folders of PATH for every command: no more than limits.startupFoldersMax of them. */
export function withBoundedPath(launch: Launch): Launch {
  const folders = launch.env["PATH"]?.split(":");
  if (folders === undefined || folders.length <= limits.startupFoldersMax) return launch;
  return { ...launch, env: { ...launch.env, PATH: folders.slice(0, limits.startupFoldersMax).join(":") } };
}
