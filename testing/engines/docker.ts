// A Docker daemon of its own for tests: socket, data and runtime folders below one temporary folder, host network only.
import { execFile, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";

export interface Dockerd {
  /** Path of the daemon's Unix socket. */
  readonly socket: string;
  readonly pid: number;
  /** Runs the client against it; the standard output. Rejects with the error output where it fails. */
  docker(...args: readonly string[]): Promise<string>;
  /** What a container printed, both streams. */
  logs(container: string): Promise<string>;
  /** Stops the daemon and removes all that it stored. */
  stop(): Promise<void>;
}

/** Why it can't run here, or undefined. */
export function dockerdMissing(): string | undefined {
  for (const program of ["dockerd", dockerClient()]) {
    if (spawnSync(program, ["--version"], { stdio: "ignore" }).error !== undefined) {
      return `${program} is not installed`;
    }
  }
  return process.getuid?.() === 0 ? undefined : "dockerd needs root";
}

/**
 * Starts a daemon. `docker run` needs `--network=host` or `none`, as there is no bridge.
 * `flags` are added to the daemon's: ["--registry-mirror", "http://127.0.0.1:5000"].
 */
export function startDockerd(flags: readonly string[] = []): Promise<Dockerd> {
  return start([], ["--iptables=false", "--bridge=none", ...flags]);
}

/**
 * Starts a daemon in a network of its own, where ports can be published: on that network's loopback, which `nsenter --net`
 * of its process joins.
 */
export function startBridgedDockerd(): Promise<Dockerd> {
  const script = 'ip link set lo up && exec "$@"';
  return start(["unshare", "--net", "--mount", "sh", "-c", script, "sh"], ["--bip", "172.31.250.1/24"]);
}

async function start(inside: readonly string[], flags: readonly string[]): Promise<Dockerd> {
  const folder = await mkdtemp(join(tmpdir(), "dockerd-"));
  const socket = join(folder, "docker.sock");
  const [program = "", ...args] = [
    ...[...inside, "dockerd", "-H", `unix://${socket}`],
    ...["--data-root", join(folder, "data"), "--exec-root", join(folder, "run")],
    ...["--pidfile", join(folder, "pid"), ...flags],
  ];
  const child = spawn(program, args, { stdio: ["ignore", "ignore", "pipe"] });
  let log = "";
  child.stderr.on("data", (chunk: Buffer) => {
    log = (log + chunk.toString()).slice(-8000);
  });
  const exited = once(child, "exit");
  const execute = (...args: readonly string[]): Promise<{ stdout: string; stderr: string }> =>
    run(dockerClient(), ["-H", `unix://${socket}`, ...args], { maxBuffer: 1 << 26 });
  const docker = async (...args: readonly string[]): Promise<string> => (await execute(...args)).stdout;
  const logs = async (container: string): Promise<string> => {
    const { stdout, stderr } = await execute("logs", container);
    return stdout + stderr;
  };
  const stop = async (): Promise<void> => {
    child.kill("SIGTERM");
    await exited;
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  for (let attempt = 0; attempt < 300; attempt++) {
    if (child.exitCode !== null) break;
    if (existsSync(socket) && (await answers(docker)))
      return { socket, pid: child.pid ?? 0, docker, logs, stop };
    await delay(100);
  }
  await stop();
  throw new Error(`dockerd did not start: ${log}`);
}

const run = promisify(execFile);

/** The distribution's client, which is the daemon's own age; one of another age may be first on the PATH. */
export function dockerClient(): string {
  return existsSync("/usr/bin/docker") ? "/usr/bin/docker" : "docker";
}

async function answers(docker: Dockerd["docker"]): Promise<boolean> {
  try {
    await docker("version", "--format", "{{.Server.Version}}");
    return true;
  } catch {
    return false;
  }
}
