import fc from "fast-check";
import { expect, test } from "vitest";
import { headerOf, type TarEntry } from "../../testing/builders.ts";
import { digestOf } from "../base/digest.ts";
import { createPlacement } from "./placement.ts";
import type { IndexedEntry } from "./unpacked.ts";

function placed(entries: readonly TarEntry[]): readonly IndexedEntry[] {
  const placement = createPlacement("a package");
  let offset = 0;
  for (const entry of entries) {
    const header = headerOf(entry);
    const complete = placement.place(header);
    complete?.({ offset, sizeBytes: header.sizeBytes, digest: digestOf(String(entry.content ?? "")) });
    offset += header.sizeBytes;
  }
  return placement.entries();
}

function summary(entry: IndexedEntry): string {
  if (entry.kind === "symlink") return `${entry.path} -> ${entry.target}`;
  if (entry.kind === "file" && entry.link !== undefined)
    return `${entry.path} = ${entry.link}@${entry.offset}`;
  return `${entry.path} ${entry.kind} ${entry.mode.toString(8)}`;
}

test.each<{ summary: string; entries: readonly TarEntry[]; expected: readonly string[] }>([
  {
    summary: "plain entries, the root left out",
    entries: [{ name: "./" }, { name: "./usr/" }, { name: "./usr/x" }, { name: "./usr/y", target: "x" }],
    expected: ["/usr directory 755", "/usr/x file 644", "/usr/y -> x"],
  },
  {
    summary: "both spellings of merged /usr in one place",
    entries: [
      { name: "./lib/" },
      { name: "./usr/lib/" },
      { name: "./lib/a" },
      { name: "./usr/lib/b" },
      { name: "./sbin/" },
    ],
    expected: [
      "/usr/lib directory 755",
      "/usr/lib/a file 644",
      "/usr/lib/b file 644",
      "/usr/sbin directory 755",
    ],
  },
  {
    summary: "the links of merged /usr that base-files ships are the recipe's",
    entries: [
      { name: "./bin", target: "usr/bin" },
      { name: "./lib64", target: "/usr/lib64" },
    ],
    expected: [],
  },
  {
    summary: "hard links, through either spelling",
    entries: [
      { name: "./bin/a", content: "x" },
      { name: "./bin/b", kind: "hardlink", target: "./bin/a" },
      { name: "./usr/bin/c", kind: "hardlink", target: "usr/bin/b" },
    ],
    expected: ["/usr/bin/a = /usr/bin/a@0", "/usr/bin/b = /usr/bin/a@0", "/usr/bin/c = /usr/bin/a@0"],
  },
  {
    summary: "an absolute name lies below the root; setuid is kept in the index",
    entries: [{ name: "/usr/bin/su", mode: 0o104755 }],
    expected: ["/usr/bin/su file 4755"],
  },
  {
    summary: "the later of two files of one name",
    entries: [
      { name: "./a", mode: 0o600 },
      { name: "./a", mode: 0o640 },
    ],
    expected: ["/a file 640"],
  },
  {
    summary: "hard links by file, where a later one took over the first name",
    entries: [
      { name: "./a", content: "old" },
      { name: "./b", kind: "hardlink", target: "./a" },
      { name: "./c", kind: "hardlink", target: "./a" },
      { name: "./a", content: "newer" },
      { name: "./d", kind: "hardlink", target: "./a" },
    ],
    expected: ["/a = /a@3", "/b = /b@0", "/c = /b@0", "/d = /a@3"],
  },
  {
    summary: "the other name of a file whose first was taken over, alone",
    entries: [
      { name: "./a", content: "old" },
      { name: "./b", kind: "hardlink", target: "./a" },
      { name: "./a", content: "newer" },
    ],
    expected: ["/a file 644", "/b file 644"],
  },
  {
    summary: "empty files at one offset as two files",
    entries: [{ name: "./a" }, { name: "./b" }, { name: "./c", kind: "hardlink", target: "./b" }],
    expected: ["/a file 644", "/b = /b@0", "/c = /b@0"],
  },
  { summary: "a fifo", entries: [{ name: "./run/pipe", kind: "fifo" }], expected: ["/run/pipe fifo 644"] },
])("places $summary", ({ entries, expected }) => {
  expect(placed(entries).map(summary)).toEqual(expected);
});

