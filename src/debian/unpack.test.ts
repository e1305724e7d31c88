import { spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, open, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type DebContent, debOf, elfOf } from "../../testing/builders.ts";
import { collect } from "../base/bytes.ts";
import { type Cache, openCache } from "../base/cache.ts";
import { digestOf } from "../base/digest.ts";
import type { Event } from "../base/events.ts";
import type { FileEntry } from "../tree/entry.ts";
import type { PackageContents } from "./package.ts";
import { createUnpacker, type PackageFile, type Unpacker } from "./unpack.ts";
import { unpackedFolder } from "./unpacked.ts";

let folder: string;
let cache: Cache;
let unpackers: Unpacker[];
let events: Event[];
let abort: AbortController;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "unpack-"));
  cache = await openCache(join(folder, "cache"));
  unpackers = [];
  events = [];
  abort = new AbortController();
});
afterEach(async () => {
  for (const unpacker of unpackers) await unpacker.close();
  await rm(folder, { recursive: true });
});

function unpacker(workers = 1): Unpacker {
  const emit = (event: Event): void => void events.push(event);
  const made = createUnpacker({ cache, workers, task: { signal: abort.signal, emit, now: () => 0 } });
  unpackers.push(made);
  return made;
}

async function packageOf(content: DebContent, id = "sample:amd64"): Promise<PackageFile> {
  const bytes = debOf(content);
  const digest = digestOf(bytes);
  const file = join(folder, `${digest.slice(7, 20)}.deb`);
  await writeFile(file, bytes);
  return { id, version: "1.0-1", deb: { file, sizeBytes: bytes.length, digest } };
}

async function unpackOne(file: PackageFile): Promise<PackageContents> {
  const [contents] = await unpacker().unpack([file]);
  if (contents === undefined) throw new Error("nothing was unpacked");
  return contents;
}

function fileAt(contents: PackageContents, path: string): FileEntry {
  const entry = contents.entries.find((one) => one.path === path);
  if (entry?.kind !== "file") throw new Error(`${path} is no file`);
  return entry;
}

async function text(entry: FileEntry): Promise<string> {
  return Buffer.from(await collect(entry.content, 1 << 26, entry.path)).toString("latin1");
}

const sample: DebContent = {
  data: [
    { name: "./usr/", mtime: 7 },
    { name: "./usr/bin/tool", content: "#!/bin/sh -e\n", mode: 0o755, uid: 3, gid: 4, mtime: 1_700_000_000 },
    { name: "./usr/bin/alias", kind: "hardlink", target: "./usr/bin/tool" },
    { name: "./lib/libx.so.1", content: elfOf({ soname: "libx.so.1", needed: ["libc.so.6"] }) },
    { name: "./lib/libx.so", target: "libx.so.1" },
    { name: "./etc/empty" },
  ],
};

test.each(["none", "gzip", "zstd"] as const)(
  "unpacks entries, contents and facts (%s)",
  async (compression) => {
    const contents = await unpackOne(await packageOf({ ...sample, compression }));
    expect(contents.id).toBe("sample:amd64");
    expect(contents.entries.map(({ path, kind }) => `${path} ${kind}`)).toEqual([
      "/usr directory",
      "/usr/bin/tool file",
      "/usr/bin/alias file",
      "/usr/lib/libx.so.1 file",
      "/usr/lib/libx.so symlink",
      "/etc/empty file",
    ]);
    const tool = fileAt(contents, "/usr/bin/tool");
    expect(tool).toMatchObject({ mode: 0o755, uid: 3, gid: 4, mtime: 1_700_000_000, sizeBytes: 13 });
    expect(tool.origins).toEqual([{ kind: "package", package: "sample:amd64", version: "1.0-1" }]);
    expect(await text(tool)).toBe("#!/bin/sh -e\n");
    expect(await text(tool), "a second time").toBe("#!/bin/sh -e\n");
    expect(fileAt(contents, "/usr/bin/alias").link).toBe(tool.link);
    expect(contents.facts(tool)).toEqual({
      magic: "script",
      script: { interpreter: "/bin/sh", argument: "-e" },
    });
    expect(contents.facts(fileAt(contents, "/usr/lib/libx.so.1")).elf).toMatchObject({ soname: "libx.so.1" });
    expect(contents.facts(fileAt(contents, "/etc/empty"))).toEqual({ magic: "empty" });
  },
);

