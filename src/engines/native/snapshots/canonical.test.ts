import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { directory, file, symlink } from "../../../../testing/trees.ts";
import type { LayerEntry } from "../../../tree/layers.ts";
import { path } from "../../../tree/path.ts";
import { canonicalEntries, contentIdOf, withPlainLinks } from "./canonical.ts";

function hardLink(name: string, target: string): LayerEntry {
  return { kind: "hardlink", path: path(name), target: path(target), origins: [] };
}

function isAt({ path: at }: LayerEntry, name: string): boolean {
  return at === path(name);
}

/** Path, and what it is known as. */
function lines(entries: readonly LayerEntry[]): string[] {
  return entries.map((entry) => {
    if (entry.kind === "hardlink") return `${entry.path} => ${entry.target}`;
    return entry.kind === "file" && entry.link !== undefined ? `${entry.path} (${entry.link})` : entry.path;
  });
}

const cases: readonly { summary: string; entries: readonly LayerEntry[]; expected: readonly string[] }[] = [
  {
    summary: "folders before what they hold, siblings by name",
    entries: [file("/a/b"), file("/a-b"), directory("/a"), file("/A")],
    expected: ["/A", "/a", "/a/b", "/a-b"],
  },
  {
    summary: "opaque marks, then whiteouts, before all that a folder holds",
    entries: [file("/a/+x"), file("/a/.wh.+x"), file("/a/.wh..wh..opq"), directory("/a")],
    expected: ["/a", "/a/.wh..wh..opq", "/a/.wh.+x", "/a/+x"],
  },
  {
    summary: "of one path the last",
    entries: [file("/a", "first"), symlink("/b", "x"), file("/a", "second")],
    expected: ["/a", "/b"],
  },
  {
    summary: "a hard link within the layer is the file again, wherever it stands",
    entries: [hardLink("/a", "/z"), file("/z", "text"), hardLink("/m", "/a")],
    expected: ["/a (=/z)", "/m (=/z)", "/z (=/z)"],
  },
  {
    summary: "a hard link to a lower layer's file stays one",
    entries: [hardLink("/a", "/lower")],
    expected: ["/a => /lower"],
  },
  {
    summary: "hard links in a circle name nothing of this layer",
    entries: [hardLink("/a", "/b"), hardLink("/b", "/a")],
    expected: ["/a => /b", "/b => /a"],
  },
];

test.each(cases)("$summary", ({ entries, expected }) => {
  expect(lines(canonicalEntries(entries))).toEqual(expected);
});

test("links are known by their first name, one name alone is no link", () => {
  const entries = canonicalEntries([
    file("/b", "x", { link: "id" }),
    file("/a", "x", { link: "id" }),
    file("/c", "y", { link: "other" }),
  ]);
  expect(lines(withPlainLinks(entries))).toEqual(["/a (/a)", "/b (/a)", "/c"]);
});

describe("the id", () => {
  const entries: readonly LayerEntry[] = [
    directory("/d"),
    file("/d/a", "x", { link: "one" }),
    file("/d/b", "x", { link: "one" }),
    file("/d/.wh.gone"),
    symlink("/l", "d"),
    hardLink("/e", "/lower"),
  ];
  const id = contentIdOf(canonicalEntries(entries));

  test("is the same in any order, and whatever links are called", () => {
    fc.assert(
      fc.property(
        fc.shuffledSubarray([...entries], { minLength: entries.length }),
        fc.string(),
        (order, link) => {
          const renamed = order.map((one) =>
            one.kind === "file" && one.link !== undefined ? { ...one, link } : one,
          );
          expect(contentIdOf(canonicalEntries(renamed))).toBe(id);
        },
      ),
    );
  });

  test("heeds no attributes of whiteouts", () => {
    const other = entries.map((one) =>
      one.kind !== "hardlink" && one.path.includes(".wh.") ? { ...one, mtime: 5, mode: 0 } : one,
    );
    expect(contentIdOf(canonicalEntries(other))).toBe(id);
  });

  const others: readonly [string, (one: LayerEntry) => LayerEntry][] = [
    ["a content", (one) => (isAt(one, "/d/a") ? file("/d/a", "y", { link: "one" }) : one)],
    ["a mode", (one) => (isAt(one, "/d") ? directory("/d", { mode: 0o700 }) : one)],
    ["a time", (one) => (isAt(one, "/d") ? directory("/d", { mtime: 1 }) : one)],
    ["an owner", (one) => (isAt(one, "/d") ? directory("/d", { gid: 1 }) : one)],
    [
      "an attribute",
      (one) => (isAt(one, "/d") ? directory("/d", { xattrs: new Map([["user.a", Buffer.of(1)]]) }) : one),
    ],
    ["a target", (one) => (isAt(one, "/l") ? symlink("/l", "e") : one)],
    ["a link", (one) => (isAt(one, "/d/b") ? file("/d/b", "x") : one)],
    ["a whiteout", (one) => (isAt(one, "/d/.wh.gone") ? file("/d/.wh.other") : one)],
    ["a lower file", (one) => (isAt(one, "/e") ? hardLink("/e", "/other") : one)],
  ];
  test.each(others)("tells %s", (_what, change) => {
    expect(contentIdOf(canonicalEntries(entries.map(change)))).not.toBe(id);
  });
});
