// A spec's tests against real programs in the sandbox: what it hands over, and what it keeps away.
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type ProgramTest, runTest, type TestedImage } from "../../src/engines/native/run-tests.ts";
import { type NativeRunner, openRunner } from "../../src/engines/native/runner/open.ts";
import { treeOf } from "../../src/tree/memory-tree.ts";
import { because } from "../../testing/examples.ts";
import { helloProgram } from "../../testing/hello-program.ts";
import { withFolder } from "../../testing/layouts.ts";
import { file } from "../../testing/trees.ts";

const missing = process.arch === "x64" ? undefined : "the test's program is for x86-64";

const span = { file: "distill.yaml", line: 1, column: 1, endLine: 1, endColumn: 2 };
const clock = { signal: new AbortController().signal, now: () => 0 };
const { uid, gid, username } = userInfo();
const host = { isRoot: uid === 0, uid, gid, user: username, path: process.env["PATH"] ?? "" };

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
    const runner = (): Promise<NativeRunner> => openRunner(host, join(folder, "scratch"), { ids: "single" });
    const { failures } = await runTest(program, image, runner, clock);
    messages.push(...failures.map(({ message }) => message));
  });
  return messages;
}

describe.skipIf(missing !== undefined)(`a program of the image${because(missing)}`, () => {
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
