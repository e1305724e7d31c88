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
  /** The components after that folder. */
  readonly below: readonly string[];
  matches(path: TreePath): boolean;
}

/** Compiles a glob. A missing leading slash is supplied. Text that can't name a path matches nothing. */
export function compileGlob(text: string): Glob {
  const absolute = text.startsWith("/") ? text : `/${text}`;
  const wild = absolute.search(/[*?]/);
  const literal = wild < 0;
  const cut = literal ? absolute.length : absolute.lastIndexOf("/", wild);
  const folder = treePath(absolute.slice(0, cut));
  const below = absolute
    .slice(cut)
    .split("/")
    .filter((part) => part !== "");
  if (folder === undefined) return { text, folder: root, literal: true, below: [], matches: () => false };
  if (literal) return { text, folder, literal, below, matches: (path) => path === folder };
  const pattern = lazy(() => new RegExp(`^${source(below)}$`, "su"));
  const start = folder === root ? 0 : folder.length;
  return {
    text,
    folder,
    literal,
    below,
    matches: (path) => isWithin(path, folder) && pattern().test(path === root ? "" : path.slice(start)),
  };
}

/**
 * The entries that match, in order. Links among the components before the first wildcard are followed, so that "/lib/*.so"
 * finds what a tree with merged /usr holds in /usr/lib.
 */
export function* matching(tree: Tree, glob: Glob): Generator<Entry> {
  const start = resolve(tree, glob.folder, { followLast: !glob.literal });
  if (start === undefined) return;
  if (glob.literal) yield start.entry;
  else yield* descend(tree, start.path, glob.below);
}

/** What lies below a folder and matches these components. */
function* descend(tree: Tree, folder: TreePath, parts: readonly string[]): Generator<Entry> {
  const [part, ...rest] = parts;
  if (part === undefined) return;
  if (part.includes("**")) {
    yield* search(tree, folder, parts);
    return;
  }
  for (const name of /[*?]/.test(part) ? namesLike(tree, folder, part) : [part]) {
    const path = joinPath(folder, name);
    const entry = tree.lookup(path);
    if (entry === undefined) continue;
    if (rest.length === 0) yield entry;
    else if (rest.every((one) => one === "**")) yield* search(tree, folder, [name, ...rest], path);
    else if (entry.kind === "directory") yield* descend(tree, path, rest);
  }
}

/** Everything at and below a folder, tested by its whole name: for patterns that cross components. */
function* search(tree: Tree, folder: TreePath, parts: readonly string[], from = folder): Generator<Entry> {
  const pattern = new RegExp(`^${source(parts)}$`, "su");
  const cut = folder === root ? 0 : folder.length;
  const pending = [from];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const entry = tree.lookup(next);
    if (entry === undefined) continue;
    if (next === root ? pattern.test("") : pattern.test(next.slice(cut))) yield entry;
    if (entry.kind !== "directory") continue;
    const names = tree.children(next);
    for (let index = names.length - 1; index >= 0; index--) pending.push(joinPath(next, names[index] ?? ""));
  }
}

function namesLike(tree: Tree, folder: TreePath, part: string): string[] {
  const pattern = new RegExp(`^${component(part)}$`, "su");
  return tree.children(folder).filter((name) => pattern.test(name));
}

function source(parts: readonly string[]): string {
  let text = "";
  for (const part of parts) {
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
