import {
  chmodSync,
  linkSync,
  lutimesSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { linesOf } from "../../../../testing/file-operations/lines.ts";
import { collect } from "../../../base/bytes.ts";
import { type Cache, openCache } from "../../../base/cache.ts";
import { InvalidInput } from "../../../base/diagnostics.ts";
import { ToolError } from "../../../base/errors.ts";
import { encodeName } from "../../../base/names.ts";
import type { LocalOperation } from "../../../graph/operation.ts";
import { path } from "../../../tree/path.ts";
import { type LocalContext, openLocal } from "./local.ts";

let home = "";
let folder = "";
let cache: Cache;

beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), "local-context-"));
  folder = join(home, "context");
  mkdirSync(folder);
  cache = await openCache(join(home, "cache"));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

/** Files of a context; a text that begins with "-> " is a link. */
function write(files: Readonly<Record<string, string>>): void {
  for (const [name, content] of Object.entries(files)) {
    const file = encodeName(join(folder, name));
    mkdirSync(encodeName(dirname(join(folder, name))), { recursive: true });
    if (content.startsWith("-> ")) symlinkSync(content.slice(3), file);
    else writeFileSync(file, content, { mode: 0o644 });
  }
}

interface OpenOptions extends Partial<LocalOperation> {
  /** Since a file was changed, the clock has gone on by so much. */
  readonly laterMs?: number;
  readonly signal?: AbortSignal;
}

function open({ laterMs = 3_600_000, signal, ...operation }: OpenOptions = {}): Promise<LocalContext> {
  return openLocal(
    folder,
    { kind: "local", name: "context", exclude: [], follow: [], ...operation },
    { cache, signal: signal ?? new AbortController().signal, now: () => Date.now() + laterMs },
  );
}

const names = async (options: OpenOptions): Promise<string[]> =>
  [...(await open(options)).tree.walk()].map((entry) => entry.path);

describe("entries", () => {
  test("have real modes and times, and are root's", async () => {
    write({ "a/b.txt": "hello", "a/run": "x", l: "-> ../../etc/passwd", "a/empty": "" });
    chmodSync(join(folder, "a/run"), 0o4750);
    chmodSync(join(folder, "a"), 0o1777);
    utimesSync(join(folder, "a/b.txt"), 1_000_000_000.75, 1_000_000_000.75);
    lutimesSync(join(folder, "l"), 5, 5);
    const { tree } = await open();
    expect(await linesOf(tree)).toEqual({
      "/a": "directory 1777",
      "/a/b.txt": "file 0644 hello",
      "/a/empty": "file 0644",
      "/a/run": "file 4750 x",
      "/l": "symlink -> ../../etc/passwd",
    });
    expect(tree.lookup(path("/a/b.txt"))?.mtime).toBe(1_000_000_000);
    expect(tree.lookup(path("/l"))?.mtime).toBe(5);
  });

  test("names of one file are told as such, where there are several among them", async () => {
    write({ a: "x", "d/e": "y" });
    linkSync(join(folder, "a"), join(folder, "d/b"));
    linkSync(join(folder, "d/e"), join(home, "outside"));
    expect(await linesOf((await open()).tree)).toEqual({
      "/a": "file 0644 x",
      "/d": "directory 0755",
      "/d/b": "link /a",
      "/d/e": "file 0644 y",
    });
    expect((await open()).tree.lookup(path("/d/e"))).not.toHaveProperty("link");
  });

  test("names are bytes", async () => {
    write({ "a\nb": "x", "\udcff": "y", ü: "z" });
    expect(await linesOf((await open()).tree)).toEqual({
      "/a\nb": "file 0644 x",
      "/ü": "file 0644 z",
      "/\udcff": "file 0644 y",
    });
  });

  test("sockets are left out", async () => {
    write({ a: "x" });
    const server = createServer().listen(join(folder, "socket"));
    await new Promise((settle) => server.on("listening", settle));
    expect(await names({})).toEqual(["/a"]);
    await new Promise((settle) => server.close(settle));
  });
});

