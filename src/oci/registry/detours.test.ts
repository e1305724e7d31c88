// Ways around: mirrors and proxies.
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { type AddressInfo, createServer, type Server } from "node:net";
import { inspect } from "node:util";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { startRegistry, type TestRegistry } from "../../../testing/registry.ts";
import { type TestClient, testClient, withCache } from "../../../testing/registry-client.ts";
import { errorOf, pullApp, pushApp } from "../../../testing/registry-session.ts";
import type { ImageSet } from "../model.ts";

let registry: TestRegistry;

beforeEach(async () => {
  registry = await startRegistry();
});
afterEach(() => registry.stop());

const push = (client: TestClient, set?: ImageSet): Promise<void> => pushApp(registry.host, client, set);
const pull = (client: TestClient): Promise<readonly Buffer[]> => pullApp(registry.host, client);

describe("mirrors", () => {
  test("the mirror first, then the registry, for manifests and for blobs", async () => {
    await push(await testClient());
    const mirror = await startRegistry();
    try {
      await withCache(async ({ folder }) => {
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
