// Logging in: that it works with few requests, where credentials go and where not, that no text holds one.
import { writeFile } from "node:fs/promises";
import { inspect } from "node:util";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { imageSetFor } from "../../../testing/images.ts";
import {
  startRegistry,
  type TestAuth,
  type TestRegistry,
  type TestRegistryOptions,
} from "../../../testing/registry.ts";
import { type TestClient, testClient, withCache } from "../../../testing/registry-client.ts";
import {
  answering,
  appAt,
  bigLayer,
  errorBody,
  errorOf,
  pullApp,
  pushApp,
  smallImage,
} from "../../../testing/registry-session.ts";
import { collect } from "../../base/bytes.ts";
import { digestOf } from "../../base/digest.ts";
import type { ImageSet } from "../model.ts";
import { parseReference } from "../reference.ts";
import { pushImageSet } from "./push.ts";

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

const push = (client: TestClient, set?: ImageSet): Promise<void> => pushApp(registry.host, client, set);
const pull = (client: TestClient): Promise<readonly Buffer[]> => pullApp(registry.host, client);

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
      answering(/HEAD .*manifests/, 401, 1, {
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
      await writeFile(`${folder}/auth.json`, file);
      await push(await testClient({ environment: { REGISTRY_AUTH_FILE: `${folder}/auth.json` } }));
    });
    expect(registry.requests.filter((one) => one.method === "POST" && one.path === "/token")).toHaveLength(1);
  });

  test("a mount asks for both repositories, and sends nothing", async () => {
    await restart({ auth: { kind: "bearer", ...login } });
    const base = parseReference(`${registry.host}/base:1`);
    const { client } = await testClient({ login });
    await pushImageSet({ images: [smallImage] }, base, { client });
    const result = await pushImageSet({ images: [smallImage] }, appAt(registry.host), {
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
    const result = await pushImageSet({ images: [smallImage] }, appAt(registry.host), {
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
        `app@${bigLayer.descriptor.digest}`,
        Buffer.from(await collect(bigLayer.open(), 1e7, "x")),
      );
      const path = `/v2/app/blobs/${bigLayer.descriptor.digest}`;
      registry.fail(
        answering(new RegExp(`GET ${path}$`), 307, 1, {
          headers: { location: `http://${other.host}${path}?X-Signature=topsecretsignature` },
        }),
      );
      registry.fail(
        answering(/GET .*manifests/, 302, 1, { headers: { location: "/v2/app/manifests/1?again" } }),
      );
      expect((await pull(await testClient({ login }))).map(digestOf)).toContain(bigLayer.descriptor.digest);
      expect(other.requests.map((one) => one.headers["authorization"])).toEqual([undefined]);
      const again = registry.requests.find((one) => one.path.endsWith("?again"));
      expect(again?.headers["authorization"]).toMatch(/^Basic /);
    } finally {
      await other.stop();
    }
  });

  test("no text holds a credential, whatever goes wrong", { timeout: 60_000 }, async () => {
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
            answering(match, status, 99, {
              body: errorBody("ECHO", `${echo} ${secrets().join(" ")}`),
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
