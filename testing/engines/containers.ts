// docker and podman behind one shape, and containers as restricted as a cluster's strictest profile makes them.
import { setTimeout as delay } from "node:timers/promises";
import { type ProgramOptions, type ProgramRun, runProgram, runWell } from "../programs.ts";
import { dockerdMissing, startDockerd } from "./docker.ts";
import { podmanMissing, startPodman } from "./podman.ts";

export interface ContainerEngine {
  /** Runs the engine's client. @throws Error where it fails */
  client(...args: readonly string[]): Promise<string>;
  /** What `run` needs besides, so that a read-only root means the same in every engine. */
  readonly runFlags: readonly string[];
  /** What a container printed, both streams. */
  logs(container: string): Promise<string>;
  stop(): Promise<void>;
}

export interface EngineKind {
  readonly name: "docker" | "podman";
  /** Why it can't run here. */
  readonly missing: string | undefined;
  start(): Promise<ContainerEngine>;
}

export const engineKinds: readonly EngineKind[] = [
  {
    name: "docker",
    missing: dockerdMissing(),
    start: async () => {
      const started = await startDockerd();
      return { ...started, client: started.docker.bind(started), runFlags: [] };
    },
  },
  {
    name: "podman",
    missing: podmanMissing(),
    start: async () => {
      const started = await startPodman();
      // With --read-only podman puts folders in memory over /run and /tmp, where the image's own modes are lost.
      const runFlags = ["--read-only-tmpfs=false"];
      return { ...started, client: started.podman.bind(started), runFlags };
    },
  },
];

/**
 * No way to write, no privilege, no network but its own loopback: a client joins that (`inNetworkOf`), so that ports never
 * collide with this machine's. The user is the image's own.
 */
export const hardened: readonly string[] = [
  ...["--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--network", "none"],
];

export interface Container {
  readonly id: string;
  /** The main process, as this machine counts. */
  readonly pid: number;
}

/** `docker run -d` with the restrictions above and `flags`. */
export async function startContainer(
  engine: ContainerEngine,
  image: string,
  { flags = [], command = [] }: { readonly flags?: readonly string[]; readonly command?: readonly string[] },
): Promise<Container> {
  const given = [...hardened, ...engine.runFlags, ...flags, image, ...command];
  const id = (await engine.client("run", "-d", ...given)).trim();
  return { id, pid: await pidOf(engine, id) };
}

export async function pidOf(engine: ContainerEngine, id: string): Promise<number> {
  return Number(await engine.client("inspect", "--format", "{{.State.Pid}}", id));
}

/** Stops it as `docker stop` does, by the image's own signal, within ten seconds, and removes it. Its exit code. */
export async function endContainer(engine: ContainerEngine, { id }: Container): Promise<number> {
  await engine.client("stop", "--time", "10", id);
  const code = Number(await engine.client("inspect", "--format", "{{.State.ExitCode}}", id));
  await engine.client("rm", "--force", "--volumes", id);
  return code;
}

/** Runs a program of this machine in a container's network. */
export function inNetworkOf(
  { pid }: Container,
  argv: readonly string[],
  options: ProgramOptions = {},
): Promise<ProgramRun> {
  return runProgram(["nsenter", "--target", String(pid), "--net", "--", ...argv], options);
}

/** As `inNetworkOf`, for a program that has to end with 0; its standard output. */
export function askInNetworkOf(
  { pid }: Container,
  argv: readonly string[],
  options: ProgramOptions = {},
): Promise<string> {
  return runWell(["nsenter", "--target", String(pid), "--net", "--", ...argv], options);
}

/** Waits until `probe` is true. @throws Error with the container's log after 30 seconds, or where it ended before */
export async function untilReady(
  engine: ContainerEngine,
  { id }: Container,
  probe: () => Promise<boolean>,
): Promise<void> {
  for (let attempt = 0; attempt < 300; attempt++) {
    if (await probe()) return;
    const running = await engine.client("inspect", "--format", "{{.State.Running}}", id);
    if (running.trim() !== "true") break;
    await delay(100);
  }
  throw new Error(`the container did not become ready:\n${await engine.logs(id)}`);
}
