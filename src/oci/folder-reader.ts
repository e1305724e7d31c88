// A root folder as a tree (`dir:ROOT`): what is unpacked somewhere, without manifest or config.
// Invariant: nothing is followed out of the folder: links are entries, and only what lies in real folders below it is read.
import { createHash } from "node:crypto";
import { lstatSync, readdirSync, readlinkSync, realpathSync, type Stats } from "node:fs";
import { finishDigest } from "../base/digest.ts";
import { systemCode, ToolError } from "../base/errors.ts";
import { diskError } from "../base/files.ts";
import { limits } from "../base/limits.ts";
import { decodeName } from "../base/names.ts";
import type { Entry, Origin } from "../tree/entry.ts";
import { treeOf } from "../tree/memory-tree.ts";
import { joinPath, root, type TreePath } from "../tree/path.ts";
import type { Tree } from "../tree/tree.ts";
import type { FileContent } from "./layer-entry.ts";
import { fileRange } from "./store.ts";

/**
 * The tree below `folder`. Every file is read once, for its digest; contents stay where they are. Extended attributes are
 * not read, sockets left out.
 * @throws ToolError "disk" where something can't be read, "limit"
 */
export async function treeOfFolder(folder: string, signal?: AbortSignal): Promise<Tree> {
  const origins = [{ kind: "declared", what: `the folder ${folder}` }] as const;
  const entries: Entry[] = [];
  try {
    for (const found of walkFolder(Buffer.from(realpathSync(folder)))) {
      signal?.throwIfAborted();
      const content = found.status.isFile() ? await measure(found.place, found.status.size) : undefined;
      const entry = folderEntryOf(found, content, origins);
      if (entry !== undefined) entries.push(entry);
      if (entries.length <= limits.entriesMax) continue;
      throw new ToolError("limit", {
        what: `reading the folder ${folder}`,
        why: `it has more than ${limits.entriesMax} entries (entriesMax)`,
      });
    }
  } catch (thrown) {
    if (systemCode(thrown) === undefined) throw thrown;
    throw diskError(`reading the folder ${folder}`, thrown);
  }
  return treeOf(entries);
}

/** What a walk comes by: `place` is its path on this machine. */
export interface FoundInFolder {
  readonly path: TreePath;
  readonly place: Buffer;
  readonly status: Stats;
}

/** Everything at and below a folder; links are not followed. @throws ToolError "limit"; the system's own errors */
export function* walkFolder(top: Buffer): Generator<FoundInFolder> {
  const pending: FoundInFolder[] = [{ path: root, place: top, status: lstatSync(top) }];
  for (let found = pending.pop(); found !== undefined; found = pending.pop()) {
    yield found;
    if (!found.status.isDirectory()) continue;
    for (const name of readdirSync(found.place, { encoding: "buffer" })) {
      const place = Buffer.concat([found.place, slash, name]);
      const path = joinPath(found.path, decodeName(name));
      if (path.length > limits.pathBytesMax || path.split("/").length > limits.pathComponentsMax) {
        throw new ToolError("limit", {
          what: `reading ${path.slice(0, 200)}...`,
          why: "its path is too long",
        });
      }
      pending.push({ path, place, status: lstatSync(place) });
    }
  }
}

const slash = Buffer.from("/");

/** The entry of what a walk came by, `content` where it is a regular file; undefined for a socket. */
export function folderEntryOf(
  { path, place, status }: FoundInFolder,
  content: FileContent | undefined,
  origins: readonly Origin[],
): Entry | undefined {
  const { gid, rdev, uid } = status;
  const mtime = Math.floor(status.mtimeMs / 1000);
  const common = { path, origins, mode: status.mode & 0o7777, uid, gid, mtime };
  if (status.isDirectory()) return { ...common, kind: "directory" };
  if (status.isSymbolicLink()) {
    return { ...common, kind: "symlink", target: decodeName(readlinkSync(place, { encoding: "buffer" })) };
  }
  if (content !== undefined) {
    const link = status.nlink > 1 ? { link: `${status.dev}:${status.ino}` } : {};
    return { ...common, ...content, ...link, kind: "file" };
  }
  if (status.isSocket()) return undefined;
  const kind = status.isFIFO() ? "fifo" : status.isCharacterDevice() ? "character-device" : "block-device";
  const numbers = kind === "fifo" ? { deviceMajor: 0, deviceMinor: 0 } : deviceNumbers(rdev);
  return { ...common, kind, ...numbers };
}

/** The size as read: a file may have changed since it was looked at. */
async function measure(place: Buffer, expectedBytes: number): Promise<FileContent> {
  const hash = createHash("sha256");
  let sizeBytes = 0;
  for await (const chunk of fileRange(place, 0, expectedBytes)) {
    hash.update(chunk);
    sizeBytes += chunk.length;
  }
  return { digest: finishDigest(hash), sizeBytes, content: fileRange(place, 0, sizeBytes) };
}

/** Linux's encoding of a device's numbers (makedev(3)). */
function deviceNumbers(rdev: number): { readonly deviceMajor: number; readonly deviceMinor: number } {
  return { deviceMajor: (rdev >>> 8) & 0xfff, deviceMinor: (rdev & 0xff) | ((rdev >>> 12) & 0xfff00) };
}
