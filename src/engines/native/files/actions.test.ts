// Actions other than copies, and what no copy of the table shows: layers, times, extended attributes.
import { describe, expect, test } from "vitest";
import { applyActions, layered, madeAt, refusalOf } from "../../../../testing/file-operations/apply.ts";
import { copyAction } from "../../../../testing/file-operations/case.ts";
import {
  linesOf,
  linesTime,
  type TreeLines,
  treeOfLines,
} from "../../../../testing/file-operations/lines.ts";
import { directory, file } from "../../../../testing/trees.ts";
import type { CopyAction, FileAction } from "../../../graph/operation.ts";
import { treeOf } from "../../../tree/memory-tree.ts";
import { path } from "../../../tree/path.ts";

async function resultOf(base: TreeLines, ...actions: FileAction[]): Promise<Record<string, string>> {
  const below = await treeOfLines(base);
  return linesOf(layered(below, await applyActions(actions, [below])));
}

const mkdir = (path: string, more: Partial<Extract<FileAction, { kind: "mkdir" }>> = {}): FileAction => ({
  kind: "mkdir",
  path,
  mode: 0o755,
  parents: true,
  ...more,
});
const mkfile = (
  path: string,
  text: string,
  more: Partial<Extract<FileAction, { kind: "mkfile" }>> = {},
): FileAction => ({
  kind: "mkfile",
  path,
  mode: 0o644,
  data: Buffer.from(text).toString("base64"),
  ...more,
});
const rm = (path: string, more: Partial<Extract<FileAction, { kind: "rm" }>> = {}): FileAction => ({
  kind: "rm",
  path,
  allowNotFound: false,
  allowWildcard: false,
  ...more,
});
const link = (path: string, target: string): FileAction => ({ kind: "symlink", path, target });

