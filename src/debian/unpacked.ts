// An unpacked .deb in the cache: unpacked/<key>/pack holds the bytes of all its regular files, one after the other;
// unpacked/<key>/index says what they are. The index carries its own digest; a file's bytes are verified against the
// file's digest whenever they are read. A folder that fails is removed, and the next run makes it again.

import { createHash } from "node:crypto";
import { closeSync, openSync, readSync } from "node:fs";
import { readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Bytes } from "../base/bytes.ts";
import { type Cache, cacheTemporary } from "../base/cache.ts";
import { type Digest, digestOf, finishDigest, hexOf } from "../base/digest.ts";
import { assert, messageOf, systemCode, ToolError } from "../base/errors.ts";
import { diskError } from "../base/files.ts";
import type { Facts } from "../content/facts.ts";
import { factsVersion } from "../content/facts-version.ts";
import type { Entry, FileEntry, Origin } from "../tree/entry.ts";
import type { TreePath } from "../tree/path.ts";
import type { PackageContents } from "./package.ts";

/** Names the meaning of the index; with `factsVersion` that of all that is stored. */
const unpackedFormat = 4;

export const packName = "pack";
export const indexName = "index";

interface IndexedCommon {
  readonly path: TreePath;
  /** As in the archive, setuid included. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly mtime: number;
}

export type IndexedEntry =
  | (IndexedCommon & { readonly kind: "directory" | "fifo" })
  | (IndexedCommon & { readonly kind: "symlink"; readonly target: string })
  | (IndexedCommon & {
      readonly kind: "file";
      readonly sizeBytes: number;
      readonly digest: Digest;
      /** Where its bytes begin in the pack. */
      readonly offset: number;
      /** The first name of a file with several (hard links), on each of them. */
      readonly link?: TreePath;
    });

export interface UnpackedIndex {
  readonly entries: readonly IndexedEntry[];
  readonly facts: Readonly<Record<Digest, Facts>>;
}

/** The package that an unpacked folder stands for. */
export interface PackageIdentity {
  /** "libc6:amd64". */
  readonly id: string;
  readonly version: string;
}

/** Where the unpacked form of a .deb lies, or will. */
export function unpackedFolder(cache: Cache, deb: Digest): string {
  return join(cache.folder, "unpacked", hexOf(digestOf(`unpacked ${unpackedFormat} ${factsVersion} ${deb}`)));
}

/** The text of an index file: its digest, then JSON. */
export function indexText(index: UnpackedIndex): string {
  const body = JSON.stringify(index);
  return `${digestOf(body)}\n${body}`;
}

/**
 * The package's contents if the cache has them. A damaged folder is removed.
 * @throws ToolError "disk"
 */
export async function findUnpacked(
  cache: Cache,
  deb: Digest,
  identity: PackageIdentity,
): Promise<PackageContents | undefined> {
  const folder = unpackedFolder(cache, deb);
  try {
    const text = await readFile(join(folder, indexName), "utf8");
    const cut = text.indexOf("\n");
    const body = text.slice(cut + 1);
    if (text.slice(0, cut) === digestOf(body)) {
      return contentsOf(cache, folder, JSON.parse(body) as UnpackedIndex, identity);
    }
  } catch (thrown) {
    if (systemCode(thrown) === "ENOENT") return undefined;
    throw diskError(`reading the cache entry of ${identity.id}`, thrown);
  }
  await discard(cache, folder);
  return undefined;
}

/** Removes a folder so that no process sees a half of it. */
async function discard(cache: Cache, folder: string): Promise<void> {
  const away = cacheTemporary(cache);
  await rename(folder, away).catch(() => undefined);
  await rm(away, { recursive: true, force: true });
}

function contentsOf(
  cache: Cache,
  folder: string,
  index: UnpackedIndex,
  identity: PackageIdentity,
): PackageContents {
  const origins: readonly Origin[] = [{ kind: "package", package: identity.id, version: identity.version }];
  const entries = index.entries.map((entry) => entryOf(cache, folder, entry, { id: identity.id, origins }));
  return {
    id: identity.id,
    entries,
    facts: (file): Facts => {
      const facts = index.facts[file.digest];
      assert(facts !== undefined, `the file ${file.path} is of the package ${identity.id}`);
      return facts;
    },
  };
}

function entryOf(
  cache: Cache,
  folder: string,
  entry: IndexedEntry,
  owner: { readonly id: string; readonly origins: readonly Origin[] },
): Entry {
  const { path, mode, uid, gid, mtime } = entry;
  const common = { path, mode, uid, gid, mtime, origins: owner.origins };
  switch (entry.kind) {
    case "directory":
      return { ...common, kind: "directory" };
    case "fifo":
      return { ...common, kind: "fifo", deviceMajor: 0, deviceMinor: 0 };
    case "symlink":
      return { ...common, kind: "symlink", target: entry.target };
    case "file": {
      const { sizeBytes, digest, offset, link } = entry;
      const content = packed(cache, folder, { offset, sizeBytes, digest });
      const made: FileEntry = { ...common, kind: "file", sizeBytes, digest, content };
      return link === undefined ? made : { ...made, link: `${owner.id}${link}` };
    }
  }
}

const readBytes = 1 << 18;

/** A file's bytes by offset. What is no longer than one read is verified before the first byte is given out. */
function packed(
  cache: Cache,
  folder: string,
  extent: { readonly offset: number; readonly sizeBytes: number; readonly digest: Digest },
): Bytes {
  return {
    async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
      const { offset, sizeBytes, digest } = extent;
      if (sizeBytes === 0) return;
      const fd = openPack(folder, digest);
      try {
        const hash = createHash("sha256");
        for (let at = 0; at < sizeBytes; ) {
          const chunk = Buffer.allocUnsafe(Math.min(readBytes, sizeBytes - at));
          const length = readSync(fd, chunk, 0, chunk.length, offset + at);
          hash.update(chunk.subarray(0, length));
          at += length;
          const ended = at === sizeBytes || length === 0;
          if (ended && (length === 0 || finishDigest(hash) !== digest)) {
            await discard(cache, folder);
            throw damaged(digest, "its content does not match its digest; it was removed");
          }
          yield chunk.subarray(0, length);
        }
      } finally {
        closeSync(fd);
      }
    },
  };
}

function openPack(folder: string, digest: Digest): number {
  try {
    return openSync(join(folder, packName), "r");
  } catch (thrown) {
    throw damaged(digest, messageOf(thrown));
  }
}

function damaged(digest: Digest, why: string): ToolError {
  return new ToolError("cache", {
    what: `reading the unpacked file ${digest} from the cache`,
    why,
    hint: "run the command again; if it comes back, check the disk, or use another --cache-dir",
  });
}
