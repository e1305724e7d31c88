// Verdicts on signatures, kept: the same bytes under the same keys have the same verdict until something expires. Spares a
// run the OpenPGP library, which is a third of its time and of its memory.
import { collect } from "../base/bytes.ts";
import { type Cache, findBlob, findRecord, openBlob, storeBlob, storeRecord } from "../base/cache.ts";
import { digestOf, parseDigest } from "../base/digest.ts";
import { ToolError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import type { Trust } from "./archive.ts";
import { keyringDigest, readKeyring } from "./keyring.ts";
import { verifyClearSigned } from "./signature.ts";

export interface SignedText {
  readonly text: string;
  /** Fingerprint of the trusted key; undefined where none vouches for it. */
  readonly signer: string | undefined;
}

export interface SignedContent {
  readonly content: Uint8Array;
  readonly what: string;
  readonly trust: Trust;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

const namespace = "verified-text";
/** Changes with what counts as a valid signature. */
const verdictFormat = 2;

/** As `verifyClearSigned`, from the cache where it holds a verdict that still stands. @throws ToolError "signature" */
export async function verifyOnce(cache: Cache, signed: SignedContent): Promise<SignedText> {
  const { content, what, trust, now } = signed;
  const parts = await trust.keyring();
  const fingerprints = trust.fingerprints ?? [];
  const key = digestOf([verdictFormat, digestOf(content), keyringDigest(parts), ...fingerprints].join("\n"));
  const held = await findVerdict(cache, key, now);
  if (held !== undefined) return held;
  const keyring = await readKeyring(parts);
  const verified = await verifyClearSigned(content, keyring, new Date(now), what, trust.fingerprints);
  const { digest } = await storeBlob(cache, Buffer.from(verified.text));
  // JSON has no Infinity.
  const notAfter = Math.min(verified.notAfter, Number.MAX_SAFE_INTEGER);
  await storeRecord(cache, namespace, key, {
    text: digest,
    signer: verified.signer,
    verifiedAt: now,
    notAfter,
  });
  return verified;
}

async function findVerdict(
  cache: Cache,
  key: ReturnType<typeof digestOf>,
  now: number,
): Promise<SignedText | undefined> {
  const record = await findRecord(cache, namespace, key);
  if (typeof record !== "object" || record === null || !("signer" in record)) return undefined;
  const { text: hex, signer, verifiedAt, notAfter } = record;
  if (typeof hex !== "string" || typeof signer !== "string") return undefined;
  if (typeof verifiedAt !== "number" || typeof notAfter !== "number") return undefined;
  const digest = parseDigest(hex);
  if (digest === undefined || now < verifiedAt || now >= notAfter) return undefined;
  if ((await findBlob(cache, digest)) === undefined) return undefined;
  try {
    const text = await collect(openBlob(cache, digest), limits.inReleaseBytesMax, "a verified text");
    return { text: Buffer.from(text).toString("utf8"), signer };
  } catch (thrown) {
    if (thrown instanceof ToolError && thrown.code === "cache") return undefined;
    throw thrown;
  }
}
