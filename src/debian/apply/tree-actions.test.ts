import { describe } from "vitest";
import {
  change,
  cp,
  expectChanges,
  hardLink,
  link,
  mv,
  rm,
  script,
  varRun,
} from "../../../testing/applied-effects.ts";
import { directory, file, symlink } from "../../../testing/trees.ts";
import { path } from "../../tree/path.ts";

describe("links", () => {
  expectChanges([
    {
      summary: "a link, in a folder that is made",
      scripts: script(link("/a/b", "../x")),
      changed: { "/a": "directory 0755", "/a/b": "symlink 0777 -> ../x" },
    },
    {
      summary: "what is there stays, unless it is to be replaced; a folder always does",
      tree: [file("/f", "x"), file("/g", "x"), directory("/d")],
      scripts: script(link("/f", "t"), link("/g", "t", true), link("/d", "t", true)),
      changed: { "/g": "symlink 0777 -> t" },
    },
    {
      summary: "a second name for a file, and a third",
      tree: [file("/f", "x", { mode: 0o600 })],
      scripts: script(hardLink("/g", "/f"), hardLink("/d/h", "/g")),
      changed: {
        "/f": 'file 0600 "x" [effect /f]',
        "/g": 'file 0600 "x" [effect /f]',
        "/d": "directory 0755",
        "/d/h": 'file 0600 "x" [effect /f]',
      },
    },
    {
      summary: "no second name for what is no file, nor in place of a folder",
      tree: [directory("/d"), file("/f", "x")],
      scripts: script(hardLink("/g", "/d"), hardLink("/g", "/nothing"), hardLink("/d", "/f")),
      changed: {},
    },
  ]);
});

const pair = [file("/a", "x", { link: "i" }), file("/b", "x", { link: "i" })];

describe("what is there", () => {
  expectChanges([
    {
      summary: "attributes of a file have one value under all its names",
      tree: pair,
      scripts: script(change("/b", { mode: "0600", user: "daemon" })),
      changed: { "/a": 'file 0600 1:0 "x" [i]', "/b": 'file 0600 1:0 "x" [i]' },
    },
    {
      summary: "attributes through a link, and of nothing",
      tree: [symlink("/l", "f"), file("/f", "x")],
      scripts: script(change("/l", { mode: "0600" }), change("/nothing", { mode: "0600" })),
      changed: { "/f": 'file 0600 "x"' },
    },
    {
      summary: "attributes of everything below, links left alone",
      tree: [directory("/d"), file("/d/f", "x"), symlink("/d/l", "/f"), file("/f", "x")],
      scripts: script(change("/d", { mode: "o-rwx", user: "daemon", recursive: true })),
      changed: { "/d": "directory 0750 1:0", "/d/f": 'file 0640 1:0 "x"' },
    },
    {
      summary: "copied with all below, each file of its own",
      tree: [
        directory("/d", { mode: 0o700 }),
        file("/d/a", "x", { link: "i" }),
        file("/d/b", "x", { link: "i" }),
      ],
      scripts: script(cp("/d", "/to/e")),
      changed: {
        "/to": "directory 0755",
        "/to/e": "directory 0700",
        "/to/e/a": 'file 0644 "x" [i copied to /to/e]',
        "/to/e/b": 'file 0644 "x" [i copied to /to/e]',
      },
    },
    {
      summary: "copied into itself, once",
      tree: [directory("/d"), file("/d/f", "x")],
      scripts: script(cp("/d", "/d/e")),
      changed: { "/d/e": "directory 0755", "/d/e/f": 'file 0644 "x"' },
    },
    {
      summary: "moved, still the same file",
      tree: pair,
      scripts: script(mv("/a", "/to/a")),
      changed: { "/a": undefined, "/to": "directory 0755", "/to/a": 'file 0644 "x" [i]' },
    },
    {
      summary: "moved through links; the link itself is moved where it is named",
      tree: [...varRun, file("/run/f", "x"), symlink("/l", "x")],
      scripts: script(mv("/var/run/f", "/var/run/g"), mv("/l", "/m")),
      changed: {
        "/run/f": undefined,
        "/run/g": 'file 0644 "x"',
        "/l": undefined,
        "/m": "symlink 0777 -> x",
      },
    },
    {
      summary: "a move of nothing, or into itself, does nothing",
      tree: [directory("/d"), file("/d/f", "x")],
      scripts: script(mv("/nothing", "/e"), mv("/d", "/d/e"), mv("/d/f", "/d/f")),
      changed: {},
    },
    {
      summary: "rm leaves folders, rm -r doesn't, rmdir wants them empty",
      tree: [directory("/a"), directory("/b"), file("/b/f"), directory("/c"), file("/c/f"), directory("/d")],
      scripts: script(rm("/a", "file"), rm("/b", "tree"), rm("/c", "empty-folder"), rm("/d", "empty-folder")),
      changed: { "/b": undefined, "/b/f": undefined, "/d": undefined },
    },
    {
      summary: "rm takes a link away, not what it leads to",
      tree: [...varRun, file("/run/f"), symlink("/run/l", "f")],
      scripts: script(rm("/var/run/l", "tree")),
      changed: { "/run/l": undefined },
    },
    {
      summary: "patterns are the shell's, and see through links to folders",
      tree: [
        ...varRun,
        ...["/run/a1", "/run/a2", "/run/b1", "/run/.a1", "/run/a*", "/run/sub/a1"].map((name) => file(name)),
      ],
      scripts: script(rm("/var/r*/a[12]", "file", true), rm("/run/a\\*", "file", true)),
      changed: { "/run/a1": undefined, "/run/a2": undefined, "/run/a*": undefined },
    },
    {
      summary: "a star doesn't match what is hidden",
      tree: [file("/d/.hidden"), file("/d/f"), file("/d/e/g")],
      scripts: script(rm("/d/*", "tree", true)),
      changed: { "/d/f": undefined, "/d/e": undefined, "/d/e/g": undefined },
    },
    {
      summary: "an override comes after everything else",
      tree: [file("/f", "x")],
      scripts: script(
        { kind: "stat-override", path: path("/f"), mode: "0600", user: "daemon", group: "adm" },
        change("/f", { mode: "0777", user: "root" }),
      ),
      changed: { "/f": 'file 0600 1:4 "x"' },
    },
    {
      summary: "diversions are the composition's to follow",
      tree: [file("/f", "x")],
      scripts: script(
        { kind: "diversion", path: path("/f"), to: path("/g"), owner: "app", rename: true },
        { kind: "diversion-removal", path: path("/f"), owner: "app", rename: true },
      ),
      changed: {},
    },
  ]);
});
