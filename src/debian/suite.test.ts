import { mkdtemp, rm, writeFile } from "node:fs/promises";
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
import { blobFile, type Cache, openCache } from "../base/cache.ts";
import { ToolError } from "../base/errors.ts";
import type { Event } from "../base/events.ts";
import { createHttp, type Http } from "../base/http.ts";
import type { Archive, Trust } from "./archive.ts";
import type { Fetcher } from "./fetch.ts";
import { openSuite } from "./suite.ts";

const day = 86_400_000;
const now = Date.UTC(2026, 5, 15);
const published = new Date(now - day);

let repository: TestRepository;
let folder: string;
let http: Http;
let key: TestKey;
let otherKey: TestKey;
let expiredKey: TestKey;
let count = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "suite-"));
  http = createHttp();
  key = await makeKey(new Date(now - 100 * day));
  otherKey = await makeKey(new Date(now - 100 * day));
  // Valid when it signed, expired since.
  expiredKey = await makeKey(new Date(now - 100 * day), (99.5 * day) / 1000);
});
beforeEach(async () => {
  repository = await serveRepository();
  return () => repository.close();
});
afterAll(async () => {
  http.close();
  await rm(folder, { recursive: true, force: true });
});

const newCache = (): Promise<Cache> => openCache(join(folder, `cache-${count++}`));

function fetcherAt(time: number = now, events: Event[] = []): Fetcher {
  return {
    http,
    task: { signal: new AbortController().signal, emit: (event) => events.push(event), now: () => time },
    retryDelayMs: 1,
    attemptsMax: 3,
  };
}

function archiveOf(trust: Partial<Trust> = {}, keys: readonly TestKey[] = [key]): Archive {
  return {
    name: "debian",
    mirrors: [repository.url],
    suites: ["stable"],
    components: ["main"],
    trust: {
      keyring: async () => keys.map((one, index) => ({ name: `key ${index}`, content: one.publicKey })),
      unsignedAccepted: false,
      checkValidUntil: true,
      ...trust,
    },
  };
}

const good = (changes: Partial<TestSuite> = {}): TestSuite => ({
  suite: "stable",
  codename: "trixie",
  packages: [{ name: "hello" }, { name: "world", fields: { Provides: "planet (= 2)" } }],
  date: published,
  signedBy: [key],
  ...changes,
});

async function namesIn(
  fetcher: Fetcher,
  cache: Cache,
  archive: Archive,
  suite = "stable",
): Promise<string[]> {
  const opened = await openSuite(fetcher, cache, archive, suite, "amd64");
  const names = opened.indexes.flatMap((index) => [...index.names()]);
  for (const index of opened.indexes) index.close();
  return names;
}

async function errorOf(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => "no error",
    (thrown: unknown) => (thrown instanceof ToolError ? `${thrown.code}: ${thrown.why}` : String(thrown)),
  );
}

describe("a good suite", () => {
  test("its index is verified, kept, and asked for only once", async () => {
    await repository.publish(good());
    const cache = await newCache();
    expect(await namesIn(fetcherAt(), cache, archiveOf())).toEqual(["hello", "planet", "world"]);
    expect(repository.requests.map((one) => one.replace(/[0-9a-f]{64}/, "HASH"))).toEqual([
      "GET /dists/stable/InRelease",
      "GET /dists/stable/main/binary-amd64/by-hash/SHA256/HASH",
    ]);
    repository.requests.length = 0;
    expect(await namesIn(fetcherAt(), cache, archiveOf())).toEqual(["hello", "planet", "world"]);
    expect(repository.requests).toEqual(["GET /dists/stable/InRelease"]);
  });

  test.each<[string, Partial<TestSuite>, string]>([
    ["asked for by codename", { suite: "trixie", codename: "stable" }, "stable"],
    ["without by-hash", { byHash: false }, "stable"],
    ["uncompressed only", { forms: ["plain"] }, "stable"],
    ["valid for a while", { validUntil: new Date(now + day) }, "stable"],
    [
      "with components as the security archive names them",
      { edit: (text) => text.replace("Components: main", "Components: updates/main") },
      "stable",
    ],
    [
      "without a digest of the decompressed index",
      { edit: (text) => text.replace(/ \S+ \d+ \S+Packages\n/, "") },
      "stable",
    ],
  ])("%s", async (_, changes, suite) => {
    const base = good(changes);
    await repository.publish({ ...base, suite });
    expect(await namesIn(fetcherAt(), await newCache(), archiveOf(), suite)).toContain("hello");
  });

  test("one valid signature of several is enough", async () => {
    await repository.publish(good({ signedBy: [otherKey, key] }));
    expect(await namesIn(fetcherAt(), await newCache(), archiveOf())).toContain("hello");
  });

  test("without a network the kept file serves while it is valid, and this is said", async () => {
    await repository.publish(good({ validUntil: new Date(now + day) }));
    const cache = await newCache();
    await namesIn(fetcherAt(), cache, archiveOf());
    repository.faults.set("InRelease", { kind: "failing" });
    const events: Event[] = [];
    expect(await namesIn(fetcherAt(now, events), cache, archiveOf())).toContain("hello");
    expect(events).toEqual([expect.objectContaining({ type: "log", level: "warning" })]);
    expect(await errorOf(namesIn(fetcherAt(now + 2 * day), cache, archiveOf()))).toMatch(
      /^signature: it was valid until/,
    );
  });

  test("an update is seen", async () => {
    const cache = await newCache();
    await repository.publish(good());
    await namesIn(fetcherAt(), cache, archiveOf());
    await repository.publish(good({ packages: [{ name: "new" }] }));
    expect(await namesIn(fetcherAt(), cache, archiveOf())).toEqual(["new"]);
  });

  test("an older file than the last one is a replay", async () => {
    const cache = await newCache();
    await repository.publish(good());
    await namesIn(fetcherAt(), cache, archiveOf());
    await repository.publish(good({ date: new Date(now - 3 * day) }));
    expect(await errorOf(namesIn(fetcherAt(), cache, archiveOf()))).toMatch(/^signature: it is older than/);
  });

  test("an index that was altered in the cache is noticed", async () => {
    await repository.publish(good());
    const cache = await newCache();
    const opened = await openSuite(fetcherAt(), cache, archiveOf(), "stable", "amd64");
    const raw = opened.release.release.files.get("main/binary-amd64/Packages");
    expect(raw).toBeDefined();
    if (raw !== undefined) await writeFile(blobFile(cache, raw.digest), "x".repeat(raw.sizeBytes));
    expect(() => opened.indexes[0]?.stanza(0)).toThrow(/was altered/);
  });
});

