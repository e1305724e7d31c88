// The registry client against Debian's docker-registry, and with skopeo and crane as the other client: what we push they
// read, what they push we read, with equal digests.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { collect } from "../../src/base/bytes.ts";
import { rootOf } from "../../src/oci/derive.ts";
import type { ImageSet } from "../../src/oci/model.ts";
import { openImageSet } from "../../src/oci/open.ts";
import { parseReference } from "../../src/oci/reference.ts";
import { pullImageSet } from "../../src/oci/registry/pull.ts";
import { pushImageSet } from "../../src/oci/registry/push.ts";
import { writeImageSet } from "../../src/oci/write.ts";
import {
  type DockerRegistry,
  dockerRegistryMissing,
  startDockerRegistry,
  testPassword,
  testUser,
} from "../../testing/engines/docker-registry.ts";
import { imageSetFor, imageWith, layerOf } from "../../testing/images.ts";
import { findPeer } from "../../testing/peers.ts";
import { testClient, withCache } from "../../testing/registry-client.ts";

function missing(program: string): string | undefined {
  return spawnSync(program, ["--version"], { stdio: "ignore" }).error === undefined
    ? undefined
    : `${program} is not installed`;
}

const noRegistry = dockerRegistryMissing();
const noSkopeo = noRegistry ?? missing("skopeo");
const crane = findPeer("crane");
const noCrane = noRegistry ?? (crane === undefined ? "crane is not installed" : undefined);
const because = (reason: string | undefined): string => (reason === undefined ? "" : ` (skipped: ${reason})`);

const { signal } = new AbortController();
let folder: string;
let registry: DockerRegistry;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "registry-conformance-"));
  if (noRegistry === undefined) registry = await startDockerRegistry();
});
afterAll(async () => {
  if (noRegistry === undefined) await registry.stop();
  await rm(folder, { recursive: true, force: true });
});

function run(program: string, ...words: readonly string[]): string {
  const result = spawnSync(program, words, { encoding: "utf8" });
  if (result.status !== 0) throw new Error(`${program} ${words.join(" ")}: ${result.stderr}`);
  return result.stdout;
}

async function contentOf(set: ImageSet): Promise<readonly string[]> {
  const layers = set.images.flatMap((image) => image.layers);
  return Promise.all(
    layers.map(async (layer) =>
      createHash("sha256")
        .update(await collect(layer.open(), 1e8, "x"))
        .digest("hex"),
    ),
  );
}

const expectedContent = (set: ImageSet): readonly string[] =>
  set.images.flatMap((image) => image.layers.map((layer) => layer.descriptor.digest.slice(7)));

const sets: readonly (readonly [string, ImageSet])[] = [
  ["one platform", imageSetFor("amd64")],
  ["an index of two", imageSetFor("amd64", "arm64")],
  [
    "an empty layer, and one of 5 MB",
    { images: [imageWith([layerOf(""), layerOf(Buffer.alloc(5_000_000, "distill"))])] },
  ],
];

describe.skipIf(noRegistry !== undefined)(`docker-registry${because(noRegistry)}`, () => {
  test.each(sets)("push, push again, pull: %s", async (_, set) => {
    const { client } = await testClient();
    const reference = parseReference(
      `${registry.host}/own/app-${set.images.length}-${rootOf(set).digest.slice(7, 15)}:1`,
    );
    expect((await pushImageSet(set, reference, { client })).blobs.uploaded).toBeGreaterThan(0);
    expect((await pushImageSet(set, reference, { client })).blobs.uploaded).toBe(0);
    const result = await pushImageSet(set, { ...reference, tag: "2" }, { client });
    expect(result.blobs).toEqual({ existed: 0, mounted: 0, uploaded: 0 });
    await withCache(async (cache) => {
      const pulled = await pullImageSet(reference, { client, cache });
      expect(rootOf(pulled)).toMatchObject({ digest: rootOf(set).digest, size: rootOf(set).size });
      expect(await contentOf(pulled)).toEqual(expectedContent(set));
    });
    client.close();
  });

  test("a mount from another repository sends nothing", async () => {
    const { client } = await testClient();
    const base = parseReference(`${registry.host}/mount/base:1`);
    const set = imageSetFor("riscv64");
    await pushImageSet(set, base, { client });
    const target = parseReference(`${registry.host}/mount/app:1`);
    expect((await pushImageSet(set, target, { client, mountFrom: [base] })).blobs).toEqual({
      existed: 0,
      mounted: 3,
      uploaded: 0,
    });
    client.close();
  });

  test("htpasswd: with credentials, without, with wrong ones", async () => {
    const guarded = await startDockerRegistry({ basicAuth: true });
    try {
      const reference = parseReference(`${guarded.host}/app:1`);
      const login = { username: testUser, password: testPassword };
      const { client } = await testClient({ login });
      await pushImageSet(imageSetFor("amd64"), reference, { client });
      await withCache(async (cache) => {
        expect(await contentOf(await pullImageSet(reference, { client, cache }))).toHaveLength(2);
        for (const wrong of [{}, { login: { ...login, password: "no" } }]) {
          const other = await testClient(wrong);
          await expect(pullImageSet(reference, { client: other.client, cache })).rejects.toMatchObject({
            code: "unauthorized",
          });
          other.client.close();
        }
      });
      client.close();
    } finally {
      await guarded.stop();
    }
  });

  test("a pull-through mirror serves what its registry has", async () => {
    const mirror = await startDockerRegistry({ mirrorOf: `http://${registry.host}` });
    try {
      const set = imageSetFor("amd64", "arm64");
      const pusher = await testClient();
      await pushImageSet(set, parseReference(`${registry.host}/mirrored/app:1`), pusher);
      const conf = join(folder, "mirror.conf");
      await writeFile(
        conf,
        `[[registry]]\nprefix = "upstream.example.test"\nlocation = "127.0.0.1:1"\n[[registry.mirror]]\nlocation = "${mirror.host}"\n`,
      );
      const { client } = await testClient({ environment: { CONTAINERS_REGISTRIES_CONF: conf } });
      await withCache(async (cache) => {
        const pulled = await pullImageSet(parseReference("upstream.example.test/mirrored/app:1"), {
          client,
          cache,
        });
        expect(await contentOf(pulled)).toEqual(expectedContent(set));
      });
      pusher.client.close();
      client.close();
    } finally {
      await mirror.stop();
    }
  });
});

