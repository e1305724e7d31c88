// What goes wrong with registries, each with the error that a user gets; and that no error or event holds a credential.
import { once } from "node:events";
import { type AddressInfo, createServer, type Server } from "node:net";
import { inspect } from "node:util";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { imageSetFor, imageWith, layerOf } from "../../../testing/images.ts";
import {
  type Fault,
  startRegistry,
  type TestAuth,
  type TestRegistry,
  type TestRegistryOptions,
} from "../../../testing/registry.ts";
import { type TestClient, testClient, withCache } from "../../../testing/registry-client.ts";
import { collect } from "../../base/bytes.ts";
import { digestOf } from "../../base/digest.ts";
import { ToolError } from "../../base/errors.ts";
import type { ImageSet } from "../model.ts";
import { parseReference } from "../reference.ts";
import { pullImageSet } from "./pull.ts";
import { pushImageSet } from "./push.ts";

const big = layerOf(Buffer.alloc(300_000, "distill"));
const image = imageWith([layerOf("small"), big]);
const set: ImageSet = { images: [image] };
const login = { username: "alice", password: "w0nder/land" };
let registry: TestRegistry;

async function restart(options: TestRegistryOptions): Promise<void> {
  await registry.stop();
  registry = await startRegistry(options);
}

beforeEach(async () => {
  registry = await startRegistry();
});
afterEach(() => registry.stop());

const reference = (rest = "app:1"): ReturnType<typeof parseReference> =>
  parseReference(`${registry.host}/${rest}`);

async function push(test_: TestClient, content: ImageSet = set): Promise<void> {
  await pushImageSet(content, reference(), test_);
}

/** Pulls with all layers, and returns their bytes. */
async function pull(test_: TestClient): Promise<readonly Buffer[]> {
  return withCache(async (cache) => {
    const pulled = await pullImageSet(reference(), { client: test_.client, cache, prefetch: true });
    const layers = pulled.images.flatMap((one) => one.layers);
    return Promise.all(layers.map(async (layer) => Buffer.from(await collect(layer.open(), 1e7, "a layer"))));
  });
}

async function errorOf(work: Promise<unknown>): Promise<ToolError> {
  const thrown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(thrown).toBeInstanceOf(ToolError);
  return thrown as ToolError;
}

const answer = (
  match: RegExp,
  status: number,
  times = 1,
  more: Partial<Extract<Fault["kind"], { type: "answer" }>> = {},
): Fault => ({
  match,
  times,
  kind: { type: "answer", status, ...more },
});
const errors = (code: string, message: string): string => JSON.stringify({ errors: [{ code, message }] });

describe("what passes by itself", () => {
  const passing: readonly (readonly [string, Fault, readonly number[]])[] = [
    ["503", answer(/GET .*manifests/, 503), [400]],
    ["500 twice", answer(/GET .*blobs/, 500, 2), [400, 800]],
    ["429 with Retry-After", answer(/GET .*manifests/, 429, 1, { headers: { "retry-after": "7" } }), [7000]],
    ["502 at the first look", answer(/GET \/v2\/$/, 502), []],
    [
      "a connection that is cut before an answer",
      { match: /GET .*manifests/, kind: { type: "hang-up" } },
      [400],
    ],
    ["a manifest that is cut", { match: /GET .*manifests/, kind: { type: "cut", afterBytes: 50 } }, [400]],
    ["a slow answer", { match: /GET .*blobs/, kind: { type: "slow", delayMs: 50 } }, []],
  ];
  test.each(passing)("pulling: %s", async (_, fault, waits) => {
    await push(await testClient());
    registry.fail(fault);
    const client = await testClient();
    expect((await pull(client)).map(digestOf)).toEqual(image.layers.map((layer) => layer.descriptor.digest));
    expect(client.waits).toEqual(waits);
  });

  test.each([
    ["503 at the start of an upload", answer(/POST/, 503)],
    ["500 at its end", answer(/PUT .*uploads/, 500)],
    ["a connection that is cut in it", { match: /PUT .*uploads/, kind: { type: "hang-up" } } satisfies Fault],
    ["429 for the manifest", answer(/PUT .*manifests/, 429)],
  ])("pushing: %s", async (_, fault) => {
    registry.fail(fault);
    const client = await testClient();
    await push(client);
    expect(client.waits).toHaveLength(1);
    expect(registry.content.manifests.has("app:1")).toBe(true);
  });

  test.each([true, false])(
    "a blob that is cut goes on where it was (a server without Range: %s)",
    async (noRange) => {
      await restart({ noRange });
      await push(await testClient());
      const blob = new RegExp(`GET .*blobs/${big.descriptor.digest}`);
      registry.fail({ match: blob, kind: { type: "cut", afterBytes: 100_000 } });
      registry.fail({ match: blob, kind: { type: "cut", afterBytes: 50_000 } });
      registry.requests.length = 0;
      expect((await pull(await testClient())).map(digestOf)).toContain(big.descriptor.digest);
      const ranges = registry.requests
        .filter((one) => blob.test(`${one.method} ${one.path}`))
        .map((one) => one.headers["range"]);
      expect(ranges).toHaveLength(3);
      expect(ranges[0]).toBeUndefined();
      expect(ranges[1]).toMatch(/^bytes=[1-9]\d*-$/);
    },
  );
});