describe("actions", () => {
  test.each<[string, TreeLines, readonly FileAction[], Record<string, string>]>([
    [
      "a folder with those above it",
      {},
      [mkdir("/a/b", { mode: 0o700 })],
      { "/a": "directory 0700", "/a/b": "directory 0700" },
    ],
    [
      "a folder of an owner",
      { "/a": "directory 0755" },
      [mkdir("/a/b", { owner: { user: 3 } })],
      { "/a": "directory 0755", "/a/b": "directory 0755 3:3" },
    ],
    ["a folder that is there", { "/a": "directory 0711 4:4" }, [mkdir("/a")], { "/a": "directory 0711 4:4" }],
    [
      "a folder that is there, alone",
      { "/a": "directory 0711 4:4" },
      [mkdir("/a", { parents: false })],
      { "/a": "directory 0711 4:4" },
    ],
    [
      "a folder alone where a file is",
      { "/a": "file 0644" },
      [mkdir("/a", { parents: false })],
      { "/a": "file 0644" },
    ],
    [
      "a folder through links",
      { "/l": "symlink -> r/s", "/r": "directory 0755" },
      [mkdir("/l/a")],
      {
        "/l": "symlink -> r/s",
        "/r": "directory 0755",
        "/r/s": "directory 0755",
        "/r/s/a": "directory 0755",
      },
    ],
    [
      "a file",
      {},
      [mkfile("/a", "hello", { mode: 0o600, owner: { user: 1, group: 2 } })],
      { "/a": "file 0600 1:2 hello" },
    ],
    ["a file anew", { "/a": "file 0755 5:5 old" }, [mkfile("/a", "new")], { "/a": "file 0755 5:5 new" }],
    [
      "a file through a link",
      { "/l": "symlink -> a", "/a": "file 0755 old" },
      [mkfile("/l", "new")],
      { "/a": "file 0755 new", "/l": "symlink -> a" },
    ],
    ["a link", {}, [link("/l", "../x")], { "/l": "symlink -> ../x" }],
    [
      "a link of an owner",
      {},
      [{ kind: "symlink", path: "/l", target: "x", owner: { user: 7 } }],
      { "/l": "symlink 7:7 -> x" },
    ],
    [
      "removing a file",
      { "/a/b": "file 0644", "/a/c": "file 0644" },
      [rm("/a/b")],
      { "/a": "directory 0755", "/a/c": "file 0644" },
    ],
    ["removing a folder", { "/a/b/c": "file 0644", "/d": "file 0644" }, [rm("a")], { "/d": "file 0644" }],
    [
      "removing a link, not what it leads to",
      { "/a/b": "file 0644", "/l": "symlink -> a" },
      [rm("/l")],
      { "/a": "directory 0755", "/a/b": "file 0644" },
    ],
    [
      "removing below a link",
      { "/a/b": "file 0644", "/l": "symlink -> a" },
      [rm("/l/b")],
      { "/a": "directory 0755", "/l": "symlink -> a" },
    ],
    ["removing nothing", {}, [rm("/a/b", { allowNotFound: true })], {}],
    [
      "removing by a pattern",
      { "/a/1.log": "file 0644", "/a/2.log": "file 0644", "/a/b": "file 0644" },
      [rm("/a/*.log", { allowWildcard: true })],
      { "/a": "directory 0755", "/a/b": "file 0644" },
    ],
    [
      "removing by a pattern that finds nothing",
      { "/a": "file 0644" },
      [rm("/b*", { allowWildcard: true })],
      { "/a": "file 0644" },
    ],
    [
      "one after the other",
      { "/a/old": "file 0644" },
      [rm("/a"), mkdir("/a"), mkfile("/a/new", "x"), link("/a/l", "new"), mkfile("/a/l", "y"), rm("/a/l")],
      { "/a": "directory 0755", "/a/new": "file 0644 y" },
    ],
    [
      "a folder in place of a file",
      { "/a": "file 0644" },
      [rm("/a"), mkdir("/a/b")],
      { "/a": "directory 0755", "/a/b": "directory 0755" },
    ],
    [
      "a file in place of a folder",
      { "/a/b/c": "file 0644" },
      [rm("/a"), mkfile("/a", "x")],
      { "/a": "file 0644 x" },
    ],
    [
      "what was made and removed",
      {},
      [mkdir("/a/b/c"), rm("/a/b"), mkdir("/a/d")],
      { "/a": "directory 0755", "/a/d": "directory 0755" },
    ],
    [
      "by a pattern, what was made and not what was removed",
      { "/a/1": "file 0644", "/a/2": "file 0644" },
      [rm("/a/1"), mkfile("/a/3", ""), rm("/a/?", { allowWildcard: true })],
      { "/a": "directory 0755" },
    ],
  ])("%s", async (_, base, actions, result) => {
    expect(await resultOf(base, ...actions)).toEqual(result);
  });

  test.each<[string, TreeLines, FileAction, string]>([
    [
      "a folder over a file",
      { "/a": "file 0644" },
      mkdir("/a/b"),
      'file-in-the-way | "/a/b" can\'t be made: "/a" is a file',
    ],
    ["a folder alone without its folder", {}, mkdir("/a/b", { parents: false }), '"/a" is not there'],
    [
      "a file over a folder",
      { "/a": "directory 0755" },
      mkfile("/a", ""),
      '"/a" is a folder, and a file can\'t take its place',
    ],
    ["a file without its folder", {}, mkfile("/a/b", ""), '"/a/b" can\'t be made: "/a" is not there'],
    ["a link over a file", { "/a": "file 0644" }, link("/a", "b"), '"/a" is a file'],
    ["a link without its folder", {}, link("/a/b", "c"), '"/a" is not there'],
    ["removing what isn't there", {}, rm("/a"), 'file-absent | no such file or folder: "/a"'],
    ["removing the root", {}, rm("/"), "the root can't be removed"],
    [
      "removing by a malformed pattern",
      {},
      rm("/a[", { allowWildcard: true }),
      "file-pattern | not a pattern",
    ],
    ["a name that removes", {}, mkfile("/.wh.a", ""), 'file-name | "/.wh.a" can\'t be in an image'],
    ["a folder of such a name", {}, mkdir("/.wh..wh..opq"), "file-name"],
    ["a path that is none", {}, mkfile("/a\0b", ""), "not a path"],
  ])("%s is refused", async (_, base, action, refusal) => {
    expect(await refusalOf(resultOf(base, action))).toContain(refusal);
  });
});

