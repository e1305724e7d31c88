import { expect, test } from "vitest";
import { attributionOf } from "../../../testing/attribution.ts";
import { directory, file, symlink } from "../../../testing/trees.ts";

const database = `C:Q1xyz=
P:musl
V:1.2.2-r3
A:x86_64
p:so:libc.musl-x86_64.so.1=1 /bin/provided
F:lib
R:ld-musl-x86_64.so.1
a:0:0:755
Z:Q1abc=
R:libc.musl-x86_64.so.1

P:busybox
V:1.33.1-r8
A:x86_64
D:so:libc.musl-x86_64.so.1 !old-busybox baselayout>=3 absent cmd:nothing
p:cmd:busybox /bin/sh
F:bin
M:0:0:1777
R:busybox
F:lib
F:
R:top

P:baselayout
V:3
D:/bin/sh musl~1.2
`;

const files = [
  file("/lib/ld-musl-x86_64.so.1"),
  symlink("/lib/libc.musl-x86_64.so.1", "ld-musl-x86_64.so.1"),
  file("/bin/busybox"),
  symlink("/bin/ls", "/bin/busybox"),
  file("/top"),
];

test("records, folders, files and dependencies", async () => {
  expect(await attributionOf([...files, file("/lib/apk/db/installed", database)])).toEqual({
    packages: [
      "musl:x86_64 1.2.2-r3",
      "busybox:x86_64 1.33.1-r8 (musl, baselayout)",
      "baselayout 3 (busybox, musl)",
    ],
    owners: {
      "/bin": "busybox:x86_64",
      "/bin/busybox": "busybox:x86_64",
      "/bin/ls": "busybox:x86_64",
      "/lib/ld-musl-x86_64.so.1": "musl:x86_64",
      "/lib/libc.musl-x86_64.so.1": "musl:x86_64",
      "/top": "busybox:x86_64",
    },
    unreadable: {},
  });
});

test("the database below /usr, reached by two names, is read once", async () => {
  const { packages } = await attributionOf([
    directory("/usr/lib"),
    symlink("/lib", "usr/lib"),
    file("/usr/lib/apk/db/installed", database),
  ]);
  expect(packages).toHaveLength(3);
});

test.each([
  { summary: "no colon", text: "P:a\nV:1\n\nnothing\n", why: "line 4: expected a letter and a colon" },
  { summary: "no name", text: "V:1\n", why: "a package has no name" },
  { summary: "binary", text: "\0\0\0\0", why: "line 1: expected a letter and a colon" },
])("a database with $summary is unreadable", async ({ text, why }) => {
  const told = await attributionOf([file("/lib/apk/db/installed", text)]);
  expect(told).toEqual({ packages: [], owners: {}, unreadable: { "/lib/apk/db/installed": why } });
});

test("names that leave the root stay inside it", async () => {
  const { owners } = await attributionOf([
    file("/etc/passwd"),
    file("/lib/apk/db/installed", "P:a\nV:1\nF:../../..\nR:../etc/passwd\n"),
  ]);
  expect(owners).toEqual({ "/etc/passwd": "a" });
});

test("few letters that name many dependencies are a limit", async () => {
  const providers = Array.from({ length: 64 }, (_, index) => `P:p${index}\nV:1\np:a\n\n`).join("");
  const text = `${providers}P:last\nV:1\nD:${"a ".repeat(20_000)}\n`;
  const { unreadable } = await attributionOf([file("/lib/apk/db/installed", text)]);
  expect(unreadable).toEqual({
    "/lib/apk/db/installed": "it exceeds packageDependenciesMax (1000000)",
  });
});
