import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { directory, file, symlink } from "../../testing/trees.ts";
import { treeOf } from "./memory-tree.ts";
import { path } from "./path.ts";
import { resolve } from "./resolve.ts";

const tree = treeOf([
  file("/usr/lib/libz.so.1.3"),
  symlink("/usr/lib/libz.so.1", "libz.so.1.3"),
  symlink("/lib", "usr/lib"),
  symlink("/abs", "/usr/lib"),
  symlink("/up", "../../../usr"),
  symlink("/loop", "loop2"),
  symlink("/loop2", "loop"),
  symlink("/dangling", "nowhere/x"),
  symlink("/usr/dotted", "./lib/../lib/."),
  symlink("/usr/through-file", "lib/libz.so.1.3/.."),
  directory("/empty"),
]);

describe("resolve", () => {
  test.each<[string, string | undefined, string[]]>([
    ["/usr/lib/libz.so.1.3", "/usr/lib/libz.so.1.3", []],
    ["/usr/lib/libz.so.1", "/usr/lib/libz.so.1.3", ["/usr/lib/libz.so.1"]],
    ["/lib/libz.so.1", "/usr/lib/libz.so.1.3", ["/lib", "/usr/lib/libz.so.1"]],
    ["/abs/libz.so.1.3", "/usr/lib/libz.so.1.3", ["/abs"]],
    ["/up/lib", "/usr/lib", ["/up"]],
    ["/usr/dotted/libz.so.1.3", "/usr/lib/libz.so.1.3", ["/usr/dotted"]],
    ["/", "/", []],
    ["/loop", undefined, []],
    ["/loop/x", undefined, []],
    ["/dangling", undefined, []],
    ["/usr/through-file", undefined, []],
    ["/usr/lib/libz.so.1.3/x", undefined, []],
    ["/nothing", undefined, []],
  ])("%s leads to %s", (from, to, links) => {
    const found = resolve(tree, path(from));
    expect(found?.path).toBe(to);
    if (to !== undefined) expect(found?.links).toEqual(links);
  });

  test("the last component may be left alone, its parents are followed", () => {
    const found = resolve(tree, path("/lib/libz.so.1"), { followLast: false });
    expect(found?.path).toBe("/usr/lib/libz.so.1");
    expect(found?.links).toEqual(["/lib"]);
  });

  test("never leaves the tree, never throws, and finds what is at its path", () => {
    const name = fc.constantFrom("a", "b", "c");
    const target = fc
      .array(fc.constantFrom("a", "b", "c", "..", ".", ""), { maxLength: 5 })
      .map((parts) => parts.join("/"));
    const entry = fc
      .tuple(fc.array(name, { minLength: 1, maxLength: 3 }), fc.option(target))
      .map(([parts, to]) => {
        const at = `/${parts.join("/")}`;
        return to === null ? file(at) : symlink(at, to);
      });
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 12 }), fc.array(name, { maxLength: 4 }), (entries, parts) => {
        const random = treeOf(entries);
        const found = resolve(random, path(`/${parts.join("/")}`));
        if (found === undefined) return;
        expect(random.lookup(found.path)).toBe(found.entry);
        expect(found.entry.kind).not.toBe("symlink");
        for (const link of found.links) expect(random.lookup(link)?.kind).toBe("symlink");
      }),
      { numRuns: 1000 },
    );
  });
});
