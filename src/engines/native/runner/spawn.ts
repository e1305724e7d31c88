// Starting the runner: the static program in bin/, in the user namespace that stands for the caller's ids.
import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { Readable, type Writable } from "node:stream";
import { messageOf, ToolError } from "../../../base/errors.ts";
import { parseStatus, type RunnerStatus } from "./protocol.ts";

/** Where files and steps have their ids from. */
export interface IdSpace {
  /** An open user namespace; undefined for root, whose ids are the system's. */
  readonly namespace: number | undefined;
}

/** A mode of the runner that works on files (pack, unpack, remove). */
export interface FileTask {
  readonly stdin: Writable;
  readonly stdout: Readable;
  /** @throws ToolError "disk" with what the mode could not do, "interrupted" */
  readonly ended: Promise<void>;
}

/** The program for this machine. @throws ToolError "engine" for another one */
export function runnerProgram(): string {
  const programs: Readonly<Partial<Record<NodeJS.Architecture, string>>> = { x64: "amd64", arm64: "arm64" };
  const architecture = programs[process.arch];
  if (architecture !== undefined && process.platform === "linux")
    return join(import.meta.dirname, "bin", architecture);
  throw new ToolError("engine", {
    what: "starting a build step",
    why: `there is no sandbox for ${process.platform} on ${process.arch}`,
    hint: "build on Linux, on amd64 or arm64",
  });
}

/** Descriptors of a runner beside its standard ones: 3 its status, 4 the setup, 5 the user namespace. */
export function startRunner(
  space: IdSpace,
  args: readonly string[],
  stdin: "pipe" | "ignore" | "inherit",
  hasSetup: boolean,
): ChildProcess {
  // A person at a terminal sees what is written there as it is.
  const output = stdin === "inherit" ? "inherit" : "pipe";
  const joining = space.namespace === undefined ? [] : ["enter"];
  return spawn(runnerProgram(), [...joining, ...args], {
    cwd: "/",
    env: {},
    stdio: [stdin, output, output, "pipe", hasSetup ? "pipe" : "ignore", space.namespace ?? "ignore"],
  });
}

/** The status of a runner that has ended; undefined where it could not be started. */
export async function statusOfRunner(child: ChildProcess): Promise<RunnerStatus> {
  const said: Buffer[] = [];
  const status = child.stdio[3];
  if (status instanceof Readable) status.on("data", (chunk: Buffer) => said.push(chunk));
  const failure = await new Promise<Error | undefined>((resolve) => {
    child.on("error", resolve);
    child.on("close", () => resolve(undefined));
  });
  return failure === undefined
    ? parseStatus(Buffer.concat(said).toString())
    : { error: `starting ${runnerProgram()}: ${failure.message}` };
}

/**
 * Starts a mode of the runner with the ids of a sandbox: its root, who owns what sandboxes made.
 * @throws ToolError "engine"
 */
export function enterNamespace(
  space: IdSpace,
  args: readonly [mode: string, ...rest: string[]],
  signal: AbortSignal,
): FileTask {
  const child = startRunner(space, args, "pipe", false);
  const kill = (): boolean => child.kill("SIGKILL");
  if (signal.aborted) kill();
  signal.addEventListener("abort", kill, { once: true });
  const { stdin, stdout } = child;
  if (stdin === null || stdout === null) throw new Error("internal error: a runner without pipes");
  child.stderr?.resume();
  // What it could not read is told by its status.
  stdin.on("error", () => undefined);
  const ended = statusOfRunner(child).then((status) => {
    signal.removeEventListener("abort", kill);
    const what = `${args[0]} ${args.slice(1).join(" ")}`;
    if (signal.aborted) throw new ToolError("interrupted", { what, why: "it was interrupted" });
    if (status.error !== undefined) throw new ToolError("disk", { what, why: status.error });
    if (child.exitCode !== 0)
      throw new ToolError("disk", {
        what,
        why: `it ended with ${child.signalCode ?? String(child.exitCode)}`,
      });
  });
  // It is awaited by whoever reads; until then a failure is no unhandled one.
  ended.catch(() => undefined);
  return { stdin, stdout, ended };
}

/** A failure to start, as an error of the engine. */
export function engineError(why: unknown, hint?: string): ToolError {
  return new ToolError("engine", {
    what: "making a sandbox",
    why: typeof why === "string" ? why : messageOf(why),
    ...(hint === undefined ? {} : { hint }),
  });
}
