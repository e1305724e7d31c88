// Unpacks a tree into a new folder (`dir:`). As an ordinary user, owners can't be given away: said once, by an event.
//
// Invariants: the folder appears under its name complete or not at all. Nothing is written through a symbolic link: in a
// tree every parent is a folder, and here each one was made by this writer before what it holds. No device is made.
//
// The calls for one entry are synchronous: each takes microseconds, and an image has tens of thousands of entries.
import {
  chmodSync,
  closeSync,
  lchownSync,
  linkSync,
  lutimesSync,
  mkdirSync,
  openSync,
  symlinkSync,
} from "node:fs";
import { chmod, mkdir, readdir, rename, rm } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { systemCode, ToolError } from "../base/errors.ts";
import type { EventSink } from "../base/events.ts";
import { diskError, makeFolder, temporaryName, writeWholeSync } from "../base/files.ts";
import { encodeName } from "../base/names.ts";
import type { Attributes, DirectoryEntry, Entry, FileEntry } from "../tree/entry.ts";
import { root, type TreePath } from "../tree/path.ts";
import type { Tree } from "../tree/tree.ts";

interface Unpacking {
  readonly folder: string;
  readonly signal: AbortSignal | undefined;
  /** First path of each file with several names. */
  readonly links: Map<string, Buffer>;
  /** What could not be kept, for the event at the end. */
  readonly lost: { owners: number; rights: number; xattrs: number };
}

/**
 * Unpacks `tree` into `folder`, which must be absent or empty.
 * @throws ToolError "usage" where the folder holds something or the tree a device; "disk"; whatever contents throw
 */
export async function writeFolder(
  tree: Tree,
  folder: string,
  emit: EventSink | undefined,
  signal?: AbortSignal,
): Promise<void> {
  const target = resolve(folder);
  const temporary = temporaryName(target);
  const unpacking: Unpacking = {
    folder: temporary,
    signal,
    links: new Map(),
    lost: { owners: 0, rights: 0, xattrs: 0 },
  };
  try {
    await requireEmpty(folder);
    await makeFolder(dirname(target));
    await mkdir(temporary, { mode: 0o700 });
    await unpack(tree, unpacking);
    await rename(temporary, target);
  } catch (thrown) {
    // What can't be removed is not what the user has to know: that is what failed first.
    await removeTree(temporary).catch(() => undefined);
    if (systemCode(thrown) === undefined) throw thrown;
    throw diskError(`writing the folder ${folder}`, thrown);
  }
  report(unpacking.lost, folder, emit);
}

async function unpack(tree: Tree, unpacking: Unpacking): Promise<void> {
  const folders: DirectoryEntry[] = [];
  for (const entry of tree.walk()) {
    unpacking.signal?.throwIfAborted();
    if (entry.kind === "directory") folders.push(entry);
    await makeEntry(entry, unpacking);
  }
  const top = tree.lookup(root);
  if (top?.kind === "directory") folders.unshift(top);
  // Deepest first: a folder that its owner may not write, and every folder's time, come after all that it holds.
  for (const entry of folders.reverse()) setAttributes(placeOf(unpacking, entry.path), entry, unpacking);
}

async function makeEntry(entry: Entry, unpacking: Unpacking): Promise<void> {
  const place = placeOf(unpacking, entry.path);
  switch (entry.kind) {
    case "directory":
      mkdirSync(place, { mode: 0o700 });
      return;
    case "symlink":
      symlinkSync(encodeName(entry.target), place);
      setAttributes(place, entry, unpacking);
      return;
    case "file":
      return makeFile(entry, place, unpacking);
    default:
      throw new ToolError("usage", {
        what: `unpacking ${entry.path}`,
        why: `it is a ${entry.kind}, which is not made in a folder`,
        hint: "write the image with --output tar:FILE, or take the entry out of it",
      });
  }
}

async function makeFile(entry: FileEntry, place: Buffer, unpacking: Unpacking): Promise<void> {
  const first = entry.link === undefined ? undefined : unpacking.links.get(entry.link);
  if (first !== undefined) {
    linkSync(first, place);
    return;
  }
  const fd = openSync(place, "wx", 0o600);
  try {
    for await (const chunk of entry.content) writeWholeSync(fd, chunk);
  } finally {
    closeSync(fd);
  }
  setAttributes(place, entry, unpacking);
  if (entry.link !== undefined) unpacking.links.set(entry.link, place);
}

/** setuid and setgid. */
const rightsBits = 0o6000;

function isRoot(): boolean {
  return process.geteuid?.() === 0;
}

/** Owner first, as changing it clears setuid; then mode, then time. */
function setAttributes(
  place: Buffer,
  entry: Attributes & { readonly kind: Entry["kind"] },
  unpacking: Unpacking,
): void {
  const owned = tryOwner(place, entry, unpacking);
  if (entry.kind !== "symlink") {
    // A program that takes its owner's rights would take the unpacking user's: for want of its owner, or as the image says.
    const mode = owned && isRoot() ? entry.mode : entry.mode & ~rightsBits;
    if (mode !== entry.mode) unpacking.lost.rights += 1;
    chmodSync(place, mode);
  }
  lutimesSync(place, entry.mtime, entry.mtime);
  if (entry.xattrs !== undefined && entry.xattrs.size > 0) unpacking.lost.xattrs += 1;
}

function tryOwner(place: Buffer, entry: Attributes, unpacking: Unpacking): boolean {
  try {
    lchownSync(place, entry.uid, entry.gid);
    return true;
  } catch (thrown) {
    const code = systemCode(thrown);
    // EINVAL: the id isn't mapped in this user namespace.
    if (code !== "EPERM" && code !== "EINVAL") throw thrown;
    unpacking.lost.owners += 1;
    return false;
  }
}

function placeOf(unpacking: Unpacking, path: TreePath): Buffer {
  return Buffer.concat([Buffer.from(unpacking.folder), encodeName(path === root ? "" : path)]);
}

async function requireEmpty(folder: string): Promise<void> {
  try {
    if ((await readdir(folder)).length === 0) return;
  } catch (thrown) {
    if (systemCode(thrown) === "ENOENT") return;
    throw thrown;
  }
  throw new ToolError("usage", {
    what: `writing the folder ${folder}`,
    why: "it is not empty",
    hint: "name a new folder",
  });
}

/** Removes what was unpacked so far, folders without write permission included. */
async function removeTree(folder: string): Promise<void> {
  try {
    await rm(folder, { recursive: true, force: true });
  } catch {
    await openFolders(Buffer.from(folder));
    await rm(folder, { recursive: true, force: true });
  }
}

async function openFolders(folder: Buffer): Promise<void> {
  await chmod(folder, 0o700);
  for (const entry of await readdir(folder, { withFileTypes: true, encoding: "buffer" })) {
    if (entry.isDirectory()) await openFolders(Buffer.concat([folder, Buffer.from("/"), entry.name]));
  }
}

function report(lost: Unpacking["lost"], folder: string, emit: EventSink | undefined): void {
  const parts: string[] = [];
  if (lost.owners > 0) parts.push(`the owners of ${lost.owners} entries (only root can give files away)`);
  if (lost.rights > 0) parts.push(`the setuid and setgid bits of ${lost.rights} entries`);
  if (lost.xattrs > 0) parts.push(`the extended attributes of ${lost.xattrs} entries`);
  if (parts.length === 0) return;
  emit?.({
    type: "log",
    level: "warning",
    message: `${folder} does not keep ${parts.join(", nor ")}; write tar: or oci: to keep all`,
  });
}
