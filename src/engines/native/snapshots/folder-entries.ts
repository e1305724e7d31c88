// The entries of a layer that is a folder: the upper folder of a build step, as overlayfs left it. Every content is read once,
// for its digest; it stays where it is.
import { createHash } from "node:crypto";
import { type Bytes, bytesOf } from "../../../base/bytes.ts";
import { type Digest, digestOf, finishDigest } from "../../../base/digest.ts";
import { ToolError } from "../../../base/errors.ts";
import type { FileEntry } from "../../../tree/entry.ts";
import { isWhiteout, type LayerEntry } from "../../../tree/layers.ts";
import { root, type TreePath } from "../../../tree/path.ts";
import { canonicalEntries, opaquePath, whiteoutPath } from "./canonical.ts";
import { pathOfRecord } from "./layer-index.ts";
import { createRecordReader, type TreeRecord } from "./records.ts";

/**
 * The entries of a record stream with contents, in a layer's order. Contents can't be opened: they are where the stream came from.
 * @throws ToolError "malformed" for a file whose name means a whiteout; whatever the stream throws
 */
export async function entriesOfRecords(records: Bytes, what: string): Promise<readonly LayerEntry[]> {
  const entries: LayerEntry[] = [];
  const files = new Map<string, FileEntry>();
  let current: TreeRecord | undefined;
  let hash = createHash("sha256");
  const add = (record: TreeRecord, digest: Digest): void => {
    const made = entriesOfRecord(record, digest, files);
    for (const entry of made) {
      if (entry.kind === "file") files.set(record.path, entry);
      entries.push(entry);
    }
  };
  const reader = createRecordReader(
    {
      record: (record) => {
        current = record;
        if (record.content.kind !== "inline") add(record, emptyDigest);
      },
      data: (chunk) => {
        hash.update(chunk);
      },
      contentEnd: () => {
        if (current !== undefined) add(current, finishDigest(hash));
        hash = createHash("sha256");
      },
    },
    what,
  );
  for await (const chunk of records) reader.write(chunk);
  reader.finish();
  return canonicalEntries(entries);
}

const emptyDigest = digestOf("");
const nothing: Bytes = bytesOf(new Uint8Array(0));

function entriesOfRecord(
  record: TreeRecord,
  digest: Digest,
  files: ReadonlyMap<string, FileEntry>,
): readonly LayerEntry[] {
  const path = pathOfRecord(record.path);
  if (record.kind === "end") return [];
  if (record.kind === "whiteout") return [mark(whiteoutPath(path))];
  refuseWhiteout(path);
  const { gid, mode, mtime, uid, xattrs } = record;
  const common = { path, origins: [], mode, uid, gid, mtime, ...(xattrs === undefined ? {} : { xattrs }) };
  switch (record.kind) {
    case "directory": {
      const opaque = record.opaque ? [mark(opaquePath(path))] : [];
      // The folder itself is no change of the step's, but where it has what nobody gives to one that is new.
      const isPlainTop = path === root && mode === 0o755 && uid === 0 && gid === 0 && xattrs === undefined;
      return isPlainTop ? opaque : [{ ...common, kind: "directory" }, ...opaque];
    }
    case "file":
      return [{ ...common, kind: "file", sizeBytes: record.sizeBytes, digest, content: nothing }];
    case "hardlink":
      return [{ kind: "hardlink", path, origins: [], target: nameOf(record.target, files) }];
    case "symlink":
      return [{ ...common, kind: "symlink", target: record.target }];
    default: {
      const { deviceMajor, deviceMinor, kind } = record;
      return [{ ...common, kind, deviceMajor, deviceMinor }];
    }
  }
}

function nameOf(target: string, files: ReadonlyMap<string, FileEntry>): TreePath {
  return files.get(target)?.path ?? pathOfRecord(target);
}

function mark(path: TreePath): FileEntry {
  return {
    kind: "file",
    path,
    origins: [],
    mode: 0o644,
    uid: 0,
    gid: 0,
    mtime: 0,
    sizeBytes: 0,
    digest: emptyDigest,
    content: nothing,
  };
}

function refuseWhiteout(path: TreePath): void {
  if (!isWhiteout(path)) return;
  throw new ToolError("malformed", {
    what: "reading what a step made",
    why: `${JSON.stringify(path)} can't be in an image: in a layer, a name that starts with .wh. removes files`,
    hint: "remove it in the step, or give it another name",
  });
}
