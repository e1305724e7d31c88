import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Ran, runInMemory } from "../../../testing/cli.ts";
import { commands } from "../registry.ts";

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "lint-"));
  const contents = {
    "clean/Dockerfile": 'FROM scratch\nCOPY a /a\nUSER 1\nENTRYPOINT ["/a"]\n',
    "unwise/Dockerfile": "FROM scratch\nCOPY a.o $B/a\nUSER 1\nCMD a\n",
    "unwise/.dockerignore": "*.o\n",
    "strict/Dockerfile": "# check=error=true\nFROM scratch\nUSER 1\nCMD a\n",
    "own/Dockerfile": "# check=error=true\nFROM scratch\n",
    "wrong/Dockerfile": "FROM scratch\nCOPY a\n",
    "hostile/Dockerfile": "FROM scratch\nUSER 1\nENV A=$\u0660\u0661 \u001b[2J\u202e_key=1\n",
  };
  for (const [name, content] of Object.entries(contents)) {
    await mkdir(join(folder, dirname(name)), { recursive: true });
    await writeFile(join(folder, name), content);
  }
});
afterAll(() => rm(folder, { recursive: true }));

const lint = (...argv: readonly string[]): Promise<Ran> =>
  runInMemory(["lint", ...argv], commands, { cwd: folder });

test("each finding with its line", async () => {
  expect(await lint("unwise")).toEqual({
    code: 0,
    stderr: "",
    stdout: `unwise/Dockerfile:2:6: warning: the .dockerignore leaves out a.o [ignored-source]
   2 | COPY a.o $B/a
     |      ^~~
hint: take it out of the patterns, or except it with !
unwise/Dockerfile:2:10: warning: nothing sets B before this [undefined-variable]
   2 | COPY a.o $B/a
     |          ^~~~
unwise/Dockerfile:4:1: warning: CMD in shell form: a shell starts the program, and does not hand it signals [json-arguments]
   4 | CMD a
     | ^~~~~
hint: write CMD ["program", "argument"]
3 warnings
`,
  });
});

test.each<[string, readonly string[], number]>([
  ["clean", [], 0],
  ["clean", ["--error"], 0],
  ["unwise", [], 0],
  ["unwise", ["--error"], 1],
  ["strict", [], 1],
  ["own", [], 0],
  ["own", ["--error"], 1],
  ["wrong", [], 2],
])("%s %j ends with %i", async (name, flags, code) => {
  expect((await lint(name, ...flags)).code).toBe(code);
});

test("json is as its schema says", async () => {
  const { stdout } = await lint("unwise", "--format", "json");
  const schema = JSON.parse((await runInMemory(["schema", "lint"], commands)).stdout) as object;
  const validate = new Ajv2020({ strict: true, allErrors: true, strictRequired: false }).compile(schema);
  const value = JSON.parse(stdout) as { findings: readonly { rule: string; place: { line: number } }[] };
  validate(value);
  expect(validate.errors ?? []).toEqual([]);
  expect(value.findings.map(({ place, rule }) => `${place.line} ${rule}`)).toEqual([
    "2 ignored-source",
    "2 undefined-variable",
    "4 json-arguments",
  ]);
  expect(JSON.parse((await lint("clean", "--format", "json")).stdout)).toEqual({
    schemaVersion: 1,
    findings: [],
  });
});

test.each([[], ["--format", "json"]])("nothing of a file acts on a terminal: %j", async (...flags) => {
  const ran = await lint("hostile", ...flags);
  expect(ran.code).toBe(0);
  expect(ran.stdout).toContain("secret-name");
  expect(ran.stdout).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}]/u);
});
