import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { directory, file, symlink } from "../../testing/trees.ts";
import { dumpTree } from "./dump.ts";
import type { Entry } from "./entry.ts";
import { finishTree, treeBuilder } from "./memory-tree.ts";
import { placeEntry } from "./placing.ts";
import type { Tree } from "./tree.ts";

function placed(entries: readonly Entry[]): Tree {
  const builder = treeBuilder();
  for (const entry of entries) placeEntry(builder, entry);
  return finishTree(builder);
}

describe("placing entries", () => {
  test.each<{ summary: string; entries: Entry[]; dump: Record<string, string> }>([
    {
      summary: "two spellings of one folder are one folder",
      entries: [symlink("/bin", "usr/bin"), file("/bin/a"), file("/usr/bin/b")],
      dump: {
        "/bin": "symlink 0777 -> usr/bin",
        "/usr": "directory 0755",
        "/usr/bin": "directory 0755",
        "/usr/bin/a": "file 0644 empty",
        "/usr/bin/b": "file 0644 empty",
      },
    },
    {
      summary: "a folder does not replace a link to a folder; its attributes reach that folder",
      entries: [symlink("/bin", "usr/bin"), directory("/bin", { mode: 0o711 })],
      dump: {
        "/bin": "symlink 0777 -> usr/bin",
        "/usr": "directory 0755",
        "/usr/bin": "directory 0711",
      },
    },
    {
      summary: "a folder does replace a link to a file",
      entries: [file("/f"), symlink("/l", "f"), directory("/l")],
      dump: { "/f": "file 0644 empty", "/l": "directory 0755" },
    },
  ])("$summary", ({ entries, dump }) => {
    expect(dumpTree(placed(entries))).toEqual(dump);
  });

  test("the order of what goes through links does not matter", () => {
    const links = [symlink("/bin", "usr/bin"), symlink("/lib", "usr/lib")];
    const entries = [
      directory("/bin"),
      file("/bin/a"),
      file("/usr/bin/b"),
      file("/lib/c/d"),
      file("/usr/lib/c/e"),
    ];
    const expected = Object.keys(dumpTree(placed([...links, ...entries])));
    fc.assert(
      fc.property(fc.shuffledSubarray(entries, { minLength: entries.length }), (shuffled) => {
        expect(Object.keys(dumpTree(placed([...links, ...shuffled])))).toEqual(expected);
      }),
    );
  });

  test("links in a circle are refused", () => {
    expect(() => placed([symlink("/a", "b"), symlink("/b", "a"), file("/a/x")])).toThrow(
      /symlinksFollowedMax/,
    );
  });
});
