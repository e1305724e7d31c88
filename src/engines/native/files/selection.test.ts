import { describe, expect, test } from "vitest";
import { copyAction } from "../../../../testing/file-operations/case.ts";
import { type TreeLines, treeOfLines } from "../../../../testing/file-operations/lines.ts";
import { directory, file } from "../../../../testing/trees.ts";
import type { CopyAction } from "../../../graph/operation.ts";
import { treeOf } from "../../../tree/memory-tree.ts";
import { selectionDigest } from "./selection.ts";

const lines: TreeLines = {
  "/s": "directory 0755",
  "/s/a": "file 0644 1:1 a",
  "/s/b": "file 0755 b",
  "/s/l": "symlink -> a",
  "/s/t": "directory 0700",
  "/s/t/c": "file 0644 c",
  "/other": "file 0644 o",
};

async function digestOf(
  action: Partial<CopyAction>,
  changes: Record<string, TreeLines[string] | undefined> = {},
): Promise<string> {
  const changed = Object.entries({ ...lines, ...changes }).filter(([, line]) => line !== undefined);
  const tree = await treeOfLines(Object.fromEntries(changed) as TreeLines);
  return selectionDigest(copyAction({ source: "s", target: "/d", ...action }), tree);
}

describe("a change is seen", () => {
  test.each<[string, Partial<CopyAction>, Record<string, string | undefined>]>([
    ["of a content", {}, { "/s/a": "file 0644 1:1 x" }],
    ["of a mode", {}, { "/s/b": "file 0700 b" }],
    ["of an owner", {}, { "/s/a": "file 0644 1:2 a" }],
    ["of a target", {}, { "/s/l": "symlink -> b" }],
    ["of a kind", {}, { "/s/l": "file 0644 a" }],
    ["of a folder further down", {}, { "/s/t": "directory 0711" }],
    ["of names", {}, { "/s/new": "file 0644" }],
    ["of what is gone", {}, { "/s/b": undefined }],
    ["of names of one file", {}, { "/s/z": "link /s/b", "/s/b": "file 0755 b" }],
    ["of a folder's mode where it is copied itself", { contentsOnly: false }, { "/s": "directory 0700" }],
    ["of a mode that symbols change", { mode: "u+x" }, { "/s/a": "file 0600 1:1 a" }],
    ["of what a pattern finds", { source: "s/[ab]" }, { "/s/a": undefined }],
    [
      "of a source that isn't there",
      {},
      {
        "/s": undefined,
        "/s/a": undefined,
        "/s/b": undefined,
        "/s/l": undefined,
        "/s/t": undefined,
        "/s/t/c": undefined,
      },
    ],
    ["of a file with the same content elsewhere", { source: "s/t/c" }, { "/s/t/c": "file 0644 d" }],
    ["of a folder that --parents passes", { source: "s/t/c", parents: true }, { "/s/t": "directory 0711" }],
    ["of what --exclude lets through", { exclude: ["t"] }, { "/s/b": "file 0755 x" }],
  ])("%s", async (_, action, changes) => {
    expect(await digestOf(action, changes)).not.toBe(await digestOf(action));
  });
});

describe("nothing is seen", () => {
  test.each<[string, Partial<CopyAction>, Record<string, string | undefined>]>([
    ["of what isn't selected", {}, { "/other": "file 0644 x", "/more": "file 0644" }],
    ["of the folder that gives its content", {}, { "/s": "directory 0700 7:7" }],
    ["of an owner that is given", { owner: { user: 5 } }, { "/s/a": "file 0644 1:2 a" }],
    ["of a mode that is given", { mode: "0700" }, { "/s/b": "file 0700 b" }],
    [
      "of what --exclude leaves out",
      { exclude: ["t"] },
      { "/s/t/c": "file 0644 x", "/s/t": "directory 0711" },
    ],
    ["of what a pattern doesn't find", { source: "s/[ab]" }, { "/s/t/c": "file 0644 x" }],
    ["beside --parents", { source: "s/t/c", parents: true }, { "/s/a": "file 0644 x" }],
  ])("%s", async (_, action, changes) => {
    expect(await digestOf(action, changes)).toBe(await digestOf(action));
  });

  test("of times", () => {
    const at = (mtime: number): string =>
      selectionDigest(
        copyAction({ source: "s", target: "/" }),
        treeOf([directory("/s/t", { mtime }), file("/s/a", "a", { mtime })]),
      );
    expect(at(1)).toBe(at(2));
  });
});

test("a renamed file is the same where it gets another name", async () => {
  // As in BuildKit, a source's own name is part of it: the target may be a folder.
  expect(await digestOf({ source: "s/a" })).not.toBe(
    await digestOf({ source: "s/x" }, { "/s/x": "file 0644 1:1 a" }),
  );
  expect(await digestOf({ source: "s" })).toBe(await digestOf({ source: "r" }, { "/r": "symlink -> s" }));
});
