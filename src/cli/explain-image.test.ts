import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openShelf, type Shelf } from "../../testing/audit-samples.ts";
import type { Ran } from "../../testing/cli.ts";
import { imageOf, layoutFiles, tarLayer } from "../../testing/layouts.ts";

let shelf: Shelf;

const hostile = "srv/\u001b[31mred\n\u202etxt.exe";

beforeAll(async () => {
  shelf = await openShelf();
  const image = imageOf([tarLayer([{ name: "srv/" }, { name: hostile, content: "x" }])]);
  await shelf.layout("hostile", await layoutFiles({ images: [image] }));
  const merged = imageOf([
    tarLayer([
      { name: "usr/bin/" },
      { name: "bin", target: "usr/bin" },
      { name: "usr/bin/tool", content: "old" },
      { name: "usr/bin/gone", content: "gone" },
    ]),
    tarLayer([{ name: "bin/tool", content: "newer" }, { name: "usr/bin/.wh.gone" }]),
  ]);
  await shelf.layout("merged", await layoutFiles({ images: [merged] }));
});
afterAll(() => shelf.close());

const explain = (...argv: readonly string[]): Promise<Ran> => shelf.run(["explain", "--quiet", ...argv]);

test.each<{ summary: string; argv: string[]; says: RegExp[] }>([
  {
    summary: "what the entrypoint starts",
    argv: ["./shell", "/app"],
    says: [
      /^\/app\nis {9}a file, 156 B, mode 0755, owner 0:0\n/,
      /^role {7}what starts: /m,
      /^why {8}entrypoint -> \/app/m,
      /^layer {6}0, sha256:[0-9a-f]{12}, 156 B$/m,
    ],
  },
  {
    summary: "a shell: what it is, what it gives, what is found",
    argv: ["./shell", "/opt/helper"],
    says: [
      /^role {7}nothing needs it$/m,
      /^content {4}GNU bash 5\.2\.15\n {11}- dynamic symbol shell_builtins/m,
      /^gives {6}exec, shell, /m,
      /^finding {4}critical shell: GNU bash 5\.2\.15$/m,
    ],
  },
  {
    summary: "how to check it",
    argv: ["./shell", "/opt/helper", "--verbose"],
    says: [/- dynamic symbol shell_builtins.*\n {11}check: /],
  },
  {
    summary: "a path without the slash, with dots",
    argv: ["./shell", "opt/../app"],
    says: [/^\/app\n/],
  },
  {
    summary: "a link",
    argv: ["./layered", "/srv/link"],
    says: [/^\/srv\/link\nis {9}a file, 4 B/, /^leads to {3}\/srv\/data$/m],
  },
  {
    summary: "a link that leads nowhere",
    argv: ["./layered", "/srv/broken"],
    says: [/^is {9}a symlink to nowhere, which isn't there, /m],
  },
  {
    summary: "a hard link has its file's size, and tells the other name",
    argv: ["./layered", "/srv/same"],
    says: [/^is {9}a file, 4 B/m, /^also {7}\/srv\/data$/m, /^layer {6}1, sha256:[0-9a-f]{12}, 4 B$/m],
  },
  {
    summary: "a folder",
    argv: ["./layered", "/srv"],
    says: [/^is {9}a directory, mode 0755, owner 0:0$/m, /^layer {6}1, sha256:[0-9a-f]{12}$/m],
  },
  { summary: "the root", argv: ["./layered", "/"], says: [/^\/\nis {9}a directory/] },
  {
    summary: "a file that an upper layer deletes",
    argv: ["./layered", "/etc/token"],
    says: [
      /^is {9}only in lower layers: deleted or replaced above$/m,
      /^hidden in {2}1, sha256:[0-9a-f]{12}, 37 B$/m,
      /^finding {4}critical secret-in-lower-layer: a GitLab token$/m,
    ],
  },
  {
    summary: "a file that layers wrote by either name of a folder",
    argv: ["./merged", "/bin/tool"],
    says: [
      /^leads to {3}\/usr\/bin\/tool$/m,
      /^hidden in {2}0, sha256:[0-9a-f]{12}, 3 B$/m,
      /^layer {6}1, sha256:[0-9a-f]{12}, 5 B$/m,
    ],
  },
  {
    summary: "a deleted file, by the other name of its folder",
    argv: ["./merged", "/bin/gone"],
    says: [/^is {9}only in lower layers: /m, /^hidden in {2}0, sha256:[0-9a-f]{12}, 4 B$/m],
  },
  {
    summary: "all of the image, in sums",
    argv: ["./shell"],
    says: [
      /^By reason\n +504 B +1 file +nothing needs it\n +156 B +1 file +what starts: /,
      /^By package\n +660 B +2 files {2}\(no package\)\n/m,
      /without a reason\n +504 B {2}\/opt\/helper\n/,
    ],
  },
  {
    summary: "hard links count once in sums",
    argv: ["./layered"],
    says: [/^ +4 B +2 files {2}nothing needs it$/m],
  },
  { summary: "a root folder", argv: ["./rootfs", "/opt/helper"], says: [/^\/opt\/helper\n/, /GNU bash/] },
  {
    summary: "a root folder, and what it starts",
    argv: ["./rootfs", "/app", "--entrypoint", "/app"],
    says: [/^role {7}what starts: /m],
  },
])("$summary", async ({ argv, says }) => {
  const ran = await explain(...argv);
  expect(ran).toMatchObject({ code: 0, stderr: "" });
  for (const pattern of says) expect(ran.stdout).toMatch(pattern);
});

test("names act on no terminal", async () => {
  for (const argv of [
    ["./hostile", `/${hostile}`],
    ["./hostile", "-v"],
  ]) {
    const { stdout, code } = await explain(...argv);
    expect(code).toBe(0);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
    expect(stdout).not.toMatch(/[\u001b\u202e]/);
  }
  const missing = await explain("./hostile", "/srv/\u001b[31mred");
  expect(missing.code).toBe(3);
  expect(missing.stderr).not.toContain("\u001b");
});

test.each<{ summary: string; argv: string[]; code: number; says: RegExp }>([
  {
    summary: "a path that no layer has, with a near one",
    argv: ["./shell", "/opt/helpr"],
    code: 3,
    says: /^error\[not-found\]: explaining \/opt\/helpr\n.*\nhint: did you mean \/opt\/helper\?\n$/,
  },
  {
    summary: "near a link",
    argv: ["./layered", "/srv/brokn"],
    code: 3,
    says: /\nhint: did you mean \/srv\/broken\?\n$/,
  },
  {
    summary: "a path below a file",
    argv: ["./shell", "/app/x/y/z/0123456789"],
    code: 3,
    says: /^error\[not-found\]: explaining \/app\/x[^\n]*\n {2}neither \.\/shell nor a layer of it has such a path\n$/,
  },
  { summary: "what no path can be", argv: ["./shell", "\0"], code: 3, says: /error\[not-found\]/ },
  {
    summary: "an image that isn't there",
    argv: ["./gone", "/app"],
    code: 3,
    says: /error\[not-found\]: opening/,
  },
  {
    summary: "options of a spec",
    argv: ["./shell", "--frozen", "--scripts"],
    code: 2,
    says: /--frozen means nothing for an image \[wrong-usage\]\n.*\n.*--scripts means nothing for an image/,
  },
])("refused: $summary", async ({ argv, code, says }) => {
  const ran = await explain(...argv);
  expect(ran.stderr).toMatch(says);
  expect(ran).toMatchObject({ code, stdout: "" });
});

test("a folder with a distill.yaml is a spec, whatever else it holds", async () => {
  mkdirSync(join(shelf.folder, "spec"));
  const spec = `apiVersion: distill/v1
name: bare
platforms: [linux/amd64]
run:
  files: {/app: {text: x, mode: 0755}}
  user: "1"
  entrypoint: [/app]
`;
  writeFileSync(join(shelf.folder, "spec/distill.yaml"), spec);
  const ran = await explain("spec", "/app");
  expect(ran).toMatchObject({ code: 0, stderr: "" });
  expect(ran.stdout).toMatch(/^\/app \(entrypoint-runtime\)\n/);
  const idle = await explain("spec", "--entrypoint", "/app");
  expect(idle).toMatchObject({ code: 2, stdout: "" });
  expect(idle.stderr).toContain("--entrypoint means nothing for a spec [wrong-usage]");
});
