// Snapshots: root file systems between the steps of a build, as immutable layers. A layer is known by its id and lies in the
// cache in one or both of two forms: a folder that overlayfs can stack (made by a step, or unpacked when one needs it), and
// entries, as an image's layers tell them.
import type { Digest } from "../../../base/digest.ts";
import type { Layer } from "../../../oci/model.ts";
import type { LayerEntry } from "../../../tree/layers.ts";
import type { Tree } from "../../../tree/tree.ts";

/** A layer of a snapshot. Its id stands for what it holds: equal ids, equal content. */
export interface SnapshotLayer {
  readonly id: Digest;
  /** Present for a layer of an image, which stays as it is where the result is that image's. */
  readonly image?: Layer;
}

/** Layers, lowest first. The empty tree has none. */
export interface Snapshot {
  readonly layers: readonly SnapshotLayer[];
}

/** Where layers are kept; part of the cache folder. All methods are safe beside others' on the same cache. */
export interface SnapshotStore {
  /** Takes over an image's layer; nothing is read until it is needed. Its id is the diff id. */
  fromImage(layer: Layer): Promise<SnapshotLayer>;
  /** Keeps entries (whiteouts as layers have them; contents are read now), in any order. The id is of what the entries hold. */
  fromEntries(entries: Iterable<LayerEntry>): Promise<SnapshotLayer>;
  /** Takes over the upper folder of an overlay, by renaming it; `id` is the caller's name for it. */
  fromUpper(folder: string, id: Digest): Promise<SnapshotLayer>;
  /** A layer that an earlier run kept; undefined where it is gone. */
  find(id: Digest): Promise<SnapshotLayer | undefined>;
  /** The merged tree. Contents are readable as long as the store is. Origins name the layer. */
  tree(snapshot: Snapshot): Promise<Tree>;
  /** What a layer holds, whiteouts included, in the order of an image's layer. */
  entries(layer: SnapshotLayer): Promise<readonly LayerEntry[]>;
  /** Folders for overlayfs, lowest first; unpacked where they aren't there. */
  folders(snapshot: Snapshot): Promise<readonly string[]>;
}
