// Files of a package archive over HTTP: redirects, retries with back-off, several mirrors in order, resumption after a cut,
// and a check of size and digest before anything is kept.
import { createHash, type Hash } from "node:crypto";
import { type FileHandle, open, rename, rm } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { collect } from "../base/bytes.ts";
import { blobFile, type Cache, cacheTemporary, type StoredBlob } from "../base/cache.ts";
import { type Digest, finishDigest } from "../base/digest.ts";
import { systemCode, ToolError } from "../base/errors.ts";
import { diskError, writeChunk } from "../base/files.ts";
import { type Http, type HttpResponse, isPassingConnectionError, retryAfterMs } from "../base/http.ts";
import type { Task } from "../base/io.ts";
import { limits } from "../base/limits.ts";

export interface Fetcher {
  readonly http: Http;
  readonly task: Task;
  /** The pause before the first retry; each further one is twice as long. */
  readonly retryDelayMs: number;
  readonly attemptsMax: number;
}

/** A fetcher with the pauses that suit a public mirror. */
export function createFetcher(http: Http, task: Task): Fetcher {
  return { http, task, retryDelayMs: 400, attemptsMax: 4 };
}

/** Answers that may differ the next time. */
const passingStatuses = new Set([408, 425, 429, 500, 502, 503, 504]);

/** A server that asks for a longer wait than this gets no second request. */
const askedWaitMsMax = 120_000;

export interface SmallFile {
  /** 200, or 304 where a condition among the headers held. */
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly content: Uint8Array;
}

/**
 * A small file in memory, by a GET that follows redirects and retries what may pass, a cut in the middle included.
 * @throws ToolError "not-found" for 404 and 410, "limit" past `limitBytes`, "network" otherwise
 */
export async function getSmall(
  fetcher: Fetcher,
  url: string,
  headers: Readonly<Record<string, string>>,
  limitBytes: number,
): Promise<SmallFile> {
  return retrying(fetcher, async () => {
    const response = await getOnce(fetcher, url, headers);
    const content = await collect(response.body, limitBytes, safeUrl(url));
    return { status: response.status, headers: response.headers, content };
  });
}

async function getOnce(
  fetcher: Fetcher,
  url: string,
  headers: Readonly<Record<string, string>>,
): Promise<HttpResponse> {
  let at = url;
  for (let redirects = 0; redirects <= limits.redirectsFollowedMax; redirects++) {
    const response = await fetcher.http.request("GET", at, { headers, signal: fetcher.task.signal });
    if ([200, 206, 304].includes(response.status)) return response;
    response.discard();
    const location = response.headers.get("location");
    if ([301, 302, 303, 307, 308].includes(response.status) && location !== undefined) {
      at = redirected(at, location);
      continue;
    }
    throw statusError(at, response, fetcher.task.now());
  }
  throw new ToolError("network", {
    what: `fetching ${safeUrl(url)}`,
    why: `it redirects more than ${limits.redirectsFollowedMax} times (redirectsFollowedMax)`,
  });
}

function redirected(from: string, location: string): string {
  const target = URL.parse(location, from);
  const downgrade = from.startsWith("https:") && target?.protocol !== "https:";
  if (target === null || downgrade) {
    throw new ToolError("network", {
      what: `fetching ${safeUrl(from)}`,
      why: downgrade
        ? "it redirects from https to an insecure address"
        : "it redirects to a malformed address",
    });
  }
  return target.href;
}

/** An answer that may differ once the server's wait is over. */
class PassingFailure extends ToolError {
  readonly waitMs: number;

  constructor(detail: { readonly what: string; readonly why: string }, waitMs: number) {
    super("network", detail);
    this.waitMs = waitMs;
  }
}

function statusError(url: string, { status, headers }: HttpResponse, nowMs: number): ToolError {
  const what = `fetching ${safeUrl(url)}`;
  if (status === 404 || status === 410) {
    return new ToolError("not-found", { what, why: `the server has no such file (status ${status})` });
  }
  const failure = { what, why: `the server answered with status ${status}` };
  const waitMs = retryAfterMs(headers.get("retry-after"), nowMs) ?? 0;
  return passingStatuses.has(status) && waitMs <= askedWaitMsMax
    ? new PassingFailure(failure, waitMs)
    : new ToolError("network", failure);
}

/** Failures of the connection, and statuses, that may pass. */
function mayPass(thrown: unknown): boolean {
  if (thrown instanceof PassingFailure) return true;
  if (!(thrown instanceof ToolError) || thrown.code !== "network") return false;
  return isPassingConnectionError(thrown.cause);
}

async function retrying<T>(fetcher: Fetcher, attempt: () => Promise<T>): Promise<T> {
  for (let failures = 1; ; failures++) {
    try {
      return await attempt();
    } catch (thrown) {
      if (!mayPass(thrown) || failures >= fetcher.attemptsMax) throw thrown;
      await pause(fetcher, failures, thrown instanceof PassingFailure ? thrown.waitMs : 0);
    }
  }
}

