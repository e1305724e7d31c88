// ADD of an archive: tar, also compressed, unpacked into a folder as moby/go-archive does in a root of that folder. What an
// archive is, its content says. Names and links never lead out of the target: links that stand there, or that the archive
// brings, are followed inside it.
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import type { Bytes } from "../../../base/bytes.ts";
import type { Span } from "../../../base/diagnostics.ts";
import { assert, ToolError } from "../../../base/errors.ts";
import { limits } from "../../../base/limits.ts";
import { decompress, detectArchiveCompression } from "../../../formats/compression.ts";
import { createTarReader, readTar, type TarHeader } from "../../../formats/tar-reader.ts";
import type { FileContent } from "../../../oci/layer-entry.ts";
import { createSpool } from "../../../oci/spool.ts";
import type { Entry, FileEntry } from "../../../tree/entry.ts";
import { parentOf, root, type TreePath, treePath } from "../../../tree/path.ts";
import { targetPath } from "./copy.ts";
import type { OwnerIds } from "./owners.ts";
import type { Lookup } from "./real-path.ts";
import { refuse } from "./refuse.ts";
import {
  makeFolders,
  placeIn,
  putEntry,
  refuseObstacle,
  removeEntry,
  type WorkingTree,
} from "./working-tree.ts";

interface UnpackSettings {
  readonly target: string;
  readonly owner: OwnerIds | undefined;
  /** Seconds since the epoch, of folders that the archive doesn't have. */
  readonly mtime: number;
  /** Tells the hard links of this archive from those of others. */
  readonly number: string;
  readonly scratchFolder: string;
  readonly signal: AbortSignal;
  readonly span?: Span;
}

/**
 * Unpacks the file where it is an archive; false where it is none, and nothing was done.
 * @throws InvalidInput for names that can't be made; ToolError "malformed", "limit", "disk"; the signal's reason
 */
export async function unpackSource(
  work: WorkingTree,
  file: FileEntry,
  settings: UnpackSettings,
): Promise<boolean> {
  const tar = await tarOf(file);
  if (tar === undefined) return false;
  const { mtime, owner } = settings;
  const target = placeIn(work, targetPath(work, settings.target));
  makeFolders(work, target, { mode: 0o755, uid: owner?.uid ?? 0, gid: owner?.gid ?? 0, mtime });
  const what = `the archive ${file.path}`;
  const spool = createSpool(join(settings.scratchFolder, `archive-${randomBytes(8).toString("hex")}`));
  try {
    const archive: Archive = { work, target, lookup: below(work, target), names: new Map(), settings };
    let current: TarHeader | undefined;
    const handler = {
      entry: (header: TarHeader): void => {
        current = header;
      },
      data: (chunk: Uint8Array): void => spool.write(chunk),
      end: (): void => {
        if (current !== undefined)
          addMember(archive, current, current.kind === "file" ? spool.finish() : undefined);
        current = undefined;
      },
    };
    const reader = createTarReader(handler, what);
    for await (const chunk of tar) {
      settings.signal.throwIfAborted();
      reader.write(chunk);
    }
    reader.finish();
  } finally {
    spool.close();
  }
  return true;
}

/** The file's content as a tar; undefined where it is none. */
async function tarOf(file: FileEntry): Promise<Bytes | undefined> {
  const head = await headOf(file.content);
  const bounds = { outputBytesMax: limits.layerBytesMax, what: `the archive ${file.path}` };
  const tar = decompress(file.content, detectArchiveCompression(head), bounds);
  try {
    // In small pieces, so that nothing but the first header decides.
    for await (const _ of readTar(piecesOf(tar), bounds.what)) return tar;
    return undefined;
  } catch (thrown) {
    if (thrown instanceof ToolError && (thrown.code === "malformed" || thrown.code === "limit"))
      return undefined;
    throw thrown;
  }
}

async function headOf(content: Bytes): Promise<Uint8Array> {
  let head: Uint8Array = new Uint8Array(0);
  for await (const chunk of content) {
    head = Buffer.concat([head, chunk.subarray(0, 16)]);
    if (head.length >= 8) break;
  }
  return head;
}

async function* piecesOf(stream: Bytes): AsyncGenerator<Uint8Array> {
  for await (const chunk of stream) {
    for (let at = 0; at < chunk.length; at += 512) yield chunk.subarray(at, at + 512);
  }
}

interface Archive {
  readonly work: WorkingTree;
  readonly target: TreePath;
  /** By paths inside the target. */
  readonly lookup: Lookup;
  /** All names of each file that has several. */
  readonly names: Map<string, TreePath[]>;
  readonly settings: UnpackSettings;
}

