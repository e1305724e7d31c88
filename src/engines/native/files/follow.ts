// The paths of a context that its copies lead to: what is named, and where links on the way lead, as patterns.
// As tonistiigi/fsutil does (FollowLinks), so that a build needs no more of a context than its copies name.
import { lstatSync, readdirSync, readlinkSync } from "node:fs";
import { systemCode } from "../../../base/errors.ts";
import { limits } from "../../../base/limits.ts";
import { decodeName } from "../../../base/names.ts";
import { cleanPath } from "../../../formats/ignore-patterns.ts";
import { hasWildcard, parsePathPattern } from "../../../formats/path-pattern.ts";
import { diskName } from "./disk-file.ts";

/** Patterns for what `paths` lead to in `folder`; undefined where that is everything, or not worth telling apart. */
export function followedPatterns(folder: string, paths: readonly string[]): readonly string[] | undefined {
  const patterns = new Set<string>();
  const pending = paths.map((path) => ({ path, followed: 0 }));
  const seen = new Set<string>();
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const path = relative(next.path);
    if (path === "") return undefined;
    if (seen.has(path) || next.followed > limits.symlinksFollowedMax || path.length > limits.pathBytesMax)
      continue;
    seen.add(path);
    // Past that, leaving things out costs more than it spares.
    if (seen.size > limits.followedPathsMax) return undefined;
    const { links, reached } = firstLinks(folder, path);
    patterns.add(reached);
    for (const link of links) pending.push({ path: link, followed: next.followed + 1 });
  }
  return [...patterns].sort();
}

/**
 * Goes along a path up to where links are met: `reached` is the path so far, `links` the paths that go on from it. A path
 * without links is reached as a whole.
 */
function firstLinks(
  folder: string,
  path: string,
): { readonly links: readonly string[]; readonly reached: string } {
  const parts = path.split("/");
  for (const [index, part] of parts.entries()) {
    const parent = parts.slice(0, index).join("/");
    const targets = linkTargets(folder, parent, part);
    if (targets.length === 0) continue;
    const rest = parts.slice(index + 1).join("/");
    const links = targets.map(
      (target) => `${target.startsWith("/") ? target : `/${parent}/${target}`}/${rest}`,
    );
    return { links, reached: parts.slice(0, index + 1).join("/") };
  }
  return { links: [], reached: path };
}

/** The targets of the links in a folder that have this name, or fit it. */
function linkTargets(folder: string, parent: string, name: string): readonly string[] {
  const place = parent === "" ? folder : `${folder}/${parent}`;
  try {
    if (!hasWildcard(name)) {
      return lstatSync(diskName(`${place}/${name}`)).isSymbolicLink() ? [targetOf(`${place}/${name}`)] : [];
    }
    const pattern = parsePathPattern(name, "filepath-match");
    return readdirSync(diskName(place), { encoding: "buffer", withFileTypes: true })
      .filter((entry) => entry.isSymbolicLink())
      .map((entry) => decodeName(entry.name))
      .filter((entry) => pattern?.matches(entry) === true)
      .map((entry) => targetOf(`${place}/${entry}`));
  } catch (thrown) {
    // Nothing there, or nothing that can be looked into: the walk, or the copy, will tell.
    if (systemCode(thrown) === undefined) throw thrown;
    return [];
  }
}

function targetOf(link: string): string {
  return decodeName(readlinkSync(diskName(link), { encoding: "buffer" }));
}

/** The path from the folder on; it can't lead above that. */
function relative(path: string): string {
  return cleanPath(`/${path}`).slice(1);
}