test("files across, before and beyond the pack's buffer keep their bytes", async () => {
  const sizes = [10, 1 << 20, (1 << 20) - 10, 3, 3_000_000, 0, 1_048_577, 5];
  const files = sizes.map((size, index) => ({ name: `./f${index}`, content: randomBytes(size) }));
  const contents = await unpackOne(await packageOf({ data: files, compression: "none" }));
  for (const { name, content } of files) {
    const entry = fileAt(contents, name.slice(1));
    expect(entry.digest).toBe(digestOf(content));
    expect(digestOf(await collect(entry.content, 1 << 26, name))).toBe(entry.digest);
  }
});

test("several packages, in the order they were asked for; a package twice", async () => {
  const files = await Promise.all(
    ["a", "bb", "ccc"].map((name) =>
      packageOf({ data: [{ name: `./${name}`, content: randomBytes(9000) }] }, `${name}:all`),
    ),
  );
  const [a, b, c] = files;
  if (a === undefined || b === undefined || c === undefined) throw new Error("three packages");
  const contents = await unpacker(2).unpack([c, a, b, a]);
  expect(contents.map(({ id }) => id)).toEqual(["ccc:all", "a:all", "bb:all", "a:all"]);
  expect(contents[1]?.entries).toMatchObject(contents[3]?.entries.map(({ path }) => ({ path })) ?? []);
});

test("what the cache has is not decoded again", async () => {
  const file = await packageOf(sample);
  await unpackOne(file);
  await rm(file.deb.file);
  events.length = 0;
  const again = await unpackOne(file);
  expect(events).toEqual([]);
  expect(await text(fileAt(again, "/usr/bin/tool"))).toBe("#!/bin/sh -e\n");
});

test("a damaged index is made again", async () => {
  const file = await packageOf(sample);
  await unpackOne(file);
  const index = join(unpackedFolder(cache, file.deb.digest), "index");
  await writeFile(index, (await readFile(index, "utf8")).replace("/usr/bin/tool", "/usr/bin/evil"));
  const again = await unpackOne(file);
  expect(fileAt(again, "/usr/bin/tool").sizeBytes).toBe(13);
});

test.each([10, 700_000])(
  "a damaged pack is noticed when a file of %i bytes is read, and made again",
  async (size) => {
    const file = await packageOf({ data: [{ name: "./f", content: Buffer.alloc(size, 1) }] });
    const before = fileAt(await unpackOne(file), "/f");
    const pack = await open(join(unpackedFolder(cache, file.deb.digest), "pack"), "r+");
    await pack.write(Buffer.from([2]), 0, 1, size - 1);
    await pack.close();
    await expect(text(before)).rejects.toMatchObject({ code: "cache" });
    expect(await text(fileAt(await unpackOne(file), "/f"))).toBe("\u0001".repeat(size));
  },
);

test("a pack that is too short is noticed", async () => {
  const file = await packageOf({ data: [{ name: "./f", content: "hello" }] });
  const before = fileAt(await unpackOne(file), "/f");
  await writeFile(join(unpackedFolder(cache, file.deb.digest), "pack"), "hel");
  await expect(text(before)).rejects.toMatchObject({ code: "cache" });
});

