// Bytes that can be read at any place without holding all of them: a file's range, or memory.
import { readSync } from "node:fs";

export interface RandomAccess {
  readonly sizeBytes: number;
  /**
   * The bytes at `offset`; fewer than `length` where the end comes first, none beyond it. The caller may keep them, unless it
   * lends memory for them: what is read may then lie in `scratch`, and holds until that is lent again.
   */
  read(offset: number, length: number, scratch?: Uint8Array): Uint8Array;
}

/** Random access to bytes held in memory; what is read is a view of them. */
export function inMemory(bytes: Uint8Array): RandomAccess {
  return {
    sizeBytes: bytes.length,
    read: (offset, length) => {
      const { start, size } = clamp(bytes.length, offset, length);
      return bytes.subarray(start, start + size);
    },
  };
}

/**
 * Random access to `sizeBytes` of an open file from `offset` on. The descriptor stays the caller's to close.
 * Reading throws what fs.readSync throws (EIO, EISDIR).
 */
export function ofFile(fd: number, offset: number, sizeBytes: number): RandomAccess {
  return {
    sizeBytes,
    read: (from, length, scratch) => {
      const { start, size } = clamp(sizeBytes, from, length);
      const bytes =
        scratch !== undefined && scratch.length >= size
          ? scratch.subarray(0, size)
          : Buffer.allocUnsafe(size);
      let filled = 0;
      while (filled < size) {
        const count = readSync(fd, bytes, filled, size - filled, offset + start + filled);
        if (count === 0) break;
        filled += count;
      }
      return filled === size ? bytes : bytes.subarray(0, filled);
    },
  };
}

/** A part of a source, as a source: from `offset` on, `sizeBytes` or what is left. */
export function rangeOf(source: RandomAccess, offset: number, sizeBytes: number): RandomAccess {
  const size = Math.max(0, Math.min(sizeBytes, source.sizeBytes - offset));
  return {
    sizeBytes: size,
    read: (from, length, scratch) => {
      const part = clamp(size, from, length);
      return source.read(offset + part.start, part.size, scratch);
    },
  };
}

function clamp(sizeBytes: number, offset: number, length: number): { start: number; size: number } {
  const start = Math.min(Math.max(0, offset), sizeBytes);
  return { start, size: Math.max(0, Math.min(length, sizeBytes - start)) };
}
