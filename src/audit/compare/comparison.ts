// What differs between two audited images. Invariant: comparing the other way round gives the same with both sides swapped.
import type { TreePath } from "../../tree/path.ts";
import type { AuditReport, FileRow, Finding, LayerRow, Verdict } from "../finding.ts";
import type { PackageType } from "../packages/package.ts";
import type { Primitive } from "../primitives.ts";

export interface Comparison {
  readonly before: Side;
  readonly after: Side;
  readonly files: FileChanges;
  readonly packages: readonly PackageChange[];
  readonly primitives: readonly PrimitiveChange[];
  readonly findings: FindingChanges;
  readonly config: readonly ConfigChange[];
  readonly layers: LayerChanges;
}

/** One image as a whole. */
export interface Side extends Pick<AuditReport, "image" | "totals"> {
  readonly verdict: Verdict;
  readonly packages: number;
  /** Of all layers, as they are transferred. */
  readonly compressedBytes: number;
}

export interface FileChanges {
  readonly added: readonly FileRow[];
  readonly removed: readonly FileRow[];
  readonly changed: readonly FileChange[];
  /** The same content under another path; of several names the first ones in order. */
  readonly moved: readonly { readonly before: FileRow; readonly after: FileRow }[];
}

export type FileAspect = "content" | "size" | "kind" | "role";

export interface FileChange {
  readonly path: TreePath;
  readonly before: FileRow;
  readonly after: FileRow;
  readonly aspects: readonly FileAspect[];
}

/** A package by type, name and architecture. Language packages may be there in several versions. */
export interface PackageChange {
  readonly type: PackageType;
  readonly name: string;
  readonly architecture?: string;
  readonly kind: "added" | "removed" | "upgraded" | "downgraded" | "changed";
  /** Only what differs: versions that only the first image has, and those that only the second has. */
  readonly before: readonly string[];
  readonly after: readonly string[];
}

/** Files of one image that offer a primitive. */
export interface Offering {
  /** Those that the entrypoint needs, and those that it doesn't. */
  readonly needed: readonly TreePath[];
  readonly unneeded: readonly TreePath[];
}

export interface PrimitiveChange {
  readonly primitive: Primitive;
  /**
   * `gained`: the first image doesn't have it, or only where its entrypoint needs it, and the second has it unneeded. `lost`: the
   * other way round. `shifted`: other files offer it.
   */
  readonly kind: "gained" | "lost" | "shifted";
  readonly before: Offering;
  readonly after: Offering;
}

/** By their keys (finding-key.ts): one that only changed its version is in neither list. */
export interface FindingChanges {
  readonly appeared: readonly Finding[];
  readonly gone: readonly Finding[];
  /** Of what only lower layers hold. */
  readonly residueAppeared: readonly Finding[];
  readonly residueGone: readonly Finding[];
}

export interface ConfigChange {
  /** "user", "entrypoint", "port", "volume", "environment", or "label org.example". */
  readonly what: string;
  /** Absent where the image doesn't have it. */
  readonly before?: string;
  readonly after?: string;
}

export interface LayerChanges {
  /** How many the images have in common, at whatever height. */
  readonly shared: number;
  readonly added: readonly LayerRow[];
  readonly removed: readonly LayerRow[];
}