describe("what doesn't", () => {
  interface Case {
    readonly fault: Fault;
    readonly code: string;
    readonly why: string;
    readonly hint?: string;
    /** How many retries; default none. */
    readonly retries?: number;
  }
  const pulls: Readonly<Record<string, Case>> = {
    "no such tag": {
      fault: answer(/GET .*manifests/, 404, 9, { body: errors("MANIFEST_UNKNOWN", "manifest unknown") }),
      code: "not-found",
      why: "status 404: MANIFEST_UNKNOWN: manifest unknown",
      hint: "check the name",
    },
    forbidden: {
      fault: answer(/GET .*manifests/, 403, 9, { body: errors("DENIED", "requested access is denied") }),
      code: "unauthorized",
      why: "DENIED: requested access is denied (no credentials are known for it)",
      hint: "docker login",
    },
    "401 without a challenge": {
      fault: answer(/GET .*manifests/, 401, 9),
      code: "unauthorized",
      why: "status 401",
      hint: "podman login",
    },
    "too many requests for too long": {
      fault: answer(/GET .*manifests/, 429, 9, { headers: { "retry-after": "86400" } }),
      code: "registry",
      why: "asks to wait 86400 seconds",
      hint: "try again later",
    },
    "503 every time": {
      fault: answer(/GET .*manifests/, 503, 9, { body: "<html>no</html>" }),
      code: "registry",
      why: "answered with status 503",
      retries: 4,
    },
    "a 400": {
      fault: answer(/GET .*manifests/, 400, 9, { body: "bad\u0007 request\n" }),
      code: "registry",
      why: "status 400: bad request",
    },
    "another manifest": {
      fault: { match: /GET .*manifests/, kind: { type: "corrupt" } },
      code: "digest-mismatch",
      why: "expected sha256:",
      hint: "damaged",
    },
    "a manifest that is none": {
      fault: answer(/GET .*manifests/, 200, 9, { body: "hello" }),
      code: "malformed",
      why: "it is not JSON",
    },
    "a manifest in schema 1": {
      fault: answer(/GET .*manifests/, 200, 9, {
        body: '{"schemaVersion":1}',
        headers: { "content-type": "application/vnd.docker.distribution.manifest.v1+prettyjws" },
      }),
      code: "malformed",
      why: "neither an image's nor an index's",
      hint: "schema 1",
    },
    "a manifest without end": {
      fault: answer(/GET .*manifests/, 200, 9, { body: " ".repeat(5_000_000) }),
      code: "limit",
      why: "larger than 4194304 bytes",
    },
    "another blob": {
      fault: { match: new RegExp(`GET .*${big.descriptor.digest}`), kind: { type: "corrupt" } },
      code: "digest-mismatch",
      why: "its content is sha256:",
      hint: "damaged",
    },
    "a short blob": {
      fault: answer(new RegExp(`GET .*${big.descriptor.digest}`), 200, 9, { body: "short" }),
      code: "digest-mismatch",
      why: "it holds 5 bytes, the descriptor says 300000",
    },
    "a long blob": {
      fault: answer(new RegExp(`GET .*${big.descriptor.digest}`), 200, 9, { body: "x".repeat(300_001) }),
      code: "digest-mismatch",
      why: "it holds more bytes",
    },
    "a blob that isn't there": {
      fault: answer(new RegExp(`GET .*${big.descriptor.digest}`), 404, 9),
      code: "not-found",
      why: "status 404",
    },
    "a blob that is cut every time": {
      fault: {
        match: new RegExp(`GET .*${big.descriptor.digest}`),
        times: 99,
        kind: { type: "cut", afterBytes: 10 },
      },
      code: "network",
      why: "the connection was cut",
      retries: 4,
    },
    "redirects in a circle": {
      fault: answer(/GET .*(blobs|around)/, 307, 99, { headers: { location: "/around" } }),
      code: "registry",
      why: "registryRedirectsMax (10)",
    },
    "a redirect to nowhere": {
      fault: answer(/GET .*blobs/, 307, 9, { headers: { location: "ftp://example.test/" } }),
      code: "registry",
      why: "no valid address",
    },
  };
  test.each(Object.entries(pulls))("pulling: %s", async (_, { fault, code, why, hint, retries = 0 }) => {
    await push(await testClient());
    registry.fail(fault);
    const client = await testClient();
    const error = await errorOf(pull(client));
    expect(error).toMatchObject({ code, why: expect.stringContaining(why) as string });
    expect(error.what).toMatch(/^(fetching|reading|reaching) /);
    if (hint !== undefined) expect(error.hint).toContain(hint);
    expect(client.waits).toHaveLength(retries);
  });

  const pushes: Readonly<Record<string, Case>> = {
    denied: {
      fault: answer(/POST/, 403, 9, { body: errors("DENIED", "not yours") }),
      code: "unauthorized",
      why: "DENIED: not yours",
      hint: "docker login",
    },
    "no upload address": { fault: answer(/POST/, 202, 9), code: "registry", why: "gave no upload address" },
    "a blob that is refused": {
      fault: answer(/PUT .*uploads/, 400, 9, { body: errors("DIGEST_INVALID", "digest differs") }),
      code: "registry",
      why: "DIGEST_INVALID",
    },
    "a manifest that is refused": {
      fault: answer(/PUT .*manifests/, 413, 9),
      code: "registry",
      why: "status 413",
    },
    "a manifest that is rewritten": {
      fault: answer(/PUT .*manifests/, 201, 9, { headers: { "docker-content-digest": digestOf("other") } }),
      code: "digest-mismatch",
      why: "the registry stored it as sha256:",
    },
    "500 every time": {
      fault: answer(/PUT .*manifests/, 500, 9),
      code: "registry",
      why: "status 500",
      retries: 4,
    },
  };
  test.each(Object.entries(pushes))("pushing: %s", async (_, { fault, code, why, hint, retries = 0 }) => {
    registry.fail(fault);
    const client = await testClient();
    const error = await errorOf(push(client));
    expect(error).toMatchObject({ code, why: expect.stringContaining(why) as string });
    expect(error.what).toMatch(/^pushing /);
    if (hint !== undefined) expect(error.hint).toContain(hint);
    expect(client.waits).toHaveLength(retries);
  });

  test("pushing a layer that is damaged: its own error, and the registry never gets the whole of it", async () => {
    const failure = new ToolError("digest-mismatch", { what: "reading a layer", why: "it is damaged" });
    const bad = {
      ...big,
      async *open(): AsyncGenerator<Uint8Array> {
        yield Buffer.alloc(big.descriptor.size);
        throw failure;
      },
    };
    const client = await testClient();
    expect(await errorOf(push(client, { images: [{ ...image, layers: [bad] }] }))).toBe(failure);
    expect(
      registry.requests.filter((one) => one.method === "PUT" && one.body.length === big.descriptor.size),
    ).toEqual([]);
  });

  test("nobody there", async () => {
    const { host } = registry;
    await registry.stop();
    const error = await errorOf(pull(await testClient()));
    expect(error).toMatchObject({
      code: "network",
      why: expect.stringContaining(`http://${host}/v2/: the connection was refused`) as string,
    });
    registry = await startRegistry();
  });

  test("an abort ends a pull with its reason", async () => {
    await push(await testClient());
    registry.fail({ match: /GET .*blobs/, times: 9, kind: { type: "slow", delayMs: 5000 } });
    const stop = new AbortController();
    const reason = new ToolError("interrupted", { what: "pulling", why: "stopped" });
    setTimeout(() => stop.abort(reason), 50);
    expect(await errorOf(pull(await testClient({ signal: stop.signal })))).toBe(reason);
  });
});

