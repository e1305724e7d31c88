// podman with storage of its own for tests. It needs no daemon; what it stored goes with its folder.
import { execFile, spawnSync } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

export interface Podman {
  /** Runs podman; its standard output. Rejects with the error output where it fails. */
  podman(...args: readonly string[]): Promise<string>;
  /** What a container printed, both streams. */
  logs(container: string): Promise<string>;
  /** Ends its containers and removes all that it stored. */
  stop(): Promise<void>;
}

const execute = promisify(execFile);

/** Why it can't run here, or undefined. */
export function podmanMissing(): string | undefined {
  for (const program of ["podman", "runc", "catatonit"]) {
    if (spawnSync(program, ["--version"], { stdio: "ignore" }).error !== undefined)
      return `${program} is not installed`;
  }
  return process.getuid?.() === 0 ? undefined : "podman's tests run as root";
}

export async function startPodman(): Promise<Podman> {
  const folder = await mkdtemp(join(tmpdir(), "podman-"));
  const config = join(folder, "containers.conf");
  // runc, since crun fails on hybrid cgroups; low limits, since a container's default ones need CAP_SYS_RESOURCE.
  await writeFile(
    config,
    `[containers]
default_ulimits = ["nofile=1024:1024", "nproc=4096:4096"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
`,
  );
  for (const name of ["root", "runroot", "tmp"]) await mkdir(join(folder, name));
  const storage = [
    "--root",
    join(folder, "root"),
    "--runroot",
    join(folder, "runroot"),
    "--tmpdir",
    join(folder, "tmp"),
  ];
  const start = (...args: readonly string[]): Promise<{ stdout: string; stderr: string }> =>
    execute("podman", [...storage, ...args], {
      env: { ...process.env, CONTAINERS_CONF: config, TMPDIR: join(folder, "tmp") },
      maxBuffer: 64 * 1024 * 1024,
    });
  const podman = async (...args: readonly string[]): Promise<string> => (await start(...args)).stdout;
  return {
    podman,
    async logs(container): Promise<string> {
      const { stdout, stderr } = await start("logs", container);
      return stdout + stderr;
    },
    async stop(): Promise<void> {
      await podman("rm", "--all", "--force", "--time", "0").catch(() => undefined);
      await podman("rmi", "--all", "--force").catch(() => undefined);
      // Overlay mounts that podman keeps for its store.
      spawnSync("umount", ["--lazy", join(folder, "root", "overlay")], { stdio: "ignore" });
      await rm(folder, { recursive: true, force: true });
    },
  };
}
