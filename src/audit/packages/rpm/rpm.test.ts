import { expect, test } from "vitest";
import { attributionOf } from "../../../../testing/attribution.ts";
import { damaged, sequence } from "../../../../testing/corpus.ts";
import {
  berkeleyDatabase,
  ndbDatabase,
  type RpmSample,
  rpmHeader,
  sqliteDatabase,
} from "../../../../testing/rpm-databases.ts";
import { directory, file, symlink } from "../../../../testing/trees.ts";
import { limits } from "../../../base/limits.ts";

const samples: readonly RpmSample[] = [
  {
    name: "bash",
    version: "5.1",
    release: "2.el9",
    architecture: "x86_64",
    paths: ["/usr/bin/bash", "/usr/bin/sh"],
    provides: ["bash", "/bin/sh", "config(bash)"],
    requires: ["libc.so.6()(64bit)", "rpmlib(PayloadIsZstd)"],
  },
  {
    name: "glibc",
    epoch: 2,
    provides: ["libc.so.6()(64bit)"],
    paths: ["/lib64/libc.so.6"],
    architecture: "x86_64",
  },
  { name: "gpg-pubkey", version: "8483c65d" },
  {
    name: "app",
    paths: ["/usr/bin/app", "/usr/bin/replaced", "/var/empty-of-app"],
    states: [0, 1, 0],
    requires: ["/usr/bin/sh", "bash", "app", "absent"],
  },
  // Larger than any page.
  { name: "big", paths: Array.from({ length: 9000 }, (_, index) => `/usr/share/big/a-file-called-${index}`) },
];
const headers = samples.map(rpmHeader);

const tree = [
  file("/usr/bin/bash"),
  symlink("/usr/bin/sh", "bash"),
  file("/usr/lib64/libc.so.6"),
  symlink("/lib64", "usr/lib64"),
  file("/usr/bin/app"),
  file("/usr/bin/replaced"),
  directory("/var/empty-of-app"),
  file("/usr/share/big/a-file-called-8999"),
];

const told = {
  packages: ["bash:x86_64 5.1-2.el9 (glibc)", "glibc:x86_64 2:1-1", "app 1-1 (bash)", "big 1-1"],
  owners: {
    "/usr/bin/bash": "bash:x86_64",
    "/usr/bin/sh": "bash:x86_64",
    "/usr/lib64/libc.so.6": "glibc:x86_64",
    "/usr/bin/app": "app",
    "/var/empty-of-app": "app",
    "/usr/share/big/a-file-called-8999": "big",
  },
  unreadable: {},
};

const databases: readonly { readonly format: string; readonly name: string; readonly bytes: Buffer }[] = [
  { format: "sqlite", name: "rpmdb.sqlite", bytes: sqliteDatabase(headers).database },
  {
    format: "sqlite, small pages",
    name: "rpmdb.sqlite",
    bytes: sqliteDatabase(headers, { pageSize: 512 }).database,
  },
  {
    format: "sqlite, large pages",
    name: "rpmdb.sqlite",
    bytes: sqliteDatabase(headers, { pageSize: 65_536 }).database,
  },
  { format: "ndb", name: "Packages.db", bytes: ndbDatabase(headers) },
  { format: "Berkeley DB", name: "Packages", bytes: berkeleyDatabase(headers) },
  {
    format: "Berkeley DB, big-endian",
    name: "Packages",
    bytes: berkeleyDatabase(headers, { bigEndian: true, pageSize: 4096 }),
  },
];

/** One leaf page, the schema's, of rows that lie at the same place: each has this many columns of nothing. */
function overlappingRows(rows: number, columns: number): Buffer {
  const page = Buffer.alloc(65_536);
  page.write("SQLite format 3\0", "latin1");
  page.writeUInt16BE(1, 16);
  page[100] = 0x0d;
  page.writeUInt16BE(rows, 103);
  const varint = (value: number): readonly number[] => [
    0x80 | ((value >> 14) & 0x7f),
    0x80 | ((value >> 7) & 0x7f),
    value & 0x7f,
  ];
  const cell = page.length - columns - 20;
  for (let index = 0; index < rows; index++) page.writeUInt16BE(cell, 108 + 2 * index);
  page.set([...varint(columns + 3), 1, ...varint(columns + 3)], cell);
  return page;
}

test.each(databases)("$format", async ({ name, bytes }) => {
  expect(await attributionOf([...tree, file(`/var/lib/rpm/${name}`, bytes)])).toEqual(told);
});

