import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { elfOf } from "../../testing/builders.ts";
import { file, symlink } from "../../testing/trees.ts";
import { type Facts, factsOf } from "../content/facts.ts";
import { inMemory } from "../formats/random-access.ts";
import type { Entry, FileEntry } from "../tree/entry.ts";
import { treeOf } from "../tree/memory-tree.ts";
import { type LdCache, ldSoCache } from "./ld-cache.ts";
import { type CacheEntry, compareLibraries, encodeLdCache } from "./ld-cache-file.ts";

interface Line {
  readonly soname: string;
  readonly path: string;
  readonly flags: number;
  readonly hwcap: bigint;
}

/** Reads a cache as the loader does. */
function parse(content: Uint8Array): Line[] {
  const bytes = Buffer.from(content);
  expect(bytes.toString("latin1", 0, 20)).toBe("glibc-ld.so.cache1.1");
  const text = (at: number): string => bytes.toString("utf8", at, bytes.indexOf(0, at));
  return Array.from({ length: bytes.readUInt32LE(20) }, (_, index) => {
    const at = 48 + 24 * index;
    const [soname, path] = [text(bytes.readUInt32LE(at + 4)), text(bytes.readUInt32LE(at + 8))];
    return { soname, path, flags: bytes.readUInt32LE(at), hwcap: bytes.readBigUInt64LE(at + 16) };
  });
}

function library(path: string, elf: Parameters<typeof elfOf>[0] = {}): FileEntry {
  const bytes = elfOf(elf);
  return file(path, bytes);
}

async function cacheOf(
  entries: readonly Entry[],
  given: Partial<Parameters<typeof ldSoCache>[0]> = {},
): Promise<LdCache> {
  const facts = new Map<string, Facts>();
  for (const entry of entries) {
    if (entry.kind !== "file") continue;
    const chunks: Uint8Array[] = [];
    for await (const chunk of entry.content) chunks.push(chunk);
    facts.set(entry.digest, factsOf(inMemory(Buffer.concat(chunks))));
  }
  const known = (one: FileEntry): Facts => facts.get(one.digest) ?? { magic: "data" };
  const input = {
    tree: treeOf(entries),
    facts: known,
    architecture: "amd64",
    glibcVersion: "2.36-9",
    ...given,
  };
  const made = await ldSoCache(input);
  if (made === undefined) throw new Error("no cache was made");
  return made;
}

const merged = [symlink("/lib", "usr/lib")];
const triplet = "/usr/lib/x86_64-linux-gnu";

