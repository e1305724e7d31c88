import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { gunzipSync, zstdDecompressSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { withFolder } from "../../testing/layouts.ts";
import { directory, file, symlink } from "../../testing/trees.ts";
import { type Bytes, bytesOf, collect } from "../base/bytes.ts";
import { type Cache, openCache } from "../base/cache.ts";
import { digestOf } from "../base/digest.ts";
import { decodeName } from "../base/names.ts";
import { readTar } from "../formats/tar-reader.ts";
import type { Entry } from "../tree/entry.ts";
import type { LayerEntry } from "../tree/layers.ts";
import { path } from "../tree/path.ts";
import { assembleLayer, type LayerOptions } from "./layer.ts";

const gzip: LayerOptions = { compression: "gzip", width: 2 };
const signal = new AbortController().signal;

async function withCache(work: (cache: Cache) => Promise<void>): Promise<void> {
  await withFolder(async (folder) => work(await openCache(folder)));
}

const assemble = (
  cache: Cache,
  entries: readonly Entry[],
  options = gzip,
): ReturnType<typeof assembleLayer> => assembleLayer(entries, cache, options, signal);

/** A layer's blob as a list of what it holds. */
async function membersOf(blob: Uint8Array): Promise<string[]> {
  const tar = blob[0] === 0x1f ? gunzipSync(blob) : zstdDecompressSync(blob);
  const members: string[] = [];
  for await (const { header, content } of readTar(bytesOf(tar), "a layer")) {
    const { name, kind, mode, uid, gid, mtime, linkName, deviceMajor, deviceMinor, xattrs } = header;
    const words = [name, kind, mode.toString(8), `${uid}:${gid}`, `@${mtime}`];
    if (kind === "file") words.push(Buffer.from(await collect(content, 1e6, name)).toString());
    if (linkName !== "") words.push(`-> ${linkName}`);
    if (kind === "character-device") words.push(`${deviceMajor},${deviceMinor}`);
    for (const [key, value] of xattrs ?? []) words.push(`${key}=${Buffer.from(value).toString("hex")}`);
    members.push(words.join(" "));
  }
  return members;
}

const latin = decodeName(Buffer.from("/caf\xe9", "latin1"));

const layers: readonly { summary: string; entries: readonly Entry[]; members: readonly string[] }[] = [
  { summary: "nothing", entries: [], members: [] },
  {
    summary: "names are relative, folders end with a slash",
    entries: [directory("/a", { mode: 0o1777, uid: 1, gid: 2, mtime: 3 }), file("/a/b", "text")],
    members: ["a/ directory 1777 1:2 @3", "a/b file 644 0:0 @0 text"],
  },
  {
    summary: "links keep their target as it is",
    entries: [symlink("/l", "../x//y/")],
    members: ["l symlink 777 0:0 @0 -> ../x//y/"],
  },
  {
    summary: "the second name of an inode is a hard link to the first",
    entries: [
      file("/a", "one", { link: "i" }),
      file("/b", "one", { link: "i" }),
      file("/c", "one", { link: "i" }),
      file("/d", "one"),
    ],
    members: [
      "a file 644 0:0 @0 one",
      "b hardlink 644 0:0 @0 -> a",
      "c hardlink 644 0:0 @0 -> a",
      "d file 644 0:0 @0 one",
    ],
  },
  {
    summary: "a name whose other names are elsewhere is a file",
    entries: [file("/b", "one", { link: "i" })],
    members: ["b file 644 0:0 @0 one"],
  },
  {
    summary: "a name that is not UTF-8",
    entries: [file(latin, "x"), symlink("/l", latin.slice(1))],
    members: [`${latin.slice(1)} file 644 0:0 @0 x`, `l symlink 777 0:0 @0 -> ${latin.slice(1)}`],
  },
  {
    summary: "extended attributes and devices",
    entries: [
      file("/f", "", { xattrs: new Map([["security.capability", Uint8Array.of(1, 255)]]) }),
      { ...directory("/null", { mode: 0o666 }), kind: "character-device", deviceMajor: 1, deviceMinor: 3 },
    ],
    members: ["f file 644 0:0 @0  security.capability=01ff", "null character-device 666 0:0 @0 1,3"],
  },
];

describe.each(["gzip", "zstd"] as const)("%s", (compression) => {
  test.each(layers)("$summary", async ({ entries, members }) => {
    await withCache(async (cache) => {
      const layer = await assemble(cache, entries, { compression, width: 2 });
      const blob = await collect(layer.open(), 1e6, "a blob");
      expect(await membersOf(blob)).toEqual(members);
      expect(layer.descriptor).toEqual({
        mediaType: `application/vnd.oci.image.layer.v1.tar+${compression}`,
        digest: digestOf(blob),
        size: blob.length,
      });
      const tar = compression === "gzip" ? gunzipSync(blob) : zstdDecompressSync(blob);
      expect(layer.diffId).toBe(digestOf(tar));
      expect(readFileSync(layer.file)).toEqual(Buffer.from(blob));
    });
  });
});

test("two caches and two widths give the same bytes", async () => {
  const entries = [file("/big", Buffer.alloc(3_000_000, "abc")), file("/small", "x")];
  const digests: string[] = [];
  for (const width of [1, 4]) {
    await withCache(async (cache) => {
      digests.push((await assemble(cache, entries, { compression: "gzip", width })).descriptor.digest);
    });
  }
  expect(digests[0]).toBe(digests[1]);
});

describe("the cache", () => {
  const plain = file("/a", "text");

  test("the same entries are there already, whatever object they are", async () => {
    await withCache(async (cache) => {
      expect((await assemble(cache, [plain])).cached).toBe(false);
      const again = await assemble(cache, [{ ...plain, content: unreadable, origins: [] }]);
      expect(again.cached).toBe(true);
    });
  });

  test.each<[string, Entry]>([
    ["path", file("/b", "text")],
    ["content", file("/a", "other")],
    ["mode", { ...plain, mode: 0o600 }],
    ["owner", { ...plain, uid: 1 }],
    ["group", { ...plain, gid: 1 }],
    ["time", { ...plain, mtime: 1 }],
    ["attribute", { ...plain, xattrs: new Map([["user.a", Uint8Array.of(1)]]) }],
    ["kind", symlink("/a", "text")],
  ])("another %s is another layer", async (_what, other) => {
    await withCache(async (cache) => {
      const first = await assemble(cache, [plain]);
      const second = await assemble(cache, [other]);
      expect(second.cached).toBe(false);
      expect(second.diffId).not.toBe(first.diffId);
    });
  });

  test("a layer whose blob is gone is made again", async () => {
    await withCache(async (cache) => {
      const first = await assemble(cache, [plain]);
      rmSync(first.file);
      const second = await assemble(cache, [plain]);
      expect(second.cached).toBe(false);
      expect(await collect(second.open(), 1e6, "a blob")).toHaveLength(first.descriptor.size);
    });
  });

  test("a blob that was cut short is made again", async () => {
    await withCache(async (cache) => {
      const first = await assemble(cache, [plain]);
      writeFileSync(first.file, readFileSync(first.file).subarray(1));
      const second = await assemble(cache, [plain]);
      expect(second).toMatchObject({ cached: false, descriptor: first.descriptor });
    });
  });

  test("a blob that was changed never ends as if it were whole, and is made again", async () => {
    await withCache(async (cache) => {
      const first = await assemble(cache, [plain]);
      const bytes = readFileSync(first.file);
      bytes[20] = (bytes[20] ?? 0) ^ 1;
      writeFileSync(first.file, bytes);
      const second = await assemble(cache, [plain]);
      await expect(collect(second.open(), 1e6, "a blob")).rejects.toMatchObject({ code: "cache" });
      const third = await assemble(cache, [plain]);
      expect(third.cached).toBe(false);
      expect(digestOf(await collect(third.open(), 1e6, "a blob"))).toBe(first.descriptor.digest);
    });
  });
});

test.each([".wh.foo", ".wh..wh..opq", ".wh..wh.plnk", ".wh."])(
  "a file called %s would remove others: it makes no layer",
  async (name) => {
    await withCache(async (cache) => {
      await expect(assemble(cache, [directory("/srv"), file(`/srv/${name}`)])).rejects.toMatchObject({
        code: "malformed",
        why: expect.stringContaining(`/srv/${name}`) as string,
      });
    });
  },
);

test("a layer over others has whiteouts, links to their files, and the top folder", async () => {
  await withCache(async (cache) => {
    const entries: readonly LayerEntry[] = [
      directory("/", { mode: 0o711 }),
      file("/.wh.gone"),
      { kind: "hardlink", path: path("/a"), target: path("/lower/file"), origins: [] },
    ];
    const layer = await assembleLayer(entries, cache, { ...gzip, withWhiteouts: true }, signal);
    expect(await membersOf(await collect(layer.open(), 1e6, "a blob"))).toEqual([
      "./ directory 711 0:0 @0",
      ".wh.gone file 644 0:0 @0 ",
      "a hardlink 644 0:0 @0 -> lower/file",
    ]);
  });
});

describe("what can't be read makes no layer, and leaves none behind", () => {
  test.each<{ summary: string; content: Bytes; expected: object }>([
    {
      summary: "a content that grew",
      content: bytesOf(Buffer.from("longer")),
      expected: { code: "malformed" },
    },
    { summary: "a content that shrank", content: bytesOf(Buffer.from("s")), expected: { code: "malformed" } },
    {
      summary: "a content that fails",
      content: { [Symbol.asyncIterator]: () => failing() },
      expected: { message: "gone" },
    },
  ])("$summary", async ({ content, expected }) => {
    await withCache(async (cache) => {
      await expect(assemble(cache, [{ ...file("/a", "text"), content }])).rejects.toMatchObject(expected);
      expect((await assemble(cache, [file("/a", "text")])).cached).toBe(false);
    });
  });

  test("an interrupted build", async () => {
    await withCache(async (cache) => {
      const stopped = AbortSignal.abort(new Error("stopped"));
      await expect(assembleLayer([file("/a", "text")], cache, gzip, stopped)).rejects.toThrow("stopped");
    });
  });
});

const unreadable: Bytes = { [Symbol.asyncIterator]: () => failing() };

// biome-ignore lint/correctness/useYield: it fails before the first chunk
async function* failing(): AsyncGenerator<Uint8Array> {
  throw new Error("gone");
}
