import { describe, expect, test } from "vitest";
import {
  apply,
  change,
  copyOf,
  expectChanges,
  link,
  mkdir,
  script,
  varRun,
  write,
} from "../../../testing/applied-effects.ts";
import { directory, file, fromPackage, symlink } from "../../../testing/trees.ts";
import { decodeName } from "../../base/names.ts";
import { path } from "../../tree/path.ts";
import type { Content, EffectAction } from "../effects/effect.ts";

describe("folders", () => {
  expectChanges([
    {
      summary: "a folder with its parents",
      scripts: script(mkdir("/var/lib/app", { mode: "0750", user: "www-data", group: "adm" })),
      changed: {
        "/var": "directory 0755",
        "/var/lib": "directory 0755",
        "/var/lib/app": "directory 0750 33:4",
      },
    },
    {
      summary: "one that is there keeps its attributes",
      tree: [directory("/data", { mode: 0o700, uid: 5 })],
      scripts: script(mkdir("/data", { mode: "0755", user: "root" })),
      changed: {},
    },
    {
      summary: "unless they are to be adjusted",
      tree: [directory("/data", { mode: 0o700, uid: 5 })],
      scripts: script(mkdir("/data", { mode: "2775", user: "root", adjust: true })),
      changed: { "/data": "directory 2775" },
    },
    {
      summary: "through a link to a folder",
      tree: varRun,
      scripts: script(mkdir("/var/run/app", { mode: "0700" })),
      changed: { "/run/app": "directory 0700" },
    },
    {
      summary: "where a link leads to nothing yet",
      tree: [symlink("/data", "srv/data")],
      scripts: script(mkdir("/data")),
      changed: { "/srv": "directory 0755", "/srv/data": "directory 0755" },
    },
    {
      summary: "a file in the way stays",
      tree: [file("/data", "x")],
      scripts: script(mkdir("/data"), mkdir("/data/below")),
      changed: {},
    },
    {
      summary: "an owner that nobody is changes nothing",
      scripts: script(mkdir("/data", { user: "nosuch", group: "nosuch" })),
      changed: { "/data": "directory 0755" },
    },
  ]);

  test("links in a circle are refused", async () => {
    const tree = [symlink("/a", "b"), symlink("/b", "a")];
    await expect(apply({ tree, scripts: script(mkdir("/a")) })).rejects.toMatchObject({ code: "malformed" });
  });

  test("what is made has the date that was given, parents too", async () => {
    const { tree } = await apply({ scripts: script(mkdir("/a/b"), link("/c/d", "x"), write("/e/f", "")) });
    expect([...tree.walk()].map((entry) => entry.mtime)).toEqual([7, 7, 7, 7, 7, 7]);
  });
});

const latin = decodeName(Buffer.from("caf\xe9\n", "latin1"));

