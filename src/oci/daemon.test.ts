import { once } from "node:events";
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { imageWith, layerOf } from "../../testing/images.ts";
import { bytesOf, collect } from "../base/bytes.ts";
import { ToolError } from "../base/errors.ts";
import type { Event } from "../base/events.ts";
import { type DaemonOptions, loadIntoDaemon, openDaemonImage } from "./daemon.ts";
import { dockerArchive } from "./docker-archive-writer.ts";
import type { Image } from "./model.ts";

let folder: string;
let server: Server | undefined;
let received: { readonly line: string; readonly body: Buffer }[];
let answer: { status: number; body: Buffer | string };
let events: Event[];
const image = imageWith([layerOf("one"), layerOf("two ".repeat(100_000))]);
const archive = await collect(dockerArchive(image, ["app:1"]), 1e7, "an archive");

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "daemon-"));
  received = [];
  events = [];
  answer = { status: 200, body: '{"stream":"Loaded image: app:1\\n"}\n' };
});
afterEach(async () => {
  server?.closeAllConnections();
  server?.close();
  server = undefined;
  await rm(folder, { recursive: true, force: true });
});

/** Serves the two calls of the Docker Engine API; at a socket of this name in the folder, or at a TCP port. */
async function serve(at: string | 0): Promise<string> {
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      received.push({ line: `${request.method ?? ""} ${request.url ?? ""}`, body: Buffer.concat(chunks) });
      response.writeHead(answer.status).end(answer.body);
    });
  });
  if (at === 0) server.listen(0, "127.0.0.1");
  else server.listen(join(folder, at));
  await once(server, "listening");
  return at === 0 ? `127.0.0.1:${(server.address() as AddressInfo).port}` : join(folder, at);
}

/** Nothing of this machine is looked at. */
function options(environment: Record<string, string> = {}, signal?: AbortSignal): DaemonOptions {
  return {
    environment,
    dockerSocket: join(folder, "docker.sock"),
    podmanSocket: join(folder, "podman.sock"),
    task: {
      signal: signal ?? new AbortController().signal,
      emit: (event) => events.push(event),
      now: () => 0,
    },
  };
}

async function fakePodman(script: string): Promise<Record<string, string>> {
  await writeFile(join(folder, "podman"), `#!/bin/sh\n${script}\n`);
  await chmod(join(folder, "podman"), 0o755);
  return { PATH: `${folder}:/usr/bin:/bin`, OUT: join(folder, "out") };
}

describe("which engine", () => {
  test("DOCKER_HOST as a socket, before a docker socket that is there", async () => {
    const path = await serve("other.sock");
    expect(await loadIntoDaemon(image, ["app:1"], options({ DOCKER_HOST: `unix://${path}` }))).toBe(
      `the engine at ${path}`,
    );
    expect(received.map((one) => one.line)).toEqual(["POST /images/load?quiet=1"]);
  });
  test("DOCKER_HOST as a TCP address", async () => {
    const host = await serve(0);
    expect(await loadIntoDaemon(image, ["app:1"], options({ DOCKER_HOST: `tcp://${host}` }))).toBe(
      `the engine at ${host}`,
    );
  });
  test("docker's socket, then podman's, then the command", async () => {
    const path = await serve("docker.sock");
    expect(await loadIntoDaemon(image, ["app:1"], options())).toBe(`docker at ${path}`);
    server?.close();
    server?.closeAllConnections();
    const podman = await serve("podman.sock");
    const environment = await fakePodman("exec cat > $OUT");
    expect(await loadIntoDaemon(image, ["app:1"], options(environment))).toBe(`podman at ${podman}`);
    server?.close();
    server?.closeAllConnections();
    await rm(podman, { force: true });
    expect(await loadIntoDaemon(image, ["app:1"], options(environment))).toBe("podman");
  });
  test("a socket file that nobody serves is passed over", async () => {
    await serve("docker.sock");
    server?.close();
    await expect(loadIntoDaemon(image, ["app:1"], options())).rejects.toMatchObject({ code: "engine" });
  });

  const mistakes: readonly (readonly [Record<string, string>, string, string])[] = [
    [{}, "engine", "podman is not installed"],
    [{ DOCKER_HOST: "ssh://user@example.test" }, "configuration", "ssh is not supported"],
    [{ DOCKER_HOST: "npipe:////./pipe/docker" }, "configuration", "npipe is not supported"],
    [{ DOCKER_HOST: "tcp://" }, "configuration", "it is not an address"],
    [{ DOCKER_HOST: "docker.sock" }, "configuration", "it is not an address"],
    [
      { DOCKER_HOST: "tcp://example.test", DOCKER_TLS_VERIFY: "1" },
      "configuration",
      "DOCKER_CERT_PATH names no folder",
    ],
    [
      { DOCKER_HOST: "tcp://example.test", DOCKER_TLS_VERIFY: "1", DOCKER_CERT_PATH: "/absent" },
      "configuration",
      "ENOENT",
    ],
    [{ DOCKER_HOST: "unix:///absent/docker.sock" }, "engine", "ENOENT"],
    [{ DOCKER_HOST: "tcp://127.0.0.1:1" }, "engine", "ECONNREFUSED"],
  ];
  test.each(mistakes)("%j: %s, %s", async (environment, code, why) => {
    const error = await loadIntoDaemon(image, ["app:1"], options(environment)).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(ToolError);
    expect(error).toMatchObject({ code, why: expect.stringContaining(why) as string });
    expect((error as ToolError).hint).toBeTruthy();
  });

  test("a user and password in DOCKER_HOST are not told", async () => {
    const host = { DOCKER_HOST: "tcp://bob:pa55word@example.test" };
    const told = await loadIntoDaemon(image, ["app:1"], options(host)).catch(String);
    expect(told).toContain("//***@example.test");
    expect(told).not.toContain("pa55word");
  });
});

