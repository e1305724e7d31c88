// Paths inside a tree: absolute, normalised, "/" is the root. No `.`/`..` component, no doubled or trailing slash, no NUL.
// Invariant: a `TreePath` can't leave its tree; it was made by `treePath` or `joinPath`.
import { assert } from "../base/errors.ts";
import { limits } from "../base/limits.ts";

export type TreePath = `/${string}` & { readonly __brand: "tree-path" };

export const root: TreePath = "/" as TreePath;

/**
 * The path for a name as archives and people write it ("./usr/bin/", "usr//bin", "/usr/bin"). `..` is resolved lexically
 * and stops at the root. Undefined where it can't name anything: a NUL byte, or longer than limits.pathBytesMax.
 */
export function treePath(name: string): TreePath | undefined {
  if (name.includes("\0") || name.length > limits.pathBytesMax) return undefined;
  const parts: string[] = [];
  for (const part of name.split("/")) {
    if (part === "" || part === ".") continue;
    if (part === "..") parts.pop();
    else parts.push(part);
  }
  return parts.length > limits.pathComponentsMax ? undefined : (`/${parts.join("/")}` as TreePath);
}

/** `treePath` for names written in this program's own source. */
export function path(name: string): TreePath {
  const made = treePath(name);
  if (made === undefined) throw new Error(`internal error: not a path: ${JSON.stringify(name)}`);
  return made;
}

/** The path of an entry called `name` in `folder`: a component, or several, each of them a name. */
export function joinPath(folder: TreePath, name: string): TreePath {
  assert(
    name.includes("/") ? name.split("/").every(isComponent) : isComponent(name),
    `not a name: ${JSON.stringify(name)}`,
  );
  return (folder === root ? `/${name}` : `${folder}/${name}`) as TreePath;
}

/** Whether an untrusted text can name an entry of a folder: one component, and not the folder itself or its parent. */
export function isName(name: string): boolean {
  return isComponent(name) && !name.includes("/");
}

function isComponent(name: string): boolean {
  return name !== "" && name !== "." && name !== ".." && !name.includes("\0");
}

/** The folder that holds the entry; the root's parent is the root. */
export function parentOf(of: TreePath): TreePath {
  const cut = of.lastIndexOf("/");
  return (cut <= 0 ? "/" : of.slice(0, cut)) as TreePath;
}

/** The last component; empty for the root. */
export function baseName(of: TreePath): string {
  return of.slice(of.lastIndexOf("/") + 1);
}

/** Whether `inner` is `outer` or lies below it. */
export function isWithin(inner: TreePath, outer: TreePath): boolean {
  return outer === root || inner === outer || inner.startsWith(`${outer}/`);
}

/**
 * UTF-16 code unit order of the components: a folder comes before what it holds, siblings by name. The order of every layer.
 */
export function comparePaths(a: TreePath, b: TreePath): number {
  if (a === b) return 0;
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index++) {
    const x = a.charCodeAt(index);
    const y = b.charCodeAt(index);
    // "/" sorts before everything, so that /a/b comes before /a-b.
    if (x !== y) return x === 0x2f ? -1 : y === 0x2f ? 1 : x - y;
  }
  return a.length - b.length;
}