test("the database is found by each of its folders, once where they are one", async () => {
  const [sqlite] = databases;
  const database = file("/usr/lib/sysimage/rpm/rpmdb.sqlite", sqlite?.bytes);
  const linked = symlink("/var/lib/rpm", "../../usr/lib/sysimage/rpm");
  expect(await attributionOf([...tree, database, linked])).toEqual(told);
  const ostree = file("/usr/share/rpm/Packages.db", ndbDatabase(headers));
  expect(await attributionOf([...tree, ostree])).toEqual(told);
});

test("thousands of packages, over interior pages of the b-tree", async () => {
  const many = Array.from({ length: 3000 }, (_, index) => rpmHeader({ name: `p${index}` }));
  const { database } = sqliteDatabase(many, { pageSize: 512 });
  const { packages, unreadable } = await attributionOf([file("/var/lib/rpm/rpmdb.sqlite", database)]);
  expect(unreadable).toEqual({});
  expect(packages).toEqual(many.map((_, index) => `p${index} 1-1`));
});

test("what is committed to the write-ahead log counts, and nothing past damage to it", async () => {
  const named = (name: string): Buffer =>
    rpmHeader({ name, paths: Array.from({ length: 500 }, (_, i) => `/${name}/${i}`) });
  const { database, log } = sqliteDatabase([named("first")], { logged: [named("second"), named("third")] });
  const read = async (bytes: Buffer | undefined): Promise<readonly string[]> =>
    (
      await attributionOf([
        file("/var/lib/rpm/rpmdb.sqlite", database),
        file("/var/lib/rpm/rpmdb.sqlite-wal", bytes),
      ])
    ).packages;
  expect(await read(log)).toEqual(["first 1-1", "second 1-1", "third 1-1"]);
  const torn = Buffer.from(log ?? "");
  torn[torn.length - 1] = (torn.at(-1) ?? 0) ^ 1;
  expect(await read(torn)).toEqual(["first 1-1", "second 1-1"]);
  expect(await read(Buffer.alloc(0))).toEqual(["first 1-1"]);
  expect(await read(Buffer.from("no log at all, but long enough to be taken for one"))).toEqual([
    "first 1-1",
  ]);
});

function changed(bytes: Buffer, change: (copy: Buffer) => void): Buffer {
  const copy = Buffer.from(bytes);
  change(copy);
  return copy;
}

const ndb = ndbDatabase(headers);
const berkeley = berkeleyDatabase(headers);
const sqlite = sqliteDatabase(headers, { pageSize: 512 }).database;
const small = sqliteDatabase([rpmHeader({ name: "a" })]).database;

const malformed: readonly { readonly summary: string; readonly bytes: Buffer; readonly why: RegExp }[] = [
  { summary: "nothing", bytes: Buffer.alloc(0), why: /^byte 0: neither/ },
  { summary: "text", bytes: Buffer.from("hello"), why: /^byte 0: neither/ },
  {
    summary: "ndb's version",
    bytes: changed(ndb, (b) => b.writeUInt32LE(7, 4)),
    why: /^byte 4: format version 7/,
  },
  {
    summary: "ndb's slot count",
    bytes: changed(ndb, (b) => b.writeUInt32LE(0xffffff, 12)),
    why: /^byte 12: its slots end/,
  },
  {
    summary: "an ndb slot",
    bytes: changed(ndb, (b) => b.fill(0, 48, 52)),
    why: /^byte 48: expected "Slot"$/,
  },
  {
    summary: "an ndb blob's place",
    bytes: changed(ndb, (b) => b.writeUInt32LE(0xfffffff, 40)),
    why: /lie outside of its/,
  },
  {
    summary: "an ndb blob's length",
    bytes: changed(ndb, (b) => b.writeUInt32LE(0xfffffff, 4096 + 12)),
    why: /^byte 4108: the blob is longer/,
  },
  {
    summary: "two ndb slots of one blob",
    bytes: changed(ndb, (b) => b.copy(b, 176, 160, 176)),
    why: /^byte \d+: its packages overlap$/,
  },
  {
    summary: "Berkeley DB's page size",
    bytes: changed(berkeley, (b) => b.writeUInt32LE(1000, 20)),
    why: /^byte 20: a page size of 1000/,
  },
  {
    summary: "an encrypted Berkeley DB",
    bytes: changed(berkeley, (b) => b.fill(1, 24, 25)),
    why: /^byte 24: it is encrypted/,
  },
  {
    summary: "a b-tree of Berkeley DB",
    bytes: changed(berkeley, (b) => b.fill(9, 25, 26)),
    why: /^byte 25: the first page has type 9/,
  },
  {
    summary: "an overflow page twice",
    bytes: changed(berkeley, loopOverflow),
    why: /^page \d+: it is part of two values/,
  },
  {
    summary: "SQLite's page size",
    bytes: changed(small, (b) => b.writeUInt16BE(100, 16)),
    why: /^byte 16: a page size of 100/,
  },
  {
    summary: "SQLite without the table",
    bytes: changed(small, (b) => b.write("Pachages", b.indexOf("tablePackages") + 5)),
    why: /^it has no table Packages$/,
  },
  {
    summary: "SQLite whose rows overlap",
    bytes: overlappingRows(100, 20_000),
    why: /page 1: its rows overlap$/,
  },
  { summary: "SQLite cut short", bytes: sqlite.subarray(0, 2048), why: /outside of its 2048 bytes/ },
];