test.each<{ summary: string; content: DebContent; change?: (bytes: Buffer) => Buffer; code: string }>([
  {
    summary: "a file changed on the way",
    content: sample,
    change: (bytes) => flip(bytes, 80),
    code: "digest-mismatch",
  },
  {
    summary: "bytes added",
    content: sample,
    change: (bytes) => Buffer.concat([bytes, bytes]),
    code: "digest-mismatch",
  },
  {
    summary: "a file cut short",
    content: sample,
    change: (bytes) => bytes.subarray(0, -200),
    code: "digest-mismatch",
  },
  { summary: "no .deb", content: sample, change: () => Buffer.from("hello"), code: "digest-mismatch" },
  {
    summary: "a device node",
    content: { data: [{ name: "./dev/sda", kind: "block-device" }] },
    code: "malformed",
  },
  {
    summary: "a name that leads out",
    content: { data: [{ name: "../x", content: "y" }] },
    code: "malformed",
  },
  {
    summary: "a bomb",
    content: { data: [{ name: "./zeros", content: Buffer.alloc(64 << 20) }], compression: "zstd" },
    code: "limit",
  },
])("refuses $summary and leaves nothing behind", async ({ content, change, code }) => {
  const file = await packageOf(content);
  if (change !== undefined) await writeFile(file.deb.file, change(await readFile(file.deb.file)));
  await expect(unpacker().unpack([file])).rejects.toMatchObject({ code });
  expect(events.at(-1)?.type).toBe("fail");
  expect(await readdir(join(cache.folder, "unpacked"))).toEqual([]);
  expect(await readdir(join(cache.folder, "tmp"))).toEqual([]);
});

function flip(bytes: Buffer, at: number): Buffer {
  const changed = Buffer.from(bytes);
  changed[at] = (changed[at] ?? 0) ^ 1;
  return changed;
}

test("two pools at once on one package: both have it, one folder remains", async () => {
  const file = await packageOf({
    data: [{ name: "./f", content: randomBytes(2_000_000) }],
    compression: "none",
  });
  const both = await Promise.all([unpacker().unpack([file]), unpacker().unpack([file])]);
  const digests = both.flat().map((contents) => fileAt(contents, "/f").digest);
  expect(new Set(digests).size).toBe(1);
  expect(await readdir(join(cache.folder, "unpacked"))).toHaveLength(1);
  expect(await readdir(join(cache.folder, "tmp"))).toEqual([]);
});

test("a process that is killed leaves nothing that counts", async () => {
  const data = Array.from({ length: 30 }, (_, index) => ({
    name: `./f${index}`,
    content: randomBytes(1 << 20),
  }));
  const file = await packageOf({ data, compression: "none" });
  const script = `
    const { createUnpacker } = await import(${JSON.stringify(new URL("./unpack.ts", import.meta.url).href)});
    const task = { signal: new AbortController().signal, emit: () => console.log("started"), now: () => 0 };
    const cache = ${JSON.stringify(cache)};
    await createUnpacker({ cache, workers: 1, task }).unpack([${JSON.stringify(file)}]);`;
  await writeFile(join(folder, "script.mjs"), script);
  const child = spawn(process.execPath, [join(folder, "script.mjs")], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(child.stdout, "data");
  while ((await readdir(join(cache.folder, "tmp"))).length === 0 && child.exitCode === null) await delay(2);
  child.kill("SIGKILL");
  await once(child, "close");
  const contents = await unpackOne(file);
  for (const { name, content } of data)
    expect(fileAt(contents, name.slice(1)).digest).toBe(digestOf(content));
});

test("stops when the task is aborted", async () => {
  const data = Array.from({ length: 40 }, (_, index) => ({
    name: `./f${index}`,
    content: randomBytes(1 << 20),
  }));
  const file = await packageOf({ data, compression: "none" });
  const running = unpacker().unpack([file]);
  setImmediate(() => abort.abort());
  await expect(running).rejects.toMatchObject({ code: "interrupted" });
});

test("the digest covers the whole .deb, also what follows data.tar", async () => {
  const bytes = debOf(sample);
  const longer = Buffer.concat([
    bytes,
    Buffer.from("extra           0           0     0     100644  2         `\nxy"),
  ]);
  const file = join(folder, "longer.deb");
  await writeFile(file, longer);
  const digest = digestOf(longer);
  expect(createHash("sha256").update(bytes).digest("hex")).not.toBe(digest.slice(7));
  const contents = await unpackOne({
    id: "x:all",
    version: "1",
    deb: { file, sizeBytes: longer.length, digest },
  });
  expect(contents.entries).toHaveLength(6);
});
