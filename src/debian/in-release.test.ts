import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import {
  makeKey,
  serveRepository,
  type TestKey,
  type TestRepository,
  type TestSuite,
} from "../../testing/debian-repository.ts";
import { type Cache, openCache } from "../base/cache.ts";
import { createHttp, type Http } from "../base/http.ts";
import type { Archive, Trust } from "./archive.ts";
import type { Fetcher } from "./fetch.ts";
import { fetchRelease } from "./in-release.ts";

const day = 86_400_000;
const now = Date.UTC(2026, 5, 15);
const daysAgo = (days: number): Date => new Date(now - days * day);

let folder: string;
let http: Http;
let key: TestKey;
let otherKey: TestKey;
let cache: Cache;
let first: TestRepository;
let second: TestRepository;
let count = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "in-release-"));
  http = createHttp();
  key = await makeKey(daysAgo(100));
  otherKey = await makeKey(daysAgo(100));
});
beforeEach(async () => {
  cache = await openCache(join(folder, `cache-${count++}`));
  first = await serveRepository();
  second = await serveRepository();
  return () => Promise.all([first.close(), second.close()]);
});
afterAll(async () => {
  http.close();
  await rm(folder, { recursive: true, force: true });
});

const dated = (date: Date, signedBy: TestKey = key): TestSuite => ({
  suite: "stable",
  packages: [{ name: "hello" }],
  date,
  signedBy: [signedBy],
});

const archiveOf = (mirrors: readonly string[], trust: Partial<Trust> = {}, signer = key): Archive => ({
  name: "debian",
  mirrors,
  suites: ["stable"],
  components: ["main"],
  trust: {
    keyring: async () => [{ name: "a key", content: signer.publicKey }],
    unsignedAccepted: false,
    checkValidUntil: true,
    ...trust,
  },
});

/** The date of the release that is got, in days before today. */
async function ageOf(archive: Archive): Promise<number> {
  const fetcher: Fetcher = {
    http,
    task: { signal: new AbortController().signal, emit: () => undefined, now: () => now },
    retryDelayMs: 1,
    attemptsMax: 1,
  };
  const { release } = await fetchRelease(fetcher, cache, archive, "stable");
  return (now - release.date) / day;
}

describe("after an update that only the first mirror has", () => {
  beforeEach(async () => {
    await second.publish(dated(daysAgo(3)));
    expect(await ageOf(archiveOf([second.url]))).toBe(3);
    await first.publish(dated(daysAgo(1)));
    expect(await ageOf(archiveOf([first.url]))).toBe(1);
  });

  const older = { code: "signature", why: expect.stringMatching(/^it is older than one/) as string };

  test("the second is refused", async () => {
    await expect(ageOf(archiveOf([second.url]))).rejects.toMatchObject(older);
  });

  test("the first going back is refused, and the second doesn't help", async () => {
    await first.publish(dated(daysAgo(2)));
    await expect(ageOf(archiveOf([first.url, second.url]))).rejects.toMatchObject(older);
  });

  test("what was kept of the second is refused where it doesn't answer", async () => {
    second.faults.set("InRelease", { kind: "failing" });
    await expect(ageOf(archiveOf([second.url]))).rejects.toMatchObject(older);
  });

  test("the second is passed over for the first", async () => {
    expect(await ageOf(archiveOf([second.url, first.url]))).toBe(1);
  });

  test("the second catches up", async () => {
    await second.publish(dated(daysAgo(1)));
    expect(await ageOf(archiveOf([second.url]))).toBe(1);
  });

  test("neither a snapshot nor an archive under other keys is held against it", async () => {
    expect(await ageOf(archiveOf([second.url], { checkValidUntil: false }))).toBe(3);
    await second.publish(dated(daysAgo(3), otherKey));
    expect(await ageOf(archiveOf([second.url], {}, otherKey))).toBe(3);
  });
});

test("a mirror's password is not kept, and with another one the same answer is found", async () => {
  await first.publish(dated(daysAgo(1)));
  for (const password of ["hidden", "changed"]) {
    await ageOf(archiveOf([first.url.replace("//", `//me:${password}@`)]));
  }
  const records = join(cache.folder, "records");
  expect(await readdir(join(records, "in-release"))).toHaveLength(1);
  for (const entry of await readdir(records, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const text = await readFile(join(entry.parentPath, entry.name), "utf8");
    expect(text).not.toMatch(/hidden|changed|127\.0/);
  }
});
