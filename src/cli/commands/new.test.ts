import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Ran, runInMemory } from "../../../testing/cli.ts";
import { commands } from "../registry.ts";

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "new-"));
  const contents = {
    "Go App!/go.mod": "module x\n",
    "turned/Dockerfile":
      'FROM golang:1.21 AS b\nCOPY . /\nFROM scratch\nCOPY --from=b /app /app\nCMD ["/app"]\n',
    "turned/.dockerignore": "*.md\n",
    "turned/README.md": "",
    "turned/main.go": "",
    "wrong/Dockerfile": "FROM scratch\nCOPY a\n",
    "circle/Dockerfile": "FROM x AS a\nCOPY --from=a /x /x\nFROM scratch\nCOPY --from=a /x /x\n",
  };
  for (const [name, content] of Object.entries(contents)) {
    await mkdir(join(folder, dirname(name)), { recursive: true });
    await writeFile(join(folder, name), content);
  }
});
afterAll(() => rm(folder, { recursive: true }));

const run = (...argv: readonly string[]): Promise<Ran> =>
  runInMemory(["new", ...argv], commands, { cwd: folder });
const read = (name: string): Promise<string> => readFile(join(folder, name), "utf8");

test("from what a folder holds, once", async () => {
  expect(await run("Go App!")).toEqual({ code: 0, stdout: "Go App!/distill.yaml\n", stderr: "" });
  const first = await read("Go App!/distill.yaml");
  expect(first).toMatch(/^name: go-app$/m);
  const second = await run("Go App!", "--name", "other");
  expect(second).toMatchObject({ code: 2, stdout: "" });
  expect(second.stderr).toMatch(/is there already \[spec-exists\][\s\S]*--force/);
  expect(await read("Go App!/distill.yaml")).toBe(first);
  expect((await run("Go App!", "--name", "other", "--force")).code).toBe(0);
  expect(await read("Go App!/distill.yaml")).toMatch(/^name: other$/m);
});

test("from a Dockerfile, beside it, without what the .dockerignore leaves out", async () => {
  const ran = await run("--from", "turned/Dockerfile");
  expect(ran).toMatchObject({ code: 0, stdout: "turned/distill.yaml\n" });
  expect(ran.stderr).toMatch(/1 place in turned\/distill\.yaml has a comment/);
  const text = await read("turned/distill.yaml");
  expect(text).toContain("source: main.go, target: /main.go");
  expect(text).not.toContain("README.md");
});

test.each<[readonly string[], number, RegExp]>([
  [["--from", "wrong/Dockerfile"], 2, /wrong\/Dockerfile:2:1: error/],
  [["--from", "none/Dockerfile", "."], 2, /none/],
  [["none"], 2, /no such folder/],
  [["--name", "Not A Name"], 2, /image name/],
])("%j fails with %i and writes nothing", async (argv, code, says) => {
  const ran = await run(...argv);
  expect(ran).toMatchObject({ code, stdout: "" });
  expect(ran.stderr).toMatch(says);
  await expect(read("distill.yaml")).rejects.toThrow("ENOENT");
  await expect(read("wrong/distill.yaml")).rejects.toThrow("ENOENT");
});

test("what a spec can't have is told, and written for a person to mend", async () => {
  const ran = await run("--from", "circle/Dockerfile");
  expect(ran.code).toBe(0);
  expect(ran.stderr).toMatch(/circle\/distill\.yaml:\d+:\d+: .*\[stage-cycle\]/);
});
