import { execFileSync } from "node:child_process";
import { chmod, lstat, mkdir, readdir, readFile, readlink, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { withFolder } from "../../testing/layouts.ts";
import { directory, file, symlink } from "../../testing/trees.ts";
import { collect } from "../base/bytes.ts";
import { digestOf } from "../base/digest.ts";
import type { Event } from "../base/events.ts";
import { decodeName, encodeName } from "../base/names.ts";
import type { Entry } from "../tree/entry.ts";
import { treeOf } from "../tree/memory-tree.ts";
import { path } from "../tree/path.ts";
import { writeFolder } from "./folder-writer.ts";
import { tarOfTree } from "./tree-tar.ts";

const isRoot = process.getuid?.() === 0;
const odd = decodeName(Buffer.from([0x2f, 0xff, 0xfe]));
const linked = { link: "1", mtime: 5 };
const entries: readonly Entry[] = [
  directory("/", { mode: 0o711, mtime: 3 }),
  directory("/closed", { mode: 0o555, mtime: 10 }),
  file("/closed/inside", "x", { mode: 0o400, mtime: 20 }),
  file("/a", "linked", linked),
  file("/b", "linked", linked),
  symlink("/etc-link", "/etc", { mtime: 7 }),
  symlink("/dangling", "../../nowhere"),
  file("/etc/passwd", "root:x:0:0::/:\n", { mode: 0o644 }),
  file(odd, "odd"),
  file("/suid", "s", { mode: 0o4755 }),
  file("/empty"),
];
const silent = (): void => undefined;

describe("writeFolder", () => {
  test("makes every entry with its content, mode and time", async () => {
    await withFolder(async (folder) => {
      const target = join(folder, "new/root");
      await writeFolder(treeOf(entries), target, silent);
      const at = (name: string): string => join(target, name);
      expect(await readFile(at("closed/inside"), "utf8")).toBe("x");
      expect((await stat(at("closed"))).mode & 0o7777).toBe(0o555);
      expect((await stat(at("closed"))).mtimeMs).toBe(10_000);
      expect((await stat(at("closed/inside"))).mode & 0o7777).toBe(0o400);
      expect((await stat(at("a"))).ino).toBe((await stat(at("b"))).ino);
      expect((await stat(at("a"))).mtimeMs).toBe(5000);
      expect((await lstat(at("etc-link"))).mtimeMs).toBe(7000);
      expect(await readlink(at("etc-link"))).toBe("/etc");
      expect(await readlink(at("dangling"))).toBe("../../nowhere");
      expect((await stat(target)).mode & 0o7777).toBe(0o711);
      expect((await stat(target)).mtimeMs).toBe(3000);
      expect((await readFile(Buffer.concat([Buffer.from(target), encodeName(odd)]))).toString()).toBe("odd");
      if (isRoot) expect((await stat(at("suid"))).mode & 0o7777).toBe(0o4755);
      expect(await readdir(join(folder, "new"))).toEqual(["root"]);
      await chmod(at("closed"), 0o755);
    });
  });

  test("does not write through a link of the tree", async () => {
    await withFolder(async (folder) => {
      await mkdir(join(folder, "outside"));
      // A later entry below what was a link: the tree turns it into a folder.
      const tree = treeOf([symlink("/x", join(folder, "outside")), file("/x/y", "1")]);
      await writeFolder(tree, join(folder, "root"), silent);
      expect(await readdir(join(folder, "outside"))).toEqual([]);
      expect((await lstat(join(folder, "root/x"))).isDirectory()).toBe(true);
    });
  });

  const device: Entry = {
    kind: "character-device",
    path: path("/dev/null"),
    origins: [],
    mode: 0o666,
    uid: 0,
    gid: 0,
    mtime: 0,
    deviceMajor: 1,
    deviceMinor: 3,
  };
  test("refuses a device, and leaves nothing behind", async () => {
    await withFolder(async (folder) => {
      const tree = treeOf([...entries, device]);
      await expect(writeFolder(tree, join(folder, "root"), silent)).rejects.toMatchObject({
        code: "usage",
        what: "unpacking /dev/null",
      });
      expect(await readdir(folder)).toEqual([]);
    });
  });

  test("takes an empty folder, and refuses one that isn't", async () => {
    await withFolder(async (folder) => {
      await mkdir(join(folder, "root"));
      await writeFolder(treeOf([file("/a", "1")]), join(folder, "root"), silent);
      await expect(writeFolder(treeOf([]), join(folder, "root"), silent)).rejects.toMatchObject({
        code: "usage",
      });
      expect(await readFile(join(folder, "root/a"), "utf8")).toBe("1");
    });
  });

  test("says that extended attributes are not kept", async () => {
    await withFolder(async (folder) => {
      const xattrs = new Map([["security.capability", Buffer.from("00", "hex")]]);
      const events: Event[] = [];
      await writeFolder(treeOf([file("/ping", "1", { xattrs })]), join(folder, "root"), (event) =>
        events.push(event),
      );
      expect(events).toMatchObject([{ type: "log", level: "warning" }]);
      expect(events[0]).toHaveProperty(
        "message",
        expect.stringContaining("the extended attributes of 1 entries"),
      );
    });
  });

  test("as an ordinary user says what is not kept, and makes nothing setuid, its own files included", async () => {
    await withFolder(async (folder) => {
      await chmod(folder, 0o777);
      const script = `
        import { writeFolder } from ${JSON.stringify(join(import.meta.dirname, "folder-writer.ts"))};
        import { treeOf } from ${JSON.stringify(join(import.meta.dirname, "../tree/memory-tree.ts"))};
        import { directory, file } from ${JSON.stringify(join(import.meta.dirname, "../../testing/trees.ts"))};
        if (process.getuid() === 0) {
          process.setgid(65534);
          process.setuid(65534);
        }
        const own = { uid: process.getuid(), gid: process.getgid() };
        const tree = treeOf([
          file("/suid", "s", { mode: 0o4755 }),
          file("/own-suid", "s", { mode: 0o6755, ...own }),
          directory("/d", { mode: 0o500 }),
          file("/d/x", "1"),
        ]);
        await writeFolder(tree, ${JSON.stringify(join(folder, "root"))}, (event) => process.stdout.write(JSON.stringify(event)));
      `;
      const output = execFileSync(process.execPath, ["--input-type=module-typescript", "-e", script], {
        encoding: "utf8",
      });
      expect(JSON.parse(output)).toMatchObject({
        type: "log",
        level: "warning",
        message: expect.stringMatching(
          /owners of 4 entries .*, nor the setuid and setgid bits of 2 entries;/,
        ) as string,
      });
      for (const name of ["suid", "own-suid"]) {
        expect((await stat(join(folder, "root", name))).mode & 0o7777, name).toBe(0o755);
      }
    });
  });
});

test("a tree as tar is the same twice, and what tar lists", async () => {
  await withFolder(async (folder) => {
    const bytes = await collect(tarOfTree(treeOf(entries)), 1 << 20, "tar");
    expect(digestOf(await collect(tarOfTree(treeOf(entries)), 1 << 20, "tar"))).toBe(digestOf(bytes));
    await writeFile(join(folder, "a.tar"), bytes);
    const listed = execFileSync("tar", ["-tvf", join(folder, "a.tar"), "--numeric-owner"], {
      env: { TZ: "UTC", PATH: process.env["PATH"] ?? "" },
      encoding: "utf8",
    });
    expect(
      listed
        .trim()
        .split("\n")
        .map((line) => line.replace(/\s+/g, " ")),
    ).toEqual([
      "-rw-r--r-- 0/0 6 1970-01-01 00:00 a",
      "hrw-r--r-- 0/0 0 1970-01-01 00:00 b link to a",
      "dr-xr-xr-x 0/0 0 1970-01-01 00:00 closed/",
      "-r-------- 0/0 1 1970-01-01 00:00 closed/inside",
      "lrwxrwxrwx 0/0 0 1970-01-01 00:00 dangling -> ../../nowhere",
      "-rw-r--r-- 0/0 0 1970-01-01 00:00 empty",
      "drwxr-xr-x 0/0 0 1970-01-01 00:00 etc/",
      "-rw-r--r-- 0/0 15 1970-01-01 00:00 etc/passwd",
      "lrwxrwxrwx 0/0 0 1970-01-01 00:00 etc-link -> /etc",
      "-rwsr-xr-x 0/0 1 1970-01-01 00:00 suid",
      "-rw-r--r-- 0/0 3 1970-01-01 00:00 \\377\\376",
    ]);
  });
});
