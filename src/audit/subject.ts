// What the audit looks at: one image with everything that was learnt of it, before anything is judged. Detectors
// (audit/detectors) are functions of a subject to findings; they read nothing.
import type { Digest } from "../base/digest.ts";
import type { Closure, Launch } from "../closure/closure.ts";
import type { Facts } from "../content/facts.ts";
import type { ImageConfig } from "../oci/model.ts";
import type { FileEntry } from "../tree/entry.ts";
import type { LayerEntry } from "../tree/layers.ts";
import type { TreePath } from "../tree/path.ts";
import type { Tree } from "../tree/tree.ts";
import type { PackageIndex } from "./packages/package.ts";

/** A layer as it was scanned: all of its entries, also those that the merged tree doesn't show. */
export interface ScannedLayer {
  readonly digest: Digest;
  readonly diffId: Digest;
  readonly compressedBytes: number;
  /** In the archive's order; origins name this layer. */
  readonly entries: readonly LayerEntry[];
}

export interface Subject {
  /** The merged tree. */
  readonly tree: Tree;
  /** Of any file of the tree or of a layer. */
  readonly facts: (file: FileEntry) => Facts;
  /** From the bottom up; empty for a bare tree. */
  readonly layers: readonly ScannedLayer[];
  /** Absent for a bare tree. */
  readonly config?: ImageConfig;
  readonly launch: Launch;
  /** With the reasons that count for an audit (`auditedClosure`). */
  readonly closure: Closure;
  readonly packages: PackageIndex;
  /** Texts that detectors read: account files, scripts of the start-up path; by path. */
  readonly texts: ReadonlyMap<TreePath, string>;
  /** Settings of the closure that are too large to be read. */
  readonly unread?: readonly TreePath[];
}
