import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const script = fileURLToPath(import.meta.resolve("../../testing/waiting-cli.ts"));

interface Started {
  readonly child: ChildProcessByStdio<null, Readable, Readable>;
  readonly text: () => string;
  /** Resolves when the process has written `word`, or has ended. */
  readonly saw: (word: string) => Promise<void>;
}

function start(...argv: string[]): Started {
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", script, ...argv], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { HOME: "/nonexistent" },
  });
  let seen = "";
  const collect = (chunk: Buffer): void => {
    seen += chunk.toString();
  };
  child.stdout.on("data", collect);
  child.stderr.on("data", collect);
  const saw = async (word: string): Promise<void> => {
    while (!seen.includes(word) && child.exitCode === null) {
      await Promise.race([once(child.stdout, "data"), once(child, "exit")]);
    }
  };
  return { child, text: () => seen, saw };
}

test.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)(
  "%s lets the command clean up, then ends with 130",
  async (signal) => {
    const { child, text, saw } = start("wait");
    await saw("ready");
    child.kill(signal);
    const [code] = (await once(child, "close")) as [number];
    expect(code).toBe(130);
    expect(text()).toContain("cleaning up\n");
    expect(text()).toContain("interrupted");
  },
  30_000,
);

test("a second signal ends at once", async () => {
  const { child, saw } = start("wait", "deaf");
  await saw("ready");
  child.kill("SIGINT");
  await saw("cleaning up");
  child.kill("SIGINT");
  const [code] = (await once(child, "close")) as [number];
  expect(code).toBe(130);
}, 30_000);

test("a reader that goes away is not an error", async () => {
  const { child } = start("pour");
  let stderr = "";
  child.stderr.on("data", (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  await once(child.stdout, "data");
  child.stdout.destroy();
  const [code] = (await once(child, "close")) as [number];
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
}, 30_000);

test("what nobody waited for is an internal error", async () => {
  const { child, text } = start("crash");
  const [code] = (await once(child, "close")) as [number];
  expect(code).toBe(70);
  expect(text()).toMatch(/^internal error: forgotten\n[\s\S]*a bug in distill/);
}, 30_000);
