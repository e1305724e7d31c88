// Files of URLs: what is asked of the server, and when.
import { rm } from "node:fs/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { makeWorld, type World } from "../../../../../testing/solver/world.ts";
import { bytesOf } from "../../../../base/bytes.ts";
import { blobFile } from "../../../../base/cache.ts";
import { type Digest, digestOf } from "../../../../base/digest.ts";
import type { HttpOperation } from "../../../../graph/operation.ts";
import { path } from "../../../../tree/path.ts";
import type { Validators } from "../solver.ts";
import { openHttp } from "./http.ts";

const url = "https://files.test/tool.tar";
const never = new AbortController().signal;
let world: World;
/** What the server was asked: each time the validators. */
let asked: Validators[];
let served: { content: string; etag?: string; lastModified?: string };

beforeEach(async () => {
  world = await makeWorld();
  asked = [];
  served = { content: "one", etag: '"1"', lastModified: "Tue, 14 Nov 2023 22:13:20 GMT" };
});
afterEach(() => rm(world.folder, { recursive: true }));

interface Outcome {
  readonly key: Digest;
  readonly entry: object | undefined;
  readonly asked: number;
}

async function fetched(change: Partial<HttpOperation> = {}): Promise<Outcome> {
  asked = [];
  const operation: HttpOperation = {
    kind: "http",
    url,
    name: "tool",
    mode: 0o755,
    uid: 1,
    gid: 2,
    ...change,
  };
  const services = world.services({
    download: (_url, known) => {
      asked.push(known);
      const { content, ...validators } = served;
      const isKnown = known.etag !== undefined && known.etag === served.etag;
      return Promise.resolve(
        isKnown ? "unchanged" : { ...validators, content: bytesOf(Buffer.from(content)) },
      );
    },
  });
  const { key, result } = await openHttp(operation, services, never);
  return { key, entry: (await result.tree()).lookup(path("/tool")), asked: asked.length };
}

test("one file with its owner, its mode and the server's time", async () => {
  const { entry } = await fetched();
  expect(entry).toMatchObject({
    kind: "file",
    mode: 0o755,
    uid: 1,
    gid: 2,
    mtime: 1_700_000_000,
    digest: digestOf("one"),
  });
  served = { content: "two" };
  expect((await fetched()).entry).toMatchObject({ mtime: 0, digest: digestOf("two") });
});

test("is asked for anew only where it changed", async () => {
  const { key } = await fetched();
  expect(await fetched()).toMatchObject({ key, asked: 1 });
  expect(asked).toEqual([{ etag: '"1"', lastModified: served.lastModified }]);
  served = { ...served, content: "two", etag: '"2"' };
  expect((await fetched()).key).not.toBe(key);
});

test("is asked for whole where the cache lost it", async () => {
  await fetched();
  await rm(blobFile(world.cache, digestOf("one")));
  expect((await fetched()).entry).toMatchObject({ digest: digestOf("one") });
  expect(asked).toEqual([{}]);
});

test("with a checksum that is there, nobody is asked; with another one, it is refused", async () => {
  await fetched();
  expect(await fetched({ checksum: digestOf("one") })).toMatchObject({ asked: 0 });
  const thrown: unknown = await fetched({ checksum: digestOf("other") }).catch((one: unknown) => one);
  expect(thrown).toMatchObject({
    code: "digest-mismatch",
    why: expect.stringContaining(digestOf("one")) as string,
  });
});

test("mode and owner are part of what it is, where it comes from isn't", async () => {
  const { key } = await fetched();
  expect((await fetched({ mode: 0o600 })).key).not.toBe(key);
  expect((await fetched({ uid: 5 })).key).not.toBe(key);
  expect((await fetched({ url: "https://mirror.test/tool.tar" })).key).toBe(key);
});
