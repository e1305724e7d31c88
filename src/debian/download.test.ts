import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from "vitest";
import { type Fault, serveRepository, type TestRepository } from "../../testing/debian-repository.ts";
import { bytesOf } from "../base/bytes.ts";
import { type Cache, openCache } from "../base/cache.ts";
import { digestOf } from "../base/digest.ts";
import { ToolError } from "../base/errors.ts";
import type { Event } from "../base/events.ts";
import { createHttp, type Http, type HttpResponse } from "../base/http.ts";
import type { Archive } from "./archive.ts";
import { downloadPackages } from "./download.ts";
import type { Fetcher } from "./fetch.ts";
import type { LockedPackage } from "./locked.ts";

const content = "0123456789".repeat(10_000);
const path = "pool/main/h/hello/hello_1.0_amd64.deb";
const hello: LockedPackage = {
  name: "hello",
  version: "1.0",
  architecture: "amd64",
  suite: "stable",
  path,
  sizeBytes: content.length,
  digest: digestOf(content),
  depends: [],
  requested: true,
};

let repository: TestRepository;
let second: TestRepository;
let folder: string;
let http: Http;
let count = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "download-"));
  http = createHttp();
});
afterAll(async () => {
  http.close();
  await rm(folder, { recursive: true, force: true });
});
beforeEach(async () => {
  repository = await serveRepository();
  second = await serveRepository();
  const suite = { suite: "stable", date: new Date(0), signedBy: [] };
  await repository.publish({
    ...suite,
    packages: [
      { name: "hello", content },
      { name: "other", content: "other" },
    ],
  });
  await second.publish({ ...suite, packages: [{ name: "hello", content }] });
  return async () => {
    await repository.close();
    await second.close();
  };
});

const archives = (...urls: string[]): Archive[] => [
  {
    name: "debian",
    mirrors: urls,
    suites: ["stable"],
    components: ["main"],
    trust: { keyring: async () => [], unsignedAccepted: false, checkValidUntil: true },
  },
];

function fetcherOf(events: Event[] = [], signal: AbortSignal = new AbortController().signal): Fetcher {
  return {
    http,
    task: { signal, emit: (event) => events.push(event), now: () => 0 },
    retryDelayMs: 1,
    attemptsMax: 3,
  };
}

const newCache = (): Promise<Cache> => openCache(join(folder, `cache-${count++}`));

test.each<[summary: string, fault: Fault | undefined, requests: readonly RegExp[]]>([
  ["at once", undefined, [/deb$/]],
  ["after failures that pass", { kind: "failing", times: 2 }, [/deb$/, /deb$/, /deb$/]],
  ["on from where it was cut", { kind: "cut", times: 1 }, [/deb$/, /deb bytes=\d+-$/]],
  ["on again after a second cut", { kind: "cut", times: 2 }, [/deb$/, /deb bytes=\d+-$/, /deb bytes=\d+-$/]],
])("a package arrives %s", async (_, fault, requests) => {
  if (fault !== undefined) repository.faults.set(path, fault);
  const cache = await newCache();
  const [blob] = await downloadPackages(fetcherOf(), cache, archives(repository.url), [hello]);
  expect(await readFile(blob?.file ?? "", "utf8")).toBe(content);
  expect(repository.requests).toHaveLength(requests.length);
  for (const [index, request] of requests.entries()) expect(repository.requests[index]).toMatch(request);
  repository.requests.length = 0;
  await downloadPackages(fetcherOf(), cache, archives(repository.url), [hello]);
  expect(repository.requests).toEqual([]);
});

test.each<[summary: string, fault: Fault, expected: RegExp]>([
  ["absent", { kind: "missing" }, /^not-found: .*the server has no such file/],
  ["a failing server", { kind: "failing" }, /^network: .*status 500/],
  ["always cut", { kind: "cut" }, /^network: /],
  ["corrupt", { kind: "corrupt" }, /^digest-mismatch: .*the package hello 1\.0.* it is sha256:/],
  ["short", { kind: "short" }, /^digest-mismatch: .*50000 bytes instead of the 100000/],
  ["oversized", { kind: "oversized" }, /^digest-mismatch: .*longer than the 100000 bytes/],
])("refused, and nothing kept: %s", async (_, fault, expected) => {
  repository.faults.set(path, fault);
  const cache = await newCache();
  const events: Event[] = [];
  const thrown: unknown = await downloadPackages(fetcherOf(events), cache, archives(repository.url), [
    hello,
  ]).catch((error: unknown) => error);
  expect(thrown instanceof ToolError && `${thrown.code}: ${thrown.message}`).toMatch(expected);
  expect(events.at(-1)?.type).toBe("fail");
  for (const part of ["blobs", "tmp"]) expect(await readdir(join(cache.folder, part))).toEqual([]);

  // The next mirror has it.
  await downloadPackages(fetcherOf(), cache, archives(repository.url, second.url), [hello]);
  expect(await readdir(join(cache.folder, "blobs"))).toHaveLength(1);
});

