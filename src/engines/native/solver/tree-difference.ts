// What has to be laid over one tree to make it another, as a layer tells it (image-spec layer.md, "Creating").

import { identityOf } from "../../../assemble/layer.ts";
import { bytesOf } from "../../../base/bytes.ts";
import { canonicalJson } from "../../../base/canonical-json.ts";
import { digestOf } from "../../../base/digest.ts";
import type { Entry, FileEntry } from "../../../tree/entry.ts";
import type { LayerEntry } from "../../../tree/layers.ts";
import { baseName, joinPath, parentOf, type TreePath } from "../../../tree/path.ts";
import type { Tree } from "../../../tree/tree.ts";

/**
 * The entries of the layer, sorted by path. Laid over `before`, they give `after`: what was added or changed, and a whiteout for
 * what is gone, at the highest folder that is gone with it. Hard links stay together: one changed name brings all of them.
 */
export function differenceOf(before: Tree, after: Tree): readonly LayerEntry[] {
  const changed = new Set<TreePath>();
  for (const entry of after.walk()) if (!isSame(before.lookup(entry.path), entry)) changed.add(entry.path);
  const links = linksOf(after, changed);
  const entries: LayerEntry[] = [];
  for (const entry of after.walk()) {
    const linked = entry.kind === "file" && entry.link !== undefined && links.has(entry.link);
    if (linked || changed.has(entry.path)) entries.push(entry);
  }
  for (const entry of before.walk()) {
    const parent = after.lookup(parentOf(entry.path));
    // What lies in a folder that is gone, or is none any more, goes with it.
    if (after.lookup(entry.path) === undefined && parent?.kind === "directory" && wasFolder(before, entry)) {
      entries.push(whiteout(entry));
    }
  }
  return entries.sort((a, b) => (a.path < b.path ? -1 : 1));
}

function wasFolder(before: Tree, { path }: Entry): boolean {
  return before.lookup(parentOf(path))?.kind === "directory";
}

function linksOf(tree: Tree, changed: ReadonlySet<TreePath>): ReadonlySet<string> {
  const links = new Set<string>();
  for (const path of changed) {
    const entry = tree.lookup(path);
    if (entry?.kind === "file" && entry.link !== undefined) links.add(entry.link);
  }
  return links;
}

/** The id of a hard link is only a name; how many names a file has is told by those that share it. */
function isSame(before: Entry | undefined, entry: Entry): boolean {
  if (before === undefined) return false;
  const plain = (one: Entry): string => {
    if (one.kind !== "file") return canonicalJson(identityOf(one));
    const { link, ...rest } = one;
    return canonicalJson([identityOf(rest), link !== undefined]);
  };
  return plain(before) === plain(entry);
}

function whiteout({ path, origins }: Entry): FileEntry {
  const empty = new Uint8Array();
  return {
    kind: "file",
    path: joinPath(parentOf(path), `.wh.${baseName(path)}`),
    origins,
    mode: 0,
    uid: 0,
    gid: 0,
    mtime: 0,
    sizeBytes: 0,
    digest: digestOf(empty),
    content: bytesOf(empty),
  };
}
