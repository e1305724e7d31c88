// A command line in memory: what it prints, and how it ends.
import type { Registry } from "../src/cli/registry.ts";
import { runCli } from "../src/cli/run.ts";
import type { RawStream } from "../src/cli/streams.ts";

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly terminal?: boolean;
  readonly signal?: AbortSignal;
  readonly now?: () => number;
}

/** Runs one command line of `registry`. The cache lies nowhere unless `env` or the arguments say so. */
export async function runInMemory(
  argv: readonly string[],
  registry: Registry,
  options: RunOptions = {},
): Promise<Ran> {
  const stdout: string[] = [];
  const stderr: string[] = [];
  const stream = (into: string[]): RawStream => ({
    write: (content) =>
      into.push(typeof content === "string" ? content : Buffer.from(content).toString("utf8")),
    isTerminal: options.terminal === true,
    columns: () => (options.terminal === true ? 80 : undefined),
  });
  const code = await runCli(
    argv,
    {
      env: { HOME: "/nonexistent", ...options.env },
      cwd: options.cwd ?? "/",
      now: options.now ?? Date.now,
      stdout: stream(stdout),
      stderr: stream(stderr),
      signal: options.signal ?? new AbortController().signal,
    },
    registry,
  );
  return { code, stdout: stdout.join(""), stderr: stderr.join("") };
}
