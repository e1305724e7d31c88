// Files of the image, as readers of package databases need them: found through links, in bounds, as bytes or text.
import { collect } from "../../base/bytes.ts";
import { ToolError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import { decodeName } from "../../base/names.ts";
import type { FileEntry } from "../../tree/entry.ts";
import type { TreePath } from "../../tree/path.ts";
import { resolve } from "../../tree/resolve.ts";
import type { Tree } from "../../tree/tree.ts";
import { overLimit, type Reading, type Unreadable } from "./claim.ts";

type SizeLimit = "packageDatabaseBytesMax" | "packageListBytesMax" | "packageMetadataBytesMax";

/** The file that a path leads to; undefined where there is none. */
export function fileAt(tree: Tree, path: TreePath): FileEntry | undefined {
  const entry = resolve(tree, path)?.entry;
  return entry?.kind === "file" ? entry : undefined;
}

/** @throws ToolError "limit" past the limit; what the file's own reading throws */
export async function readBytes(file: FileEntry, limit: SizeLimit): Promise<Uint8Array> {
  if (file.sizeBytes > limits[limit]) throw overLimit(file.path, limit);
  return collect(file.content, limits[limit], file.path);
}

/** The text, in which bytes that are no UTF-8 are carried as tree paths carry them. @throws as `readBytes` */
export async function readText(file: FileEntry, limit: SizeLimit): Promise<string> {
  return decodeName(await readBytes(file, limit));
}

/**
 * What `read` gives; where the content is not what it has to be, why. Failures to get at the content (a network, a disk) are the
 * caller's.
 */
export async function attempt(path: TreePath, read: () => Promise<Reading>): Promise<Reading> {
  try {
    return await read();
  } catch (thrown) {
    return { claims: [], unreadable: [unreadable(path, thrown)] };
  }
}

/** @throws `thrown` itself where it says nothing of the content */
export function unreadable(path: TreePath, thrown: unknown): Unreadable {
  if (!(thrown instanceof ToolError) || (thrown.code !== "malformed" && thrown.code !== "limit"))
    throw thrown;
  return { path, why: thrown.why };
}

/** All of them as one. */
export function mergeReadings(readings: readonly Reading[]): Reading {
  return {
    claims: readings.flatMap((one) => one.claims),
    unreadable: readings.flatMap((one) => one.unreadable),
  };
}
