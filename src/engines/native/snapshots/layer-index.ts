// A layer's entries as a file: a record stream (records.ts), then the SHA-256 of it. Whiteouts are entries with the names that an
// image's layer has for them (image-spec layer.md). Contents are in the layer's `content` or, where a record tells no offset, in its `fs`.
import { createHash } from "node:crypto";
import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { bytesOf } from "../../../base/bytes.ts";
import { type Cache, cacheTemporary } from "../../../base/cache.ts";
import { type Digest, hexOf } from "../../../base/digest.ts";
import { assert, systemCode } from "../../../base/errors.ts";
import { diskError } from "../../../base/files.ts";
import type { FileEntry, Origin } from "../../../tree/entry.ts";
import type { LayerEntry } from "../../../tree/layers.ts";
import { type TreePath, treePath } from "../../../tree/path.ts";
import { type Expected, type FolderReaders, folderContent, storedContent } from "./contents.ts";
import { layerPart } from "./layer-folder.ts";
import { createRecordReader, encodeRecord, recordOf, type TreeRecord } from "./records.ts";

/** Where a file's content lies: at an offset of the layer's `content`, or in its `fs` (undefined). */
export type PlaceOf = (file: FileEntry) => number | undefined;

/** The index's bytes. Entries with one `link` keep that they are one file. */
export function encodeIndex(entries: readonly LayerEntry[], placeOf: PlaceOf): Buffer {
  const firstNames = new Map<string, string>();
  const parts = entries.map((entry) => encodeRecord(indexRecord(entry, placeOf, firstNames)));
  parts.push(encodeRecord(recordOf({ kind: "end", path: "" })));
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  parts.push(hash.digest());
  return Buffer.concat(parts);
}

function indexRecord(entry: LayerEntry, placeOf: PlaceOf, firstNames: Map<string, string>): TreeRecord {
  const path = entry.path.slice(1);
  if (entry.kind === "hardlink") return recordOf({ kind: "hardlink", path, target: entry.target.slice(1) });
  const { gid, mode, mtime, uid, xattrs } = entry;
  const common = { path, mode, uid, gid, mtime, ...(xattrs === undefined ? {} : { xattrs }) };
  switch (entry.kind) {
    case "directory":
      return recordOf({ ...common, kind: "directory" });
    case "symlink":
      return recordOf({ ...common, kind: "symlink", target: entry.target });
    case "file": {
      const { digest, link, sizeBytes } = entry;
      const first = link === undefined ? "" : (firstNames.get(link) ?? path);
      if (link !== undefined) firstNames.set(link, first);
      const offset = placeOf(entry);
      const content = offset === undefined ? undefined : ({ kind: "stored", source: 0, offset } as const);
      const place = content === undefined ? {} : { content };
      return recordOf({ ...common, kind: "file", sizeBytes, digest, target: first, ...place });
    }
    default: {
      const { deviceMajor, deviceMinor } = entry;
      return recordOf({ ...common, kind: entry.kind, deviceMajor, deviceMinor });
    }
  }
}

/** Adds the index to a layer's folder, in place of any that is there. @throws ToolError "disk" */
export async function writeIndex(cache: Cache, folder: string, index: Uint8Array): Promise<void> {
  const temporary = cacheTemporary(cache);
  try {
    await writeFile(temporary, index, { flag: "wx", mode: 0o600 });
    await rename(temporary, join(folder, "index"));
  } catch (thrown) {
    await rm(temporary, { force: true });
    throw diskError("writing to the cache", thrown);
  }
}

export interface IndexSource {
  readonly cache: Cache;
  readonly id: Digest;
  readonly readers: FolderReaders;
  /** Removes the layer, and gives the error that says so. */
  readonly damaged: (why: string) => Promise<Error>;
}

/** The layer's entries; undefined where it has no index. @throws ToolError "cache" where the index is damaged, "disk" */
export async function readIndex(source: IndexSource): Promise<readonly LayerEntry[] | undefined> {
  const { cache, damaged, id } = source;
  let bytes: Buffer;
  try {
    bytes = await readFile(layerPart(cache, id, "index"));
  } catch (thrown) {
    if (systemCode(thrown) === "ENOENT") return undefined;
    throw diskError(`reading the layer ${id} in the cache`, thrown);
  }
  const body = bytes.subarray(0, Math.max(0, bytes.length - 32));
  const digest = createHash("sha256").update(body).digest();
  if (!digest.equals(bytes.subarray(body.length))) throw await damaged("its index does not match its digest");
  return decodeIndex(body, source);
}

function decodeIndex(body: Buffer, source: IndexSource): readonly LayerEntry[] {
  const entries: LayerEntry[] = [];
  const origins: readonly Origin[] = [{ kind: "layer", digest: source.id, index: 0 }];
  const reader = createRecordReader(
    {
      record: (record) => {
        if (record.kind !== "end") entries.push(entryOfIndex(record, origins, source));
      },
      data: () => undefined,
      contentEnd: () => undefined,
    },
    `the index of the layer ${source.id}`,
  );
  reader.write(body);
  reader.finish();
  return entries;
}

function entryOfIndex(record: TreeRecord, origins: readonly Origin[], source: IndexSource): LayerEntry {
  const path = pathOfRecord(record.path);
  const { gid, mode, mtime, uid, xattrs } = record;
  const common = { path, origins, mode, uid, gid, mtime, ...(xattrs === undefined ? {} : { xattrs }) };
  switch (record.kind) {
    case "directory":
      return { ...common, kind: "directory" };
    case "symlink":
      return { ...common, kind: "symlink", target: record.target };
    case "hardlink":
      return { kind: "hardlink", path, origins, target: pathOfRecord(record.target) };
    case "file":
      return { ...common, kind: "file", ...fileOfIndex(record, source) };
    default: {
      const { deviceMajor, deviceMinor, kind } = record;
      assert(kind !== "whiteout" && kind !== "end", "an index has whiteouts as entries");
      return { ...common, kind, deviceMajor, deviceMinor };
    }
  }
}

function fileOfIndex(
  { content, digest, path, sizeBytes, target }: TreeRecord,
  { cache, damaged, id, readers }: IndexSource,
): Pick<FileEntry, "content" | "digest" | "link" | "sizeBytes"> {
  assert(digest !== undefined, "an index has the digests of files");
  const expected: Expected = { digest, sizeBytes, damaged };
  const bytes =
    sizeBytes === 0
      ? bytesOf(new Uint8Array(0))
      : content.kind === "stored"
        ? storedContent(layerPart(cache, id, "content"), content.offset, expected)
        : folderContent(readers, layerPart(cache, id, "fs"), path, expected);
  // Names of one inode are so within their layer: ids of other layers must differ.
  const link = target === "" ? {} : { link: `${hexOf(id).slice(0, 16)}:${target}` };
  return { content: bytes, digest, sizeBytes, ...link };
}

/** The path of a record that this program or the helper program wrote. */
export function pathOfRecord(path: string): TreePath {
  const made = treePath(path);
  assert(made !== undefined, "a record's path is one");
  return made;
}
