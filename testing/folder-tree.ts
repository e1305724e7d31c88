// A folder of this machine as a tree, for tests that compare with what other tools made on disk. Links are not followed,
// owners and modes are those on disk.
import { createHash } from "node:crypto";
import {
  closeSync,
  createReadStream,
  lstatSync,
  openSync,
  readdirSync,
  readlinkSync,
  readSync,
} from "node:fs";
import { type Digest, finishDigest } from "../src/base/digest.ts";
import { decodeName, encodeName } from "../src/base/names.ts";
import { type Facts, factsOf } from "../src/content/facts.ts";
import { ofFile } from "../src/formats/random-access.ts";
import type { Entry, FileEntry } from "../src/tree/entry.ts";
import { treeOf } from "../src/tree/memory-tree.ts";
import { joinPath, root, type TreePath } from "../src/tree/path.ts";
import type { Tree } from "../src/tree/tree.ts";

export interface FolderTree {
  readonly tree: Tree;
  readonly facts: (file: FileEntry) => Facts;
}

/** The tree below `folder`. */
export function treeOfFolder(folder: string): FolderTree {
  const entries: Entry[] = [];
  const pending: TreePath[] = [root];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const entry = entryOf(folder, next);
    if (entry === undefined) continue;
    entries.push(entry);
    if (entry.kind !== "directory") continue;
    for (const name of readdirSync(diskPath(folder, next), { encoding: "buffer" })) {
      pending.push(joinPath(next, decodeName(name)));
    }
  }
  const known = new Map<Digest, Facts>();
  const facts = (file: FileEntry): Facts => {
    const made = known.get(file.digest) ?? readFacts(diskPath(folder, file.path), file.sizeBytes);
    known.set(file.digest, made);
    return made;
  };
  return { tree: treeOf(entries), facts };
}

function diskPath(folder: string, path: TreePath): Buffer {
  return Buffer.concat([Buffer.from(folder), encodeName(path)]);
}

function entryOf(folder: string, path: TreePath): Entry | undefined {
  const file = diskPath(folder, path);
  const status = lstatSync(file);
  const common = {
    path,
    mode: status.mode & 0o7777,
    uid: status.uid,
    gid: status.gid,
    mtime: Math.floor(status.mtimeMs / 1000),
    origins: [],
  };
  if (status.isDirectory()) return { ...common, kind: "directory" };
  if (status.isSymbolicLink()) {
    return { ...common, kind: "symlink", target: decodeName(readlinkSync(file, { encoding: "buffer" })) };
  }
  if (!status.isFile()) return undefined;
  const made: FileEntry = {
    ...common,
    kind: "file",
    sizeBytes: status.size,
    digest: hashFile(file),
    content: { [Symbol.asyncIterator]: () => createReadStream(file)[Symbol.asyncIterator]() },
  };
  return status.nlink > 1 ? { ...made, link: `${status.dev}:${status.ino}` } : made;
}

function hashFile(file: Buffer): Digest {
  const hash = createHash("sha256");
  const fd = openSync(file, "r");
  const chunk = Buffer.allocUnsafe(1 << 16);
  for (let length = readSync(fd, chunk); length > 0; length = readSync(fd, chunk)) {
    hash.update(chunk.subarray(0, length));
  }
  closeSync(fd);
  return finishDigest(hash);
}

function readFacts(file: Buffer, sizeBytes: number): Facts {
  const fd = openSync(file, "r");
  try {
    return factsOf(ofFile(fd, 0, sizeBytes));
  } finally {
    closeSync(fd);
  }
}
