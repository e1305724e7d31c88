// Where the cache lies (XDG Base Directory Specification).
import { isAbsolute, join, resolve } from "node:path";
import { ToolError } from "../base/errors.ts";
import type { Environment } from "./context.ts";

/** The cache folder by the environment alone; undefined where the environment names no home. */
export function defaultCacheFolder(env: Environment, cwd: string): string | undefined {
  const own = env["DISTILL_CACHE_DIR"];
  if (own !== undefined && own !== "") return resolve(cwd, own);
  const xdg = env["XDG_CACHE_HOME"];
  // The specification says that a relative path is to be ignored.
  if (xdg !== undefined && isAbsolute(xdg)) return join(xdg, "distill");
  const home = env["HOME"];
  return home === undefined || !isAbsolute(home) ? undefined : join(home, ".cache", "distill");
}

/** @throws ToolError "configuration" where nothing names a folder */
export function cacheFolder(option: string | undefined, env: Environment, cwd: string): string {
  const folder = option === undefined ? defaultCacheFolder(env, cwd) : resolve(cwd, option);
  if (folder !== undefined) return folder;
  throw new ToolError("configuration", {
    what: "finding the cache folder",
    why: "HOME is not set",
    hint: "name a folder: --cache-dir DIR, or DISTILL_CACHE_DIR",
  });
}
