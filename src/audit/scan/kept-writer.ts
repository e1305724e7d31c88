// The contents kept of a layer, one after the other in one file.
import { createHash } from "node:crypto";
import { closeSync, openSync } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { type Digest, finishDigest } from "../../base/digest.ts";
import { ToolError } from "../../base/errors.ts";
import { diskError, onDisk, writeWholeSync } from "../../base/files.ts";
import { limits } from "../../base/limits.ts";
import type { RandomAccess } from "../../formats/random-access.ts";

/** What was kept: a blob of the cache, where a layer is remembered. */
export interface KeptBlob {
  readonly digest: Digest;
  readonly sizeBytes: number;
}

export interface KeptWriter {
  /** Where the content will be; -1 where there is no room for it: then it is read from the layer. */
  add(content: RandomAccess): number;
  /** Puts the file in its place; undefined where nothing was kept. */
  finish(): Promise<KeptBlob | undefined>;
  abandon(): Promise<void>;
}

const bufferBytes = 256 * 1024;

/**
 * @param temporary a new file's name, on the file system of `place`
 * @throws ToolError "disk" (its methods as well)
 */
export function createKeptWriter(temporary: string, place: (digest: Digest) => string): KeptWriter {
  const hash = createHash("sha256");
  const buffer = Buffer.allocUnsafe(bufferBytes);
  let fd: number | undefined;
  let filled = 0;
  let sizeBytes = 0;
  const flush = (): void => {
    const bytes = buffer.subarray(0, filled);
    filled = 0;
    fd ??= openSync(temporary, "wx", 0o644);
    hash.update(bytes);
    writeWholeSync(fd, bytes);
  };
  const close = (): void => {
    if (fd !== undefined) closeSync(fd);
    fd = undefined;
  };
  return {
    add: (content) =>
      onDisk("writing to the cache", () => {
        if (content.sizeBytes > limits.keptFileBytesMax) return -1;
        if (sizeBytes + content.sizeBytes > limits.keptLayerBytesMax) return -1;
        const offset = sizeBytes;
        for (let at = 0; at < content.sizeBytes; ) {
          if (filled === bufferBytes) flush();
          const bytes = content.read(at, bufferBytes - filled);
          if (bytes.length === 0) throw endedEarly();
          buffer.set(bytes, filled);
          filled += bytes.length;
          at += bytes.length;
        }
        sizeBytes += content.sizeBytes;
        return offset;
      }),
    async finish(): Promise<KeptBlob | undefined> {
      if (sizeBytes === 0) return undefined;
      onDisk("writing to the cache", () => {
        flush();
        close();
      });
      const digest = finishDigest(hash);
      const file = place(digest);
      await rename(temporary, file).catch((thrown: unknown) => {
        throw diskError("writing to the cache", thrown);
      });
      return { digest, sizeBytes };
    },
    async abandon(): Promise<void> {
      close();
      await rm(temporary, { force: true });
    },
  };
}

function endedEarly(): ToolError {
  return new ToolError("disk", { what: "keeping a file's content", why: "its scratch file was cut short" });
}