describe("credentials", () => {
  const auths: readonly TestAuth[] = [
    { kind: "basic", ...login },
    { kind: "bearer", ...login },
  ];
  test.each(auths)("$kind: push, pull, and few requests", async (auth) => {
    await restart({ auth });
    await push(await testClient({ login }));
    registry.requests.length = 0;
    await push(await testClient({ login }));
    expect(registry.requests.length).toBeLessThanOrEqual(5);
    expect(await pull(await testClient({ login }))).toHaveLength(2);
  });

  test("one token serves a whole push; another follows when it ends", async () => {
    await restart({ auth: { kind: "bearer", ...login, tokenLifeSeconds: 60 } });
    let nowMs = 0;
    const client = await testClient({ login, now: () => nowMs });
    await push(client, imageSetFor("amd64", "arm64"));
    const tokens = (): number => registry.requests.filter((one) => one.path.startsWith("/token")).length;
    expect(tokens()).toBe(1);
    expect(registry.requests.find((one) => one.path.startsWith("/token"))?.path).toContain(
      "scope=repository%3Aapp%3Apull%2Cpush",
    );
    nowMs = 58_000;
    await push(client, imageSetFor("amd64", "arm64"));
    expect(tokens()).toBe(2);
  });

  test("a token that is refused early is fetched again", async () => {
    await restart({ auth: { kind: "bearer", ...login } });
    const client = await testClient({ login });
    await push(client);
    registry.fail(
      answer(/HEAD .*manifests/, 401, 1, {
        headers: { "www-authenticate": `Bearer realm="http://${registry.host}/token",service="test"` },
      }),
    );
    await push(client);
    expect(registry.requests.filter((one) => one.path.startsWith("/token"))).toHaveLength(2);
  });

  test("an identity token is exchanged by POST", async () => {
    await restart({ auth: { kind: "bearer", ...login, refreshToken: "refresh-me" } });
    const file = Buffer.from(JSON.stringify({ auths: { [registry.host]: { identitytoken: "refresh-me" } } }));
    await withCache(async ({ folder }) => {
      const { writeFile } = await import("node:fs/promises");
      await writeFile(`${folder}/auth.json`, file);
      await push(await testClient({ environment: { REGISTRY_AUTH_FILE: `${folder}/auth.json` } }));
    });
    expect(registry.requests.filter((one) => one.method === "POST" && one.path === "/token")).toHaveLength(1);
  });

  test("a mount asks for both repositories, and sends nothing", async () => {
    await restart({ auth: { kind: "bearer", ...login } });
    const base = parseReference(`${registry.host}/base:1`);
    const { client } = await testClient({ login });
    await pushImageSet(set, base, { client });
    const result = await pushImageSet(set, reference(), {
      client,
      mountFrom: [base, parseReference("other.test/base")],
    });
    expect(result.blobs).toEqual({ existed: 0, mounted: 3, uploaded: 0 });
    const asked = registry.requests.filter((one) => one.path.startsWith("/token")).at(-1)?.path;
    expect(new URLSearchParams(asked?.split("?")[1]).getAll("scope")).toEqual([
      "repository:app:pull,push",
      "repository:base:pull",
    ]);
  });
  test("what can't be mounted is sent", async () => {
    const { client } = await testClient();
    const result = await pushImageSet(set, reference(), {
      client,
      mountFrom: [parseReference(`${registry.host}/base:1`)],
    });
    expect(result.blobs).toEqual({ existed: 0, mounted: 0, uploaded: 3 });
  });

  test("a redirect to another host gets no credentials, one to the same host does", async () => {
    await restart({ auth: { kind: "basic", ...login } });
    await push(await testClient({ login }));
    const other = await startRegistry();
    try {
      other.content.blobs.set(
        `app@${big.descriptor.digest}`,
        Buffer.from(await collect(big.open(), 1e7, "x")),
      );
      const path = `/v2/app/blobs/${big.descriptor.digest}`;
      registry.fail(
        answer(new RegExp(`GET ${path}$`), 307, 1, {
          headers: { location: `http://${other.host}${path}?X-Signature=topsecretsignature` },
        }),
      );
      registry.fail(
        answer(/GET .*manifests/, 302, 1, { headers: { location: "/v2/app/manifests/1?again" } }),
      );
      expect((await pull(await testClient({ login }))).map(digestOf)).toContain(big.descriptor.digest);
      expect(other.requests.map((one) => one.headers["authorization"])).toEqual([undefined]);
      const again = registry.requests.find((one) => one.path.endsWith("?again"));
      expect(again?.headers["authorization"]).toMatch(/^Basic /);
    } finally {
      await other.stop();
    }
  });

  test("no text holds a credential, whatever goes wrong", async () => {
    const header = Buffer.from(`${login.username}:${login.password}`).toString("base64");
    const echo = `you sent Basic ${header} for ${login.password} and ${encodeURIComponent(login.password)}`;
    const told: unknown[] = [];
    for (const kind of ["basic", "bearer"] as const) {
      await restart({ auth: { kind, ...login } });
      await push(await testClient({ login }));
      const secrets = (): string[] =>
        registry.requests.map((one) => String(one.headers["authorization"] ?? "").split(" ")[1] ?? "");
      for (const status of [400, 401, 403, 404, 429, 500]) {
        for (const match of [/GET .*manifests/, /GET .*blobs/, /GET \/token/, /PUT/, /POST/]) {
          registry.fail(
            answer(match, status, 99, {
              body: errors("ECHO", `${echo} ${secrets().join(" ")}`),
              headers: { "retry-after": "0" },
            }),
          );
          for (const work of [
            pull,
            (one: TestClient) => push(one, imageSetFor(`arch${status}${match.source.length}`)),
          ]) {
            const client = await testClient({ login });
            told.push(await work(client).catch((thrown: unknown) => thrown), client.events);
          }
          await restart({ auth: { kind, ...login } });
          await push(await testClient({ login }));
        }
      }
      const wrong = await testClient({ login: { username: "alice", password: "wrong-password" } });
      told.push(await errorOf(pull(wrong)), wrong.events);
      const text = inspect(told, {
        depth: 20,
        showHidden: true,
        maxStringLength: null,
        maxArrayLength: null,
      });
      expect(text).toContain("ToolError");
      for (const secret of [
        header,
        login.password,
        encodeURIComponent(login.password),
        "wrong-password",
        ...secrets(),
      ]) {
        if (secret.length > 3) expect(text).not.toContain(secret);
      }
    }
  });

  test.each([
    ["http://auth.example.test/token", "plain HTTP"],
    ["nonsense", "is not a URL"],
    ["file:///etc/passwd", "is not a URL"],
  ])("a token address that can't be used: %s", async (realm, why) => {
    await restart({ auth: { kind: "bearer", ...login, realm } });
    const error = await errorOf(pull(await testClient({ login })));
    expect(error).toMatchObject({ code: "registry", why: expect.stringContaining(why) as string });
  });

  test("wrong ones: the error names where they came from", async () => {
    for (const kind of ["basic", "bearer"] as const) {
      await restart({ auth: { kind, ...login } });
      const error = await errorOf(pull(await testClient({ login: { username: "alice", password: "nope" } })));
      expect(error).toMatchObject({
        code: "unauthorized",
        why: expect.stringContaining("credentials from the test") as string,
        hint: expect.stringContaining(`docker login ${registry.host}`) as string,
      });
    }
  });
});

