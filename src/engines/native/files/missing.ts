// What to say where a copy names what isn't there: the likely name instead.
import type { Diagnostic } from "../../../base/diagnostics.ts";
import { nearestName } from "../../../base/nearest.ts";
import { baseName, isWithin, parentOf, root, type TreePath } from "../../../tree/path.ts";
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
  let at = root;
  for (const name of path.slice(1).split("/")) {
    const next = join(at, name);
    if (tree.lookup(next) !== undefined) {
      at = next;
      continue;
    }
    const near = nearestName(name, tree.children(at).slice(0, searchedMax));
    if (near === undefined) return undefined;
    const mended = join(at, near);
    const whole = `${mended}${path.slice(next.length)}` as TreePath;
    return tree.lookup(whole) === undefined ? mended : whole;
  }
  return undefined;
}

function sameNameElsewhere(tree: Tree, path: TreePath): TreePath | undefined {
  const name = baseName(path).toLowerCase();
  let searched = 0;
  for (const entry of tree.walk()) {
    searched += 1;
    if (searched > searchedMax) return undefined;
    if (baseName(entry.path).toLowerCase() === name && !isWithin(path, parentOf(entry.path)))
      return entry.path;
    if (baseName(entry.path).toLowerCase() === name && entry.path !== path) return entry.path;
  }
  return undefined;
}

function join(folder: TreePath, name: string): TreePath {
  return (folder === root ? `/${name}` : `${folder}/${name}`) as TreePath;
}

function meant(path: TreePath): string {
  return `did you mean ${JSON.stringify(path.slice(1))}?`;
}

/** The mistake of a source that isn't there. `reason` says why, where it is known. */
export function absentSource(
  written: string,
  at: TreePath,
  tree: Tree,
  reason: string | undefined,
): Pick<Diagnostic, "rule" | "message" | "hint"> {
  const name = at.slice(1);
  const leads =
    name === written.replace(/^(\.?\/)+|\/+$/g, "") ? "" : ` (it leads to ${JSON.stringify(name)})`;
  const message = `no such file or folder: ${JSON.stringify(written)}${leads}`;
  const hint = reason ?? nearPath(tree, at);
  return { rule: "file-absent", message, ...(hint === undefined ? {} : { hint }) };
}
