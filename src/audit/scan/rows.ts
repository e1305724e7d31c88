// Entries of a layer as rows of its record: plain arrays, since a record has tens of thousands of them and is read at every audit.

import type { Bytes } from "../../base/bytes.ts";
import type { Digest } from "../../base/digest.ts";
import { digestOfHex, hexOf } from "../../base/digest.ts";
import { assert } from "../../base/errors.ts";
import type { Attributes, Entry, Origin } from "../../tree/entry.ts";
import type { LayerEntry } from "../../tree/layers.ts";
import type { TreePath } from "../../tree/path.ts";

/** Where the bytes of a regular file are, and what is known of them. */
export interface FilePlace {
  readonly sizeBytes: number;
  readonly digest: Digest;
  /** Number of the facts in the record. */
  readonly facts: number;
  /** In the layer's tar; for a sparse file, which doesn't lie there as it is, -1 - the number of the entry. */
  readonly offset: number;
  /** In the kept contents; -1 where it is not among them. */
  readonly keptOffset: number;
}

type Xattrs = Readonly<Record<string, string>>;
/** path, mode, uid, gid, mtime */
type Common = readonly [path: TreePath, mode: number, uid: number, gid: number, mtime: number];

export type Row =
  | readonly ["d", ...Common, Xattrs?]
  | readonly ["f", ...Common, size: number, hex: string, facts: number, offset: number, kept: number, Xattrs?]
  | readonly ["l", ...Common, target: string, Xattrs?]
  | readonly ["h", path: TreePath, target: TreePath]
  | readonly ["p" | "c" | "b", ...Common, major: number, minor: number, Xattrs?];

const specialKinds = { p: "fifo", c: "character-device", b: "block-device" } as const;

/** @param place for a regular file */
export function rowOf(entry: LayerEntry, place: FilePlace | undefined): Row {
  if (entry.kind === "hardlink") return ["h", entry.path, entry.target];
  const { gid, mode, mtime, path, uid, xattrs } = entry;
  const common: Common = [path, mode, uid, gid, mtime];
  const last: [Xattrs?] = xattrs === undefined ? [] : [encodeXattrs(xattrs)];
  switch (entry.kind) {
    case "directory":
      return ["d", ...common, ...last];
    case "symlink":
      return ["l", ...common, entry.target, ...last];
    case "file": {
      assert(place !== undefined, "a file has a place");
      const { digest, facts, keptOffset, offset, sizeBytes } = place;
      return ["f", ...common, sizeBytes, hexOf(digest), facts, offset, keptOffset, ...last];
    }
    default: {
      const type = entry.kind === "fifo" ? "p" : entry.kind === "block-device" ? "b" : "c";
      return [type, ...common, entry.deviceMajor, entry.deviceMinor, ...last];
    }
  }
}

/** The entry of a row; `content` makes what a regular file's bytes are read through. */
export function entryOf(
  row: Row,
  origins: readonly Origin[],
  content: (place: FilePlace) => Bytes,
): LayerEntry {
  if (row[0] === "h") return { kind: "hardlink", path: row[1], target: row[2], origins };
  const [kind, path, mode, uid, gid, mtime] = row;
  const common: Attributes & Pick<Entry, "origins" | "path"> = { path, origins, mode, uid, gid, mtime };
  switch (kind) {
    case "d":
      return { ...common, ...xattrsOf(row[6]), kind: "directory" };
    case "l":
      return { ...common, ...xattrsOf(row[7]), kind: "symlink", target: row[6] };
    case "f": {
      const digest = digestOfHex(row[7]);
      assert(digest !== undefined, "a record was verified");
      const [sizeBytes, facts, offset, keptOffset] = [row[6], row[8], row[9], row[10]];
      const bytes = content({ digest, facts, keptOffset, offset, sizeBytes });
      // Written out, and in one order: a layer may have a million of them.
      const xattrs = row[11];
      return xattrs === undefined
        ? { path, origins, mode, uid, gid, mtime, kind: "file", sizeBytes, digest, content: bytes }
        : { ...common, ...xattrsOf(xattrs), kind: "file", sizeBytes, digest, content: bytes };
    }
    default: {
      const [deviceMajor, deviceMinor] = [row[6], row[7]];
      return { ...common, ...xattrsOf(row[8]), kind: specialKinds[kind], deviceMajor, deviceMinor };
    }
  }
}

function encodeXattrs(xattrs: ReadonlyMap<string, Uint8Array>): Xattrs {
  return Object.fromEntries(
    [...xattrs].map(([name, value]) => [name, Buffer.from(value).toString("base64")]),
  );
}

function xattrsOf(encoded: Xattrs | undefined): Pick<Attributes, "xattrs"> {
  if (encoded === undefined) return {};
  const decoded = Object.entries(encoded).map(([name, value]): [string, Uint8Array] => [
    name,
    new Uint8Array(Buffer.from(value, "base64")),
  ]);
  return { xattrs: new Map(decoded) };
}
