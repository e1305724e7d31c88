// Files that are never half-written: a temporary name beside the target, fsync, rename.
import { randomBytes } from "node:crypto";
import { open, rename, rm } from "node:fs/promises";
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
      else for await (const chunk of content) await handle.writev([chunk]);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, path);
  } catch (thrown) {
    await rm(temporary, { force: true });
    if (systemCode(thrown) !== undefined) throw diskError(`writing ${path}`, thrown);
    throw thrown;
  }
}
