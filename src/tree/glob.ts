// Globs over tree paths: `*` and `?` stay within one component, `**` crosses them. A component `**` also matches none, so
// "/etc/**" covers /etc itself. Nothing else is special.
import { lazy } from "../base/lazy.ts";
import type { Entry } from "./entry.ts";
import { isWithin, joinPath, root, type TreePath, treePath } from "./path.ts";
import { resolve } from "./resolve.ts";
import type { Tree } from "./tree.ts";

export interface Glob {
  readonly text: string;
  /** The deepest folder that every match is, or lies in. */
  readonly folder: TreePath;
  /** Whether the text has no wildcard. */
  readonly literal: boolean;
  matches(path: TreePath): boolean;
}

/** Compiles a glob. A missing leading slash is supplied. Text that can't name a path matches nothing. */
export function compileGlob(text: string): Glob {
  const absolute = text.startsWith("/") ? text : `/${text}`;
  const wild = absolute.search(/[*?]/);
  const literal = wild < 0;
  const folder = treePath(literal ? absolute : absolute.slice(0, absolute.lastIndexOf("/", wild)));
  if (folder === undefined) return { text, folder: root, literal, matches: () => false };
  if (literal) return { text, folder, literal, matches: (path) => path === folder };
  const pattern = lazy(() => new RegExp(`^${source(absolute)}$`, "su"));
  return {
    text,
    folder,
    literal,
    matches: (path) => isWithin(path, folder) && pattern().test(path),
  };
}

/** Whether the path matches. For one glob and many paths, compile it. */
export function matchGlob(glob: string, path: TreePath): boolean {
  return compileGlob(glob).matches(path);
}

/**
 * The entries that match, in order. Links among the components before the first wildcard are followed, so that "/lib/*.so"
 * finds what a tree with merged /usr holds in /usr/lib.
 */
export function* matching(tree: Tree, glob: Glob): Generator<Entry> {
  const start = resolve(tree, glob.folder, { followLast: !glob.literal });
  if (start === undefined) return;
  if (glob.literal) {
    yield start.entry;
    return;
  }
  const spelled = (real: TreePath): TreePath =>
    start.path === glob.folder ? real : (treePath(glob.folder + real.slice(start.path.length)) ?? real);
  const pending = [start.path];
  const deep = glob.text.includes("**");
  const depth = glob.text.split("/").filter((part) => part !== "").length;
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const entry = tree.lookup(next);
    if (entry === undefined) continue;
    const name = spelled(next);
    if (glob.matches(name)) yield entry;
    if (entry.kind !== "directory" || (!deep && name.split("/").length - 1 >= depth && name !== root))
      continue;
    const names = tree.children(next);
    for (let index = names.length - 1; index >= 0; index--) pending.push(joinPath(next, names[index] ?? ""));
  }
}

function source(absolute: string): string {
  let text = "";
  for (const part of absolute.split("/")) {
    if (part === "") continue;
    text += part === "**" ? "(?:/[^/]+)*" : `/${component(part)}`;
  }
  return text;
}

function component(part: string): string {
  return part.replace(/\*\*+|[*?]|[\\^$.|+()[\]{}/-]/g, (found) => {
    if (found.startsWith("**")) return ".*";
    if (found === "*") return "[^/]*";
    if (found === "?") return "[^/]";
    return found === "-" ? "-" : `\\${found}`;
  });
}
