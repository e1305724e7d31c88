import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type DebContent, debOf } from "../../testing/builders.ts";
import { type Cache, openCache } from "../base/cache.ts";
import { digestOf } from "../base/digest.ts";
import { root } from "../tree/path.ts";
import { parseControl, readControl } from "./control.ts";
import type { DebFile } from "./deb.ts";

const digest = digestOf("");
const stanza = "Package: sample\nVersion: 1.0-1\nArchitecture: amd64\n";

describe("parseControl", () => {
  test("gives a package's own words", () => {
    const control = parseControl(
      {
        control: `${stanza}Description: short\n long\n .\n more\n`,
        md5sums: `${"a".repeat(32)}  usr/bin/tool\n${"b".repeat(32)}  lib/x86_64-linux-gnu/libz.so.1.2\nnonsense\n`,
        conffiles: "/etc/tool.conf\nremove-on-upgrade /etc/old.conf\n",
        triggers: "# a comment\nactivate-noawait ldconfig\n",
        postinst: "#!/bin/sh\n",
      },
      digest,
    );
    expect(control.id).toBe("sample:amd64");
    expect(control.fields.get("Description")).toBe("short\nlong\n.\nmore");
    expect(control.paths).toEqual([
      "/etc/tool.conf",
      "/usr/bin/tool",
      "/usr/lib/x86_64-linux-gnu/libz.so.1.2",
    ]);
    expect(control.md5sums.get(control.paths[2] ?? root)).toBe("b".repeat(32));
    expect(control.conffiles).toEqual(["/etc/tool.conf"]);
    expect(control.triggers).toEqual(["# a comment", "activate-noawait ldconfig"]);
    expect(control.scripts).toEqual({ postinst: "#!/bin/sh\n" });
  });

  test.each([
    {
      summary: "symbols as they are",
      files: {
        symbols:
          "libpq.so.5 libpq5 #MINVER#\n| libpq5 #MINVER#\n* Build-Depends-Package: x\n PQconnect@Base 9.0\n",
      },
      sonames: ["libpq.so.5"],
    },
    {
      summary: "both spellings of shlibs",
      files: { shlibs: "libbfd 2.40-system libbinutils\n" },
      sonames: ["libbfd-2.40-system.so", "libbfd.so.2.40-system"],
    },
    {
      summary: "no symbols of lines that only resemble one's first",
      files: { symbols: "liba.so.1\n.so.1 a\n*b.so.1 b\nlibc-2.so\tc #MINVER#\n" },
      sonames: ["libc-2.so"],
    },
    {
      summary: "shlibs of a kind, where symbols settles the spelling",
      files: { shlibs: "udeb: libz 1 zlib1g-udeb\nlibz 1 zlib1g\n", symbols: "libz.so.1 zlib1g #MINVER#\n" },
      sonames: ["libz.so.1"],
    },
  ])("reads sonames: $summary", ({ files, sonames }) => {
    expect(parseControl({ control: stanza, ...files }, digest).sonames).toEqual(sonames);
  });

  test("a line of many sonames takes time in proportion to its length", () => {
    const { sonames } = parseControl({ control: stanza, symbols: ".so".repeat(100_000) }, digest);
    expect(sonames).toEqual([]);
  });

  test.each([
    { summary: "no control file", files: {}, why: /no control file/ },
    { summary: "no version", files: { control: "Package: x\nArchitecture: all\n" }, why: /has no Version/ },
    {
      summary: "no architecture",
      files: { control: "Package: x\nVersion: 1\n" },
      why: /has no Architecture/,
    },
  ])("refuses $summary", ({ files, why }) => {
    expect(() => parseControl(files, digest)).toThrow(why);
  });
});

describe("readControl", () => {
  let folder: string;
  let cache: Cache;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "control-"));
    cache = await openCache(join(folder, "cache"));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const write = async (content: DebContent): Promise<DebFile> => {
    const bytes = debOf(content);
    const file = join(folder, "sample.deb");
    await writeFile(file, bytes);
    return { file, sizeBytes: bytes.length, digest: digestOf(bytes) };
  };

  test.each(["none", "gzip", "zstd"] as const)("reads control.tar (%s)", async (compression) => {
    const deb = await write({ compression, control: { Package: "tool" }, scripts: { preinst: "true\n" } });
    const control = await readControl(deb, cache);
    expect(control.id).toBe("tool:amd64");
    expect(control.scripts).toEqual({ preinst: "true\n" });
  });

  test("is kept in the cache: the .deb isn't read again", async () => {
    const deb = await write({ files: { conffiles: "/etc/x\n" } });
    const first = await readControl(deb, cache);
    await rm(deb.file);
    expect(await readControl(deb, cache)).toEqual(first);
  });

  test("refuses another file than the named one, and remembers nothing of it", async () => {
    const deb = await write({});
    const wrong = { ...deb, digest: digestOf("another") };
    await expect(readControl(wrong, cache)).rejects.toMatchObject({ code: "digest-mismatch" });
    expect(await readdir(join(cache.folder, "records"))).toEqual([]);
  });

  test("tells of a file that isn't there", async () => {
    const deb = { file: join(folder, "absent.deb"), sizeBytes: 1, digest };
    await expect(readControl(deb, cache)).rejects.toMatchObject({ code: "disk" });
  });
});
