// What goes wrong with registries, each with the error that a user gets.
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  type Fault,
  startRegistry,
  type TestRegistry,
  type TestRegistryOptions,
} from "../../../testing/registry.ts";
import { type TestClient, testClient } from "../../../testing/registry-client.ts";
import {
  answering,
  bigLayer,
  errorBody,
  errorOf,
  pullApp,
  pushApp,
  smallImage,
} from "../../../testing/registry-session.ts";
import { digestOf } from "../../base/digest.ts";
import { ToolError } from "../../base/errors.ts";
import type { ImageSet } from "../model.ts";

let registry: TestRegistry;

async function restart(options: TestRegistryOptions): Promise<void> {
  await registry.stop();
  registry = await startRegistry(options);
}

beforeEach(async () => {
  registry = await startRegistry();
});
afterEach(() => registry.stop());

const push = (client: TestClient, set?: ImageSet): Promise<void> => pushApp(registry.host, client, set);
const pull = (client: TestClient): Promise<readonly Buffer[]> => pullApp(registry.host, client);

describe("what passes by itself", () => {
  const passing: readonly (readonly [string, Fault, readonly number[]])[] = [
    ["503", answering(/GET .*manifests/, 503), [400]],
    ["500 twice", answering(/GET .*blobs/, 500, 2), [400, 800]],
    [
      "429 with Retry-After",
      answering(/GET .*manifests/, 429, 1, { headers: { "retry-after": "7" } }),
      [7000],
    ],
    ["502 at the first look", answering(/GET \/v2\/$/, 502), []],
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
    expect((await pull(client)).map(digestOf)).toEqual(
      smallImage.layers.map((layer) => layer.descriptor.digest),
    );
    expect(client.waits).toEqual(waits);
  });

  test.each([
    ["503 at the start of an upload", answering(/POST/, 503)],
    ["500 at its end", answering(/PUT .*uploads/, 500)],
    ["a connection that is cut in it", { match: /PUT .*uploads/, kind: { type: "hang-up" } } satisfies Fault],
    ["429 for the manifest", answering(/PUT .*manifests/, 429)],
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
      const blob = new RegExp(`GET .*blobs/${bigLayer.descriptor.digest}`);
      registry.fail({ match: blob, kind: { type: "cut", afterBytes: 100_000 } });
      registry.fail({ match: blob, kind: { type: "cut", afterBytes: 50_000 } });
      registry.requests.length = 0;
      expect((await pull(await testClient())).map(digestOf)).toContain(bigLayer.descriptor.digest);
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
      fault: answering(/GET .*manifests/, 404, 9, {
        body: errorBody("MANIFEST_UNKNOWN", "manifest unknown"),
      }),
      code: "not-found",
      why: "status 404: MANIFEST_UNKNOWN: manifest unknown",
      hint: "check the name",
    },
    forbidden: {
      fault: answering(/GET .*manifests/, 403, 9, {
        body: errorBody("DENIED", "requested access is denied"),
      }),
      code: "unauthorized",
      why: "DENIED: requested access is denied (no credentials are known for it)",
      hint: "docker login",
    },
    "401 without a challenge": {
      fault: answering(/GET .*manifests/, 401, 9),
      code: "unauthorized",
      why: "status 401",
      hint: "podman login",
    },
    "too many requests for too long": {
      fault: answering(/GET .*manifests/, 429, 9, { headers: { "retry-after": "86400" } }),
      code: "registry",
      why: "asks to wait 86400 seconds",
      hint: "try again later",
    },
    "503 every time": {
      fault: answering(/GET .*manifests/, 503, 9, { body: "<html>no</html>" }),
      code: "registry",
      why: "answered with status 503",
      retries: 4,
    },
    "a 400": {
      fault: answering(/GET .*manifests/, 400, 9, { body: "bad\u0007 request\n" }),
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
      fault: answering(/GET .*manifests/, 200, 9, { body: "hello" }),
      code: "malformed",
      why: "it is not JSON",
    },
    "a manifest in schema 1": {
      fault: answering(/GET .*manifests/, 200, 9, {
        body: '{"schemaVersion":1}',
        headers: { "content-type": "application/vnd.docker.distribution.manifest.v1+prettyjws" },
      }),
      code: "malformed",
      why: "neither an image's nor an index's",
      hint: "schema 1",
    },
    "a manifest without end": {
      fault: answering(/GET .*manifests/, 200, 9, { body: " ".repeat(5_000_000) }),
      code: "limit",
      why: "larger than 4194304 bytes",
    },
    "another blob": {
      fault: { match: new RegExp(`GET .*${bigLayer.descriptor.digest}`), kind: { type: "corrupt" } },
      code: "digest-mismatch",
      why: "its content is sha256:",
      hint: "damaged",
    },
    "a short blob": {
      fault: answering(new RegExp(`GET .*${bigLayer.descriptor.digest}`), 200, 9, { body: "short" }),
      code: "digest-mismatch",
      why: "it holds 5 bytes, the descriptor says 300000",
    },
    "a long blob": {
      fault: answering(new RegExp(`GET .*${bigLayer.descriptor.digest}`), 200, 9, {
        body: "x".repeat(300_001),
      }),
      code: "digest-mismatch",
      why: "it holds more bytes",
    },
    "a blob that isn't there": {
      fault: answering(new RegExp(`GET .*${bigLayer.descriptor.digest}`), 404, 9),
      code: "not-found",
      why: "status 404",
    },
    "a blob that is cut every time": {
      fault: {
        match: new RegExp(`GET .*${bigLayer.descriptor.digest}`),
        times: 99,
        kind: { type: "cut", afterBytes: 10 },
      },
      code: "network",
      why: "the connection was cut",
      retries: 4,
    },
    "redirects in a circle": {
      fault: answering(/GET .*(blobs|around)/, 307, 99, { headers: { location: "/around" } }),
      code: "registry",
      why: "registryRedirectsMax (10)",
    },
    "a redirect to nowhere": {
      fault: answering(/GET .*blobs/, 307, 9, { headers: { location: "ftp://example.test/" } }),
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
      fault: answering(/POST/, 403, 9, { body: errorBody("DENIED", "not yours") }),
      code: "unauthorized",
      why: "DENIED: not yours",
      hint: "docker login",
    },
    "no upload address": {
      fault: answering(/POST/, 202, 9),
      code: "registry",
      why: "gave no upload address",
    },
    "a blob that is refused": {
      fault: answering(/PUT .*uploads/, 400, 9, { body: errorBody("DIGEST_INVALID", "digest differs") }),
      code: "registry",
      why: "DIGEST_INVALID",
    },
    "a manifest that is refused": {
      fault: answering(/PUT .*manifests/, 413, 9),
      code: "registry",
      why: "status 413",
    },
    "a manifest that is rewritten": {
      fault: answering(/PUT .*manifests/, 201, 9, {
        headers: { "docker-content-digest": digestOf("other") },
      }),
      code: "digest-mismatch",
      why: "the registry stored it as sha256:",
    },
    "500 every time": {
      fault: answering(/PUT .*manifests/, 500, 9),
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
      ...bigLayer,
      async *open(): AsyncGenerator<Uint8Array> {
        yield Buffer.alloc(bigLayer.descriptor.size);
        throw failure;
      },
    };
    const client = await testClient();
    expect(await errorOf(push(client, { images: [{ ...smallImage, layers: [bad] }] }))).toBe(failure);
    expect(
      registry.requests.filter((one) => one.method === "PUT" && one.body.length === bigLayer.descriptor.size),
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