test.each<{ summary: string; entries: readonly TarEntry[]; why: RegExp }>([
  { summary: "..", entries: [{ name: "./usr/../../etc/passwd" }], why: /entry named/ },
  { summary: "a NUL", entries: [{ name: "./a\0b" }], why: /entry named/ },
  { summary: "a device", entries: [{ name: "./dev/sda", kind: "block-device" }], why: /device node/ },
  { summary: "a terminal", entries: [{ name: "./dev/tty", kind: "character-device" }], why: /device node/ },
  {
    summary: "a dangling hard link",
    entries: [{ name: "./a", kind: "hardlink", target: "./b" }],
    why: /no file before/,
  },
  {
    summary: "a hard link to a symlink",
    entries: [
      { name: "./b", target: "/etc/shadow" },
      { name: "./a", kind: "hardlink", target: "./b" },
    ],
    why: /no file before/,
  },
  {
    summary: "a hard link out",
    entries: [{ name: "./a", kind: "hardlink", target: "../b" }],
    why: /entry named/,
  },
  {
    summary: "a file below a symlink",
    entries: [{ name: "./x", target: "/etc" }, { name: "./x/passwd" }],
    why: /below \/x/,
  },
  {
    summary: "a symlink put above a file",
    entries: [{ name: "./x/passwd" }, { name: "./x", target: "/etc" }],
    why: /below \/x/,
  },
  { summary: "a file as a folder", entries: [{ name: "./x" }, { name: "./x/y/z" }], why: /below \/x/ },
  { summary: "two kinds of one name", entries: [{ name: "./x/" }, { name: "./x" }], why: /there twice/ },
  {
    summary: "/lib as a link elsewhere",
    entries: [{ name: "./lib", target: "/tmp" }],
    why: /neither a folder nor/,
  },
  { summary: "/bin as a file", entries: [{ name: "./bin" }], why: /neither a folder nor/ },
  {
    summary: "a symlink to nothing",
    entries: [{ name: "./a", target: "", kind: "symlink" }],
    why: /no target/,
  },
])("refuses $summary", ({ entries, why }) => {
  expect(() => placed(entries)).toThrow(why);
});

test("nothing ever lies outside, twice, or below what is no folder", () => {
  const name = fc
    .array(fc.constantFrom("..", ".", "", "lib", "usr", "bin", "a", "b"), { maxLength: 5 })
    .map((parts) => `./${parts.join("/")}`);
  const entry: fc.Arbitrary<TarEntry> = fc.record({
    name,
    kind: fc.constantFrom("file" as const, "directory" as const, "symlink" as const, "hardlink" as const),
    target: name,
  });
  fc.assert(
    fc.property(fc.array(entry, { maxLength: 8 }), (entries) => {
      let result: readonly IndexedEntry[];
      try {
        result = placed(entries);
      } catch {
        return;
      }
      const kinds = new Map(result.map(({ path, kind }) => [path as string, kind]));
      expect(kinds.size).toBe(result.length);
      for (const { path } of result) {
        expect(path).toMatch(/^(?:\/(?!\.\.?(?:\/|$))[^/]+)+$/);
        expect(path).not.toMatch(/^\/(?:bin|lib)(?:\/|$)/);
        for (let cut = path.lastIndexOf("/"); cut > 0; cut = path.lastIndexOf("/", cut - 1)) {
          expect(kinds.get(path.slice(0, cut)) ?? "directory").toBe("directory");
        }
      }
    }),
    { numRuns: 2000 },
  );
});
