// Archives that no writer of ours makes.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { applyActions, layered, refusalOf } from "../../../../testing/file-operations/apply.ts";
import { copyAction } from "../../../../testing/file-operations/case.ts";
import { linesOf, type TreeLines, treeOfLines } from "../../../../testing/file-operations/lines.ts";
import { archiveOf, tarBlock } from "../../../../testing/tar-blocks.ts";
import { file } from "../../../../testing/trees.ts";
import { treeOf } from "../../../tree/memory-tree.ts";

let scratchFolder = "";
beforeAll(() => {
  scratchFolder = mkdtempSync(join(tmpdir(), "unpack-"));
});
afterAll(() => rmSync(scratchFolder, { recursive: true }));

async function unpacked(archive: Uint8Array, base: TreeLines = {}): Promise<Record<string, string>> {
  const below = await treeOfLines(base);
  const inputs = [below, treeOf([file("/x", archive)])];
  const entries = await applyActions([copyAction({ source: "x", target: "/d", unpack: true })], inputs, {
    scratchFolder,
  });
  return linesOf(layered(below, entries));
}

const data = (text: string): Buffer =>
  Buffer.concat([Buffer.from(text), Buffer.alloc((512 - (text.length % 512)) % 512)]);

describe("names", () => {
  test.each<[string, TreeLines[string] | undefined]>([
    ["/etc/x", "/d/etc/x"],
    ["./a/../b", "/d/b"],
    ["a//b/", "/d/a/b"],
  ])("%s goes to %s", async (name, path) => {
    expect(Object.keys(await unpacked(archiveOf(tarBlock({ name }))))).toContain(path);
  });

  test.each(["../x", "a/../../x", "/../x", ".."])("%s is refused", async (name) => {
    expect(await refusalOf(unpacked(archiveOf(tarBlock({ name }))))).toContain(
      "archive-path | the archive's name",
    );
  });

  test.each([".wh.x", "a/.wh..wh..opq", ".wh.d/x"])("%s is refused", async (name) => {
    expect(await refusalOf(unpacked(archiveOf(tarBlock({ name }))))).toContain("file-name");
  });

  test("the root is the target, and can't be a file", async () => {
    const folder = (name: string): Buffer => tarBlock({ name, kind: "directory", mode: 0o700, uid: 3 });
    expect(await unpacked(archiveOf(folder("./")))).toEqual({ "/d": "directory 0755" });
    expect(await unpacked(archiveOf(folder("/")))).toEqual({ "/d": "directory 0700 3:0" });
    expect(await refusalOf(unpacked(archiveOf(tarBlock({ name: "." }))))).toContain("file-in-the-way");
  });
});

