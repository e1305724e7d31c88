// What a layer is as a folder for overlayfs, over the layers below it. A layer's tar alone doesn't tell: it may leave folders out
// that lower layers have, go through their links, and link to their files. So the folder holds the difference of the
// two trees: laid over the one, overlayfs shows the other.
import type { Bytes } from "../../../base/bytes.ts";
import { ToolError } from "../../../base/errors.ts";
import type { Entry, FileEntry } from "../../../tree/entry.ts";
import { joinPath, parentOf, root, type TreePath } from "../../../tree/path.ts";
import type { Tree } from "../../../tree/tree.ts";
import { isStored } from "./contents.ts";
import { encodeRecord, type RecordContent, recordOf, type TreeRecord } from "./records.ts";

/** The record stream of a folder, and the files that hold contents of it. */
export interface Stacked {
  readonly records: Bytes;
  readonly sources: readonly string[];
}

/**
 * The folder that, over `lower`, shows `merged`. Entries that both trees share (as objects) are unchanged. Without `lower` it is
 * all of `merged`.
 */
export function stackedOver(lower: Tree | undefined, merged: Tree): Stacked {
  const wanted = lower === undefined ? undefined : changedPaths(lower, merged);
  const sources = new Map<string, number>();
  const names = new Map<string, string>();
  const made: Made[] = [];
  const top = merged.lookup(root);
  if (top !== undefined) made.push(recordOfEntry(top, names, sources));
  for (const entry of merged.walk()) {
    if (wanted !== undefined && !wanted.has(entry.path)) continue;
    made.push(recordOfEntry(entry, names, sources));
    if (entry.kind === "directory" && lower !== undefined) made.push(...whiteouts(lower, merged, entry.path));
  }
  // Those at the top go with the top's own record, the first one.
  if (lower !== undefined) made.splice(1, 0, ...whiteouts(lower, merged, root));
  return {
    records: { [Symbol.asyncIterator]: () => streamOf(made) },
    sources: [...sources.keys()],
  };
}

/** Paths of `merged` that are new or other than in `lower`, with the folders above them and above what is gone. */
function changedPaths(lower: Tree, merged: Tree): ReadonlySet<TreePath> {
  const changed = new Set<TreePath>();
  const add = (path: TreePath): void => {
    for (let at = path; at !== root && !changed.has(at); at = parentOf(at)) changed.add(at);
  };
  for (const entry of merged.walk()) if (lower.lookup(entry.path) !== entry) add(entry.path);
  for (const entry of lower.walk()) {
    const folder = parentOf(entry.path);
    if (merged.lookup(entry.path) === undefined && merged.lookup(folder)?.kind === "directory") add(folder);
  }
  return changed;
}

interface Made {
  readonly record: TreeRecord;
  readonly file?: FileEntry;
}

function whiteouts(lower: Tree, merged: Tree, folder: TreePath): readonly Made[] {
  const isFolder = folder === root || lower.lookup(folder)?.kind === "directory";
  const gone = isFolder
    ? lower.children(folder).filter((name) => merged.lookup(joinPath(folder, name)) === undefined)
    : [];
  return gone.map((name) => ({
    record: recordOf({ kind: "whiteout", path: joinPath(folder, name).slice(1) }),
  }));
}

function recordOfEntry(entry: Entry, names: Map<string, string>, sources: Map<string, number>): Made {
  const path = entry.path.slice(1);
  const { gid, mode, mtime, uid, xattrs } = entry;
  const common = { path, mode, uid, gid, mtime, ...(xattrs === undefined ? {} : { xattrs }) };
  switch (entry.kind) {
    case "directory":
      return { record: recordOf({ ...common, kind: "directory" }) };
    case "symlink":
      return { record: recordOf({ ...common, kind: "symlink", target: entry.target }) };
    case "file": {
      const first = entry.link === undefined ? undefined : names.get(entry.link);
      if (first !== undefined) return { record: recordOf({ path, kind: "hardlink", target: first }) };
      if (entry.link !== undefined) names.set(entry.link, path);
      const { sizeBytes } = entry;
      const content = contentOf(entry, sources);
      return { record: recordOf({ ...common, kind: "file", sizeBytes, content }), file: entry };
    }
    default: {
      const { deviceMajor, deviceMinor } = entry;
      return { record: recordOf({ ...common, kind: entry.kind, deviceMajor, deviceMinor }) };
    }
  }
}

function contentOf({ content, sizeBytes }: FileEntry, sources: Map<string, number>): RecordContent {
  if (sizeBytes === 0) return { kind: "none" };
  if (!isStored(content)) return { kind: "inline" };
  const source = sources.get(content.file) ?? sources.size;
  sources.set(content.file, source);
  return { kind: "stored", source, offset: content.offset };
}

/** Records are gathered, so that 20,000 of them don't make 20,000 writes. */
const gatheredBytes = 262_144;

async function* streamOf(made: readonly Made[]): AsyncGenerator<Uint8Array> {
  let pieces: Uint8Array[] = [];
  let sizeBytes = 0;
  for (const { file, record } of made) {
    for await (const piece of piecesOf(record, file)) {
      pieces.push(piece);
      sizeBytes += piece.length;
      if (sizeBytes < gatheredBytes) continue;
      yield Buffer.concat(pieces, sizeBytes);
      pieces = [];
      sizeBytes = 0;
    }
  }
  pieces.push(encodeRecord(recordOf({ kind: "end", path: "" })));
  yield Buffer.concat(pieces);
}

async function* piecesOf(record: TreeRecord, file: FileEntry | undefined): AsyncGenerator<Uint8Array> {
  yield encodeRecord(record);
  if (file === undefined || record.content.kind !== "inline") return;
  let sent = 0;
  for await (const chunk of file.content) {
    sent += chunk.length;
    yield chunk;
  }
  if (sent === file.sizeBytes) return;
  throw new ToolError("malformed", {
    what: `unpacking ${JSON.stringify(file.path)}`,
    why: `its content has ${sent} bytes, not ${file.sizeBytes}`,
  });
}