test("a server that ignores ranges starts again from the beginning", async () => {
  repository.faults.set(path, { kind: "cut", times: 1 });
  const plain: Http = {
    ...http,
    request: (method, url, options = {}) => {
      const headers = Object.entries(options.headers ?? {}).filter(([name]) => name !== "range");
      return http.request(method, url, { ...options, headers: Object.fromEntries(headers) });
    },
  };
  const cache = await newCache();
  const [blob] = await downloadPackages({ ...fetcherOf(), http: plain }, cache, archives(repository.url), [
    hello,
  ]);
  expect(await readFile(blob?.file ?? "", "utf8")).toBe(content);
});

test("a mirror that stalls before the first byte is asked again", async () => {
  let stalls = 1;
  const stalling = createServer((_, response) => {
    if (stalls-- <= 0) response.end(content);
  });
  await new Promise<void>((resolve) => stalling.listen(0, "127.0.0.1", resolve));
  const impatient = createHttp({ idleTimeoutMs: 50 });
  onTestFinished(() => {
    impatient.close();
    stalling.closeAllConnections();
    stalling.close();
  });
  const url = `http://127.0.0.1:${(stalling.address() as AddressInfo).port}`;
  const [blob] = await downloadPackages(
    { ...fetcherOf(), http: impatient },
    await newCache(),
    archives(url),
    [hello],
  );
  expect(await readFile(blob?.file ?? "", "utf8")).toBe(content);
});

const cause = (code: string): Error => Object.assign(new Error(code), { code });
const broken = (code: string) => (): HttpResponse => {
  throw new ToolError("network", { what: "requesting", why: code, cause: cause(code) });
};
const busy = (wait: string) => (): HttpResponse => ({
  status: 503,
  headers: new Map([["retry-after", wait]]),
  body: bytesOf(Buffer.alloc(0)),
  discard: () => undefined,
});

test.each<[summary: string, answer: () => HttpResponse, attempts: number, waitMs: number]>([
  ["a connection that is cut, until it is enough", broken("ECONNRESET"), 3, 0],
  ["an unknown host, once", broken("ENOTFOUND"), 1, 0],
  ["a refused connection, once", broken("ECONNREFUSED"), 1, 0],
  ["a certificate that isn't trusted, once", broken("SELF_SIGNED_CERT_IN_CHAIN"), 1, 0],
  ["a certificate of another host, once", broken("ERR_TLS_CERT_ALTNAME_INVALID"), 1, 0],
  ["a server that asks for a second, after it", busy("1"), 2, 990],
  ["a server that asks for a date, after it", busy("Thu, 01 Jan 1970 00:00:01 GMT"), 2, 990],
  ["a server that asks for an hour, once", busy("3600"), 1, 0],
])("asked: %s", async (_, answer, attempts, waitMs) => {
  let requests = 0;
  const stub: Http = {
    request: async () => {
      requests++;
      return answer();
    },
    close: () => undefined,
  };
  const start = performance.now();
  const fetcher = { ...fetcherOf(), http: stub, attemptsMax: waitMs > 0 ? 2 : 3 };
  const download = downloadPackages(fetcher, await newCache(), archives("http://mirror.example"), [hello]);
  await expect(download).rejects.toMatchObject({ code: "network" });
  expect(requests).toBe(attempts);
  expect(performance.now() - start).toBeGreaterThanOrEqual(waitMs);
});

test("progress is told in bytes, for what is missing only", async () => {
  const cache = await newCache();
  const other: LockedPackage = {
    ...hello,
    name: "other",
    path: "pool/main/o/other/other_1.0_amd64.deb",
    sizeBytes: 5,
    digest: digestOf("other"),
  };
  await downloadPackages(fetcherOf(), cache, archives(repository.url), [other]);
  const events: Event[] = [];
  const blobs = await downloadPackages(fetcherOf(events), cache, archives(repository.url), [hello, other]);
  expect(blobs.map((one) => one.digest)).toEqual([hello.digest, other.digest]);
  expect(events[0]).toMatchObject({ type: "start", total: content.length, unit: "bytes" });
  expect(events.at(-2)).toMatchObject({ type: "advance", done: content.length });
  expect(events.at(-1)).toMatchObject({ type: "end" });
});

test("an abort ends it, and nothing is kept", async () => {
  const cache = await newCache();
  const abort = new AbortController();
  abort.abort(new Error("stopped"));
  await expect(
    downloadPackages(fetcherOf([], abort.signal), cache, archives(repository.url), [hello]),
  ).rejects.toThrow("stopped");
  expect(await readdir(join(cache.folder, "tmp"))).toEqual([]);
});

test("a suite without an archive", async () => {
  await expect(
    downloadPackages(fetcherOf(), await newCache(), archives(repository.url), [{ ...hello, suite: "sid" }]),
  ).rejects.toThrow(/no configured archive holds the suite sid/);
});
