// Other programs, started and waited for: what they printed and how they ended.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";

export interface ProgramRun {
  /** The exit code; 128 + the signal's number is not applied: a program that a signal ended has code -1. */
  readonly code: number;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ProgramOptions {
  /** Added to this process's environment; undefined removes. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
  readonly input?: string;
  readonly timeoutMs?: number;
  /** Ends the program with this signal so long after its start. */
  readonly kill?: { readonly signal: NodeJS.Signals; readonly afterMs: number };
}

/** Runs a program to its end, whatever its exit code. @throws where it can't be started */
export async function runProgram(argv: readonly string[], options: ProgramOptions = {}): Promise<ProgramRun> {
  const [program = "", ...args] = argv;
  const child = spawn(program, args, {
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    env: { ...process.env, ...options.env },
    timeout: options.timeoutMs ?? 120_000,
    killSignal: "SIGKILL",
  });
  const timer =
    options.kill === undefined
      ? undefined
      : setTimeout(child.kill.bind(child), options.kill.afterMs, options.kill.signal);
  // A program that ends without reading its input is no mistake.
  child.stdin.on("error", () => undefined);
  child.stdin.end(options.input ?? "");
  const [stdout, stderr, ended] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, "close") as Promise<[number | null, NodeJS.Signals | null]>,
  ]);
  clearTimeout(timer);
  return { code: ended[0] ?? -1, signal: ended[1], stdout, stderr };
}

/** Runs a program that has to end with 0; its standard output. @throws Error with all that it printed */
export async function runWell(argv: readonly string[], options: ProgramOptions = {}): Promise<string> {
  const ran = await runProgram(argv, options);
  if (ran.code === 0) return ran.stdout;
  throw new Error(
    `${argv.join(" ")} ended with ${ran.signal ?? ran.code}\n${ran.stdout.slice(-4000)}${ran.stderr.slice(-4000)}`,
  );
}

/** The first of these programs that this machine lacks, as a reason to skip; or undefined. */
export function missingProgram(...names: readonly string[]): string | undefined {
  const missing = names.find((name) => spawnSync("which", [name], { stdio: "ignore" }).status !== 0);
  return missing === undefined ? undefined : `${missing} is not installed`;
}
