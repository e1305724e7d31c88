import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { withFolder } from "../../testing/layouts.ts";
import { directory, file, symlink } from "../../testing/trees.ts";
import { collect } from "../base/bytes.ts";
import { decodeName } from "../base/names.ts";
import { dumpTree } from "../tree/dump.ts";
import { treeOf } from "../tree/memory-tree.ts";
import { path } from "../tree/path.ts";
import { treeOfFolder } from "./folder-reader.ts";
import { writeFolder } from "./folder-writer.ts";

const owner = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };

describe("treeOfFolder", () => {
  const tree = treeOf([
    directory("/", { ...owner, mode: 0o755, mtime: 1 }),
    directory("/etc", { ...owner, mode: 0o700, mtime: 2 }),
    file("/etc/a", "linked", { ...owner, mode: 0o640, mtime: 3, link: "x" }),
    file("/b", "linked", { ...owner, mode: 0o640, mtime: 3, link: "x" }),
    file("/big", "0123456789".repeat(100_000), { ...owner, mtime: 4 }),
    file(decodeName(Buffer.from([0x2f, 0xff])), "odd", { ...owner, mtime: 4 }),
    symlink("/outside", "/etc/passwd", owner),
    symlink("/up", "../..", owner),
  ]);

  test("reads what was unpacked, and follows no link", async () => {
    await withFolder(async (folder) => {
      await writeFolder(tree, join(folder, "root"), undefined);
      const read = await treeOfFolder(join(folder, "root"));
      expect(dumpTree(read)).toEqual(dumpTree(tree));
      for (const entry of read.walk())
        expect([entry.path, entry.mtime]).toEqual([entry.path, tree.lookup(entry.path)?.mtime]);
      const [a, b, big] = ["/etc/a", "/b", "/big"].map((name) => read.lookup(path(name)));
      expect(a).toHaveProperty("link");
      expect(b).toHaveProperty("link", (a as { link?: string }).link);
      expect(big).not.toHaveProperty("link");
      if (big?.kind !== "file") throw new Error("no file");
      expect((await collect(big.content, 1 << 24, "big")).length).toBe(1_000_000);
      expect(big.origins).toEqual([{ kind: "declared", what: `the folder ${join(folder, "root")}` }]);
    });
  });

  test("a pipe is an entry and does not hang it", async () => {
    await withFolder(async (folder) => {
      execFileSync("mkfifo", ["-m", "600", join(folder, "pipe")]);
      expect((await treeOfFolder(folder)).lookup(path("/pipe"))?.kind).toBe("fifo");
    });
  });

  test("an absent folder", async () => {
    await withFolder(async (folder) => {
      await expect(treeOfFolder(join(folder, "absent"))).rejects.toMatchObject({ code: "disk" });
    });
  });
});
