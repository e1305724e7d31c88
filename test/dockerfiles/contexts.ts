// What the contexts of some cases hold beside what git keeps: links, devices, names of odd bytes, archives.
import { execFileSync } from "node:child_process";
import { linkSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { type TarEntry, tarOf } from "../../testing/builders.ts";

type Prepare = (context: string) => void;

/** Links by the name of the link. */
function links(targets: Readonly<Record<string, string>>): Prepare {
  return (context) => {
    for (const [name, target] of Object.entries(targets)) {
      mkdirSync(join(context, name, ".."), { recursive: true });
      symlinkSync(target, join(context, name));
    }
  };
}

export const symbolicLinks: Prepare = links({
  link: "tree/a",
  "folder-link": "tree",
  "links/in": "../tree/a",
  "links/out": "/etc/passwd",
  "links/dangling": "nowhere",
  "links/loop": "loop",
});

export const hardLinks: Prepare = (context) => {
  for (const name of ["two", "three"]) linkSync(join(context, "links/one"), join(context, "links", name));
};

export const specialFiles: Prepare = (context) => {
  const folder = join(context, "special");
  execFileSync("mkfifo", ["-m", "640", join(folder, "fifo")]);
  execFileSync("mknod", ["-m", "600", join(folder, "null"), "c", "1", "3"]);
};

/** Names of bytes, some of which are no UTF-8. */
export const oddNames: Prepare = (context) => {
  const names = [
    ...["-dash", "with blank", '"quoted"', "back\\slash", "dollar$HOME", "star*", "[bracket]", "tab\there"],
    ...["\u00fcn\u00efc\u00f8d\u00e9", "\u65e5\u672c", " leading", "trailing ", "new\nline", "l".repeat(250)],
  ];
  for (const name of names) writeFileSync(join(context, name), `${name}\n`);
};

export const emptyFolders: Prepare = (context) => {
  mkdirSync(join(context, "nothing/in/here"), { recursive: true });
};

export const manyFiles: Prepare = (context) => {
  for (let number = 1; number <= 400; number++) {
    const folder = join(context, "many", String(number % 20));
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, String(number)), `${number}\n`);
  }
};

export const bigFile: Prepare = (context) => {
  writeFileSync(join(context, "big"), Buffer.alloc(24 << 20, "0123456789abcdef\n"));
};

/** Old enough for a time of its own. */
const mtime = 1_600_000_000;

const plain: readonly TarEntry[] = [
  { name: "packed/", kind: "directory", mode: 0o750, mtime, uid: 3, gid: 4 },
  { name: "packed/file", content: "from an archive\n", mode: 0o640, mtime, uid: 7, gid: 8 },
  { name: "no/folder/above", content: "x\n", mode: 0o600, mtime },
  { name: "top", content: "first\n", mtime },
  { name: "top", content: "the last of a name\n", mtime },
];

const value = (text: string): Uint8Array => new TextEncoder().encode(text);

/** cap_net_bind_service=ep, as the kernel keeps it (linux/capability.h, vfs_cap_data). */
const capability: Uint8Array = Buffer.from("0100000200040000000000000000000000000000", "hex");

const kinds: readonly TarEntry[] = [
  { name: "./", kind: "directory", mode: 0o711, mtime },
  { name: "./sticky/", kind: "directory", mode: 0o1777, mtime },
  { name: "./setuid", content: "s\n", mode: 0o4755, mtime },
  { name: "./setgid", content: "s\n", mode: 0o2711, mtime },
  { name: "./hard", kind: "hardlink", target: "./setuid", mode: 0o4755, mtime },
  { name: "./link", kind: "symlink", target: "setuid", mtime, uid: 5, gid: 6 },
  { name: "./absolute", kind: "symlink", target: "/etc/passwd", mtime },
  { name: "./fifo", kind: "fifo", mode: 0o620, mtime },
  {
    name: "./capable",
    content: "c\n",
    mode: 0o755,
    mtime,
    xattrs: new Map([["security.capability", capability]]),
  },
  { name: "./labelled", content: "l\n", mtime, xattrs: new Map([["user.note", value("kept")]]) },
  { name: `./${"long-".repeat(40)}`, content: "long\n", mtime },
  { name: `./${"a-folder-far-down/".repeat(15)}file`, content: "deep\n", mtime },
  { name: "./big-owner", content: "b\n", mtime, uid: 60_000, gid: 60_001 },
];

const devices: readonly TarEntry[] = [
  { name: "null", kind: "character-device", mode: 0o666, mtime, deviceMajor: 1, deviceMinor: 3 },
  { name: "block", kind: "block-device", mode: 0o600, mtime, deviceMajor: 7, deviceMinor: 300 },
];

const linked: readonly TarEntry[] = [
  { name: "real/", kind: "directory", mtime },
  { name: "through", kind: "symlink", target: "real", mtime },
  { name: "through/file", content: "behind a link\n", mtime },
  { name: "up", kind: "symlink", target: "../../..", mtime },
  { name: "up/at-the-top", content: "inside the image\n", mtime },
];

const leaving: readonly TarEntry[] = [
  { name: "out", kind: "symlink", target: "/etc", mtime },
  { name: "out/by-archive", content: "inside the image\n", mtime },
];

/** Archives of one content, by the names that cases have them under. */
export const archives: Prepare = (context) => {
  const tar = tarOf(plain);
  const packed = (program: string): Buffer => execFileSync(program, ["-c"], { input: tar });
  const files: Readonly<Record<string, Uint8Array>> = {
    "plain.tar": tar,
    "archive.tar.gz": gzipSync(tar),
    "archive.tar.xz": packed("xz"),
    "archive.tar.bz2": packed("bzip2"),
    "archive.tar.zst": packed("zstd"),
    "misnamed.txt": tar,
    "just.gz": gzipSync("no archive in it\n"),
    "truncated.tar": tar.subarray(0, 700),
    "kinds.tar": tarOf(kinds),
    "devices.tar": tarOf(devices),
    "leaving.tar": tarOf(leaving),
    "links.tar": tarOf(linked),
  };
  for (const [name, content] of Object.entries(files)) writeFileSync(join(context, name), content);
};