describe.skipIf(noSkopeo !== undefined)(`skopeo${because(noSkopeo)}`, () => {
  const inspected = (name: string): string =>
    `sha256:${createHash("sha256")
      .update(run("skopeo", "inspect", "--raw", "--tls-verify=false", name))
      .digest("hex")}`;

  test.each(sets)("copies what we pushed: %s", async (_, set) => {
    const { client } = await testClient();
    const name = `${registry.host}/skopeo/read-${rootOf(set).digest.slice(7, 15)}:1`;
    await pushImageSet(set, parseReference(name), { client });
    expect(inspected(`docker://${name}`)).toBe(rootOf(set).digest);
    const copy = join(folder, `copy-${rootOf(set).digest.slice(7, 15)}`);
    run(
      "skopeo",
      "copy",
      "--all",
      "--preserve-digests",
      "--src-tls-verify=false",
      `docker://${name}`,
      `oci:${copy}:x`,
    );
    const read = await openImageSet({ kind: "oci-layout", path: copy }, { scratchFolder: folder, signal });
    expect(rootOf(read).digest).toBe(rootOf(set).digest);
    expect(await contentOf(read)).toEqual(expectedContent(set));
    client.close();
  });

  test.each(sets)("what it pushed we pull: %s", async (_, set) => {
    const layout = join(folder, `layout-${rootOf(set).digest.slice(7, 15)}`);
    await writeImageSet(
      set,
      { kind: "oci-layout", path: layout, tag: "x" },
      { scratchFolder: folder, signal },
    );
    const name = `${registry.host}/skopeo/written-${rootOf(set).digest.slice(7, 15)}:1`;
    run(
      "skopeo",
      "copy",
      "--all",
      "--preserve-digests",
      "--dest-tls-verify=false",
      `oci:${layout}:x`,
      `docker://${name}`,
    );
    const { client } = await testClient();
    await withCache(async (cache) => {
      const pulled = await pullImageSet(parseReference(name), { client, cache, prefetch: true });
      expect(rootOf(pulled).digest).toBe(rootOf(set).digest);
      expect(await contentOf(pulled)).toEqual(expectedContent(set));
      expect((await readdir(join(cache.folder, "tmp"))).length).toBe(0);
    });
    client.close();
  });

  test("reads the credentials that skopeo login wrote", async () => {
    const guarded = await startDockerRegistry({ basicAuth: true });
    try {
      const file = join(folder, "auth.json");
      run(
        "skopeo",
        "login",
        "--tls-verify=false",
        "--authfile",
        file,
        "-u",
        testUser,
        "-p",
        testPassword,
        guarded.host,
      );
      const { client } = await testClient({ environment: { REGISTRY_AUTH_FILE: file } });
      await pushImageSet(imageSetFor("amd64"), parseReference(`${guarded.host}/app:1`), { client });
      client.close();
    } finally {
      await guarded.stop();
    }
  });

  test("an image in Docker's schema 2", async () => {
    const layout = join(folder, "schema2");
    const set = imageSetFor("amd64");
    await writeImageSet(
      set,
      { kind: "oci-layout", path: layout, tag: "x" },
      { scratchFolder: folder, signal },
    );
    const name = `${registry.host}/skopeo/schema2:1`;
    run(
      "skopeo",
      "copy",
      "--format",
      "v2s2",
      "--dest-tls-verify=false",
      `oci:${layout}:x`,
      `docker://${name}`,
    );
    const { client } = await testClient();
    await withCache(async (cache) => {
      const pulled = await pullImageSet(parseReference(name), { client, cache });
      expect(rootOf(pulled).digest).toBe(inspected(`docker://${name}`));
      expect(rootOf(pulled).mediaType).toBe("application/vnd.docker.distribution.manifest.v2+json");
      expect(pulled.images[0]?.layers.map((layer) => layer.diffId)).toEqual(
        set.images[0]?.layers.map((layer) => layer.diffId),
      );
      expect(await contentOf(pulled)).toHaveLength(2);
    });
    client.close();
  });
});

describe.skipIf(noCrane !== undefined)(`crane${because(noCrane)}`, () => {
  test.each(sets)("digest, validation and copy of what we pushed: %s", async (_, set) => {
    const { client } = await testClient();
    const name = `${registry.host}/crane/app-${rootOf(set).digest.slice(7, 15)}:1`;
    await pushImageSet(set, parseReference(name), { client });
    expect(run(crane ?? "", "digest", "--insecure", name).trim()).toBe(rootOf(set).digest);
    run(crane ?? "", "copy", "--insecure", name, `${name}-copy`);
    await withCache(async (cache) => {
      const pulled = await pullImageSet(parseReference(`${name}-copy`), { client, cache });
      expect(rootOf(pulled).digest).toBe(rootOf(set).digest);
      expect(await contentOf(pulled)).toEqual(expectedContent(set));
    });
    client.close();
  });
});