describe("refused", () => {
  test.each<[string, Partial<TestSuite> | (() => Partial<TestSuite>), RegExp]>([
    ["unsigned", { signedBy: [] }, /^signature: it is not signed/],
    ["signed by a stranger", () => ({ signedBy: [otherKey] }), /^signature: .*Could not find signing key/],
    [
      "changed after signing",
      { tamper: (text) => text.replace("Components: main", "Components: main evil") },
      /^signature: /,
    ],
    [
      "something before the signed text",
      { tamper: (text) => `Suite: evil\n${text}` },
      /^signature: it is not signed/,
    ],
    [
      "something after the signature",
      { tamper: (text) => `${text}\nSuite: evil\n` },
      /^signature: it is not one clear-signed message/,
    ],
    [
      "two messages",
      { tamper: (text) => `${text}\n${text}` },
      /^signature: it is not one clear-signed message/,
    ],
    [
      "signature cut off",
      { tamper: (text) => text.slice(0, text.indexOf("-----BEGIN PGP SIGNATURE")) },
      /^signature: it is not one/,
    ],
    [
      "another suite under this name",
      {
        edit: (text) =>
          text.replace("Suite: stable", "Suite: sid").replace("Codename: trixie", "Codename: sid"),
      },
      /^signature: it is of sid \(suite sid\), not of stable/,
    ],
    ["dated in the future", { date: new Date(now + day) }, /^signature: .*(future)/],
    ["no longer valid", { validUntil: new Date(now - 1) }, /^signature: it was valid until/],
    ["no date", { edit: (text) => text.replace(/Date:.*\n/, "") }, /^malformed: it has no Date/],
    [
      "an odd date",
      { edit: (text) => text.replace(/Date:.*\n/, "Date: yesterday\n") },
      /^malformed: its Date is "yesterday"/,
    ],
    [
      "an index larger than any may be",
      { edit: (text) => text.replace(/ \d+ (\S+\.gz)/, " 999999999999 $1") },
      /^limit: .*packagesIndexBytesMax/,
    ],
    [
      "no digests",
      { edit: (text) => text.replace(/SHA256:[\s\S]*$/, "") },
      /^malformed: it has no SHA256 list/,
    ],
    [
      "only MD5 digests",
      { edit: (text) => text.replace("SHA256:", "MD5Sum:") },
      /^malformed: it has no SHA256 list/,
    ],
    [
      "an odd digest",
      { edit: (text) => text.replace(/ [0-9a-f]{64} /, " abc ") },
      /^malformed: its SHA256 list has the line/,
    ],
    [
      "another architecture only",
      { edit: (text) => text.replace("all amd64", "all i386") },
      /^unsatisfiable: it has no architecture amd64/,
    ],
    [
      "another component only",
      { edit: (text) => text.replace("Components: main", "Components: contrib") },
      /^unsatisfiable: it has no component main/,
    ],
    [
      "index in no known form",
      { edit: (text) => text.replaceAll("Packages", "Packages.lzma") },
      /^not-found: the mirror offers it in no known form/,
    ],
  ])("%s", async (_, changes, expected) => {
    await repository.publish(good(typeof changes === "function" ? changes() : changes));
    expect(await errorOf(namesIn(fetcherAt(), await newCache(), archiveOf()))).toMatch(expected);
  });

  test("signed by a key that has expired since", async () => {
    await repository.publish(good({ signedBy: [expiredKey] }));
    expect(await errorOf(namesIn(fetcherAt(), await newCache(), archiveOf({}, [expiredKey])))).toMatch(
      /^signature: .*expired/,
    );
  });

  test("a verdict that was kept does not outlive the key", async () => {
    const brief = await makeKey(new Date(now - 10 * day), (11 * day) / 1000);
    await repository.publish(good({ signedBy: [brief] }));
    const cache = await newCache();
    const archive = archiveOf({}, [brief]);
    expect(await namesIn(fetcherAt(), cache, archive)).toContain("hello");
    expect(await errorOf(namesIn(fetcherAt(now + 2 * day), cache, archive))).toMatch(/^signature: .*expired/);
  });

  test("a key that is in the keyring, but not the one that Signed-By names", async () => {
    await repository.publish(good());
    const archive = archiveOf({ fingerprints: ["0".repeat(40)] });
    expect(await errorOf(namesIn(fetcherAt(), await newCache(), archive))).toMatch(/^signature: /);
  });

  test("a keyring without keys", async () => {
    await repository.publish(good());
    const archive = archiveOf({
      keyring: async () => [{ name: "empty.gpg", content: Buffer.from("no key") }],
    });
    expect(await errorOf(namesIn(fetcherAt(), await newCache(), archive))).toMatch(/^signature: /);
  });

  test.each<[string, Parameters<TestRepository["faults"]["set"]>, RegExp]>([
    [
      "no such suite",
      ["InRelease", { kind: "missing" }],
      /^not-found: the mirror of debian has no such suite/,
    ],
    ["a failing server", ["InRelease", { kind: "failing" }], /^network: the server answered with status 500/],
    ["a corrupt index", ["by-hash", { kind: "corrupt" }], /^digest-mismatch: it is sha256/],
    ["a short index", ["by-hash", { kind: "short" }], /^digest-mismatch: it has \d+ bytes instead/],
    ["an oversized index", ["by-hash", { kind: "oversized" }], /^digest-mismatch: it is longer than/],
    ["an index that is always cut", ["by-hash", { kind: "cut" }], /^network: /],
  ])("%s", async (_, fault, expected) => {
    await repository.publish(good());
    repository.faults.set(...fault);
    if (fault[0] === "by-hash") repository.faults.set("Packages.gz", { kind: fault[1].kind });
    expect(await errorOf(namesIn(fetcherAt(), await newCache(), archiveOf()))).toMatch(expected);
  });
});

