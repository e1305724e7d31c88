// The peers that this machine has. The bench compares with those and names those that it did not find.
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

export function has(program: string): boolean {
  return spawnSync("sh", ["-c", `command -v ${program}`], { stdio: "ignore" }).status === 0;
}

function must(command: string, args: readonly string[]): void {
  const { status, stderr } = spawnSync(command, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`${command} ${args.join(" ")}: ${stderr}`);
}

export interface BuildKit {
  /** A build with apt of the packages on the base, as an OCI archive. */
  build(dockerfile: string, output: string, noCache: boolean, context?: string): readonly string[];
  prune(): void;
  stop(): Promise<void>;
}

/**
 * A buildkitd of its own as root, with a Debian base image (apt, nothing more) as the named context "base".
 * @param mirror where the base's packages come from
 */
export async function startBuildKit(folder: string, mirror: string): Promise<BuildKit> {
  const layout = baseLayout(folder, mirror);
  const socket = `unix://${join(folder, "buildkitd.sock")}`;
  const daemon = spawn(
    "buildkitd",
    [
      ...[
        "--root",
        join(folder, "buildkit"),
        "--addr",
        socket,
        "--oci-worker=true",
        "--oci-worker-binary=runc",
      ],
      ...["--containerd-worker=false", "--otel-socket-path", join(folder, "otel.sock")],
    ],
    { stdio: "ignore" },
  );
  await untilReady(socket, daemon);
  const digest = layoutDigest(layout);
  return {
    build(dockerfile, output, noCache, context = folder): readonly string[] {
      const file = mkdtempSync(join(folder, "dockerfile-"));
      writeFileSync(join(file, "Dockerfile"), dockerfile);
      return [
        ...["buildctl", "--addr", socket, "build", "--progress=plain", "--frontend=dockerfile.v0"],
        ...[
          "--local",
          `context=${context}`,
          "--local",
          `dockerfile=${file}`,
          "--oci-layout",
          `base=${layout}`,
        ],
        ...["--opt", `context:base=oci-layout://base@${digest}`, "--output", `type=oci,dest=${output}`],
        ...(noCache ? ["--no-cache"] : []),
      ];
    },
    prune: () => must("buildctl", ["--addr", socket, "prune", "--all"]),
    async stop(): Promise<void> {
      const ended = new Promise((resolve) => daemon.once("exit", resolve));
      daemon.kill("SIGTERM");
      await ended;
    },
  };
}

function baseLayout(folder: string, mirror: string): string {
  const layout = join(folder, "base");
  const tar = join(folder, "base.tar");
  if (!existsSync(tar))
    must("mmdebstrap", ["--variant=apt", "--include=ca-certificates", "bookworm", tar, mirror]);
  if (!existsSync(layout)) {
    must("umoci", ["init", "--layout", layout]);
    must("umoci", ["new", "--image", `${layout}:base`]);
    must("umoci", ["raw", "add-layer", "--image", `${layout}:base`, tar]);
  }
  return layout;
}

function layoutDigest(layout: string): string {
  const { stdout } = spawnSync("skopeo", ["inspect", "--format", "{{.Digest}}", `oci:${layout}:base`], {
    encoding: "utf8",
  });
  return stdout.trim();
}

async function untilReady(socket: string, daemon: ChildProcess): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt++) {
    if (daemon.exitCode !== null) break;
    if (spawnSync("buildctl", ["--addr", socket, "debug", "workers"], { stdio: "ignore" }).status === 0)
      return;
    await delay(100);
  }
  throw new Error("buildkitd did not start");
}
