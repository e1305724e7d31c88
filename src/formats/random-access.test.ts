import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { inMemory, ofFile } from "./random-access.ts";

const reads: readonly (readonly [offset: number, length: number, expected: string])[] = [
  [0, 4, "cdef"],
  [2, 100, "efgh"],
  [6, 1, ""],
  [100, 5, ""],
  [-1, 3, "cde"],
  [3, 0, ""],
  [3, -5, ""],
];

test.each(reads)("reads %i, %i of memory and of a file's range: %j", (offset, length, expected) => {
  const folder = mkdtempSync(join(tmpdir(), "random-access-"));
  const file = join(folder, "file");
  writeFileSync(file, "abcdefghij");
  const fd = openSync(file, "r");
  try {
    const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString();
    expect(text(inMemory(Buffer.from("cdefgh")).read(offset, length))).toBe(expected);
    expect(text(ofFile(fd, 2, 6).read(offset, length))).toBe(expected);
  } finally {
    closeSync(fd);
    rmSync(folder, { recursive: true });
  }
});

test("a file shorter than it was said to be gives what is there", () => {
  const folder = mkdtempSync(join(tmpdir(), "random-access-"));
  const file = join(folder, "file");
  writeFileSync(file, "abc");
  const fd = openSync(file, "r");
  try {
    expect(Buffer.from(ofFile(fd, 1, 50).read(0, 50)).toString()).toBe("bc");
  } finally {
    closeSync(fd);
    rmSync(folder, { recursive: true });
  }
});
