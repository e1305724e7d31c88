// What readers of package databases give: packages, each with what it claims of the tree. Which claims hold is the index's
// matter (package-index.ts).
import { ToolError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import { root, type TreePath, treePath } from "../../tree/path.ts";
import type { InstalledPackage, PackageRef } from "./package.ts";

export interface Claim {
  readonly package: InstalledPackage;
  /** Files, links and folders that it lists; links among their parents are not followed yet. */
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

/** Counts the paths of one database; one counter for all of its packages. */
export interface PathCounter {
  /** The path for a listed name; undefined for the root, and for what can't name anything. @throws ToolError "limit" */
  path(name: string): TreePath | undefined;
}

export function pathCounter(what: string): PathCounter {
  let left = limits.packagePathsMax;
  return {
    path(name): TreePath | undefined {
      left -= 1;
      if (left < 0) throw overLimit(what, "packagePathsMax");
      const made = treePath(name);
      return made === root ? undefined : made;
    },
  };
}

/** `why` says where: a line or a byte offset. */
export function malformed(what: string, why: string): ToolError {
  return new ToolError("malformed", { what: `reading ${what}`, why });
}

export function overLimit(what: string, limit: keyof typeof limits): ToolError {
  return new ToolError("limit", { what: `reading ${what}`, why: `it exceeds ${limit} (${limits[limit]})` });
}
