// What readers of package databases give: packages, each with what it claims of the tree. Which claims hold is the index's
// matter (package-index.ts).
import { ToolError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import type { Entry } from "../../tree/entry.ts";
import { root, type TreePath, treePath } from "../../tree/path.ts";
import { resolve } from "../../tree/resolve.ts";
import type { Tree } from "../../tree/tree.ts";
import type { InstalledPackage, PackageRef } from "./package.ts";

export interface Claim {
  readonly package: InstalledPackage;
  /** Files, links and folders of the tree that it lists. */
  readonly paths: readonly TreePath[];
  /** Everything below these is the package's, but for what lies in another package's folder further in. */
  readonly folders: readonly TreePath[];
}

export interface Unreadable {
  readonly path: TreePath;
  readonly why: string;
}

export interface Reading {
  readonly claims: readonly Claim[];
  readonly unreadable: readonly Unreadable[];
}

/** A package with its names in bounds. @throws ToolError "malformed" for a name or version that no package has */
export function packageRef(ref: PackageRef, what: string): PackageRef {
  for (const [field, text] of [
    ["name", ref.name],
    ["version", ref.version],
    ["architecture", ref.architecture ?? ""],
  ] as const) {
    if (text.length > limits.packageNameLengthMax)
      throw malformed(
        what,
        `a ${field} is longer than packageNameLengthMax (${limits.packageNameLengthMax})`,
      );
    if (hasControls(text)) throw malformed(what, `a ${field} holds control characters`);
  }
  if (ref.name === "") throw malformed(what, "a package has no name");
  return ref;
}

function hasControls(text: string): boolean {
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code < 0x20 || (code >= 0x7f && code < 0xa0)) return true;
  }
  return false;
}

/** Finds what a list names: the entry's own path, as links among the parents lead to it; undefined where it isn't there. */
export type Place = (name: string) => TreePath | undefined;

/**
 * Places the paths that one database lists. Nothing of a name that the tree doesn't have is kept, so lists can't fill memory.
 * What it returns throws ToolError "limit" past packagePathsMax or packagePathsLengthMax.
 */
export function placesIn(tree: Tree, what: string): Place {
  let count = 0;
  let length = 0;
  return (name) => {
    count += 1;
    length += name.length;
    if (count > limits.packagePathsMax) throw overLimit(what, "packagePathsMax");
    if (length > limits.packagePathsLengthMax) throw overLimit(what, "packagePathsLengthMax");
    // Most names are paths of the tree as they stand; a text that is no path finds nothing.
    const entry = tree.lookup(name as TreePath) ?? entryAt(tree, name);
    return entry?.path === root ? undefined : entry?.path;
  };
}

/** Lists name /bin/x where the tree has /usr/bin/x: the folder is a link. */
function entryAt(tree: Tree, name: string): Entry | undefined {
  const path = treePath(name);
  return path === undefined ? undefined : resolve(tree, path, { followLast: false })?.entry;
}

/** `why` says where: a line or a byte offset. */
export function malformed(what: string, why: string): ToolError {
  return new ToolError("malformed", { what: `reading ${what}`, why });
}

export function overLimit(what: string, limit: keyof typeof limits): ToolError {
  return new ToolError("limit", { what: `reading ${what}`, why: `it exceeds ${limit} (${limits[limit]})` });
}