describe("ldSoCache", () => {
  test.each<{
    summary: string;
    entries: readonly Entry[];
    lines: readonly string[];
    links?: readonly string[];
  }>([
    {
      summary: "a library by its soname, spelled as the folder that comes first",
      entries: [
        ...merged,
        library(`${triplet}/libz.so.1.2`, { soname: "libz.so.1" }),
        symlink(`${triplet}/libz.so.1`, "libz.so.1.2"),
      ],
      lines: ["libz.so.1 /lib/x86_64-linux-gnu/libz.so.1"],
    },
    {
      summary: "the link for ld(1) is an entry of its own",
      entries: [
        library(`${triplet}/libz.so.1.2`, { soname: "libz.so.1" }),
        symlink(`${triplet}/libz.so.1`, "libz.so.1.2"),
        symlink(`${triplet}/libz.so`, "libz.so.1.2"),
      ],
      lines: [`libz.so.1 ${triplet}/libz.so.1`, `libz.so ${triplet}/libz.so`],
    },
    {
      summary: "a soname's link that nobody ships is made",
      entries: [library(`${triplet}/liba.so.1.0`, { soname: "liba.so.1" })],
      lines: [`liba.so.1 ${triplet}/liba.so.1`],
      links: [`${triplet}/liba.so.1 -> liba.so.1.0`],
    },
    {
      summary: "of two versions the newer one, numbers counted as numbers",
      entries: [
        library(`${triplet}/liba.so.1.9`, { soname: "liba.so.1" }),
        library(`${triplet}/liba.so.1.10`, { soname: "liba.so.1", needed: ["libc.so.6"] }),
      ],
      lines: [`liba.so.1 ${triplet}/liba.so.1`],
      links: [`${triplet}/liba.so.1 -> liba.so.1.10`],
    },
    {
      summary:
        "folders of ld.so.conf in its order before the built-in ones; a library without soname by its name",
      entries: [
        file("/etc/ld.so.conf", "include /etc/ld.so.conf.d/*.conf\n# /ignored\n"),
        file("/etc/ld.so.conf.d/a.conf", "/opt/a # mine\n"),
        file("/etc/ld.so.conf.d/.hidden.conf", "/opt/b\n"),
        library("/opt/a/libx.so"),
        library("/opt/b/libx.so"),
        library("/usr/lib/libx.so"),
      ],
      lines: ["libx.so /opt/a/libx.so", "libx.so /usr/lib/libx.so"],
    },
    {
      summary: "folders of an ld.so.conf beyond the size of a spec file",
      entries: [file("/etc/ld.so.conf", `#${"-".repeat(2 * 2 ** 20)}\n/opt/a\n`), library("/opt/a/libx.so")],
      lines: ["libx.so /opt/a/libx.so"],
    },
    {
      summary: "what is no library of this machine is left out",
      entries: [
        file(`${triplet}/libtext.so`, "GROUP ( libc.so.6 )"),
        library(`${triplet}/libarm.so.1`, { machine: 183 }),
        library(`${triplet}/plugin.so`),
        library(`${triplet}/libprogram.so.1`, { type: "executable" }),
        library(`${triplet}/sub/libdeep.so.1`),
        symlink(`${triplet}/libdangling.so.1`, "nowhere"),
        library(`${triplet}/libok.so.1`, { soname: "libok.so.1" }),
      ],
      lines: [`libok.so.1 ${triplet}/libok.so.1`],
    },
  ])("$summary", async ({ entries, lines, links }) => {
    const made = await cacheOf(entries);
    expect(parse(made.content).map(({ soname, path }) => `${soname} ${path}`)).toEqual(lines);
    expect(made.links.map(({ path, target }) => `${path} -> ${target}`)).toEqual(links ?? []);
  });

  test("variants for better processors come before the base, with their level", async () => {
    const made = await cacheOf([
      library(`${triplet}/libm.so.6`, { soname: "libm.so.6" }),
      library(`${triplet}/glibc-hwcaps/x86-64-v3/libm.so.6`, { soname: "libm.so.6" }),
      library(`${triplet}/glibc-hwcaps/x86-64-v2/libm-2.so`, { soname: "libm.so.6" }),
    ]);
    expect(parse(made.content).map(({ path, hwcap }) => `${path} ${hwcap.toString(16)}`)).toEqual([
      `${triplet}/glibc-hwcaps/x86-64-v2/libm-2.so 4000000000000000`,
      `${triplet}/glibc-hwcaps/x86-64-v3/libm.so.6 4000000000000001`,
      `${triplet}/libm.so.6 0`,
    ]);
  });

  test.each([
    { architecture: "amd64", elf: {}, flags: 0x0303 },
    { architecture: "amd64", elf: { class: 32, machine: 3 }, flags: 0x0003 },
    { architecture: "arm64", elf: { machine: 183 }, flags: 0x0a03 },
    { architecture: "armhf", elf: { class: 32, machine: 40 }, flags: 0x0903 },
    { architecture: "riscv64", elf: { machine: 243 }, flags: 0x1003 },
  ] as const)("$architecture has flags of its own ($flags)", async ({ architecture, elf, flags }) => {
    const made = await cacheOf([library("/usr/lib/liba.so.1", elf)], { architecture });
    expect(parse(made.content).map((line) => line.flags)).toEqual([flags]);
  });

  test("the version is that of the package which libc.so.6 is from", async () => {
    const origins = [{ kind: "package", package: "libc6:amd64", version: "2.41-12+b1" }] as const;
    const libc = { ...library(`${triplet}/libc.so.6`, { soname: "libc.so.6" }), origins };
    const tree = treeOf([...merged, libc]);
    const facts = (): Facts => ({ magic: "data" });
    const made = await ldSoCache({ tree, facts, architecture: "amd64" });
    expect(Buffer.from(made?.content ?? []).toString("latin1")).toContain(
      "ldconfig (Debian GLIBC 2.41-12) stable release version 2.41",
    );
  });

  test.each([
    { summary: "no glibc", entries: [library(`${triplet}/liba.so.1`)], architecture: "amd64" },
    {
      summary: "an unknown architecture",
      entries: [library(`${triplet}/libc.so.6`)],
      architecture: "toString",
    },
  ])("no cache for $summary", async ({ entries, architecture }) => {
    const facts = (): Facts => ({ magic: "data" });
    expect(await ldSoCache({ tree: treeOf(entries), facts, architecture })).toBeUndefined();
  });
});

test.each([
  ["liba.so.10", "liba.so.9", 1],
  ["liba.so.1", "liba.so", 1],
  ["liba1.so", "liba.so", 1],
  ["libab.so", "liba1.so", -1],
  ["libc.so.6", "libc.so.6", 0],
  ["libc.so.06", "libc.so.6", 0],
])("%s against %s", (a, b, sign) => {
  expect(Math.sign(compareLibraries(a, b))).toBe(sign);
  expect(Math.sign(compareLibraries(b, a))).toBe(0 - sign);
});

test("every string is found again, whatever shares its tail", () => {
  const name = fc.string({
    unit: fc.constantFrom("a", "b", ".so", "/", "1", "é"),
    minLength: 1,
    maxLength: 6,
  });
  const entries: fc.Arbitrary<CacheEntry[]> = fc.array(
    fc.record({ soname: name, path: name, flags: fc.constantFrom(0x303, 3), osVersion: fc.constant(0) }),
    { maxLength: 12 },
  );
  fc.assert(
    fc.property(entries, fc.constantFrom("2.31-13", "2.36-9"), (given, glibcVersion) => {
      const lines = parse(encodeLdCache(given, { glibcVersion, bigEndian: false, hwcapsNames: [] }));
      const plain = ({ soname, path, flags }: CacheEntry | Line): string => `${soname}\0${path}\0${flags}`;
      expect(lines.map(plain).sort()).toEqual(given.map(plain).sort());
      for (const [index, line] of lines.entries()) {
        const next = lines[index + 1];
        if (next !== undefined) expect(compareLibraries(line.soname, next.soname)).toBeGreaterThanOrEqual(0);
      }
    }),
  );
});
