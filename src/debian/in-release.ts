// A suite's InRelease file: fetched conditionally, verified at every use, kept for as long as it is valid.

import { collect } from "../base/bytes.ts";
import type { Cache } from "../base/cache.ts";
import { findBlob, findRecord, openBlob, storeBlob, storeRecord } from "../base/cache.ts";
import { type Digest, digestOf, parseDigest } from "../base/digest.ts";
import { ToolError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import { type Archive, urlsOf } from "./archive.ts";
import { asError, type Fetcher, getSmall, isNotFound } from "./fetch.ts";
import { keyringDigest } from "./keyring.ts";
import { checkRelease, parseRelease, type Release } from "./release.ts";
import { isClearSigned, unverifiedText } from "./signature.ts";
import { type SignedText, verifyOnce } from "./verified-text.ts";

export interface SignedRelease {
  readonly release: Release;
  /** Of the InRelease file, signature and all. */
  readonly digest: Digest;
  /** Fingerprint of the key that vouches for it; undefined for an unsigned archive that was accepted. */
  readonly signer: string | undefined;
}

/** What is kept of a mirror's last answer. */
interface Held {
  readonly digest: Digest;
  readonly etag: string;
  readonly lastModified: string;
}

const namespace = "in-release";
const dateNamespace = "release-date";

/**
 * The verified release file of a suite. Without a network, the file of the last time serves while it is valid. No mirror's file
 * is taken that is older than the newest one that any mirror of the archive gave.
 * @throws ToolError "network", "not-found", "signature", "malformed", "limit"
 */
export async function fetchRelease(
  fetcher: Fetcher,
  cache: Cache,
  archive: Archive,
  suite: string,
): Promise<SignedRelease> {
  let failure: Error | undefined;
  for (const url of urlsOf(archive, `dists/${suite}/InRelease`)) {
    try {
      return await fetchFrom(fetcher, cache, archive, suite, url);
    } catch (thrown) {
      fetcher.task.signal.throwIfAborted();
      failure ??= asError(thrown);
    }
  }
  if (isNotFound(failure)) throw unknownSuite(archive, suite, failure);
  throw (
    failure ??
    new ToolError("configuration", { what: `reading the suite ${suite}`, why: "no mirror is known" })
  );
}

function unknownSuite(archive: Archive, suite: string, cause: unknown): ToolError {
  return new ToolError("not-found", {
    what: `reading the suite ${suite}`,
    why: `the mirror of ${archive.name} has no such suite`,
    hint: "check its spelling (bullseye, bookworm, trixie, sid), and the mirror",
    cause,
  });
}

async function fetchFrom(
  fetcher: Fetcher,
  cache: Cache,
  archive: Archive,
  suite: string,
  url: string,
): Promise<SignedRelease> {
  const what = `InRelease of ${suite}`;
  const held = await findHeld(cache, url);
  const heldContent = held === undefined ? undefined : await readHeld(cache, held.digest);
  let answer: Answer;
  try {
    answer = await ask(fetcher, url, heldContent === undefined ? undefined : held);
  } catch (thrown) {
    if (heldContent === undefined || !(thrown instanceof ToolError) || thrown.code !== "network")
      throw thrown;
    const release = await verify(fetcher, cache, archive, suite, heldContent, what);
    fetcher.task.emit({
      type: "log",
      level: "warning",
      message: `${what} could not be refreshed (${thrown.why}); the copy of ${new Date(release.release.date).toISOString()} is still valid and is used`,
    });
    return release;
  }
  if (answer === "unchanged") {
    if (heldContent === undefined)
      throw new ToolError("network", {
        what: `fetching ${what}`,
        why: "the server answered 304 to a plain request",
      });
    return verify(fetcher, cache, archive, suite, heldContent, what);
  }
  const release = await verify(fetcher, cache, archive, suite, answer.content, what);
  await storeBlob(cache, answer.content, release.digest);
  const { etag, lastModified } = answer;
  await storeRecord(cache, namespace, answerKey(url), { digest: release.digest, etag, lastModified });
  return release;
}

/**
 * Refuses a release older than the newest that the archive gave, and remembers it where it is newer.
 * @throws ToolError "signature"
 */
async function checkNewest(
  cache: Cache,
  archive: Archive,
  suite: string,
  date: number,
  what: string,
): Promise<void> {
  const key = await dateKey(archive, suite);
  const newest = await findRecord(cache, dateNamespace, key);
  if (typeof newest === "number" && date < newest) {
    throw new ToolError("signature", {
      what: `verifying ${what}`,
      why: `it is older than one that the archive gave before (${new Date(date).toISOString()}, ${new Date(newest).toISOString()})`,
      hint: "the mirror went back in time: wait, or use another; `distill cache prune` forgets what was seen before",
    });
  }
  if (date !== newest) await storeRecord(cache, dateNamespace, key, date);
}

/**
 * Names an archive's suite whichever mirror serves it. Archives of one name differ by the keys that sign them; where no key
 * vouches for a file, or an old state is asked for on purpose (a snapshot), also by their mirrors.
 */
async function dateKey({ name, mirrors, trust }: Archive, suite: string): Promise<Digest> {
  const signed = !trust.unsignedAccepted;
  const keys = signed ? [keyringDigest(await trust.keyring()), ...(trust.fingerprints ?? [])] : [];
  const places = signed && trust.checkValidUntil ? [] : mirrors.map(withoutCredentials);
  return digestOf([name, suite, ...keys, ...places].join("\n"));
}

/** The key of a mirror's answer, in which no password hides. */
function answerKey(url: string): Digest {
  return digestOf(withoutCredentials(url));
}

function withoutCredentials(url: string): string {
  const parsed = URL.parse(url);
  if (parsed === null) return url;
  parsed.username = "";
  parsed.password = "";
  return parsed.href;
}

type Answer =
  | "unchanged"
  | { readonly content: Uint8Array; readonly etag: string; readonly lastModified: string };

async function ask(fetcher: Fetcher, url: string, held: Held | undefined): Promise<Answer> {
  const conditions = {
    ...(held === undefined || held.etag === "" ? {} : { "if-none-match": held.etag }),
    ...(held === undefined || held.lastModified === "" ? {} : { "if-modified-since": held.lastModified }),
  };
  const { status, headers, content } = await getSmall(fetcher, url, conditions, limits.inReleaseBytesMax);
  if (status === 304) return "unchanged";
  return {
    content,
    etag: headers.get("etag") ?? "",
    lastModified: headers.get("last-modified") ?? "",
  };
}

async function findHeld(cache: Cache, url: string): Promise<Held | undefined> {
  const record = await findRecord(cache, namespace, answerKey(url));
  if (typeof record !== "object" || record === null || !("digest" in record)) return undefined;
  const { digest: hex, etag, lastModified } = record;
  if (typeof hex !== "string" || typeof etag !== "string" || typeof lastModified !== "string")
    return undefined;
  const digest = parseDigest(hex);
  return digest === undefined ? undefined : { digest, etag, lastModified };
}

async function readHeld(cache: Cache, digest: Digest): Promise<Uint8Array | undefined> {
  if ((await findBlob(cache, digest)) === undefined) return undefined;
  try {
    return await collect(openBlob(cache, digest), limits.inReleaseBytesMax, "a kept InRelease");
  } catch (thrown) {
    if (thrown instanceof ToolError && thrown.code === "cache") return undefined;
    throw thrown;
  }
}

async function verify(
  fetcher: Fetcher,
  cache: Cache,
  archive: Archive,
  suite: string,
  content: Uint8Array,
  what: string,
): Promise<SignedRelease> {
  const { trust } = archive;
  const now = fetcher.task.now();
  const { text, signer } = await signedText(fetcher, cache, archive, content, what);
  const release = parseRelease(text, what);
  checkRelease(release, { suite, now, checkValidUntil: trust.checkValidUntil }, what);
  await checkNewest(cache, archive, suite, release.date, what);
  return { release, digest: digestOf(content), signer };
}

async function signedText(
  fetcher: Fetcher,
  cache: Cache,
  archive: Archive,
  content: Uint8Array,
  what: string,
): Promise<SignedText> {
  const { trust } = archive;
  try {
    if (!isClearSigned(content)) {
      throw new ToolError("signature", {
        what: `verifying ${what}`,
        why: "it is not signed",
        hint: "an archive without signatures is taken only with `trusted: false` in the repository's entry",
      });
    }
    return await verifyOnce(cache, { content, what, trust, now: fetcher.task.now() });
  } catch (thrown) {
    if (!trust.unsignedAccepted || !(thrown instanceof ToolError)) throw thrown;
    fetcher.task.emit({
      type: "log",
      level: "warning",
      message: `${what} is used WITHOUT a valid signature, as its repository's entry says (trusted: false): ${thrown.why}`,
    });
    return { text: unverifiedText(content), signer: undefined };
  }
}
