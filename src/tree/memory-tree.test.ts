import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { directory, file, fromPackage, symlink } from "../../testing/trees.ts";
import { dumpTree } from "./dump.ts";
import type { Entry } from "./entry.ts";
import { addEntry, mergeTrees, removeEntry, treeBuilder, treeOf } from "./memory-tree.ts";
import { comparePaths, parentOf, path, root } from "./path.ts";

const owners = (entry: Entry | undefined): string[] =>
  (entry?.origins ?? []).map((one) => (one.kind === "package" ? one.package : one.kind));

describe("treeOf", () => {
  test("makes missing parents, with the child's origins", () => {
    const tree = treeOf([file("/a/b/c", "x", fromPackage("p"))]);
    expect(dumpTree(tree)).toEqual({
      "/a": "directory 0755",
      "/a/b": "directory 0755",
      "/a/b/c": "file 0644 2d711642",
    });
    expect(owners(tree.lookup(path("/a/b")))).toEqual(["p:amd64"]);
    expect(tree.size).toBe(3);
    expect(tree.lookup(root)?.kind).toBe("directory");
  });

  test("a folder of many packages lists them all, the last one decisive; one listed twice counts once", () => {
    const tree = treeOf([
      directory("/etc", { mode: 0o700, ...fromPackage("a") }),
      directory("/etc", { mode: 0o711, ...fromPackage("b") }),
      directory("/etc", { mode: 0o755, ...fromPackage("c") }),
      directory("/etc", { mode: 0o750, ...fromPackage("a") }),
    ]);
    expect(owners(tree.lookup(path("/etc")))).toEqual(["b:amd64", "c:amd64", "a:amd64"]);
    expect(tree.lookup(path("/etc"))?.mode).toBe(0o750);
  });

  test("equal files keep both origins, different ones the last", () => {
    const tree = treeOf([
      file("/same", "1", fromPackage("a")),
      file("/same", "1", fromPackage("b")),
      file("/other", "1", fromPackage("a")),
      file("/other", "2", fromPackage("b")),
      symlink("/link", "x", fromPackage("a")),
      symlink("/link", "x", fromPackage("b")),
    ]);
    expect(owners(tree.lookup(path("/same")))).toEqual(["a:amd64", "b:amd64"]);
    expect(owners(tree.lookup(path("/other")))).toEqual(["b:amd64"]);
    expect(owners(tree.lookup(path("/link")))).toEqual(["a:amd64", "b:amd64"]);
  });

  test("a file on a folder removes its content; an entry below a file makes it a folder", () => {
    expect(dumpTree(treeOf([file("/a/b/c"), file("/a")]))).toEqual({ "/a": "file 0644 empty" });
    expect(dumpTree(treeOf([file("/a"), file("/a/b")]))).toEqual({
      "/a": "directory 0755",
      "/a/b": "file 0644 empty",
    });
    // What a replaced folder held does not come back.
    expect(Object.keys(dumpTree(treeOf([file("/a/b"), file("/a"), file("/a/c")])))).toEqual(["/a", "/a/c"]);
  });

  test("merged trees lie over each other", () => {
    const merged = mergeTrees(
      treeOf([file("/a/x", "1"), file("/b")]),
      treeOf([file("/a/x", "2"), file("/a/y")]),
    );
    expect(Object.keys(dumpTree(merged))).toEqual(["/a", "/a/x", "/a/y", "/b"]);
    expect(dumpTree(merged)["/a/x"]).toBe(dumpTree(treeOf([file("/q", "2")]))["/q"]);
  });

  test("walks in path order; every entry has a folder for a parent, whatever was added and removed", () => {
    const name = fc.constantFrom("a", "b", "a-", "a.b", "é");
    const anyPath = fc.array(name, { minLength: 1, maxLength: 4 }).map((parts) => `/${parts.join("/")}`);
    const step = fc.oneof(
      anyPath.map((at) => ({ add: file(at) })),
      anyPath.map((at) => ({ add: directory(at) })),
      anyPath.map((at) => ({ add: symlink(at, "a") })),
      anyPath.map((at) => ({ remove: path(at) })),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const builder = treeBuilder();
        for (const one of steps) {
          if ("add" in one) addEntry(builder, one.add);
          else removeEntry(builder, one.remove);
        }
        const tree = treeOf(builder.entries.values());
        const walked = [...tree.walk()];
        expect(walked.map((one) => one.path)).toEqual(walked.map((one) => one.path).sort(comparePaths));
        expect(walked.length).toBe(tree.size);
        for (const one of walked) {
          expect(tree.lookup(parentOf(one.path))?.kind).toBe("directory");
          expect(tree.children(parentOf(one.path))).toContain(one.path.slice(one.path.lastIndexOf("/") + 1));
        }
      }),
    );
  });

  test("a hundred thousand entries are walked, each once", () => {
    const entries = Array.from({ length: 100_000 }, (_, index) => ({
      ...sample,
      path: path(`/usr/share/d${index % 317}/e${index % 7}/f${index}`),
    }));
    const tree = treeOf(entries);
    expect([...tree.walk()].length).toBe(tree.size);
  });
});

const sample = file("/sample");
