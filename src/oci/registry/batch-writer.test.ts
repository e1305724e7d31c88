import type { FileHandle } from "node:fs/promises";
import fc from "fast-check";
import { expect, test } from "vitest";
import { batchWriter } from "./batch-writer.ts";

/** A file that takes at most `shortest` bytes at a time, as a nearly full disk or a signal makes it. */
function fileTaking(shortest: number, written: Buffer[]): FileHandle {
  const writev = async (chunks: readonly Uint8Array[]): Promise<{ bytesWritten: number }> => {
    const part = Buffer.concat(chunks).subarray(0, shortest);
    written.push(part);
    return { bytesWritten: part.length };
  };
  return { writev } as unknown as FileHandle;
}

test("everything is written once and in order, however short the writes", async () => {
  const inputs = fc.tuple(
    fc.array(fc.nat(700_000), { maxLength: 8 }),
    fc.integer({ min: 100_000, max: 3_000_000 }),
  );
  await fc.assert(
    fc.asyncProperty(inputs, async ([sizes, shortest]) => {
      const chunks = sizes.map((sizeBytes, index) => Buffer.alloc(sizeBytes, `${index} `));
      const written: Buffer[] = [];
      const writer = batchWriter(fileTaking(shortest, written));
      for (const chunk of chunks) await writer.add(chunk);
      await writer.finish();
      expect(Buffer.concat(written).equals(Buffer.concat(chunks))).toBe(true);
    }),
    { numRuns: 30 },
  );
});

test("a failed write is thrown by a later call", async () => {
  const failure = new Error("no space");
  const writer = batchWriter({ writev: () => Promise.reject(failure) } as unknown as FileHandle);
  await writer.add(Buffer.alloc(2_000_000));
  await expect(writer.finish()).rejects.toBe(failure);
});