describe("mirrors", () => {
  test("the mirror first, then the registry, for manifests and for blobs", async () => {
    await push(await testClient());
    const mirror = await startRegistry();
    try {
      await withCache(async ({ folder }) => {
        const { writeFile } = await import("node:fs/promises");
        const conf = `${folder}/registries.conf`;
        await writeFile(
          conf,
          `[[registry]]\nlocation = "${registry.host}"\n[[registry.mirror]]\nlocation = "${mirror.host}/proxy"\n`,
        );
        const client = await testClient({ environment: { CONTAINERS_REGISTRIES_CONF: conf } });
        expect(await pull(client)).toHaveLength(2);
        expect(mirror.requests.map((one) => one.path)).toEqual(["/v2/", "/v2/proxy/app/manifests/1"]);
        expect(client.events).toContainEqual(
          expect.objectContaining({
            type: "log",
            message: expect.stringContaining("trying the next source") as string,
          }),
        );
        // A mirror that has the manifest, and not the layers.
        const manifest = registry.content.manifests.get("app:1");
        if (manifest !== undefined) mirror.content.manifests.set("proxy/app:1", manifest);
        expect(
          await pull(await testClient({ environment: { CONTAINERS_REGISTRIES_CONF: conf } })),
        ).toHaveLength(2);
      });
    } finally {
      await mirror.stop();
    }
  });
});

describe("proxies", () => {
  let proxy: Server | undefined;
  afterEach(() => proxy?.close());

  test("plain HTTP goes through HTTP_PROXY, unless NO_PROXY names the host; its password is not told", async () => {
    await push(await testClient());
    let connections = 0;
    proxy = createServer((socket) => {
      connections += 1;
      socket.end("HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n");
    }).listen(0, "127.0.0.1");
    await once(proxy, "listening");
    const HTTP_PROXY = `http://user:pr0xypass@127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    const environment = { HTTP_PROXY, HTTPS_PROXY: HTTP_PROXY };
    const client = await testClient({ environment });
    const error = await errorOf(pull(client));
    expect(connections).toBeGreaterThan(0);
    expect(inspect([error, client.events], { depth: 20 })).not.toContain("pr0xypass");
    expect(
      await pull(await testClient({ environment: { ...environment, NO_PROXY: "127.0.0.1" } })),
    ).toHaveLength(2);
  });
});