function loopOverflow(bytes: Buffer): void {
  for (let page = 512; page < bytes.length; page += 512) {
    if (bytes[page + 25] === 7 && bytes.readUInt32LE(page + 16) !== 0)
      bytes.writeUInt32LE(page / 512, page + 16);
  }
}

test.each(malformed)("$summary: unreadable, and why", async ({ bytes, why }) => {
  const { unreadable } = await attributionOf([file("/var/lib/rpm/Packages", bytes)]);
  expect(unreadable["/var/lib/rpm/Packages"] ?? "").toMatch(why);
});

test("one package that can't be read leaves the others", async () => {
  const broken = changed(headers[0] ?? Buffer.alloc(0), (b) => b.writeUInt32BE(3000, 0));
  const { packages, unreadable } = await attributionOf([
    file("/var/lib/rpm/Packages.db", ndbDatabase([broken, rpmHeader({ name: "good" })])),
  ]);
  expect(packages).toEqual(["good 1-1"]);
  expect(unreadable["/var/lib/rpm/Packages.db"]).toMatch(/^the package at byte 4112: byte 0: 3000 tags/);
});

test.each([
  {
    summary: "too many tags",
    bytes: changed(rpmHeader({ name: "a" }), (b) => b.writeUInt32BE(limits.rpmHeaderTagsMax + 1, 0)),
    why: "rpmHeaderTagsMax",
  },
  {
    summary: "no name",
    bytes: changed(rpmHeader({ name: "a" }), (b) => b.writeUInt32BE(1, 8)),
    why: "no name, version or release",
  },
  {
    summary: "a text that does not end",
    bytes: changed(rpmHeader({ name: "a" }), (b) => b.writeUInt32BE(0xffff, 16)),
    why: "does not end",
  },
])("a header with $summary", async ({ bytes, why }) => {
  const { unreadable } = await attributionOf([file("/var/lib/rpm/Packages.db", ndbDatabase([bytes]))]);
  expect(unreadable["/var/lib/rpm/Packages.db"]).toContain(why);
});

test("CBL-Mariner's list of packages without files", async () => {
  const line = (...columns: readonly string[]): string => `${columns.join("\t")}\n`;
  const text =
    line(
      "bash",
      "5.1-1.cm2",
      "1700000000",
      "1690000000",
      "Microsoft",
      "(none)",
      "1",
      "x86_64",
      "0",
      "bash.src.rpm",
    ) +
    line(
      "openssl",
      "1.1-2.cm2",
      "1700000000",
      "1690000000",
      "Microsoft",
      "1",
      "1",
      "x86_64",
      "1",
      "openssl.src.rpm",
    );
  expect(await attributionOf([file("/var/lib/rpmmanifest/container-manifest-2", text)])).toMatchObject({
    packages: ["bash:x86_64 5.1-1.cm2", "openssl:x86_64 1:1.1-2.cm2"],
    unreadable: {},
  });
  const { unreadable } = await attributionOf([file("/var/lib/rpmmanifest/container-manifest-2", "a\tb\n")]);
  expect(Object.values(unreadable)).toEqual(["line 1: expected ten columns"]);
});

test.each([
  { format: "ndb", bytes: ndbDatabase(headers.slice(0, 4)) },
  { format: "Berkeley DB", bytes: berkeleyDatabase(headers.slice(0, 4)) },
  { format: "sqlite", bytes: sqliteDatabase(headers.slice(0, 4), { pageSize: 512 }).database },
])("$format, damaged: what is told is told without an exception", async ({ bytes }) => {
  const random = sequence(4);
  let failures = 0;
  for (let round = 0; round < 1500; round++) {
    const { unreadable } = await attributionOf([file("/var/lib/rpm/Packages", damaged(bytes, random))]);
    failures += Object.keys(unreadable).length;
  }
  expect(failures).toBeGreaterThan(100);
});
