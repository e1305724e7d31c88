// Loading into and reading from real engines: dockerd by its API, podman by its API and by its command.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bytesOf, collect } from "../../src/base/bytes.ts";
import { digestOf } from "../../src/base/digest.ts";
import { writeTar } from "../../src/formats/tar-writer.ts";
import { type DaemonOptions, loadIntoDaemon, openDaemonImage } from "../../src/oci/daemon.ts";
import type { Image } from "../../src/oci/model.ts";
import { type Dockerd, dockerdMissing, startDockerd } from "../../testing/engines/docker.ts";
import { podmanMissing } from "../../testing/engines/podman.ts";
import { imageWith, layerOf } from "../../testing/images.ts";

const noDocker = dockerdMissing();
const noPodman = podmanMissing();
const because = (reason: string | undefined): string => (reason === undefined ? "" : ` (skipped: ${reason})`);

let folder: string;
let image: Image;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "daemon-conformance-"));
  image = imageWith([await tarLayer("one", 100), await tarLayer("two", 3_000_000)]);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function tarLayer(name: string, sizeBytes: number): Promise<Image["layers"][number]> {
  const content = Buffer.alloc(sizeBytes, name);
  const header = {
    name,
    kind: "file",
    mode: 0o644,
    uid: 0,
    gid: 0,
    mtime: 0,
    sizeBytes,
    linkName: "",
    deviceMajor: 0,
    deviceMinor: 0,
  } as const;
  const entries = async function* (): AsyncGenerator<{
    header: typeof header;
    content: ReturnType<typeof bytesOf>;
  }> {
    yield { header, content: bytesOf(content) };
  };
  return layerOf(await collect(writeTar(entries()), 1e8, "a layer"));
}

function options(environment: Record<string, string>): DaemonOptions {
  return {
    environment: {
      ...(process.env as Record<string, string>),
      XDG_RUNTIME_DIR: "",
      DOCKER_HOST: "",
      ...environment,
    },
    dockerSocket: join(folder, "absent.sock"),
    podmanSocket: join(folder, "podman.sock"),
    task: { signal: new AbortController().signal, emit: () => undefined, now: () => 0 },
  };
}

/** Loads, reads back, and asks for what isn't there. */
async function thereAndBack(engine: DaemonOptions, name: string): Promise<void> {
  await loadIntoDaemon(image, [name], engine);
  const scratch = await mkdtemp(join(folder, "scratch-"));
  const set = await openDaemonImage(name, scratch, engine);
  const layers = set.images.flatMap((one) => one.layers);
  expect(layers.map((layer) => layer.diffId)).toEqual(image.layers.map((layer) => layer.diffId));
  for (const layer of layers) {
    expect(digestOf(await collect(layer.open(), 1e8, "a layer"))).toBe(layer.descriptor.digest);
  }
  await expect(openDaemonImage("absent.example.test/x:1", scratch, engine)).rejects.toMatchObject({
    code: "not-found",
  });
}

describe.skipIf(noDocker !== undefined)(`dockerd${because(noDocker)}`, () => {
  let engine: Dockerd;
  beforeAll(async () => {
    engine = await startDockerd();
  });
  afterAll(() => engine.stop());

  test("loads under every name, reads back the same layers", async () => {
    const docker = options({ DOCKER_HOST: `unix://${engine.socket}` });
    await thereAndBack(docker, "example.test/team/app:1");
    await loadIntoDaemon(image, ["app:1", "app:2"], docker);
    const ids = await engine.docker("images", "--no-trunc", "--format", "{{.Repository}}:{{.Tag}} {{.ID}}");
    const id = digestOf(image.config);
    expect(ids.trim().split("\n").sort()).toEqual([
      `app:1 ${id}`,
      `app:2 ${id}`,
      `example.test/team/app:1 ${id}`,
    ]);
  });
});

describe.skipIf(noPodman !== undefined)(`podman${because(noPodman)}`, () => {
  let environment: Record<string, string>;
  let service: ChildProcess | undefined;

  beforeAll(async () => {
    for (const name of ["root", "run", "tmp"]) await mkdir(join(folder, name));
    const storage = join(folder, "storage.conf");
    const settings = [
      'driver = "vfs"',
      `graphroot = "${join(folder, "root")}"`,
      `runroot = "${join(folder, "run")}"`,
    ];
    await writeFile(storage, `[storage]\n${settings.join("\n")}\n`);
    const containers = join(folder, "containers.conf");
    await writeFile(
      containers,
      `[engine]\nruntime = "runc"\ncgroup_manager = "cgroupfs"\nevents_logger = "file"\ntmp_dir = "${join(folder, "tmp")}"\n`,
    );
    environment = {
      CONTAINERS_STORAGE_CONF: storage,
      CONTAINERS_CONF: containers,
      TMPDIR: join(folder, "tmp"),
    };
  });
  afterAll(async () => {
    if (service === undefined) return;
    const ended = once(service, "exit");
    service.kill();
    await ended;
  });

  test("by its command", () => thereAndBack(options(environment), "example.test/by-command:1"));

  test("by its API", async () => {
    const socket = join(folder, "podman.sock");
    service = spawn("podman", ["system", "service", "--time", "0", `unix://${socket}`], {
      env: { ...process.env, ...environment },
      stdio: "ignore",
    });
    for (let attempt = 0; attempt < 200 && !existsSync(socket); attempt++) await delay(50);
    expect(await loadIntoDaemon(image, ["example.test/x:1"], options(environment))).toBe(
      `podman at ${socket}`,
    );
    await thereAndBack(options(environment), "example.test/by-api:1");
  });
});
