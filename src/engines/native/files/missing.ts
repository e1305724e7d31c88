// What to say where a copy names what isn't there: the likely name instead.
import { lstatSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { Diagnostic } from "../../../base/diagnostics.ts";
import { systemCode } from "../../../base/errors.ts";
import { decodeName, encodeName } from "../../../base/names.ts";
import { nearestName } from "../../../base/nearest.ts";
import { baseName, joinPath, root, type TreePath, treePath } from "../../../tree/path.ts";
import type { Tree } from "../../../tree/tree.ts";

/** Entries that are looked at for one of the same name elsewhere. */
const searchedMax = 50_000;

/** A hint for `path`, which `tree` doesn't have; undefined where nothing is near. Names are relative, as users write them. */
export function nearPath(tree: Tree, path: TreePath): string | undefined {
  const near = nearestPath(tree, path);
  return near === undefined ? undefined : meant(near);
}

/** What may be meant by `path`, which `tree` doesn't have: nearly the same name, or the same one elsewhere. */
export function nearestPath(tree: Tree, path: TreePath): TreePath | undefined {
  return nearInPlace(tree, path) ?? sameNameElsewhere(tree, path);
}

/** The path with its first wrong name put right, as far as that is something. */
function nearInPlace(tree: Tree, path: TreePath): TreePath | undefined {
  let at: TreePath = root;
  if (path === root) return undefined;
  for (const name of path.slice(1).split("/")) {
    const next = joinPath(at, name);
    if (tree.lookup(next) !== undefined) {
      at = next;
      continue;
    }
    const near = nearestName(name, tree.children(at).slice(0, searchedMax));
    if (near === undefined) return undefined;
    const mended = joinPath(at, near);
    const whole = treePath(mended + path.slice(next.length));
    return whole === undefined || tree.lookup(whole) === undefined ? mended : whole;
  }
  return undefined;
}

function sameNameElsewhere(tree: Tree, path: TreePath): TreePath | undefined {
  const name = baseName(path).toLowerCase();
  let searched = 0;
  for (const entry of tree.walk()) {
    searched += 1;
    if (searched > searchedMax) return undefined;
    if (baseName(entry.path).toLowerCase() === name) return entry.path;
  }
  return undefined;
}

/** As `nearPath`, of a folder on the disk: a tree of it may hold only what was asked for. Links are not followed. */
export function nearOnDisk(folder: string, path: string): TreePath | undefined {
  const wanted = treePath(path);
  if (wanted === undefined || wanted === root) return undefined;
  let at: TreePath = root;
  for (const name of wanted.slice(1).split("/")) {
    const names = namesIn(join(folder, at));
    if (names === undefined) return undefined;
    const near = names.includes(name) ? name : nearestName(name, names.slice(0, searchedMax));
    if (near === undefined) return undefined;
    at = joinPath(at, near);
    if (near !== name) return at;
  }
  return undefined;
}

/** Undefined where it is no folder that can be read. */
function namesIn(folder: string): readonly string[] | undefined {
  try {
    if (!lstatSync(encodeName(folder)).isDirectory()) return undefined;
    return readdirSync(encodeName(folder), { encoding: "buffer" }).map(decodeName);
  } catch (thrown) {
    if (systemCode(thrown) === undefined) throw thrown;
    return undefined;
  }
}

export function meant(path: TreePath): string {
  return `did you mean ${JSON.stringify(path.slice(1))}?`;
}

/** The mistake of a source that isn't there. `reason` says why, where it is known. */
export function absentSource(
  written: string,
  at: TreePath,
  tree: Tree,
  reason: string | undefined,
): Pick<Diagnostic, "rule" | "message" | "hint"> {
  const isSame = at === root || treePath(written) === at;
  const leads = isSame ? "" : ` (it leads to ${JSON.stringify(at.slice(1))})`;
  const message = `no such file or folder: ${JSON.stringify(written.slice(0, 200))}${leads}`;
  const hint = reason ?? nearPath(tree, at);
  return { rule: "file-absent", message, ...(hint === undefined ? {} : { hint }) };
}
