import { describe, expect, test } from "vitest";
import { file } from "../../testing/trees.ts";
import { ToolError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import type { Entry } from "../tree/entry.ts";
import { treeOf } from "../tree/memory-tree.ts";
import { readSettings, readSettingsWithin } from "./settings.ts";

const numbered = (count: number, content: string | Buffer): Entry[] =>
  Array.from({ length: count }, (_, index) => file(`/etc/ld.so.conf.d/${1000 + index}.conf`, content));
const large = Buffer.alloc(limits.settingsBytesMax, "#");

describe("settings", () => {
  test("are read by path", async () => {
    const tree = treeOf([
      file("/etc/passwd", "a"),
      file("/etc/ld.so.conf.d/a.conf", "/a"),
      file("/etc/motd"),
    ]);
    expect([...(await readSettings(tree))]).toEqual([
      ["/etc/passwd", "a"],
      ["/etc/ld.so.conf.d/a.conf", "/a"],
    ]);
  });

  test.each<{ summary: string; entries: Entry[]; read: number; tooLarge: string[] }>([
    { summary: "as large as may be", entries: [file("/etc/group", large)], read: 1, tooLarge: [] },
    {
      summary: "one byte more",
      entries: [file("/etc/group", Buffer.concat([large, Buffer.from("#")])), file("/etc/passwd", "a")],
      read: 1,
      tooLarge: ["/etc/group"],
    },
    {
      summary: "too large together: accounts come first",
      entries: [...numbered(5, large), file("/etc/passwd", "a")],
      read: 4,
      tooLarge: ["/etc/ld.so.conf.d/1003.conf", "/etc/ld.so.conf.d/1004.conf"],
    },
    {
      summary: "too many",
      entries: numbered(limits.settingsFilesMax + 1, ""),
      read: limits.settingsFilesMax,
      tooLarge: [`/etc/ld.so.conf.d/${1000 + limits.settingsFilesMax}.conf`],
    },
  ])("$summary", async ({ entries, read, tooLarge }) => {
    const tree = treeOf(entries);
    const found = await readSettingsWithin(tree);
    expect([found.texts.size, found.tooLarge]).toEqual([read, tooLarge]);
    if (tooLarge.length === 0) expect((await readSettings(tree)).size).toBe(read);
    else {
      const error = await readSettings(tree).catch((thrown: unknown) => thrown);
      expect(error instanceof ToolError && [error.code, error.what]).toEqual([
        "limit",
        `${tooLarge[0] ?? ""} can't be read as a setting`,
      ]);
    }
  });
});