describe("accepted unsigned", () => {
  test.each<[string, () => Partial<TestSuite>]>([
    ["unsigned", () => ({ signedBy: [] })],
    ["signed by a stranger", () => ({ signedBy: [otherKey] })],
  ])("%s, with trusted: false, and this is said", async (_, changes) => {
    await repository.publish(good(changes()));
    const events: Event[] = [];
    const archive = archiveOf({ unsignedAccepted: true });
    expect(await namesIn(fetcherAt(now, events), await newCache(), archive)).toContain("hello");
    expect(events).toContainEqual(
      expect.objectContaining({
        type: "log",
        level: "warning",
        message: expect.stringContaining("WITHOUT") as string,
      }),
    );
  });

  test("expired all the same is refused", async () => {
    await repository.publish(good({ signedBy: [], validUntil: new Date(now - 1) }));
    const archive = archiveOf({ unsignedAccepted: true });
    expect(await errorOf(namesIn(fetcherAt(), await newCache(), archive))).toMatch(/valid until/);
  });
});

test.each(["cut", "failing"] as const)("an InRelease that is %s once is asked for again", async (kind) => {
  await repository.publish(good());
  repository.faults.set("InRelease", { kind, times: 1 });
  expect(await namesIn(fetcherAt(), await newCache(), archiveOf())).toContain("hello");
});

test("a second mirror serves where the first fails", async () => {
  await repository.publish(good());
  const archive = archiveOf();
  const mirrors = [`${repository.url}/elsewhere`, ...archive.mirrors];
  expect(await namesIn(fetcherAt(), await newCache(), { ...archive, mirrors })).toContain("hello");
});

test("a mirror that lacks by-hash serves the index by its name", async () => {
  await repository.publish(good());
  repository.faults.set("by-hash", { kind: "missing" });
  expect(await namesIn(fetcherAt(), await newCache(), archiveOf())).toContain("hello");
});

test("check-valid-until may be turned off", async () => {
  await repository.publish(good({ validUntil: new Date(now - 1) }));
  expect(await namesIn(fetcherAt(), await newCache(), archiveOf({ checkValidUntil: false }))).toContain(
    "hello",
  );
});