describe("links", () => {
  test("lead a file nowhere but into the target", async () => {
    const archive = archiveOf(
      tarBlock({ name: "l", kind: "symlink", linkName: "../../../../etc" }),
      tarBlock({ name: "l/x" }),
      tarBlock({ name: "m", kind: "symlink", linkName: "/etc" }),
      tarBlock({ name: "m/y" }),
    );
    expect(await unpacked(archive, { "/d/etc": "directory 0700", "/etc/z": "file 0644" })).toEqual({
      "/d": "directory 0755",
      "/d/etc": "directory 0700",
      "/d/etc/x": "file 0644",
      "/d/etc/y": "file 0644",
      "/d/l": "symlink -> ../../../../etc",
      "/d/m": "symlink -> /etc",
      "/etc": "directory 0755",
      "/etc/z": "file 0644",
    });
  });

  test.each(["l/x", "l/y/x", "a/l/x"])("that lead nowhere are refused for %s", async (name) => {
    const links = ["l", "a/l"].map((link) => tarBlock({ name: link, kind: "symlink", linkName: "/etc" }));
    const refusal = await refusalOf(
      unpacked(archiveOf(...links, tarBlock({ name })), { "/etc/z": "file 0644" }),
    );
    expect(refusal).toContain(
      `archive-path | the archive's "${name}" is below a link to "/etc", which isn't there`,
    );
  });

  test("in a circle are refused", async () => {
    const archive = archiveOf(
      tarBlock({ name: "a", kind: "symlink", linkName: "b" }),
      tarBlock({ name: "b", kind: "symlink", linkName: "a" }),
      tarBlock({ name: "a/x" }),
    );
    expect(await refusalOf(unpacked(archive))).toContain("file-links");
  });

  test("a hard link to what was there brings that into the layer", async () => {
    const archive = archiveOf(tarBlock({ name: "b", kind: "hardlink", linkName: "a", mode: 0o600, uid: 4 }));
    expect(await unpacked(archive, { "/d/a": "file 0755 old" })).toEqual({
      "/d": "directory 0755",
      "/d/a": "file 0600 4:0 old",
      "/d/b": "link /d/a",
    });
  });

  test("three names, told with other attributes, one of them replaced", async () => {
    const archive = archiveOf(
      tarBlock({ name: "a", sizeBytes: 1 }),
      data("1"),
      tarBlock({ name: "b", kind: "hardlink", linkName: "/a" }),
      tarBlock({ name: "b", sizeBytes: 1 }),
      data("2"),
      tarBlock({ name: "c", kind: "hardlink", linkName: "./a", mode: 0o600 }),
    );
    expect(await unpacked(archive)).toEqual({
      "/d": "directory 0755",
      "/d/a": "file 0600 1",
      "/d/b": "file 0644 2",
      "/d/c": "link /d/a",
    });
  });

  test("a hard link to a link is a link", async () => {
    const archive = archiveOf(
      tarBlock({ name: "l", kind: "symlink", linkName: "x" }),
      tarBlock({ name: "m", kind: "hardlink", linkName: "l" }),
    );
    expect(await unpacked(archive)).toMatchObject({ "/d/m": "symlink -> x" });
  });

  test.each(["nothing", "d", "m"])("a hard link to %s is refused", async (linkName) => {
    const archive = archiveOf(
      tarBlock({ name: "d", kind: "directory" }),
      tarBlock({ name: "m", kind: "hardlink", linkName }),
    );
    expect(await refusalOf(unpacked(archive))).toContain("which is no file");
  });

  test("a hard link out of the target is refused", async () => {
    const archive = archiveOf(tarBlock({ name: "m", kind: "hardlink", linkName: "../etc/passwd" }));
    expect(await refusalOf(unpacked(archive, { "/etc/passwd": "file 0644" }))).toContain("archive-path");
  });
});

describe("what is no archive, or no longer one", () => {
  const whole = archiveOf(tarBlock({ name: "a", sizeBytes: 3 }), data("abc"));

  test.each<[string, Uint8Array]>([
    ["nothing", Buffer.alloc(0)],
    ["zeros", Buffer.alloc(1024)],
    ["text", Buffer.from("text ".repeat(500))],
    ["compressed text", gzipSync("text ".repeat(500))],
    ["compressed text, cut short", gzipSync("text ".repeat(500)).subarray(0, 30)],
    ["a magic alone", Buffer.from([0x1f, 0x8b, 8])],
  ])("%s is copied", async (_, bytes) => {
    expect(Object.keys(await unpacked(bytes))).toEqual(["/d"]);
  });

  test.each<[string, Uint8Array]>([
    ["cut short", whole.subarray(0, 700)],
    [
      "compressed and cut short",
      gzipSync(Buffer.concat([whole, Buffer.alloc(100_000, "x")])).subarray(0, -20),
    ],
    ["damaged behind its first header", Buffer.concat([whole.subarray(0, 1024), Buffer.alloc(512, "x")])],
  ])("an archive that is %s is an error", async (_, bytes) => {
    await expect(unpacked(bytes)).rejects.toMatchObject({ code: "malformed" });
  });
});

test("an archive by bzip2", async () => {
  const archive =
    "QlpoOTFBWSZTWQI9nPYAAG37gMmAAAJAAM+AAEBnZJ4ACAggAFQ0pppppkyPUGmyagklMTRiAAGldbyxCDp6EIp3CJjJ1qBDAxCjosh7CNHEHHE6nCGQU0v4yIt9QubM1SIgPxdyRThQkAI9nPY=";
  expect(await unpacked(Buffer.from(archive, "base64"))).toEqual({
    "/d": "directory 0755",
    "/d/dir": "directory 0755",
    "/d/dir/file": "file 0640 hello",
  });
});