describe("exclude", () => {
  test.each<[readonly string[], readonly string[]]>([
    [
      ["*.md"],
      ["/.git", "/.git/config", "/src", "/src/README.md", "/src/main.go", "/src/vendor", "/src/vendor/x.go"],
    ],
    [["src", ".git"], ["/README.md"]],
    [
      ["src", "!src/vendor", ".git"],
      ["/README.md", "/src", "/src/vendor", "/src/vendor/x.go"],
    ],
    [
      ["*", "!src/*.go"],
      ["/src", "/src/main.go"],
    ],
    [
      ["**/*.go", "!**/x.go", ".git"],
      ["/README.md", "/src", "/src/README.md", "/src/vendor", "/src/vendor/x.go"],
    ],
    [["*"], []],
    [
      ["src/vendor/", ".git/"],
      ["/README.md", "/src", "/src/README.md", "/src/main.go"],
    ],
  ])("%j", async (exclude, expected) => {
    write({
      "README.md": "",
      ".git/config": "",
      "src/README.md": "",
      "src/main.go": "",
      "src/vendor/x.go": "",
    });
    expect(await names({ exclude })).toEqual(expected);
  });

  test("a folder in which nothing can be wanted isn't looked into", async () => {
    write({ "a/x": "", "b/y": "" });
    // Were it read, its name would be too long for the system.
    const deep = Array.from({ length: 20 }, () => "d".repeat(200));
    let at = join(folder, "a");
    for (const name of deep) {
      try {
        mkdirSync(join(at, name));
      } catch {
        break;
      }
      at = join(at, name);
    }
    expect(await names({ exclude: ["a"] })).toEqual(["/b", "/b/y"]);
    expect(await names({ exclude: ["a", "!b/y"] })).toEqual(["/b", "/b/y"]);
  });

  test("malformed patterns are refused", async () => {
    await expect(open({ exclude: ["["] })).rejects.toThrow(InvalidInput);
  });

  test("what is left out is explained", async () => {
    write({ "a.md": "", "b/c": "" });
    const { explainAbsent } = await open({ exclude: ["*.md", "b"] });
    expect(explainAbsent("a.md")).toBe(
      'it is there, but left out of the build context by the pattern "*.md" (.dockerignore)',
    );
    expect(explainAbsent("/b/c")).toContain('"b"');
    expect(explainAbsent("x.md")).toBeUndefined();
    expect(explainAbsent("b/x")).toBeUndefined();
    expect(explainAbsent("/")).toBeUndefined();
  });
});

describe("follow", () => {
  test.each<[readonly string[], readonly string[]]>([
    [["/main.go"], ["/main.go"]],
    [["src"], ["/src", "/src/a.go", "/src/deep", "/src/deep/b.go"]],
    [
      ["/"],
      ["/c1", "/c2", "/l", "/main.go", "/out", "/s", "/src", "/src/a.go", "/src/deep", "/src/deep/b.go"],
    ],
    [["*.go"], ["/main.go"]],
    [["l"], ["/l", "/src", "/src/deep", "/src/deep/b.go"]],
    [
      ["s/deep", "s/a.go"],
      ["/s", "/src", "/src/a.go", "/src/deep", "/src/deep/b.go"],
    ],
    [["?"], ["/l", "/s", "/src", "/src/a.go", "/src/deep", "/src/deep/b.go"]],
    [["src/*/b.go"], ["/src", "/src/deep", "/src/deep/b.go"]],
    // What a wildcard shares with a link is wanted whole.
    [["?/b.go"], ["/l", "/s"]],
    [["c1"], ["/c1", "/c2"]],
    [["out"], ["/out"]],
    [["nothing", "main.go/x"], []],
  ])("%j", async (follow, expected) => {
    write({
      "main.go": "",
      "src/a.go": "",
      "src/deep/b.go": "",
      l: "-> src/deep/../deep/b.go",
      s: "-> /src",
      c1: "-> c2",
      c2: "-> c1/x",
      out: "-> ../../etc/passwd",
    });
    expect(await names({ follow })).toEqual(expected);
  });

  test("of more links than are worth following, everything", async () => {
    // Each leads on twice, the last ones to all of them.
    for (let index = 0; index < 30; index++) write({ [`l${index}`]: `-> l${index + 1}/l${index + 1}` });
    write({ l30: "-> */l0", l31: "-> l*/l*", other: "" });
    expect(await names({ follow: ["l*/l*/x"] })).toContain("/other");
    expect(await names({ follow: ["other"] })).toEqual(["/other"]);
  });

  test("and exclude", async () => {
    write({ "src/a": "", "src/b": "", c: "" });
    expect(await names({ follow: ["src"], exclude: ["src/b"] })).toEqual(["/src", "/src/a"]);
  });
});

