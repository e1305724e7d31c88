// Image layers laid over each other (OCI image-spec layer.md: "Applying Changesets", "Whiteouts").
import { ToolError } from "../base/errors.ts";
import type { Entry, FileEntry, Origin } from "./entry.ts";
import { addEntry, removeBelow, removeEntry, type TreeBuilder } from "./memory-tree.ts";
import { baseName, joinPath, parentOf, root, type TreePath } from "./path.ts";
import { placeOf } from "./placing.ts";

/** A further name for a file of this layer or a lower one, as tar tells it. */
export interface HardLink {
  readonly kind: "hardlink";
  readonly path: TreePath;
  readonly target: TreePath;
  readonly origins: readonly Origin[];
}

export type LayerEntry = Entry | HardLink;

const prefix = ".wh.";
const opaque = ".wh..wh..opq";
/** AUFS kept its own bookkeeping under this prefix; it means nothing to a layer. */
const bookkeeping = ".wh..wh.";

export type Whiteout =
  | { readonly kind: "remove"; readonly path: TreePath }
  | { readonly kind: "opaque"; readonly path: TreePath }
  | { readonly kind: "ignore" };

/** Whether a layer can't hold a file of this name: it would say something of the layers below instead. */
export function isWhiteout(path: TreePath): boolean {
  return baseName(path).startsWith(prefix);
}

/**
 * What the name of a layer's entry says of the layers below: undefined for an ordinary entry.
 * @throws ToolError "malformed" for a whiteout of "", "." or ".."
 */
export function whiteoutOf(path: TreePath): Whiteout | undefined {
  if (!isWhiteout(path)) return undefined;
  const name = baseName(path);
  if (name === opaque) return { kind: "opaque", path: parentOf(path) };
  if (name.startsWith(bookkeeping)) return { kind: "ignore" };
  const hidden = name.slice(prefix.length);
  if (hidden === "" || hidden === "." || hidden === "..") {
    throw new ToolError("malformed", {
      what: "applying a layer",
      why: `the whiteout ${JSON.stringify(path)} names no file`,
    });
  }
  return { kind: "remove", path: joinPath(parentOf(path), hidden) };
}

/**
 * Applies one layer to a tree under construction. Whiteouts hide what lower layers hold, never what this one does, wherever
 * in the layer they stand. Entries go through links among their parents, inside the root, as they do on a real file system.
 * `layerIndex` tells the layers of one tree apart.
 * @throws ToolError "malformed": links in a circle, a whiteout of nothing, a hard link to nothing
 */
export function applyLayer(builder: TreeBuilder, entries: Iterable<LayerEntry>, layerIndex: number): void {
  const present: LayerEntry[] = [];
  for (const entry of entries) {
    const whiteout = whiteoutOf(entry.path);
    if (whiteout === undefined) present.push(entry);
    else if (whiteout.kind === "remove") removeEntry(builder, placeOf(builder, whiteout.path));
    else if (whiteout.kind === "opaque") removeBelow(builder, folderOf(builder, whiteout.path));
  }
  for (const [index, entry] of present.entries()) {
    const path = placeOf(builder, entry.path);
    if (entry.kind === "hardlink") {
      addEntry(builder, linkedFile(builder, entry, path, `${layerIndex}/${index}`));
    } else addEntry(builder, path === entry.path ? entry : { ...entry, path });
  }
}

/** Where a folder really is: a name in it tells, since `placeOf` follows the links among the parents. */
function folderOf(builder: TreeBuilder, folder: TreePath): TreePath {
  return folder === root ? root : parentOf(placeOf(builder, joinPath(folder, opaque)));
}

/**
 * The file that a hard link names, under its new name; both have the same link id from then on. A name stands for several
 * files over time, so the id of one that has none is not its name but where it was linked first.
 */
function linkedFile(builder: TreeBuilder, link: HardLink, path: TreePath, newId: string): FileEntry {
  const target = placeOf(builder, link.target);
  const file = builder.entries.get(target);
  if (file?.kind !== "file") {
    throw new ToolError("malformed", {
      what: "applying a layer",
      why: `the hard link ${JSON.stringify(link.path)} names ${JSON.stringify(link.target)}, which is no file`,
    });
  }
  const id = file.link ?? newId;
  if (file.link === undefined) builder.entries.set(target, { ...file, link: id });
  return { ...file, path, link: id, origins: link.origins };
}