function addMember(archive: Archive, header: TarHeader, content: FileContent | undefined): void {
  const { settings, target, work } = archive;
  const inside = insidePath(archive, header.name);
  const at = placeIn(work, inside, false, archive.lookup);
  const path = outer(target, at);
  const present = work.lookup(path);
  const isFolder = header.kind === "directory";
  if (at === root) {
    // The target stays the folder that it is; written as "/", it gets the archive's attributes.
    if (!isFolder) refuseObstacle(work, path, path, "a file");
    if (header.name.startsWith("/")) putEntry(work, entryOf(archive, header, path, undefined));
    return;
  }
  requireLinksLead(archive, inside);
  makeFolders(work, parentOf(path), { mode: 0o755, uid: 0, gid: 0, mtime: settings.mtime });
  if (header.kind === "hardlink") {
    addName(archive, header, path);
    return;
  }
  if (present !== undefined && !(present.kind === "directory" && isFolder)) removeEntry(work, path);
  putEntry(work, entryOf(archive, header, path, content));
}

/** Folders that an archive doesn't have are made, but not behind a link that leads nowhere. @throws InvalidInput */
function requireLinksLead({ lookup, target, work }: Archive, inside: TreePath): void {
  for (let at = parentOf(inside); at !== root; at = parentOf(at)) {
    if (work.lookup(outer(target, placeIn(work, at, true, lookup))) !== undefined) return;
    const link = lookup(placeIn(work, at, false, lookup));
    if (link?.kind !== "symlink") continue;
    const message = `the archive's ${JSON.stringify(inside.slice(1))} is below a link to ${JSON.stringify(link.target)}, which isn't there`;
    refuse(
      { rule: "archive-path", message, hint: "a link is followed inside the folder that is unpacked to" },
      work.span,
    );
  }
}

function entryOf(
  { settings: { owner } }: Archive,
  header: TarHeader,
  path: TreePath,
  content: FileContent | undefined,
): Entry {
  const { deviceMajor, deviceMinor, gid, linkName, mode, mtime, uid, xattrs } = header;
  const ids = owner ?? { uid, gid };
  const common = { path, origins: [], mode, mtime, ...ids, ...(xattrs === undefined ? {} : { xattrs }) };
  switch (header.kind) {
    case "directory":
      return { ...common, kind: "directory" };
    case "symlink":
      return { ...common, kind: "symlink", mode: 0o777, target: linkName };
    case "fifo":
    case "character-device":
    case "block-device":
      return { ...common, kind: header.kind, deviceMajor, deviceMinor };
    default:
      assert(content !== undefined, "a file of an archive has content");
      return { ...common, kind: "file", ...content };
  }
}

/** A further name for a file that the archive brought, or that was there before. It has the attributes that it was told of last. */
function addName(archive: Archive, header: TarHeader, path: TreePath): void {
  const { names, settings, target, work } = archive;
  const first = outer(target, placeIn(work, insidePath(archive, header.linkName), false, archive.lookup));
  const file = work.lookup(first);
  if (file === undefined || file.kind === "directory" || first === path) {
    const message = `the archive's hard link ${JSON.stringify(header.name)} leads to ${JSON.stringify(header.linkName)}, which is no file`;
    refuse({ rule: "archive-path", message }, work.span);
  }
  if (work.lookup(path) !== undefined) removeEntry(work, path);
  if (file.kind !== "file") {
    putEntry(work, { ...file, path });
    return;
  }
  const known = file.link === undefined ? undefined : names.get(file.link);
  const link = known === undefined ? `${settings.number}/${names.size}` : (file.link ?? "");
  const all = known ?? [first];
  all.push(path);
  names.set(link, all);
  const { gid, mode, mtime, uid } = header;
  const attributes = { mode, mtime, ...(settings.owner ?? { uid, gid }) };
  for (const name of all) {
    // One of the names may stand for something else by now.
    const isSame = name === path || name === first || linkOf(work.lookup(name)) === link;
    if (isSame) putEntry(work, { ...file, ...attributes, path: name, link });
  }
}

function linkOf(entry: Entry | undefined): string | undefined {
  return entry?.kind === "file" ? entry.link : undefined;
}

/** @throws InvalidInput for a name that leads out of the archive's folder */
function insidePath({ settings, work }: Archive, name: string): TreePath {
  const cleaned = name.replace(/^\/+/, "");
  const path = treePath(cleaned);
  if (path !== undefined && !leadsOut(cleaned)) return path;
  const message = `the archive's name ${JSON.stringify(name.slice(0, 200))} leads out of its folder, or is none`;
  return refuse(
    { rule: "archive-path", message, hint: "unpack it in a step of its own" },
    settings.span ?? work.span,
  );
}

function leadsOut(name: string): boolean {
  let depth = 0;
  for (const part of name.split("/")) {
    if (part === "..") depth -= 1;
    else if (part !== "" && part !== ".") depth += 1;
    if (depth < 0) return true;
  }
  return false;
}

function below(work: WorkingTree, target: TreePath): Lookup {
  return target === root ? work.lookup : (path) => work.lookup(outer(target, path));
}

function outer(target: TreePath, path: TreePath): TreePath {
  if (target === root) return path;
  return (path === root ? target : `${target}${path}`) as TreePath;
}
