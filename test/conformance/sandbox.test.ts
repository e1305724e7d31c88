// A spec's tests against real programs in the sandbox: what it hands over, and what it keeps away.
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type ProgramTest, runTest, type TestedImage } from "../../src/engines/native/run-tests.ts";
import { treeOf } from "../../src/tree/memory-tree.ts";
import { helloProgram } from "../../testing/hello-program.ts";
import { withFolder } from "../../testing/layouts.ts";
import { file } from "../../testing/trees.ts";

const isRoot = process.getuid?.() === 0;
const probe = spawnSync("unshare", [
  ...(isRoot ? [] : ["--user", "--map-root-user"]),
  "--mount",
  "--pid",
  "--fork",
  "true",
]);
const reason =
  process.arch !== "x64"
    ? "the test's program is for x86-64"
    : probe.status === 0
      ? undefined
      : "namespaces can't be made here (unshare)";
const absent = reason === undefined ? "" : ` (skipped: ${reason})`;

const span = { file: "distill.yaml", line: 1, column: 1, endLine: 1, endColumn: 2 };
const clock = { signal: new AbortController().signal, now: () => 0 };
const host = { isRoot, path: process.env["PATH"] ?? "" };

async function failuresOf(given: Partial<ProgramTest>): Promise<string[]> {
  const messages: string[] = [];
  await withFolder(async (folder) => {
    chmodSync(folder, 0o711);
    const root = join(folder, "root");
    mkdirSync(root);
    writeFileSync(join(root, "hello"), helloProgram(), { mode: 0o755 });
    const tree = treeOf([file("/etc/passwd", "app:x:70:71::/:/x\n"), file("/etc/group", "staff:x:50:\n")]);
    const image: TestedImage = { tree, root, env: {}, workingDir: "/", uid: 70, gid: 71 };
    const program: ProgramTest = {
      kind: "run",
      argv: ["/hello"],
      env: {},
      exitCode: 0,
      timeoutMs: 20_000,
      span,
      ...given,
    };
    const { failures } = await runTest(program, image, host, clock);
    messages.push(...failures.map(({ message }) => message));
  });
  return messages;
}

describe.skipIf(reason !== undefined)(`a program of the image${absent}`, () => {
  test.each<{ summary: string; given: Partial<ProgramTest>; failures: string[] }>([
    { summary: "its output, whole", given: { stdout: { equals: "hello" } }, failures: [] },
    { summary: "as a user by name", given: { user: "app" }, failures: [] },
    { summary: "as numbers", given: { user: "70:staff" }, failures: [] },
    {
      summary: "another output",
      given: { stdout: { equals: "bye" }, stderr: { matches: "^x" } },
      failures: ['run /hello: stdout is not "bye"', "run /hello: stderr does not match /^x/"],
    },
    {
      summary: "another exit code",
      given: { exitCode: 3 },
      failures: ["run /hello: its exit code is 0, expected 3"],
    },
    {
      summary: "a program that isn't there",
      given: { argv: ["/bin/sh"] },
      failures: ["run /bin/sh: its exit code is 127, expected 0"],
    },
  ])("$summary", async ({ given, failures }) => {
    expect(await failuresOf(given)).toEqual(failures);
  });

  test("a user that the image has not", async () => {
    await expect(failuresOf({ user: "nosuch" })).rejects.toMatchObject({ code: "usage" });
  });
});
