// The pack file: contents of files one after the other, hashed as they are written. Synchronous; for worker threads.
import { createHash, type Hash } from "node:crypto";
import { closeSync, openSync } from "node:fs";
import { type Digest, digestOf, finishDigest } from "../base/digest.ts";
import { writeWholeSync } from "../base/files.ts";
import { inMemory, ofFile, type RandomAccess } from "../formats/random-access.ts";

export interface Pack {
  /** A new file begins here. */
  begin(): void;
  append(chunk: Uint8Array): void;
  /** The file is complete. `content` is valid until the next `begin`. */
  end(): {
    readonly offset: number;
    readonly sizeBytes: number;
    readonly digest: Digest;
    readonly content: RandomAccess;
  };
  /** Writes what is held in memory. */
  flush(): void;
  close(): void;
  readonly sizeBytes: () => number;
}

const bufferBytes = 1 << 20;

/** Makes the pack file. System errors pass through. */
export function createPack(file: string): Pack {
  const fd = openSync(file, "wx+", 0o644);
  const buffer = Buffer.allocUnsafe(bufferBytes);
  let held = 0;
  let written = 0;
  let start = 0;
  // Only for a file that doesn't fit into the buffer with what is there; others are hashed in one go.
  let hash: Hash | undefined;

  const flush = (): void => {
    writeWholeSync(fd, buffer.subarray(0, held));
    written += held;
    held = 0;
  };
  const spill = (): void => {
    if (hash === undefined && start > written) {
      // Keep the file's beginning: what lies before it goes to disk first.
      const before = start - written;
      writeWholeSync(fd, buffer.subarray(0, before));
      buffer.copyWithin(0, before, held);
      written += before;
      held -= before;
      return;
    }
    hash ??= createHash("sha256");
    hash.update(buffer.subarray(0, held));
    flush();
  };
  return {
    begin(): void {
      start = written + held;
      hash = undefined;
    },
    append(chunk): void {
      for (let rest = chunk; rest.length > 0; ) {
        if (held === bufferBytes) spill();
        const length = Math.min(rest.length, bufferBytes - held);
        buffer.set(rest.subarray(0, length), held);
        held += length;
        rest = rest.subarray(length);
      }
    },
    end() {
      const sizeBytes = written + held - start;
      if (hash === undefined) {
        const content = buffer.subarray(start - written, held);
        return { offset: start, sizeBytes, digest: digestOf(content), content: inMemory(content) };
      }
      hash.update(buffer.subarray(0, held));
      flush();
      return { offset: start, sizeBytes, digest: finishDigest(hash), content: ofFile(fd, start, sizeBytes) };
    },
    flush,
    close: () => closeSync(fd),
    sizeBytes: () => written + held,
  };
}
