import fs, {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import type { FileHandle } from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { bytesOf } from "./bytes.ts";
import { makeFolder, writeChunk, writeFileAtomically, writeWholeSync } from "./files.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "distill-files-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
});

describe("writing a file", () => {
  test.each([
    ["text", "content"],
    ["bytes", Buffer.from("content")],
    ["a stream", bytesOf(Buffer.from("content"))],
  ])("replaces what was there: %s", async (_kind, content) => {
    writeFileSync(join(folder, "file"), "something longer");
    await writeFileAtomically(join(folder, "file"), content);
    expect(readFileSync(join(folder, "file"), "utf8")).toBe("content");
    expect(readdirSync(folder)).toEqual(["file"]);
  });

  test.each<[string, string, string, RegExp]>([
    ["below a file", "file/new", "disk", /there is no folder .*file$/],
    ["in no folder", "absent/new", "disk", /there is no folder .*absent$/],
    ["over a folder", "folder", "disk", /it is a folder$/],
  ])("says what is wrong with the place: %s", async (_place, name, code, why) => {
    writeFileSync(join(folder, "file"), "kept");
    mkdirSync(join(folder, "folder"));
    const failed = writeFileAtomically(join(folder, name), "content");
    await expect(failed).rejects.toMatchObject({ code, why: expect.stringMatching(why) as unknown });
    expect(readdirSync(folder).sort()).toEqual(["file", "folder"]);
  });

  test("what the content throws comes through, and the old file stays", async () => {
    writeFileSync(join(folder, "file"), "old");
    const broken = {
      async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
        yield Buffer.from("half");
        throw new Error("cut");
      },
    };
    await expect(writeFileAtomically(join(folder, "file"), broken)).rejects.toThrow("cut");
    expect(readdirSync(folder).map((name) => readFileSync(join(folder, name), "utf8"))).toEqual(["old"]);
  });
});

test.each([
  [null, [null, null, null]],
  [100, [100, 103, 106]],
])(
  "a chunk is written to its end, by a system that takes three bytes at once, at %s",
  async (position, at) => {
    const written: [string, number | null][] = [];
    const handle = {
      write: async (chunk: Uint8Array, offset: number, length: number, place: number | null) => {
        const bytesWritten = Math.min(3, length);
        written.push([Buffer.from(chunk.subarray(offset, offset + bytesWritten)).toString(), place]);
        return { bytesWritten };
      },
    };
    await writeChunk(handle as unknown as FileHandle, Buffer.from("abcdefgh"), position);
    expect(written).toEqual([
      ["abc", at[0]],
      ["def", at[1]],
      ["gh", at[2]],
    ]);
  },
);

test("the same by a call that waits", () => {
  const whole = fs.writeSync as (fd: number, chunk: Uint8Array, at: number, length: number) => number;
  const spy = vi
    .spyOn(fs, "writeSync")
    .mockImplementation(((...call: Parameters<typeof whole>) =>
      whole(call[0], call[1], call[2], Math.min(3, call[3]))) as typeof fs.writeSync);
  syncBuiltinESMExports();
  onTestFinished(() => {
    spy.mockRestore();
    syncBuiltinESMExports();
  });
  const fd = openSync(join(folder, "file"), "wx");
  writeWholeSync(fd, Buffer.from("abcdefgh"));
  writeWholeSync(fd, Buffer.from("ij"));
  closeSync(fd);
  expect(readFileSync(join(folder, "file"), "utf8")).toBe("abcdefghij");
  expect(spy).toHaveBeenCalledTimes(4);
});

test("a folder is made with those above it; the topmost new one is told", async () => {
  expect(await makeFolder(join(folder, "a/b/c"))).toBe(join(folder, "a"));
  expect(await makeFolder(join(folder, "a/b/c"))).toBeUndefined();
  writeFileSync(join(folder, "file"), "");
  await expect(makeFolder(join(folder, "file/x"))).rejects.toMatchObject({ code: "ENOTDIR" });
});

test.skipIf(process.platform !== "linux")(
  "a folder that can't be made ends with the system's error",
  async () => {
    await expect(makeFolder("/proc/none/below")).rejects.toMatchObject({ code: "ENOENT" });
  },
);
