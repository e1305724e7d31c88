import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { file, symlink } from "../../testing/trees.ts";
import { compileGlob, matching } from "./glob.ts";
import { treeOf } from "./memory-tree.ts";
import { path, treePath } from "./path.ts";

describe("globs", () => {
  test.each<[string, string, boolean]>([
    ["/etc/passwd", "/etc/passwd", true],
    ["/etc/passwd", "/etc/passwd-", false],
    ["/etc/*", "/etc/passwd", true],
    ["/etc/*", "/etc/ssl/certs", false],
    ["/etc/**", "/etc/ssl/certs", true],
    ["/etc/**", "/etc", true],
    ["/etc/**", "/etcetera", false],
    ["/**", "/a/b/c", true],
    ["/**/*.la", "/libx.la", true],
    ["/**/*.la", "/usr/lib/libx.la", true],
    ["/usr/lib/*/lib?.so", "/usr/lib/x/liba.so", true],
    ["/usr/lib/*/lib?.so", "/usr/lib/x/libab.so", false],
    ["/usr/lib/*/lib?.so", "/usr/lib/x/y/liba.so", false],
    ["/usr/**/postgres", "/usr/lib/postgresql/15/bin/postgres", true],
    ["/usr/**/postgres", "/usr/postgres", true],
    ["/a/lib**", "/a/lib/b/c", true],
    ["/a/[b]", "/a/[b]", true],
    ["/a/[b]*", "/a/b", false],
    ["/a/(x|y)+*", "/a/(x|y)+z", true],
    ["relative/*", "/relative/x", true],
    ["/a/*", "/a/\udc80", true],
    ["/a/*\n", "/a/x\n", true],
    ["/nul\0*", "/nul", false],
  ])("%j against %j: %s", (glob, name, expected) => {
    expect(compileGlob(glob).matches(treePath(name) ?? path("/"))).toBe(expected);
  });

  test("a literal glob names one path, a wild one a folder to search", () => {
    expect(compileGlob("/etc/passwd")).toMatchObject({ literal: true, folder: "/etc/passwd" });
    expect(compileGlob("/usr/lib/*/x/**")).toMatchObject({ literal: false, folder: "/usr/lib" });
    expect(compileGlob("/*")).toMatchObject({ literal: false, folder: "/" });
  });

  test("matching finds exactly what matches, through links before the first wildcard", () => {
    const tree = treeOf([
      file("/usr/lib/a.so"),
      file("/usr/lib/deep/er/b.so"),
      file("/usr/lib/c.txt"),
      symlink("/lib", "usr/lib"),
    ]);
    const found = (glob: string): string[] =>
      [...matching(tree, compileGlob(glob))].map((entry) => entry.path);
    expect(found("/usr/lib/*.so")).toEqual(["/usr/lib/a.so"]);
    expect(found("/lib/**/*.so")).toEqual(["/usr/lib/a.so", "/usr/lib/deep/er/b.so"]);
    expect(found("/lib")).toEqual(["/lib"]);
    expect(found("/usr/*/*.so")).toEqual(["/usr/lib/a.so"]);
    expect(found("/none/*")).toEqual([]);
  });

  test("matching equals testing each entry", () => {
    const part = fc.constantFrom("a", "b", "ab", "c");
    const wild = fc.constantFrom("a", "*", "?", "a*", "**", "b");
    fc.assert(
      fc.property(
        fc.array(fc.array(part, { minLength: 1, maxLength: 4 }), { maxLength: 12 }),
        fc.array(wild, { minLength: 1, maxLength: 4 }),
        (files, parts) => {
          const tree = treeOf(files.map((one) => file(`/${one.join("/")}`)));
          const glob = compileGlob(`/${parts.join("/")}`);
          const expected = [...tree.walk()]
            .filter((entry) => glob.matches(entry.path))
            .map((one) => one.path);
          const found = [...matching(tree, glob)].map((one): string => one.path);
          expect(found.filter((one) => one !== "/")).toEqual(expected);
        },
      ),
      { numRuns: 500 },
    );
  });
});
