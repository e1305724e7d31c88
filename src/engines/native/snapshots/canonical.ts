// The one order and spelling of a layer's entries: equal content, equal list, whoever made it.
import { createHash } from "node:crypto";
import { identityOf } from "../../../assemble/layer.ts";
import { canonicalJson, type Json } from "../../../base/canonical-json.ts";
import { type Digest, finishDigest } from "../../../base/digest.ts";
import type { FileEntry } from "../../../tree/entry.ts";
import { type HardLink, isWhiteout, type LayerEntry, whiteoutOf } from "../../../tree/layers.ts";
import { baseName, comparePaths, joinPath, parentOf, root, type TreePath } from "../../../tree/path.ts";

/**
 * The entries, each path once (the last one counts), folders before what they hold. In a folder its opaque mark comes first,
 * then whiteouts, so that a reader that applies entries as they come removes nothing of this layer. A hard link to a file of
 * this layer becomes that file under one more name.
 */
export function canonicalEntries(entries: Iterable<LayerEntry>): readonly LayerEntry[] {
  const byPath = new Map<TreePath, LayerEntry>();
  for (const entry of entries) byPath.set(entry.path, entry);
  const links = new Map<TreePath, string>();
  const resolved = [...byPath.values()].map((entry) => {
    const file = entry.kind === "hardlink" ? linkedFile(entry, byPath) : undefined;
    if (file === undefined) return entry;
    const link = file.link ?? `=${file.path}`;
    if (file.link === undefined) links.set(file.path, link);
    return { ...file, path: entry.path, origins: entry.origins, link };
  });
  return resolved
    .map((entry) => {
      const link = links.get(entry.path);
      return link === undefined || entry.kind !== "file" ? entry : { ...entry, link };
    })
    .map((entry) => ({ entry, key: orderKey(entry.path) }))
    .sort((a, b) => comparePaths(a.key, b.key))
    .map(({ entry }) => entry);
}

/** Through other hard links; undefined where the file is of a lower layer. */
function linkedFile(link: HardLink, entries: ReadonlyMap<TreePath, LayerEntry>): FileEntry | undefined {
  const met = new Set<TreePath>();
  let target = entries.get(link.target);
  while (target?.kind === "hardlink" && !met.has(target.path)) {
    met.add(target.path);
    target = entries.get(target.target);
  }
  return target?.kind === "file" ? target : undefined;
}

function orderKey(path: TreePath): TreePath {
  if (!isWhiteout(path)) return path;
  const name = baseName(path);
  const rank = name === ".wh..wh..opq" ? "\u0001" : "\u0002";
  return joinPath(parentOf(path), `${rank}${name}`);
}

/** What the entries hold, as a digest: what can't be seen in a result is no part of it. */
export function contentIdOf(entries: readonly LayerEntry[]): Digest {
  const hash = createHash("sha256");
  hash.update(canonicalJson(["entries", 1]));
  for (const entry of withPlainLinks(entries)) hash.update(`\n${canonicalJson(entryIdentity(entry))}`);
  return finishDigest(hash);
}

function entryIdentity(entry: LayerEntry): Json {
  // A whiteout's own attributes say nothing.
  return whiteoutOf(entry.path) === undefined ? identityOf(entry) : ["whiteout", entry.path];
}

/** Ids of links as the first name of their file, so that they don't tell where the entries come from. A file's only name is none. */
export function withPlainLinks(entries: readonly LayerEntry[]): readonly LayerEntry[] {
  const names = new Map<string, { readonly first: string; count: number }>();
  for (const entry of entries) {
    if (entry.kind !== "file" || entry.link === undefined) continue;
    const known = names.get(entry.link);
    if (known === undefined) names.set(entry.link, { first: entry.path, count: 1 });
    else known.count += 1;
  }
  return entries.map((entry) => {
    const known = entry.kind === "file" && entry.link !== undefined ? names.get(entry.link) : undefined;
    if (known === undefined || entry.kind !== "file") return entry;
    if (known.count > 1) return { ...entry, link: known.first };
    const { link, ...alone } = entry;
    return alone;
  });
}

/** The name in a layer that hides `path` of the layers below. */
export function whiteoutPath(path: TreePath): TreePath {
  return joinPath(parentOf(path), `.wh.${baseName(path)}`);
}

/** The name in a layer that hides all that the layers below have in `folder`. */
export function opaquePath(folder: TreePath): TreePath {
  return joinPath(folder === root ? root : folder, ".wh..wh..opq");
}