describe("an unchanged folder", () => {
  test("costs no reading", async () => {
    write({ a: "1", "d/b": "2", l: "-> a" });
    expect((await open()).filesRead).toBe(2);
    const second = await open();
    expect(second.filesRead).toBe(0);
    expect(await linesOf(second.tree)).toEqual({
      "/a": "file 0644 1",
      "/d": "directory 0755",
      "/d/b": "file 0644 2",
      "/l": "symlink -> a",
    });
    expect(await open({ exclude: ["d"] })).toMatchObject({ filesRead: 0 });
    expect((await open()).filesRead).toBe(0);
  });

  test("is read again where a file changed", async () => {
    write({ a: "1", b: "2" });
    await open();
    write({ a: "3" });
    const { filesRead, tree } = await open();
    expect(filesRead).toBe(1);
    expect(await linesOf(tree)).toMatchObject({ "/a": "file 0644 3" });
  });

  test("is read again where a file has the size and time of before", async () => {
    write({ a: "1" });
    utimesSync(join(folder, "a"), 5, 5);
    await open();
    write({ a: "2" });
    utimesSync(join(folder, "a"), 5, 5);
    expect(await linesOf((await open()).tree)).toEqual({ "/a": "file 0644 2" });
  });

  test("is read again where it was changed just before it was read", async () => {
    write({ a: "1" });
    expect((await open({ laterMs: 0 })).filesRead).toBe(1);
    expect((await open({ laterMs: 1000 })).filesRead).toBe(1);
    expect((await open()).filesRead).toBe(1);
    expect((await open()).filesRead).toBe(0);
  });

  test("keeps what is known when it is moved within itself", async () => {
    write({ "a/b": "1" });
    utimesSync(join(folder, "a/b"), 5, 5);
    await open();
    renameSync(join(folder, "a"), join(folder, "c"));
    expect((await open()).filesRead).toBe(0);
  });
});

describe("the digest", () => {
  test("is of names, modes and contents, not of times", async () => {
    write({ a: "1", "d/b": "2", l: "-> a" });
    const { digest } = await open();
    utimesSync(join(folder, "a"), 7, 7);
    expect((await open()).digest).toBe(digest);
    const changes: (() => void)[] = [
      () => write({ a: "2" }),
      () => chmodSync(join(folder, "d"), 0o700),
      () => renameSync(join(folder, "d/b"), join(folder, "d/c")),
      () => write({ m: "-> a" }),
      () => linkSync(join(folder, "a"), join(folder, "d/a")),
      () => {
        rmSync(join(folder, "d/a"));
        write({ "d/a": readFileSync(join(folder, "a"), "utf8") });
      },
    ];
    const seen = new Set<string>([digest]);
    for (const change of changes) {
      change();
      seen.add((await open()).digest);
    }
    expect(seen.size).toBe(changes.length + 1);
  });

  test("doesn't depend on where the folder is", async () => {
    write({ a: "1", b: "2" });
    linkSync(join(folder, "a"), join(folder, "c"));
    const { digest } = await open();
    rmSync(folder, { recursive: true });
    write({ b: "2", c: "1" });
    linkSync(join(folder, "c"), join(folder, "a"));
    expect((await open()).digest).toBe(digest);
  });
});

describe("mistakes", () => {
  test("no folder", async () => {
    rmSync(folder, { recursive: true });
    await expect(open()).rejects.toMatchObject({ code: "not-found", why: "there is no such folder" });
    writeFileSync(folder, "");
    await expect(open()).rejects.toMatchObject({ code: "not-found", why: "it is no folder" });
  });

  test("a file that changes after it was examined", async () => {
    write({ a: "1", big: "x".repeat(300_000) });
    const { tree } = await open();
    write({ a: "2", big: "y".repeat(300_000) });
    for (const name of ["/a", "/big"]) {
      const entry = tree.lookup(path(name));
      const content = entry?.kind === "file" ? collect(entry.content, 1 << 20, name) : undefined;
      await expect(content).rejects.toMatchObject({
        code: "malformed",
        why: "it changed while it was being read",
      });
    }
  });

  test("a file that grew, and one that became a link or went", async () => {
    write({ a: "1", b: "1", c: "1" });
    const { tree } = await open();
    write({ a: "1 and more" });
    rmSync(join(folder, "b"));
    rmSync(join(folder, "c"));
    write({ b: "-> a", other: "1" });
    for (const name of ["/a", "/b", "/c"]) {
      const entry = tree.lookup(path(name));
      const content = entry?.kind === "file" ? collect(entry.content, 1 << 20, name) : undefined;
      await expect(content).rejects.toThrow(ToolError);
    }
  });

  test("an interrupt", async () => {
    write({ a: "1" });
    await expect(open({ signal: AbortSignal.abort(new Error("stopped")) })).rejects.toThrow("stopped");
  });
});
