// Paths of instructions, as BuildKit makes them absolute: what already is stays as it was written, also with `..` in it.
import { posix } from "node:path";

/** WORKDIR, and the sources of COPY below the root of the context. */
export function absolutePath(parent: string, path: string): string {
  if (path === "") return parent === "" ? "/" : parent;
  return path.startsWith("/") ? path : joined(parent, path);
}

/** The target of COPY: a slash at the end, or "/.", says that sources lie in it. */
export function targetPath(parent: string, path: string): string {
  const given = path === "" || path === "." ? "./" : path;
  if (given.startsWith("/")) return given;
  const absolute = joined(parent, given);
  if (given.endsWith("/")) return absolute === "/" ? absolute : `${absolute}/`;
  if (given.endsWith("/.")) return absolute === "/" ? "/." : `${absolute}/.`;
  return absolute;
}

/** Clean and absolute, without a slash at the end. */
export function joined(...parts: readonly string[]): string {
  const path = posix.join("/", ...parts);
  return path.length > 1 && path.endsWith("/") ? path.slice(0, -1) : path;
}
