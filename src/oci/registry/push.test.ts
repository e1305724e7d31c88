import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { imageSetFor } from "../../../testing/images.ts";
import { startRegistry, type TestRegistry, type TestRegistryOptions } from "../../../testing/registry.ts";
import { testClient } from "../../../testing/registry-client.ts";
import { rootOf } from "../derive.ts";
import { parseReference, type Reference } from "../reference.ts";
import { pushImageSet } from "./push.ts";

let registry: TestRegistry;

async function start(options: TestRegistryOptions = {}): Promise<void> {
  registry = await startRegistry(options);
}

function reference(rest: string): Reference {
  return parseReference(`${registry.host}/${rest}`);
}

function lines(): readonly string[] {
  return registry.requests.map(
    (one) => `${one.method} ${one.path.replace(/[0-9a-f]{16,64}/g, "*").replace(/\?.*/, "?")}`,
  );
}

beforeEach(() => start());
afterEach(() => registry.stop());

describe("what is sent", () => {
  test("blobs, then manifests, then the index under the tag", async () => {
    const { client } = await testClient();
    const set = imageSetFor("amd64", "arm64");
    const result = await pushImageSet(set, reference("team/app:1"), { client });
    // Two own layers, one shared, two configs.
    expect(result).toEqual({ descriptor: rootOf(set), blobs: { existed: 0, mounted: 0, uploaded: 5 } });
    expect([...registry.content.manifests.keys()].sort()).toEqual(
      [
        "team/app:1",
        ...set.images.map((image) => `team/app@${image.descriptor.digest}`),
        `team/app@${rootOf(set).digest}`,
      ].sort(),
    );
    for (const image of set.images) {
      expect(registry.content.manifests.get(`team/app@${image.descriptor.digest}`)?.bytes).toEqual(
        Buffer.from(image.manifest),
      );
    }
    expect(lines().at(-1)).toBe("PUT /v2/team/app/manifests/1");
    client.close();
  });

  test("nothing but a look at the tag where it is unchanged", async () => {
    const { client } = await testClient();
    await pushImageSet(imageSetFor("amd64", "arm64"), reference("app:1"), { client });
    client.close();
    registry.requests.length = 0;
    const again = await testClient();
    const result = await pushImageSet(imageSetFor("amd64", "arm64"), reference("app:1"), again);
    expect(lines()).toEqual(["GET /v2/", "HEAD /v2/app/manifests/1"]);
    expect(result.blobs.uploaded).toBe(0);
  });

  test("a new tag of an image that is there costs four requests", async () => {
    const { client } = await testClient();
    await pushImageSet(imageSetFor("amd64", "arm64"), reference("app:1"), { client });
    registry.requests.length = 0;
    const again = await testClient();
    await pushImageSet(imageSetFor("amd64", "arm64"), reference("app:2"), again);
    expect(lines()).toEqual([
      "GET /v2/",
      "HEAD /v2/app/manifests/2",
      "HEAD /v2/app/manifests/sha256:*",
      "PUT /v2/app/manifests/2",
    ]);
  });
});