describe("files", () => {
  expectChanges([
    {
      summary: "a new one",
      scripts: script(write("/etc/app.conf", "a\n", { mode: "0640", group: "adm" })),
      changed: { "/etc": "directory 0755", "/etc/app.conf": 'file 0640 0:4 "a\\n"' },
    },
    {
      summary: "one that replaces another keeps mode and owner",
      tree: [file("/f", "old", { mode: 0o600, uid: 4 })],
      scripts: script(write("/f", "new")),
      changed: { "/f": 'file 0600 4:0 "new"' },
    },
    {
      summary: "added to the end",
      tree: [file("/f", "one\n")],
      scripts: script(write("/f", "two\n", { append: true }), write("/g", "three\n", { append: true })),
      changed: { "/f": 'file 0644 "one\\ntwo\\n"', "/g": 'file 0644 "three\\n"' },
    },
    {
      summary: "behind a link",
      tree: [...varRun, symlink("/f", "var/run/real"), file("/run/real", "old")],
      scripts: script(write("/f", "new")),
      changed: { "/run/real": 'file 0644 "new"' },
    },
    {
      summary: "behind a link to nothing",
      tree: [symlink("/f", "a/b")],
      scripts: script(write("/f", "new")),
      changed: { "/a": "directory 0755", "/a/b": 'file 0644 "new"' },
    },
    {
      summary: "a folder in the way stays, and so does a file where a folder should be",
      tree: [directory("/d"), file("/f", "x")],
      scripts: script(write("/d", "new"), write("/f/below", "new")),
      changed: {},
    },
    {
      summary: "copied, with the mode of its source where that is kept",
      tree: [file("/from", "text", { mode: 0o600, uid: 3, ...fromPackage("app") })],
      scripts: script(
        write("/plain", copyOf("/from")),
        write("/kept", copyOf("/from"), { preserve: true }),
        write("/both", copyOf("/from"), { append: true }),
      ),
      changed: {
        "/plain": 'file 0644 "text"',
        "/kept": 'file 0600 3:0 "text"',
        "/both": 'file 0644 "text"',
      },
    },
    {
      summary: "copied from what isn't there, or is a folder: nothing",
      tree: [directory("/d")],
      scripts: script(
        write("/a", copyOf("/nothing")),
        write("/b", copyOf("/d")),
        write("/c", { kind: "joined", parts: [{ kind: "text", text: "x" }, copyOf("/nothing")] }),
      ),
      changed: {},
    },
    {
      summary: "put together",
      tree: [file("/from", "two\n")],
      scripts: script(
        write("/f", { kind: "joined", parts: [{ kind: "text", text: "one\n" }, copyOf("/from")] }),
      ),
      changed: { "/f": 'file 0644 "one\\ntwo\\n"' },
    },
    {
      summary: "through sed",
      tree: [file("/template", "user @USER@\n# note\n")],
      scripts: script(
        write("/f", {
          kind: "sed",
          of: copyOf("/template"),
          program: "s/@USER@/app/; /^#/d",
          options: { quiet: false, extended: false },
        }),
      ),
      changed: { "/f": 'file 0644 "user app\\n"' },
    },
    {
      summary: "bytes that are not UTF-8 stay what they are",
      tree: [file("/template", Buffer.from("x caf\xe9\n", "latin1"))],
      scripts: script(
        write("/f", {
          kind: "sed",
          of: copyOf("/template"),
          program: "s/x //",
          options: { quiet: false, extended: false },
        }),
        write("/g", latin),
      ),
      changed: { "/f": `file 0644 ${JSON.stringify(latin)}`, "/g": `file 0644 ${JSON.stringify(latin)}` },
    },
    {
      summary: "touched only where there is nothing",
      tree: [file("/f", "x"), directory("/d")],
      scripts: script(...["/f", "/d", "/e"].map((at): EffectAction => ({ kind: "touch", path: path(at) }))),
      changed: { "/e": 'file 0644 ""' },
    },
    {
      summary: "no file gets setuid or setgid",
      tree: [file("/f", "x", { mode: 0o755 }), directory("/d")],
      scripts: script(
        change("/f", { mode: "4755" }),
        change("/d", { mode: "2755" }),
        write("/g", "x", { mode: "6711" }),
        { kind: "stat-override", path: path("/f"), mode: "4750", user: "root", group: "adm" },
      ),
      changed: { "/f": 'file 0750 0:4 "x"', "/d": "directory 2755", "/g": 'file 0711 "x"' },
    },
  ]);

  test("the facts of what was made are known", async () => {
    const { tree, facts } = await apply({ scripts: script(write("/f", "#!/bin/sh\n")) });
    const made = tree.lookup(path("/f"));
    expect(made?.kind === "file" ? facts.get(made.digest) : undefined).toMatchObject({
      magic: "script",
      script: { interpreter: "/bin/sh" },
    });
  });

  test("a big file is copied without being read", async () => {
    const unread = { [Symbol.asyncIterator]: () => Promise.reject(new Error("read")) as never };
    const big = { ...file("/big", "x"), sizeBytes: 1e9, content: unread };
    const { tree } = await apply({ tree: [big], scripts: script(write("/copy", copyOf("/big"))) });
    expect(tree.lookup(path("/copy"))).toMatchObject({ digest: big.digest, sizeBytes: 1e9 });
  });

  test("a sed program that isn't modelled is an unknown effect", async () => {
    const options = { quiet: false, extended: false };
    const sed: Content = { kind: "sed", of: copyOf("/t"), program: "y/a/b/", options };
    const scripts = script(write("/f", sed));
    await expect(apply({ tree: [file("/t", "a")], scripts })).rejects.toMatchObject({
      code: "unknown-effect",
      hint: 'declare it in the spec if the image doesn\'t need it: effects: {app: {ignore: "why"}}',
    });
  });
});

test("generators are collected, each once", async () => {
  const { generators } = await apply({
    scripts: script({ kind: "generate", generator: "ld-cache" }, { kind: "generate", generator: "ld-cache" }),
  });
  expect([...generators]).toEqual(["ld-cache"]);
});