describe("loading", () => {
  test("sends the docker archive", async () => {
    await serve("docker.sock");
    await loadIntoDaemon(image, ["app:1"], options());
    expect(received[0]?.body.equals(archive)).toBe(true);
    expect(events.map((event) => event.type)).toEqual(["start", "end"]);
  });
  test("by podman's command", async () => {
    const environment = await fakePodman('echo "$@" > $OUT.arguments; exec cat > $OUT');
    await loadIntoDaemon(image, ["app:1"], options(environment));
    expect((await readFile(join(folder, "out"))).equals(archive)).toBe(true);
    expect(await readFile(join(folder, "out.arguments"), "utf8")).toBe("load --quiet\n");
  });

  test.each([
    [
      200,
      '{"stream":"x"}\n{"errorDetail":{"message":"no space"},"error":"no space left"}\n',
      "no space left",
    ],
    [500, '{"message":"broken archive"}', "broken archive"],
    [500, "", "without a reason"],
    [404, "page not found\n", "page not found"],
  ])("an engine that answers %i %j", async (status, body, why) => {
    await serve("docker.sock");
    answer = { status, body };
    const error = {
      code: "engine",
      what: expect.stringMatching(/^loading app:1 into docker at /) as string,
      why: expect.stringContaining(why) as string,
    };
    await expect(loadIntoDaemon(image, ["app:1"], options())).rejects.toMatchObject(error);
  });
  test("a podman that fails", async () => {
    const environment = await fakePodman("echo 'Error: no space left' >&2; exit 125");
    const error = { code: "engine", why: "Error: no space left" };
    await expect(loadIntoDaemon(image, ["app:1"], options(environment))).rejects.toMatchObject(error);
  });

  test.each(["docker.sock", "podman"])(
    "a layer that breaks off is the error, and no whole archive arrives (%s)",
    async (kind) => {
      const failure = new ToolError("digest-mismatch", { what: "reading a layer", why: "it is damaged" });
      const [first, second] = image.layers;
      const broken: Image = {
        ...image,
        layers: [first, second].flatMap((layer) =>
          layer === undefined ? [] : [{ ...layer, open: () => breaking(layer.descriptor.size, failure) }],
        ),
      };
      let environment: Record<string, string> = {};
      if (kind === "podman") environment = await fakePodman("cat > $OUT && touch $OUT.complete");
      else await serve(kind);
      await expect(loadIntoDaemon(broken, ["app:1"], options(environment))).rejects.toBe(failure);
      expect(received).toEqual([]);
      await expect(readFile(join(folder, "out.complete"))).rejects.toThrow("ENOENT");
    },
  );

  test("stops when it is told to", async () => {
    const environment = await fakePodman("sleep 60");
    const stop = new AbortController();
    const reason = new ToolError("interrupted", { what: "loading", why: "it was stopped" });
    const loading = loadIntoDaemon(image, ["app:1"], options(environment, stop.signal));
    setTimeout(() => stop.abort(reason), 50);
    await expect(loading).rejects.toBe(reason);
  });
});

async function* breaking(sizeBytes: number, failure: Error): AsyncGenerator<Uint8Array> {
  yield Buffer.alloc(Math.floor(sizeBytes / 2));
  throw failure;
}

describe("opening", () => {
  test("the engine's archive, by name", async () => {
    await serve("docker.sock");
    answer = { status: 200, body: Buffer.from(archive) };
    const set = await openDaemonImage("example.test/team/app:1", folder, options());
    expect(received[0]?.line).toBe("GET /images/example.test/team/app%3A1/get");
    expect(set.images.map((one) => one.layers.map((layer) => layer.diffId))).toEqual([
      image.layers.map((layer) => layer.diffId),
    ]);
    const layer = set.images[0]?.layers[0];
    expect(
      Buffer.from(await collect(layer?.open() ?? bytesOf(Buffer.alloc(0)), 100, "a layer")).toString(),
    ).toBe("one");
  });
  test("by podman's command", async () => {
    await writeFile(join(folder, "archive"), archive);
    const environment = await fakePodman(`echo "$@" > $OUT; exec cat ${join(folder, "archive")}`);
    const set = await openDaemonImage("app:1", folder, options(environment));
    expect(set.images).toHaveLength(1);
    expect(await readFile(join(folder, "out"), "utf8")).toBe("save --format docker-archive -- app:1\n");
  });
  test.each([
    [404, '{"message":"No such image: app:1"}', "not-found"],
    [500, '{"message":"reference does not exist"}', "not-found"],
    [500, '{"message":"disk is broken"}', "engine"],
  ])("an engine that answers %i %j: %s", async (status, body, code) => {
    await serve("docker.sock");
    answer = { status, body };
    await expect(openDaemonImage("app:1", folder, options())).rejects.toMatchObject({ code });
  });
  test("podman doesn't know it", async () => {
    const environment = await fakePodman("echo 'Error: app:1: image not known' >&2; exit 125");
    await expect(openDaemonImage("app:1", folder, options(environment))).rejects.toMatchObject({
      code: "not-found",
    });
  });
});
