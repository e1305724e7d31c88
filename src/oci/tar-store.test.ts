import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { type TarEntry, tarOf } from "../../testing/builders.ts";
import { withFolder } from "../../testing/layouts.ts";
import { archiveOf, paxHeader, tarBlock } from "../../testing/tar-blocks.ts";
import { collect } from "../base/bytes.ts";
import { tarPadding } from "../formats/tar-writer.ts";
import type { FileStore } from "./store.ts";
import { tarStore } from "./tar-store.ts";

async function withStore(tar: Uint8Array, use: (store: FileStore) => Promise<void>): Promise<void> {
  await withFolder(async (folder) => {
    const file = join(folder, "a.tar");
    await writeFile(file, tar);
    await use(await tarStore(file, folder));
  });
}

async function contentOf(store: FileStore, name: string): Promise<string | undefined> {
  const found = await store.find(name);
  return found === undefined
    ? undefined
    : Buffer.from(await collect(found.open(), 1 << 24, name)).toString("utf8");
}

describe("tarStore", () => {
  const big = "0123456789abcdef".repeat(200_000);
  const entries: readonly TarEntry[] = [
    { name: "./" },
    { name: "./blobs/" },
    { name: "./blobs/" },
    { name: "blobs//empty", content: "" },
    { name: "./blobs/big", content: big },
    { name: `long/${"x".repeat(200)}`, content: "long name" },
    { name: "one/layer.tar", content: "layer" },
    { name: "two/layer.tar", target: "../one/layer.tar" },
    { name: "three/layer.tar", target: "../two/layer.tar" },
    { name: "hard", kind: "hardlink", target: "./one/layer.tar" },
    { name: "absolute", target: "/one/layer.tar" },
    { name: "up", target: "../../etc/passwd" },
    { name: "loop", target: "pool" },
    { name: "pool", target: "loop" },
    { name: "dangling", target: "nowhere" },
    { name: "pipe", kind: "fifo" },
  ];

  const found: readonly (readonly [name: string, content: string | undefined])[] = [
    ["blobs/empty", ""],
    ["blobs/big", big],
    ["./blobs/../blobs/big", big],
    [`long/${"x".repeat(200)}`, "long name"],
    ["one/layer.tar", "layer"],
    ["two/layer.tar", "layer"],
    ["three/layer.tar", "layer"],
    ["hard", "layer"],
    ["dangling", undefined],
    ["absent", undefined],
  ];
  test.each([
    { packing: "plain", pack: (tar: Buffer): Uint8Array => tar },
    { packing: "compressed", pack: (tar: Buffer): Uint8Array => gzipSync(tar) },
    {
      packing: "in two archives' worth of zeros",
      pack: (tar: Buffer): Uint8Array => Buffer.concat([tar, Buffer.alloc(20_480)]),
    },
  ])("finds members and follows links, $packing", async ({ pack }) => {
    await withStore(pack(tarOf(entries)), async (store) => {
      for (const [name, content] of found) expect(await contentOf(store, name), name).toBe(content);
    });
  });

  test.each([
    { name: "up", why: 'the name "../../etc/passwd" leads out of it' },
    { name: "absolute", why: 'the name "/one/layer.tar" leads out of it' },
    { name: "loop", why: "loop is a link to itself" },
    { name: "pipe", why: "pipe is not a regular file" },
    { name: "blobs", why: "blobs is not a regular file" },
    { name: "../x", why: 'the name "../x" leads out of it' },
  ])("refuses to read $name", async ({ name, why }) => {
    await withStore(tarOf(entries), async (store) => {
      await expect(store.find(name)).rejects.toMatchObject({ code: "malformed", why });
    });
  });

  const archive = tarOf([{ name: "a", content: "x".repeat(2000) }]);
  const sparse = (map: string, sizeBytes = 2_000_000): Buffer =>
    archiveOf(
      paxHeader(["GNU.sparse.size", `${sizeBytes}`], ["GNU.sparse.map", map], ["GNU.sparse.name", "disk"]),
      tarBlock({ name: "sparse/disk", sizeBytes: 4 }),
      Buffer.from("data"),
      tarPadding(4),
      tarOf([{ name: "b", content: "2" }]),
    );
  const wrong: readonly { readonly summary: string; readonly tar: Uint8Array; readonly error: object }[] = [
    {
      summary: "a member twice",
      tar: tarOf([
        { name: "a", content: "1" },
        { name: "./a", content: "2" },
      ]),
      error: { code: "malformed", why: "it has the member a twice" },
    },
    {
      summary: "a folder that is a file too",
      tar: tarOf([{ name: "a/" }, { name: "a", content: "2" }]),
      error: { code: "malformed", why: "it has the member a twice" },
    },
    {
      summary: "a name with ..",
      tar: tarOf([{ name: "../a", content: "1" }]),
      error: { code: "malformed", why: 'the name "../a" leads out of it' },
    },
    {
      summary: "an absolute name",
      tar: tarOf([{ name: "/etc/a", content: "1" }]),
      error: { code: "malformed", why: 'the name "/etc/a" leads out of it' },
    },
    { summary: "a member that is cut short", tar: archive.subarray(0, 1500), error: { code: "malformed" } },
    { summary: "a header that is cut short", tar: archive.subarray(0, 300), error: { code: "malformed" } },
    ...["0,4", "1999996,4", "100,2,200,2"].map((map) => ({
      summary: `a member with holes (${map})`,
      tar: sparse(map),
      error: { code: "malformed", why: "disk is a sparse file" },
    })),
    { summary: "no tar", tar: Buffer.alloc(1024, "text "), error: { code: "malformed" } },
    { summary: "a broken gzip stream", tar: gzipSync(archive).subarray(0, 60), error: { code: "malformed" } },
    {
      summary: "a decompression bomb",
      tar: zstdCompressSync(Buffer.alloc(1 << 26)),
      error: { code: "limit" },
    },
  ];
  test("reads a sparse file that has no holes", async () => {
    await withStore(sparse("0,4", 4), async (store) => {
      expect(await contentOf(store, "disk")).toBe("data");
      expect(await contentOf(store, "b")).toBe("2");
    });
  });

  test.each(wrong)("refuses $summary", async ({ tar, error }) => {
    await expect(withStore(tar, async () => undefined)).rejects.toMatchObject(error);
  });
});
