// The machine's own root as a tree, read when asked: for comparing the closure with the machine's own loader. It can be
// looked up and listed, not walked: `walk` gives nothing, so no package data is considered.
import {
  closeSync,
  createReadStream,
  lstatSync,
  openSync,
  readdirSync,
  readlinkSync,
  type Stats,
} from "node:fs";
import { digestOf } from "../src/base/digest.ts";
import { type Facts, factsOf } from "../src/content/facts.ts";
import { ofFile } from "../src/formats/random-access.ts";
import type { Entry, FileEntry } from "../src/tree/entry.ts";
import { baseName, parentOf, root, type TreePath } from "../src/tree/path.ts";
import type { Tree } from "../src/tree/tree.ts";

/** File systems of the kernel: nothing that an image could hold. */
const kernel = /^\/(?:proc|sys|dev|run)(?:\/|$)/;

export function hostTree(): Tree {
  const known = new Map<TreePath, Entry | undefined>();
  const lookup = (path: TreePath): Entry | undefined => {
    if (known.has(path)) return known.get(path);
    if (baseName(path).length > 255) return undefined;
    // lstat follows links among the parents; a tree's path has none.
    const reached = path === root || (!kernel.test(path) && lookup(parentOf(path))?.kind === "directory");
    const status = reached ? lstatSync(path, { throwIfNoEntry: false }) : undefined;
    const entry = status === undefined ? undefined : entryOf(path, status);
    known.set(path, entry);
    return entry;
  };
  const listed = new Map<TreePath, readonly string[]>();
  const children = (folder: TreePath): readonly string[] => {
    const present = listed.get(folder);
    if (present !== undefined) return present;
    const names = lookup(folder)?.kind === "directory" ? readdirSync(folder).sort() : [];
    listed.set(folder, names);
    return names;
  };
  return {
    lookup,
    children,
    walk: () => [],
    size: 0,
  };
}

/** Facts of the machine's files, each read once. */
export function hostFacts(): (file: FileEntry) => Facts {
  const known = new Map<TreePath, Facts>();
  return (file) => {
    const present = known.get(file.path);
    if (present !== undefined) return present;
    const descriptor = openSync(file.path, "r");
    try {
      const facts = factsOf(ofFile(descriptor, 0, file.sizeBytes));
      known.set(file.path, facts);
      return facts;
    } finally {
      closeSync(descriptor);
    }
  };
}

function entryOf(path: TreePath, status: Stats): Entry | undefined {
  const attributes = {
    path,
    mode: status.mode & 0o7777,
    uid: status.uid,
    gid: status.gid,
    mtime: Math.trunc(status.mtimeMs / 1000),
    origins: [],
  };
  if (status.isDirectory()) return { ...attributes, kind: "directory" };
  if (status.isSymbolicLink()) return { ...attributes, kind: "symlink", target: readlinkSync(path) };
  if (!status.isFile()) return undefined;
  // The digest stands for identity here; hashing a whole machine to look at some programs would serve nothing.
  const digest = digestOf(`${status.dev}:${status.ino}`);
  return {
    ...attributes,
    kind: "file",
    sizeBytes: status.size,
    digest,
    content: { [Symbol.asyncIterator]: () => createReadStream(path)[Symbol.asyncIterator]() },
  };
}
