// A registry on this machine that stands for docker.io: base images under the names that Dockerfiles have them by.
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ImageSet } from "../../src/oci/model.ts";
import { parseReference } from "../../src/oci/reference.ts";
import { pushImageSet } from "../../src/oci/registry/push.ts";
import { startDockerRegistry } from "../engines/docker-registry.ts";
import { testClient } from "../registry-client.ts";

export interface BaseRegistry {
  /** "127.0.0.1:PORT" */
  readonly host: string;
  /** With these variables, docker.io is looked for in this registry first (registries.conf(5)). */
  readonly environment: Readonly<Record<string, string>>;
  /** Makes a set known as `name`: "library/golang:1.21.5-alpine". */
  add(name: string, set: ImageSet): Promise<void>;
  stop(): Promise<void>;
}

/** Needs docker-registry (`dockerRegistryMissing`). */
export async function startBaseRegistry(): Promise<BaseRegistry> {
  const registry = await startDockerRegistry();
  const folder = await mkdtemp(join(tmpdir(), "base-registry-"));
  // Builds of other users read it too.
  await chmod(folder, 0o755);
  const file = join(folder, "registries.conf");
  const mirror = `[[registry.mirror]]\nlocation = "${registry.host}"\ninsecure = true\n`;
  await writeFile(file, `[[registry]]\nprefix = "docker.io"\nlocation = "docker.io"\n${mirror}`, {
    mode: 0o644,
  });
  const { client } = await testClient({ insecureHosts: [registry.host] });
  return {
    host: registry.host,
    environment: { CONTAINERS_REGISTRIES_CONF: file },
    async add(name, set): Promise<void> {
      await pushImageSet(set, parseReference(`${registry.host}/${name}`), { client });
    },
    async stop(): Promise<void> {
      client.close();
      await registry.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
