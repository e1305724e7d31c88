// Files that are never half-written: a temporary name beside the target, fsync, rename.
import { randomBytes } from "node:crypto";
import { type Stats, writeSync } from "node:fs";
import { type FileHandle, lstat, mkdir, open, rename, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import type { Bytes } from "./bytes.ts";
import { messageOf, systemCode, ToolError } from "./errors.ts";

/** A name beside `path` that no other process uses. The pattern `*.tmp-*` marks what may be swept after a crash. */
export function temporaryName(path: string): string {
  return `${path}.tmp-${process.pid}-${randomBytes(6).toString("hex")}`;
}

/** A `disk` error for a failed file operation, with what to do. */
export function diskError(what: string, thrown: unknown): ToolError {
  const code = systemCode(thrown);
  const hint =
    code === "ENOSPC" || code === "EDQUOT"
      ? "free some room (distill cache prune), or choose another folder (--cache-dir, --output)"
      : code === "EACCES" || code === "EPERM" || code === "EROFS"
        ? "check the permissions of the folder, or choose another one"
        : undefined;
  const why = code === "ENOSPC" || code === "EDQUOT" ? "the disk is full" : messageOf(thrown);
  return new ToolError("disk", { what, why, ...(hint === undefined ? {} : { hint }), cause: thrown });
}

/** Runs an operation of the file system; what the system says of its failure becomes an error. @throws ToolError "disk" */
export function onDisk<T>(what: string, operation: () => T): T {
  try {
    return operation();
  } catch (thrown) {
    if (systemCode(thrown) === undefined) throw thrown;
    throw diskError(what, thrown);
  }
}

/**
 * Writes a whole file: either the old content or all of the new is there, whatever happens. Interrupted or failed, the
 * temporary file is removed.
 * @throws ToolError "disk"; whatever `content` throws
 */
export async function writeFileAtomically(path: string, content: Uint8Array | string | Bytes): Promise<void> {
  const temporary = temporaryName(path);
  try {
    const handle = await open(temporary, "wx", 0o644);
    try {
      if (typeof content === "string" || content instanceof Uint8Array) await handle.writeFile(content);
      else for await (const chunk of content) await writeChunk(handle, chunk);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, path);
  } catch (thrown) {
    // What it fails with is not what the user has to know: that is why there was anything to remove.
    await rm(temporary, { force: true }).catch(() => undefined);
    if (systemCode(thrown) === undefined) throw thrown;
    throw (await unfitPlace(path, thrown)) ?? diskError(`writing ${path}`, thrown);
  }
}

/** An error that tells what is wrong with the place itself; undefined where a file could be there. */
async function unfitPlace(path: string, cause: unknown): Promise<ToolError | undefined> {
  const folder = dirname(path);
  const isFolder = async (at: string): Promise<boolean> =>
    (await stat(at).catch(() => undefined))?.isDirectory() === true;
  const told = !(await isFolder(folder))
    ? { why: `there is no folder ${folder}`, hint: "make it, or choose another one" }
    : (await isFolder(path))
      ? { why: "it is a folder", hint: "name a file" }
      : undefined;
  return told && new ToolError("disk", { what: `writing ${path}`, ...told, cause });
}

/**
 * Writes all of a chunk, at `position` or where the file's own one is: a system call may write less, as on a disk that is
 * nearly full.
 */
export async function writeChunk(
  handle: FileHandle,
  chunk: Uint8Array,
  position: number | null = null,
): Promise<void> {
  for (let at = 0; at < chunk.length; ) {
    const place = position === null ? null : position + at;
    const { bytesWritten } = await handle.write(chunk, at, chunk.length - at, place);
    at += bytesWritten;
  }
}

/** What lies at `path`, a link itself where it is one; undefined where nothing does. @throws the system's own error */
export async function statusOf(path: string): Promise<Stats | undefined> {
  try {
    return await lstat(path);
  } catch (thrown) {
    if (systemCode(thrown) === "ENOENT") return undefined;
    throw thrown;
  }
}

/** Writes all of `bytes` where the descriptor's own position is: `writeChunk` for workers. @throws the system's own error */
export function writeWholeSync(fd: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at, bytes.length - at);
}

/**
 * Makes a folder, and those above it that are missing. Gives the topmost one that was made; undefined where all were there.
 * @throws the system's own error
 */
export async function makeFolder(folder: string): Promise<string | undefined> {
  // Node's own recursion never ends where a folder can't be made and the system says ENOENT for it (below /proc).
  const missing = await missingFolders(folder);
  let first: string | undefined;
  for (const one of missing) {
    try {
      await mkdir(one);
      first ??= one;
    } catch (thrown) {
      // Another process may have made it.
      if (systemCode(thrown) !== "EEXIST" || (await statusOf(one))?.isDirectory() !== true) throw thrown;
    }
  }
  return first;
}

/** The folder and those above it that aren't there, from the top; the folder alone where it is something else. */
async function missingFolders(folder: string): Promise<readonly string[]> {
  const missing: string[] = [];
  for (let at = folder; ; at = dirname(at)) {
    const status = await stat(at).catch(() => undefined);
    if (status?.isDirectory() === true || (status !== undefined && at !== folder)) return missing;
    missing.unshift(at);
    if (status !== undefined || dirname(at) === at) return missing;
  }
}
