// Contents of many files in one scratch file: written once in a row, read at any time by offset.
// Invariant: what `finish` returned can be read once the spool is closed, as long as the scratch file is there.
import { createHash } from "node:crypto";
import { closeSync, openSync } from "node:fs";
import { bytesOf } from "../base/bytes.ts";
import { finishDigest } from "../base/digest.ts";
import { onDisk, writeWholeSync } from "../base/files.ts";
import type { FileContent } from "./layer-entry.ts";
import { fileRange } from "./store.ts";

/** Takes contents one after the other: `write` any number of times, then `finish`. */
export interface Spool {
  write(chunk: Uint8Array): void;
  finish(): FileContent;
  /** Writes what is pending and closes the file. Contents are readable from here on. */
  close(): void;
}

/** Small files are gathered, so that 10,000 of them don't make 10,000 writes. */
const bufferBytes = 1 << 20;

/** A spool into a new file. @throws ToolError "disk" (its methods as well) */
export function createSpool(file: string): Spool {
  const what = `writing ${file}`;
  const fd = onDisk(what, () => openSync(file, "wx", 0o600));
  const buffer = Buffer.allocUnsafe(bufferBytes);
  let filled = 0;
  let start = 0;
  let position = 0;
  let hash = createHash("sha256");
  const flush = (): void => {
    writeWholeSync(fd, buffer.subarray(0, filled));
    filled = 0;
  };
  return {
    write: (chunk) =>
      onDisk(what, () => {
        hash.update(chunk);
        position += chunk.length;
        if (filled + chunk.length > bufferBytes) flush();
        if (chunk.length > bufferBytes) {
          writeWholeSync(fd, chunk);
        } else {
          buffer.set(chunk, filled);
          filled += chunk.length;
        }
      }),
    finish: () => {
      const sizeBytes = position - start;
      const offset = start;
      const digest = finishDigest(hash);
      hash = createHash("sha256");
      start = position;
      return {
        digest,
        sizeBytes,
        content: sizeBytes === 0 ? bytesOf(new Uint8Array(0)) : fileRange(file, offset, sizeBytes),
      };
    },
    close: () =>
      onDisk(what, () => {
        try {
          flush();
        } finally {
          closeSync(fd);
        }
      }),
  };
}
