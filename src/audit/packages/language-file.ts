// What readers of language packages share: one description in the tree makes one package or several.
import type { FileEntry } from "../../tree/entry.ts";
import { root, type TreePath, treePath } from "../../tree/path.ts";
import { resolve } from "../../tree/resolve.ts";
import type { Tree } from "../../tree/tree.ts";
import { type Claim, malformed, type Place } from "./claim.ts";

/** The tree that a description lies in, and where its file lists lead. */
export interface Surroundings {
  readonly tree: Tree;
  readonly place: Place;
  /** To be told of each file before it is read. @throws ToolError "limit" past languagePackagesBytesMax */
  readonly charge: (file: FileEntry) => void;
}

/** A kind of description. */
export interface LanguageReader {
  readonly matches: (path: TreePath) => boolean;
  /** @throws ToolError "malformed", "limit" */
  readonly read: (file: FileEntry, around: Surroundings) => Promise<readonly Claim[]>;
}

/** The real folders that these paths lead to; what is no folder is left out. */
export function foldersAt(tree: Tree, paths: readonly string[]): readonly TreePath[] {
  return paths.flatMap((one) => {
    const path = treePath(one);
    const found = path === undefined ? undefined : resolve(tree, path);
    return found?.entry.kind === "directory" && found.path !== root ? [found.path] : [];
  });
}

/** What a file's JSON says. @throws ToolError "malformed" */
export function parseJson(text: string, what: string): unknown {
  try {
    // A byte order mark is no JSON, and yet some files begin with one.
    return JSON.parse(text.startsWith("\ufeff") ? text.slice(1) : text) as unknown;
  } catch (thrown) {
    const place = thrown instanceof SyntaxError ? /position \d+/.exec(thrown.message)?.[0] : undefined;
    throw malformed(what, `it is no JSON${place === undefined ? "" : ` (${place})`}`);
  }
}

/** A member of a parsed object, where it is a text. */
export function textMember(value: unknown, name: string): string | undefined {
  const member = memberOf(value, name);
  return typeof member === "string" ? member : undefined;
}

export function memberOf(value: unknown, name: string): unknown {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, name)) return undefined;
  return (value as Readonly<Record<string, unknown>>)[name];
}
