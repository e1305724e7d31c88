// The outside of a .deb (deb(5)): an ar archive of "debian-binary", control.tar.* and data.tar.*, in that order.
// Members whose names begin with "_" may stand between them and are skipped; what follows data.tar is ignored, as dpkg does.
import { createHash } from "node:crypto";
import { closeSync, openSync, statSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import type { Digest } from "../base/digest.ts";
import { finishDigest } from "../base/digest.ts";
import { ToolError } from "../base/errors.ts";
import { diskError } from "../base/files.ts";
import { limits } from "../base/limits.ts";
import { arMembers } from "../formats/ar.ts";
import { type Compression, detectCompression } from "../formats/compression.ts";
import { ofFile, type RandomAccess } from "../formats/random-access.ts";

/** A .deb on disk, as the downloader leaves it in the cache. */
export interface DebFile {
  readonly file: string;
  readonly sizeBytes: number;
  readonly digest: Digest;
}

/** A tar archive inside a .deb: where its (compressed) bytes lie. */
export interface DebMember {
  readonly offset: number;
  readonly sizeBytes: number;
  readonly compression: Compression;
}

export interface DebMembers {
  readonly control: DebMember;
  readonly data: DebMember;
}

const magicBytesMax = 16;
const verifyBytes = 1 << 17;

/**
 * The two archives of a .deb. `what` names the package in errors.
 * @throws ToolError "malformed" where it isn't a .deb of format 2
 */
export function debMembers(source: RandomAccess, what: string): DebMembers {
  const members = arMembers(source).filter((member) => !member.name.startsWith("_"));
  const [version, control, data] = members;
  if (version?.name !== "debian-binary" || control === undefined || data === undefined) {
    throw malformed(what, "its members are not debian-binary, control.tar and data.tar");
  }
  const format = Buffer.from(source.read(version.offset, Math.min(version.sizeBytes, magicBytesMax)));
  if (!/^2\.\d+\n/.test(format.toString("latin1"))) {
    throw malformed(what, `its format is ${JSON.stringify(format.toString("latin1").trim())}, expected 2.x`);
  }
  return {
    control: archiveMember(source, control, "control.tar", what),
    data: archiveMember(source, data, "data.tar", what),
  };
}

function archiveMember(
  source: RandomAccess,
  member: { readonly name: string; readonly offset: number; readonly sizeBytes: number },
  name: string,
  what: string,
): DebMember {
  if (member.name !== name && !member.name.startsWith(`${name}.`)) {
    throw malformed(what, `it has ${JSON.stringify(member.name)} where ${name} is expected`);
  }
  const head = source.read(member.offset, Math.min(member.sizeBytes, magicBytesMax));
  return { offset: member.offset, sizeBytes: member.sizeBytes, compression: detectCompression(head) };
}

/** Opens a .deb for reading by offsets; the caller closes `fd`. @throws ToolError "disk", "limit" */
export function openDeb(file: string, what: string): { readonly fd: number; readonly source: RandomAccess } {
  try {
    const fd = openSync(file, "r");
    const sizeBytes = statSync(file).size;
    if (sizeBytes > limits.debBytesMax) {
      closeSync(fd);
      throw new ToolError("limit", {
        what: `reading ${what}`,
        why: `it is larger than ${limits.debBytesMax} bytes`,
      });
    }
    return { fd, source: ofFile(fd, 0, sizeBytes) };
  } catch (thrown) {
    throw thrown instanceof ToolError ? thrown : diskError(`opening ${what}`, thrown);
  }
}

/**
 * Reads the whole file once to see that it is what the index named.
 * @throws ToolError "digest-mismatch", "disk"
 */
export async function verifyDeb(deb: DebFile, what: string): Promise<void> {
  const hash = createHash("sha256");
  let handle: FileHandle | undefined;
  try {
    handle = await open(deb.file, "r");
    const chunk = Buffer.allocUnsafe(verifyBytes);
    for (;;) {
      const { bytesRead } = await handle.read(chunk, 0, chunk.length, null);
      if (bytesRead === 0) break;
      hash.update(chunk.subarray(0, bytesRead));
    }
  } catch (thrown) {
    throw diskError(`reading ${what}`, thrown);
  } finally {
    await handle?.close();
  }
  requireDigest(finishDigest(hash), deb.digest, what);
}

/** @throws ToolError "digest-mismatch" */
export function requireDigest(found: Digest, expected: Digest, what: string): void {
  if (found === expected) return;
  throw new ToolError("digest-mismatch", {
    what: `reading ${what}`,
    why: `it is ${found}, expected ${expected}`,
    hint: "run the command again; a damaged download is fetched anew",
  });
}

/** The error for a .deb that breaks its format. */
export function malformed(what: string, why: string): ToolError {
  return new ToolError("malformed", { what: `reading ${what}`, why });
}
