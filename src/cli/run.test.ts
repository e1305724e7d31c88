import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { runInMemory } from "../../testing/cli.ts";
import { InvalidInput } from "../base/diagnostics.ts";
import { ToolError } from "../base/errors.ts";
import { type Command, defineCommand } from "./command.ts";
import type { Context } from "./context.ts";
import { commands, type Registry } from "./registry.ts";

function commandOf(run: (context: Context) => Promise<number> | number): Registry {
  const command: Command = defineCommand({
    name: "work",
    summary: "do some work",
    usage: "[DIR]",
    options: { mode: { kind: "choice", value: "MODE", choices: ["a", "b"], summary: "how" } },
    examples: [{ does: "work", line: "distill work" }],
    run: async (context) => await run(context),
  });
  return { work: async () => command };
}

const hostile = "\u001b]0;title\u0007";

describe("how a command line ends", () => {
  test.each<[string, unknown, number, RegExp]>([
    [
      "invalid input",
      new InvalidInput([{ severity: "error", rule: "x", message: "bad" }]),
      2,
      /^error: bad \[x\]\n$/,
    ],
    ["usage", new ToolError("usage", { what: "a", why: "b" }), 2, /^error\[usage\]: a\n {2}b\n$/],
    ["the answer no", new ToolError("check-failed", { what: "a", why: "b" }), 1, /^error\[check-failed\]/],
    ["an operation", new ToolError("network", { what: "a", why: "b", hint: "c" }), 3, /a\n {2}b\nhint: c\n$/],
    [
      "a cause",
      new ToolError("disk", { what: "a", why: "b", cause: new Error("c") }),
      3,
      /a\n {2}b\n {2}because: c\n$/,
    ],
    ["a bug", new TypeError("x is undefined"), 70, /^internal error: x is undefined\n[\s\S]*bug in distill/],
    ["something that is no error", "text", 70, /^internal error: text\n/],
    ["control characters", new ToolError("disk", { what: hostile, why: "b" }), 3, /\\x1b\]0;title\\x07/],
  ])("%s", async (_name, thrown, code, message) => {
    const ran = await runInMemory(
      ["work"],
      commandOf(() => {
        throw thrown;
      }),
    );
    expect(ran).toMatchObject({ code, stdout: "" });
    expect(ran.stderr).toMatch(message);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that there are none is the point
    expect(ran.stderr).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
  });

  test("the command's own code is the process's", async () => {
    expect(
      (
        await runInMemory(
          ["work"],
          commandOf(() => 1),
        )
      ).code,
    ).toBe(1);
  });

  test("after Ctrl-C the code is 130, whatever was thrown", async () => {
    const abort = new AbortController();
    const registry = commandOf(async ({ signal }) => {
      abort.abort();
      signal.throwIfAborted();
      return 0;
    });
    const ran = await runInMemory(["work"], registry, { signal: abort.signal });
    expect(ran).toMatchObject({ code: 130, stderr: expect.stringContaining("interrupted") as string });
  });

  test("a diagnostic quotes the line of its file", async () => {
    const folder = mkdtempSync(join(tmpdir(), "distill-run-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    writeFileSync(join(folder, "spec"), "one\ntwo three\n");
    const span = { file: "spec", line: 2, column: 5, endLine: 2, endColumn: 10 };
    const registry = commandOf(() => {
      throw new InvalidInput([{ severity: "error", rule: "x", message: "bad", span }]);
    });
    const ran = await runInMemory(["work"], registry, { cwd: folder });
    expect(ran.stderr).toBe("spec:2:5: error: bad [x]\n   2 | two three\n     |     ^~~~~\n");
  });
});

describe("credentials", () => {
  test("are removed from stdout, stderr, progress and errors", async () => {
    const registry = commandOf((context) => {
      context.hideSecret("s3cr3t-token");
      context.stdout.write("out s3cr3t-token\n");
      context.stderr.write("err https://me:pw@registry.example/v2\n");
      context.emit({ type: "log", level: "warning", message: "log s3cr3t-token" });
      throw new ToolError("registry", {
        what: "pushing",
        why: "Authorization: Bearer abc.def.ghi was refused",
      });
    });
    const ran = await runInMemory(["work"], registry);
    expect(ran.stdout).toBe("out ***\n");
    expect(ran.stderr).toContain("err https://***@registry.example/v2");
    expect(ran.stderr).toContain("log ***");
    expect(ran.stderr).toContain("Authorization: Bearer *** was refused");
  });
});

describe("progress", () => {
  const registry = commandOf(({ emit, stdout }) => {
    emit({ type: "start", id: "1", name: "fetching", total: 2_000_000, unit: "bytes" });
    emit({ type: "end", id: "1", note: "91 packages" });
    emit({ type: "log", level: "warning", message: "careful" });
    stdout.write("result\n");
    return 0;
  });
  let time = 0;
  const now = (): number => {
    time += 1000;
    return time;
  };

  test.each<[string[], boolean, RegExp]>([
    [[], false, /^fetching \(2\.0 MB\) \.\.\.\nfetching done in 1\.0 s: 91 packages\nwarning: careful\n$/],
    [["--quiet"], false, /^warning: careful\n$/],
    [["-q"], true, /^warning: careful\n$/],
    [
      ["--progress=json"],
      true,
      /^\{"timeMs":0,"type":"start",.*\}\n\{.*\}\n\{"timeMs":\d+,"type":"log",.*\}\n$/,
    ],
    [["--progress", "tty"], false, /✓ fetching: 91 packages 1\.0 s\nwarning: careful\n$/],
    [["--progress", "plain"], true, /^fetching \(2\.0 MB\)/],
  ])("%j, terminal: %s", async (argv, terminal, expected) => {
    time = 0;
    const ran = await runInMemory(["work", ...argv], registry, { terminal, now, env: { NO_COLOR: "1" } });
    expect(ran).toMatchObject({ code: 0, stdout: "result\n" });
    expect(ran.stderr).toMatch(expected);
  });

  test.each<[Record<string, string>, boolean, boolean]>([
    [{}, true, true],
    [{}, false, false],
    [{ NO_COLOR: "1" }, true, false],
    [{ NO_COLOR: "" }, true, true],
    [{ TERM: "dumb" }, true, false],
    [{ FORCE_COLOR: "1" }, false, true],
    [{ FORCE_COLOR: "0" }, true, false],
    [{ FORCE_COLOR: "1", NO_COLOR: "1" }, false, true],
  ])("colour with %j on a terminal (%s): %s", async (env, terminal, coloured) => {
    const ran = await runInMemory(["nothing"], registry, { env, terminal });
    expect(ran.stderr.includes("\u001b[31m")).toBe(coloured);
  });
});

describe("help and version", () => {
  test("the overview lists every command", async () => {
    for (const argv of [["--help"], ["-h"], ["help"]]) {
      const ran = await runInMemory(argv, commands);
      expect(ran.code).toBe(0);
      for (const name of Object.keys(commands))
        expect(ran.stdout).toMatch(new RegExp(`^ {2}${name} {2,}\\S`, "m"));
    }
  });

  test("without a command, help is shown and nothing was done", async () => {
    expect(await runInMemory([], commands)).toMatchObject({ code: 2, stderr: "" });
  });

  test.each(Object.keys(commands))(
    "%s has help with all its options and an example, in 80 columns",
    async (name) => {
      const ran = await runInMemory([name, "--help"], commands);
      expect(ran).toMatchObject({ code: 0, stderr: "" });
      expect(await runInMemory(["help", name], commands)).toEqual(ran);
      expect(await runInMemory([name, "-qh", "--frobnicate"], commands)).toEqual(ran);
      const load = commands[name];
      const command = await load?.();
      for (const option of Object.keys(command?.options ?? {})) expect(ran.stdout).toContain(`--${option}`);
      for (const { line } of command?.examples ?? []) expect(ran.stdout).toContain(line);
      const examples = new Set(command?.examples.map(({ line }) => `  ${line}`));
      expect(ran.stdout.split("\n").filter((line) => line.length > 80 && !examples.has(line))).toEqual([]);
    },
  );

  test("the schema of a spec is the published one", async () => {
    const published = readFileSync(
      join(import.meta.dirname, "../../docs/reference/distill.schema.json"),
      "utf8",
    );
    expect(await runInMemory(["schema", "spec"], commands)).toEqual({
      code: 0,
      stdout: published,
      stderr: "",
    });
  });

  test("the version", async () => {
    const ran = await runInMemory(["--version"], commands);
    expect(ran).toMatchObject({ code: 0, stderr: "" });
    expect(ran.stdout).toMatch(/^distill \d+\.\d+\.\d+\n$/);
  });

  test.each([
    [["wrok"], "there is no command wrok [unknown-command]\nhint: did you mean distill work?"],
    [["--frobnicate"], "there is no option --frobnicate before a command [unknown-option]"],
    [["constructor"], "there is no command constructor"],
    [["work", "--mode", "c"], "--mode takes a, b; not c [wrong-choice]"],
  ])("%j", async (argv, message) => {
    const ran = await runInMemory(
      argv,
      commandOf(() => 0),
    );
    expect(ran.code).toBe(2);
    expect(ran.stderr).toContain(message);
  });
});

describe("the cache folder", () => {
  test.each<[string[], Record<string, string>, string]>([
    [[], {}, "/nonexistent/.cache/distill"],
    [[], { XDG_CACHE_HOME: "/xdg" }, "/xdg/distill"],
    [[], { XDG_CACHE_HOME: "relative" }, "/nonexistent/.cache/distill"],
    [[], { XDG_CACHE_HOME: "/xdg", DISTILL_CACHE_DIR: "/own" }, "/own"],
    [[], { DISTILL_CACHE_DIR: "own" }, "/cwd/own"],
    [["--cache-dir", "given"], { DISTILL_CACHE_DIR: "/own" }, "/cwd/given"],
  ])("%j, %j: %s", async (argv, env, expected) => {
    const registry = commandOf(({ cacheFolder, stdout }) => {
      stdout.write(cacheFolder);
      return 0;
    });
    expect((await runInMemory(["work", ...argv], registry, { env, cwd: "/cwd" })).stdout).toBe(expected);
  });

  test("nowhere to be found", async () => {
    const ran = await runInMemory(
      ["work"],
      commandOf(() => 0),
      { env: { HOME: "" } },
    );
    expect(ran).toMatchObject({ code: 3, stderr: expect.stringContaining("--cache-dir") as string });
  });
});