describe("the layer", () => {
  const base: TreeLines = { "/a/b/c": "file 0644 c", "/d": "file 0644 d", "/etc/hosts": "file 0644 h" };
  const lines = async (...actions: FileAction[]): Promise<string[]> => {
    const entries = await applyActions(actions, [
      await treeOfLines(base),
      await treeOfLines({ "/s/x": "file 0644 x", "/s/y": "link /s/x" }),
    ]);
    return entries.map((entry) => `${entry.kind} ${entry.path}`);
  };
  const copy = (target: string): CopyAction => copyAction({ source: "s", target });

  test.each<[string, readonly FileAction[], readonly string[]]>([
    ["holds what is new, not the folders that are there", [mkfile("/a/b/n", "")], ["file /a/b/n"]],
    ["is empty where nothing changed", [mkdir("/a/b")], []],
    ["removes by whiteouts", [rm("/a/b"), rm("/d")], ["file /.wh.d", "file /a/.wh.b"]],
    ["removes a folder by one whiteout", [rm("/a/b"), rm("/a")], ["file /.wh.a"]],
    [
      "begins a folder anew",
      [rm("/a"), mkfile("/a2", ""), mkdir("/a/z")],
      ["directory /a", "file /a/.wh..wh..opq", "directory /a/z", "file /a2"],
    ],
    ["needs no whiteout where a file takes the place", [rm("/a"), mkfile("/a", "")], ["file /a"]],
    ["needs none for what it made itself", [mkfile("/n", ""), rm("/n")], []],
    ["names files twice as they are named", [copy("/t")], ["directory /t", "file /t/x", "hardlink /t/y"]],
    ["doesn't link what has one name left", [copy("/t"), rm("/t/x")], ["directory /t", "file /t/y"]],
    [
      "doesn't link one copy with another",
      [copy("/t"), copy("/t")],
      ["directory /t", "file /t/x", "hardlink /t/y"],
    ],
    [
      "of two copies",
      [copy("/t"), copy("/u")],
      ["directory /t", "file /t/x", "hardlink /t/y", "directory /u", "file /u/x", "hardlink /u/y"],
    ],
  ])("%s", async (_, actions, expected) => {
    expect(await lines(...actions)).toEqual(expected);
  });
});

describe("times", () => {
  test("are those of the build for what is made, of the source for what is copied", async () => {
    const source = await treeOfLines({ "/s/a": "file 0644", "/s/t/b": "file 0644" });
    const s = treeOf(
      [directory("/s", { mtime: 5 }), ...source.walk()].filter(
        (entry) => entry.path !== path("/s") || entry.mtime === 5,
      ),
    );
    const entries = await applyActions(
      [copyAction({ source: "s", target: "/d/e" }), mkfile("/f", "")],
      [treeOf([]), s],
    );
    expect(
      Object.fromEntries(entries.map((entry) => [entry.path, "mtime" in entry ? entry.mtime : undefined])),
    ).toEqual({
      "/d": madeAt,
      "/d/e": 5,
      "/d/e/a": linesTime,
      "/d/e/t": 0,
      "/d/e/t/b": linesTime,
      "/f": madeAt,
    });
  });
});

test("extended attributes are copied, and added to those of a folder", async () => {
  const bytes = (text: string): Uint8Array => Buffer.from(text);
  const base = treeOf([
    directory("/d/t", {
      xattrs: new Map([
        ["user.a", bytes("1")],
        ["user.b", bytes("1")],
      ]),
    }),
  ]);
  const source = treeOf([
    directory("/s/t", { xattrs: new Map([["user.b", bytes("2")]]) }),
    file("/s/ping", "x", { xattrs: new Map([["security.capability", bytes("3")]]) }),
  ]);
  const tree = layered(
    base,
    await applyActions([copyAction({ source: "s", target: "/d", owner: { user: 1 } })], [base, source]),
  );
  const attributes = [...tree.walk()].map(({ path, xattrs }) => [
    path,
    [...(xattrs ?? [])].map(([name, value]) => `${name}=${Buffer.from(value).toString()}`),
  ]);
  expect(Object.fromEntries(attributes)).toEqual({
    "/d": [],
    "/d/ping": ["security.capability=3"],
    "/d/t": ["user.a=1", "user.b=2"],
  });
});
