// A folder of the user as a tree: the build context. As BuildKit's file sync gives it (moby/buildkit source/local): modes and
// times as they are, everything root's; links as they are, never followed by the walk. Sockets are left out: they mean nothing
// elsewhere.
//
// Invariant: nothing outside the folder is read, and nothing that the patterns leave out.

import { type BigIntStats, type Dirent, lstatSync, readdirSync, readlinkSync, realpathSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
import type { Cache } from "../../../base/cache.ts";
import type { Digest } from "../../../base/digest.ts";
import { systemCode, ToolError } from "../../../base/errors.ts";
import { diskError } from "../../../base/files.ts";
import { limits } from "../../../base/limits.ts";
import { decodeName } from "../../../base/names.ts";
import {
  compilePatterns,
  matchPath,
  mayExceptBelow,
  mayMatchBelow,
  type PatternList,
  type PatternState,
} from "../../../formats/ignore-patterns.ts";
import type { LocalOperation } from "../../../graph/operation.ts";
import type { Entry, FileEntry } from "../../../tree/entry.ts";
import { treeOf } from "../../../tree/memory-tree.ts";
import { joinPath, root, type TreePath, treePath } from "../../../tree/path.ts";
import type { Tree } from "../../../tree/tree.ts";
import { contentOnDisk, diskName, examineFile } from "./disk-file.ts";
import { entryDigest } from "./entry-digest.ts";
import { followedPatterns } from "./follow.ts";
import { meant, nearOnDisk } from "./missing.ts";
import { openStatCache, type StatCache } from "./stat-cache.ts";

export interface LocalServices {
  /** Where digests of files are kept. */
  readonly cache: Cache;
  readonly signal: AbortSignal;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

export interface LocalContext {
  /** Contents are read from the folder when they are asked for; they end with an error where a file has changed since. */
  readonly tree: Tree;
  /** Of names, kinds, modes, contents and targets; not of times. */
  readonly digest: Digest;
  /** Files whose content was read, since nothing was known of them. */
  readonly filesRead: number;
  /** Why the tree lacks a path: a pattern leaves it out that the folder has; or what may be meant instead. */
  readonly explainAbsent: (path: string) => string | undefined;
}

/**
 * Reads what the operation wants of a folder.
 * @throws InvalidInput for malformed patterns; ToolError "disk", "not-found", "limit", "malformed" where a file changes while it
 *   is read; the signal's reason
 */
export async function openLocal(
  folder: string,
  operation: LocalOperation,
  services: LocalServices,
): Promise<LocalContext> {
  const place = realFolder(folder);
  const exclude = operation.exclude.length === 0 ? undefined : compilePatterns(operation.exclude);
  const follow = operation.follow.length === 0 ? undefined : followedPatterns(place, operation.follow);
  const include = follow === undefined ? undefined : compilePatterns(follow);
  const known = await openStatCache(services.cache, place);
  const walk: Walk = {
    place,
    exclude,
    include,
    known,
    entries: [],
    passing: [],
    unread: [],
    signal: services.signal,
  };
  await visit(walk, root, undefined, undefined);
  await readUnknown(walk, services.now);
  await known.store();
  const tree = treeOf(withoutLonelyLinks(walk.entries));
  return {
    tree,
    digest: treeDigest(tree),
    filesRead: walk.unread.length,
    explainAbsent: (path) => explain(place, exclude, path),
  };
}

function realFolder(folder: string): string {
  try {
    const place = realpathSync(folder);
    if (!lstatSync(place).isDirectory()) throw notThere(folder, "it is no folder");
    return place;
  } catch (thrown) {
    const code = systemCode(thrown);
    if (code === "ENOENT" || code === "ENOTDIR" || code === "ELOOP")
      throw notThere(folder, "there is no such folder");
    if (code !== undefined) throw diskError(`reading ${folder}`, thrown);
    throw thrown;
  }
}

function notThere(folder: string, why: string): ToolError {
  return new ToolError("not-found", {
    what: `reading the build context ${folder}`,
    why,
    hint: "check the path",
  });
}

interface Walk {
  readonly place: string;
  readonly exclude: PatternList | undefined;
  readonly include: PatternList | undefined;
  readonly known: StatCache;
  readonly entries: Entry[];
  /** Folders above that aren't selected themselves, and hold nothing selected so far. */
  readonly passing: Entry[];
  /** Files of which nothing is known. */
  readonly unread: { readonly path: TreePath; readonly status: BigIntStats }[];
  readonly signal: AbortSignal;
}

async function visit(
  walk: Walk,
  folder: TreePath,
  included: PatternState | undefined,
  excluded: PatternState | undefined,
): Promise<void> {
  const { entries, exclude, include, passing, place } = walk;
  // An interrupt is seen between two folders.
  await setImmediate();
  walk.signal.throwIfAborted();
  for (const child of childrenOf(place + folder)) {
    const path = joinPath(folder, decodeName(child.name));
    const below = path.slice(1);
    const inside = include && matchPath(include, below, included);
    const outside = exclude && matchPath(exclude, below, excluded);
    const selected = inside?.matched !== false && outside?.matched !== true;
    if ((!selected && !child.isDirectory()) || child.isSocket()) continue;
    if (outside?.matched === true && !(exclude && mayExceptBelow(exclude, below))) continue;
    if (inside?.matched === false && !mayIncludeBelow(include, below)) continue;
    const status = statusAt(place + path);
    if (status === undefined) continue;
    // Few paths are so long that they have to be counted.
    if (path.length > limits.pathComponentsMax && treePath(path) === undefined) throw tooDeep(path);
    if (selected) {
      entries.push(...passing.splice(0));
      addEntry(walk, path, status);
      if (entries.length > limits.entriesMax) throw tooMany(place);
    }
    if (!status.isDirectory()) continue;
    if (!selected) passing.push({ ...attributesOf(path, status), kind: "directory" });
    await visit(walk, path, inside?.state, outside?.state);
    // Nothing in it was selected.
    if (!selected) passing.pop();
  }
}

function addEntry(walk: Walk, path: TreePath, status: BigIntStats): void {
  if (!status.isFile()) {
    const entry = otherEntry(path, walk.place + path, status);
    if (entry !== undefined) walk.entries.push(entry);
    return;
  }
  const digest = walk.known.find(status);
  if (digest === undefined) walk.unread.push({ path, status });
  else walk.entries.push(fileEntry(walk.place, path, status, digest));
}

async function readUnknown(walk: Walk, now: () => number): Promise<void> {
  for (const [index, { path, status }] of walk.unread.entries()) {
    if (index % 256 === 0) await setImmediate();
    walk.signal.throwIfAborted();
    const readMs = now();
    const { digest } = await examineFile(walk.place + path, status, walk.signal);
    walk.known.add(status, digest, readMs);
    walk.entries.push(fileEntry(walk.place, path, status, digest));
  }
}

/** A file whose other names aren't among the entries has one name. */
function withoutLonelyLinks(entries: readonly Entry[]): readonly Entry[] {
  const names = new Map<string, number>();
  for (const entry of entries) {
    if (entry.kind === "file" && entry.link !== undefined)
      names.set(entry.link, (names.get(entry.link) ?? 0) + 1);
  }
  if (names.size === 0) return entries;
  return entries.map((entry) => {
    if (entry.kind !== "file" || entry.link === undefined || (names.get(entry.link) ?? 0) > 1) return entry;
    const { link: _, ...single } = entry;
    return single;
  });
}

function mayIncludeBelow(include: PatternList | undefined, folder: string): boolean {
  return include?.patterns.some(({ pattern }) => mayMatchBelow(pattern, folder)) === true;
}

function childrenOf(folder: string): readonly Dirent<Buffer>[] {
  try {
    return readdirSync(diskName(folder), { withFileTypes: true, encoding: "buffer" });
  } catch (thrown) {
    // Another process may remove folders meanwhile.
    if (systemCode(thrown) === "ENOENT") return [];
    throw unreadable(folder, thrown);
  }
}

function statusAt(path: string): BigIntStats | undefined {
  try {
    return lstatSync(diskName(path), { bigint: true, throwIfNoEntry: false });
  } catch (thrown) {
    throw unreadable(path, thrown);
  }
}

function unreadable(path: string, thrown: unknown): ToolError {
  const error = diskError(`reading ${path}`, thrown);
  const code = systemCode(thrown);
  if (code !== "EACCES" && code !== "EPERM") return error;
  return new ToolError("disk", {
    what: error.what,
    why: error.why,
    hint: "change its permissions, or leave it out of the context (.dockerignore)",
    cause: thrown,
  });
}

function tooMany(folder: string): ToolError {
  return new ToolError("limit", {
    what: `reading the build context ${folder}`,
    why: `it has more than ${limits.entriesMax} entries (entriesMax)`,
    hint: "leave out what the build doesn't need (.dockerignore)",
  });
}

function tooDeep(path: TreePath): ToolError {
  const bounds = `pathBytesMax: ${limits.pathBytesMax}, pathComponentsMax: ${limits.pathComponentsMax}`;
  const why = `the path ${JSON.stringify(`${path.slice(0, 60)}...`)} is too long or too deep (${bounds})`;
  return new ToolError("limit", { what: "reading the build context", why });
}

function fileEntry(place: string, path: TreePath, status: BigIntStats, digest: Digest): FileEntry {
  const sizeBytes = Number(status.size);
  const file: FileEntry = {
    ...attributesOf(path, status),
    kind: "file",
    sizeBytes,
    digest,
    content: contentOnDisk(place + path, { digest, sizeBytes }),
  };
  return status.nlink > 1n ? { ...file, link: `${status.dev}:${status.ino}` } : file;
}

function otherEntry(path: TreePath, file: string, status: BigIntStats): Entry | undefined {
  const common = attributesOf(path, status);
  if (status.isDirectory()) return { ...common, kind: "directory" };
  if (status.isSymbolicLink()) {
    try {
      const target = decodeName(readlinkSync(diskName(file), { encoding: "buffer" }));
      return { ...common, kind: "symlink", mode: 0o777, target };
    } catch (thrown) {
      throw unreadable(file, thrown);
    }
  }
  const device = Number(status.rdev);
  if (status.isFIFO()) return { ...common, kind: "fifo", deviceMajor: 0, deviceMinor: 0 };
  const kind = status.isCharacterDevice()
    ? "character-device"
    : status.isBlockDevice()
      ? "block-device"
      : undefined;
  // makedev(3) of Linux, as far as a device number's lower 32 bits tell.
  const [deviceMajor, deviceMinor] = [(device >>> 8) & 0xfff, (device & 0xff) | ((device >>> 12) & 0xfff00)];
  return kind && { ...common, kind, deviceMajor, deviceMinor };
}

function attributesOf(
  path: TreePath,
  status: BigIntStats,
): Pick<Entry, "path" | "mode" | "uid" | "gid" | "mtime" | "origins"> {
  const mtime = Number(status.mtimeNs / 1_000_000_000n);
  return {
    path,
    mode: Number(status.mode) & 0o7777,
    uid: 0,
    gid: 0,
    mtime: Math.max(0, mtime),
    origins: [],
  };
}

function treeDigest(tree: Tree): Digest {
  const digest = entryDigest();
  for (const entry of tree.walk()) digest.add(entry.path, entry, { owner: true, mode: false });
  return digest.finish();
}

function explain(place: string, exclude: PatternList | undefined, path: string): string | undefined {
  const near = nearOnDisk(place, path);
  if (exclude === undefined) return near === undefined ? undefined : meant(near);
  const why = whyAbsent(place, exclude, path);
  if (why !== undefined || near === undefined) return why;
  return whyAbsent(place, exclude, near) === undefined ? meant(near) : undefined;
}

function whyAbsent(place: string, exclude: PatternList, path: string): string | undefined {
  const wanted = treePath(path);
  if (wanted === undefined || wanted === root) return undefined;
  const { by, matched } = matchPath(exclude, wanted.slice(1), undefined);
  if (!matched || by === undefined || statusAt(`${place}${wanted}`) === undefined) return undefined;
  return `it is there, but left out of the build context by the pattern ${JSON.stringify(by.pattern.text)} (.dockerignore)`;
}
