// A BuildKit daemon of its own for tests: socket and data below one temporary folder, steps on this machine's network.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { findPeer } from "../peers.ts";
import { missingProgram, type ProgramOptions, type ProgramRun, runProgram } from "../programs.ts";

export interface Buildkitd {
  /** "unix://..." */
  readonly address: string;
  /** The client's program. */
  readonly client: string;
  /** Runs the client against it. */
  buildctl(args: readonly string[], options?: ProgramOptions): Promise<ProgramRun>;
  /** Stops the daemon and removes all that it stored. */
  stop(): Promise<void>;
}

/** Why it can't run here, or undefined. */
export function buildkitdMissing(): string | undefined {
  for (const name of ["buildkitd", "buildctl"]) {
    if (findPeer(name) === undefined) return `${name} is not installed`;
  }
  return missingProgram("runc") ?? (process.getuid?.() === 0 ? undefined : "buildkitd's tests run as root");
}

/** Starts a daemon for which the registry at `mirror` ("127.0.0.1:PORT") stands for docker.io. */
export async function startBuildkitd(mirror: string): Promise<Buildkitd> {
  const folder = await mkdtemp(join(tmpdir(), "buildkitd-"));
  const address = `unix://${join(folder, "buildkitd.sock")}`;
  const config = join(folder, "buildkitd.toml");
  await writeFile(
    config,
    `[registry."docker.io"]\nmirrors = ["${mirror}"]\n[registry."${mirror}"]\nhttp = true\n`,
  );
  const flags = [
    ...["--config", config, "--root", join(folder, "root"), "--addr", address],
    ...["--oci-worker=true", "--oci-worker-binary=runc", "--containerd-worker=false"],
    ...["--otel-socket-path", join(folder, "otel.sock")],
  ];
  const child = spawn(findPeer("buildkitd") ?? "buildkitd", flags, { stdio: ["ignore", "ignore", "pipe"] });
  let log = "";
  child.stderr.on("data", (chunk: Buffer) => {
    log = (log + chunk.toString()).slice(-8000);
  });
  const exited = once(child, "exit");
  const client = findPeer("buildctl") ?? "buildctl";
  const buildctl = (args: readonly string[], options: ProgramOptions = {}): Promise<ProgramRun> =>
    runProgram([client, "--addr", address, ...args], { timeoutMs: 300_000, ...options });
  const stop = async (): Promise<void> => {
    child.kill("SIGTERM");
    await exited;
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  for (let attempt = 0; attempt < 300; attempt++) {
    if (child.exitCode !== null) break;
    if ((await buildctl(["debug", "workers"])).code === 0) return { address, client, buildctl, stop };
    await delay(100);
  }
  await stop();
  throw new Error(`buildkitd did not start: ${log}`);
}
