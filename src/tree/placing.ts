// Placing entries through links to folders, so that a folder with two spellings (/bin and /usr/bin where /bin links there)
// is one folder (https://wiki.debian.org/UsrMerge). Invariant: no entry is ever placed below a link.
import { ToolError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import type { Entry } from "./entry.ts";
import { addEntry, type TreeBuilder } from "./memory-tree.ts";
import { baseName, joinPath, parentOf, root, type TreePath } from "./path.ts";

/**
 * The path at which an entry called `path` belongs: links among its parents are followed, inside the root, whether or not
 * what they lead to is there yet. The last component is left alone.
 * @throws ToolError "malformed" where the links run in a circle
 */
export function placeOf(builder: TreeBuilder, path: TreePath): TreePath {
  if (path === root) return root;
  const folder = parentOf(path);
  // Nearly always: the folder is there under this very name.
  if (builder.entries.get(folder)?.kind === "directory" || folder === root) return path;
  return joinPath(realFolder(builder, folder, path), baseName(path));
}

/**
 * Adds an entry where it belongs, as dpkg does: a folder arriving where a link to a folder stands leaves the link (and is that
 * folder). Anything but a folder replaces one that stands in its place: whoever calls refuses that where it matters.
 * @throws ToolError "malformed" where links run in a circle
 */
export function placeEntry(builder: TreeBuilder, entry: Entry): void {
  const path = placeOf(builder, entry.path);
  const present = builder.entries.get(path);
  if (entry.kind === "directory" && present?.kind === "symlink") {
    const real = realFolder(builder, path, entry.path);
    const there = builder.entries.get(real);
    if (there === undefined || there.kind === "directory") {
      addEntry(builder, { ...entry, path: real });
      return;
    }
  }
  addEntry(builder, path === entry.path ? entry : { ...entry, path });
}

function realFolder(builder: TreeBuilder, folder: TreePath, what: TreePath): TreePath {
  const rest = folder.split("/").reverse();
  let at: TreePath = root;
  let followed = 0;
  for (let part = rest.pop(); part !== undefined; part = rest.pop()) {
    if (part === "" || part === ".") continue;
    if (part === "..") {
      at = parentOf(at);
      continue;
    }
    const next = joinPath(at, part);
    const entry = builder.entries.get(next);
    if (entry?.kind !== "symlink") {
      at = next;
      continue;
    }
    followed += 1;
    if (followed > limits.symlinksFollowedMax || rest.length > limits.pathComponentsMax) {
      throw new ToolError("malformed", {
        what: `placing ${what}`,
        why: `more than ${limits.symlinksFollowedMax} links lead to its folder (symlinksFollowedMax)`,
      });
    }
    if (entry.target.startsWith("/")) at = root;
    rest.push(...entry.target.split("/").reverse());
  }
  return at;
}
