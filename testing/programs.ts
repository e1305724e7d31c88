// Other programs, started and waited for: what they printed and how they ended.
import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";

export interface ProgramRun {
  /** -1 where a signal ended it. */
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
  /** Sends the program this signal: so long after its start, or once it has written this text to its standard error. */
  readonly kill?: { readonly signal: NodeJS.Signals } & (
    | { readonly afterMs: number }
    | { readonly onText: string }
  );
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
  const unplan = options.kill === undefined ? undefined : planKill(child, options.kill);
  // A program that ends without reading its input is no mistake.
  child.stdin.on("error", () => undefined);
  child.stdin.end(options.input ?? "");
  const [stdout, stderr, ended] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, "close") as Promise<[number | null, NodeJS.Signals | null]>,
  ]);
  unplan?.();
  return { code: ended[0] ?? -1, signal: ended[1], stdout, stderr };
}

/** Gives what calls it off. */
function planKill(
  child: ChildProcessWithoutNullStreams,
  kill: NonNullable<ProgramOptions["kill"]>,
): () => void {
  if ("afterMs" in kill) {
    const timer = setTimeout(() => child.kill(kill.signal), kill.afterMs);
    return () => clearTimeout(timer);
  }
  let seen = "";
  const look = (chunk: Buffer): void => {
    seen += chunk.toString();
    if (!seen.includes(kill.onText)) return;
    child.stderr.off("data", look);
    child.kill(kill.signal);
  };
  child.stderr.on("data", look);
  return () => child.stderr.off("data", look);
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
