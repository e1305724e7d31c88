// Everything that the cases of test/dockerfiles need, started once: base images in a registry, a server of files, an ssh agent;
// and what a builder makes of a case, as JSON.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Digest } from "../../src/base/digest.ts";
import { openImageSet } from "../../src/oci/open.ts";
import { imageOfPlatforms, imageToInherit } from "../base-images/composed.ts";
import { corpusImage, corpusMissing } from "../base-images/corpus.ts";
import { type BaseRegistry, startBaseRegistry } from "../base-images/registry.ts";
import { dockerRegistryMissing } from "../engines/docker-registry.ts";
import { missingProgram } from "../programs.ts";
import type { Builder } from "./builders.ts";
import { type DockerfileCase, makeContext } from "./case.ts";
import { startFileServer } from "./file-server.ts";
import { type BaseTree, baseTreeOf, dumpImage, type ImageDump } from "./image-dump.ts";

/** What came of a case: its images in the order of their platforms, or that no image can be made of it. */
export type Outcome = { readonly images: readonly ImageDump[] } | { readonly refused: true };

export interface BuiltCase {
  readonly outcome: Outcome;
  /** Of the images' manifests. */
  readonly digests: readonly Digest[];
  /** What the builder printed, for whoever looks at a failure. */
  readonly says: string;
}

export interface Laboratory {
  readonly registry: BaseRegistry;
  build(one: DockerfileCase, builder: Builder): Promise<BuiltCase>;
  stop(): Promise<void>;
}

/** Why there can be none here, or undefined. */
export function laboratoryMissing(): string | undefined {
  return (
    corpusMissing ??
    dockerRegistryMissing() ??
    missingProgram("git", "ssh-agent") ??
    (process.getuid?.() === 0 ? undefined : "making devices needs root")
  );
}

export async function openLaboratory(): Promise<Laboratory> {
  const folder = mkdtempSync(join(tmpdir(), "dockerfiles-"));
  chmodSync(folder, 0o755);
  const startedAt = Math.floor(Date.now() / 1000) - 2;
  const registry = await startBaseRegistry();
  const bases = await addBases(registry, folder);
  const server = await startFileServer();
  const agent = await startAgent(join(folder, "agent.sock"));
  let count = 0;
  return {
    registry,
    async build(one, builder): Promise<BuiltCase> {
      const place = join(folder, String(++count));
      const [context, scratch] = [join(place, "context"), join(place, "scratch")];
      mkdirSync(scratch, { recursive: true });
      // Builders run as other users too.
      chmodSync(scratch, 0o777);
      makeContext(one, context);
      const buildArgs = filledIn(one.options.buildArgs ?? {}, server.host);
      const request = { options: one.options, context, scratch, buildArgs, sshSocket: agent.socket };
      const { ran, image } = await builder(request);
      const says = ran.stdout + ran.stderr;
      if (image === undefined) return { outcome: { refused: true }, digests: [], says };
      const { images } = await openImageSet(image, { scratchFolder: scratch });
      const replace = new Map([[server.host, "SERVER"]]);
      const dumps: ImageDump[] = [];
      for (const made of images) {
        dumps.push(await dumpImage(made, { scratchFolder: scratch, bases, startedAt, replace }));
      }
      rmSync(place, { recursive: true, force: true });
      const digests = images.map(({ descriptor }) => descriptor.digest);
      return { outcome: { images: dumps }, digests, says };
    },
    async stop(): Promise<void> {
      agent.process.kill("SIGTERM");
      await server.stop();
      await registry.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function filledIn(values: Readonly<Record<string, string>>, host: string): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, value.replace("{server}", host)]),
  );
}

async function addBases(registry: BaseRegistry, folder: string): Promise<readonly BaseTree[]> {
  const scratch = join(folder, "bases");
  mkdirSync(scratch);
  const busybox = await corpusImage("busybox", scratch);
  const alpine = await corpusImage("alpine", scratch);
  const platforms = imageOfPlatforms();
  await registry.add("library/busybox:latest", { images: [busybox] });
  await registry.add("library/alpine:3.14", { images: [alpine] });
  await registry.add("library/platforms:latest", platforms);
  await registry.add("library/to-inherit:latest", { images: [imageToInherit(busybox)] });
  return Promise.all([busybox, alpine, ...platforms.images].map((image) => baseTreeOf(image, scratch)));
}

async function startAgent(
  socket: string,
): Promise<{ readonly socket: string; readonly process: ChildProcess }> {
  const agent = spawn("ssh-agent", ["-D", "-a", socket], { stdio: "ignore" });
  const failed = once(agent, "error").then(([reason]) => Promise.reject(reason as Error));
  const there = (async () => {
    while (!existsSync(socket)) await delay(20);
  })();
  await Promise.race([there, failed]);
  return { socket, process: agent };
}