async function pause(fetcher: Fetcher, failures: number, waitMs: number): Promise<void> {
  const { signal } = fetcher.task;
  const delayMs = Math.max(fetcher.retryDelayMs * 2 ** (failures - 1), waitMs);
  await sleep(delayMs, undefined, { signal }).catch(() => {
    signal.throwIfAborted();
  });
}

/** The URL without what may be a credential. */
function safeUrl(url: string): string {
  const parsed = URL.parse(url);
  return parsed === null ? url : `${parsed.protocol}//${parsed.host}${parsed.pathname}`;
}

export interface WantedFile {
  /** Where to get it, in order of preference. */
  readonly urls: readonly string[];
  readonly digest: Digest;
  readonly sizeBytes: number;
  /** "the package nginx": for errors. */
  readonly what: string;
}

/**
 * Fetches a file into the cache. A transfer that is cut goes on where it stopped; a mirror that fails for good is followed by
 * the next one.
 * @throws ToolError "not-found", "network", "digest-mismatch", "disk"
 */
export async function fetchBlob(
  fetcher: Fetcher,
  cache: Cache,
  wanted: WantedFile,
  onProgress: (doneBytes: number) => void = () => undefined,
): Promise<StoredBlob> {
  let failure: Error | undefined;
  for (const url of wanted.urls) {
    try {
      return await fetchFrom(fetcher, cache, url, wanted, onProgress);
    } catch (thrown) {
      fetcher.task.signal.throwIfAborted();
      if (thrown instanceof ToolError && thrown.code === "disk") throw thrown;
      failure ??= asError(thrown);
    }
  }
  throw (
    failure ?? new ToolError("configuration", { what: `fetching ${wanted.what}`, why: "no mirror is known" })
  );
}

/** Something that was thrown, as an error. */
export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}

/** What has arrived so far. */
interface Arrival {
  readonly handle: FileHandle;
  hash: Hash;
  doneBytes: number;
}

async function fetchFrom(
  fetcher: Fetcher,
  cache: Cache,
  url: string,
  wanted: WantedFile,
  onProgress: (doneBytes: number) => void,
): Promise<StoredBlob> {
  const temporary = cacheTemporary(cache);
  try {
    const handle = await open(temporary, "wx", 0o644);
    const arrival: Arrival = { handle, hash: createHash("sha256"), doneBytes: 0 };
    try {
      await retrying(fetcher, () => receive(fetcher, url, wanted, arrival, onProgress));
    } finally {
      await handle.close();
    }
    const digest = finishDigest(arrival.hash);
    if (digest !== wanted.digest)
      throw mismatch(url, wanted, `it is ${digest}, the index says ${wanted.digest}`);
    const file = blobFile(cache, digest);
    await rename(temporary, file);
    return { digest, sizeBytes: wanted.sizeBytes, file };
  } catch (thrown) {
    await rm(temporary, { force: true });
    if (!(thrown instanceof ToolError) && systemCode(thrown) !== undefined) {
      throw diskError("writing to the cache", thrown);
    }
    throw thrown;
  }
}

async function receive(
  fetcher: Fetcher,
  url: string,
  wanted: WantedFile,
  arrival: Arrival,
  onProgress: (doneBytes: number) => void,
): Promise<void> {
  const headers = arrival.doneBytes > 0 ? { range: `bytes=${arrival.doneBytes}-` } : {};
  const response = await getOnce(fetcher, url, headers);
  if (arrival.doneBytes > 0 && !continues(response, arrival.doneBytes)) {
    await arrival.handle.truncate(0);
    arrival.hash = createHash("sha256");
    arrival.doneBytes = 0;
  }
  for await (const chunk of response.body) {
    if (arrival.doneBytes + chunk.length > wanted.sizeBytes) {
      response.discard();
      throw mismatch(url, wanted, `it is longer than the ${wanted.sizeBytes} bytes that the index says`);
    }
    arrival.hash.update(chunk);
    await writeChunk(arrival.handle, chunk, arrival.doneBytes);
    arrival.doneBytes += chunk.length;
    onProgress(arrival.doneBytes);
  }
  if (arrival.doneBytes < wanted.sizeBytes) {
    throw mismatch(
      url,
      wanted,
      `it has ${arrival.doneBytes} bytes instead of the ${wanted.sizeBytes} that the index says`,
    );
  }
}

function continues(response: HttpResponse, fromBytes: number): boolean {
  return (
    response.status === 206 &&
    response.headers.get("content-range")?.startsWith(`bytes ${fromBytes}-`) === true
  );
}

function mismatch(url: string, wanted: WantedFile, why: string): ToolError {
  return new ToolError("digest-mismatch", {
    what: `fetching ${wanted.what} from ${safeUrl(url)}`,
    why,
    hint: "the mirror may be in the middle of an update: try again later, or name another one",
  });
}

/** Whether an error means "not there", so that another place may be tried. */
export function isNotFound(thrown: unknown): boolean {
  return thrown instanceof ToolError && thrown.code === "not-found";
}
