// Clear-signed files: InRelease (RFC 9580 section 7, "Cleartext Signature Framework").
// Invariant: only text that was signed comes out; what stands before, between or after the signed part is refused.
import type { Key, VerifyMessageResult } from "openpgp";
import { messageOf, ToolError } from "../base/errors.ts";
import type { Keyring } from "./keyring.ts";

type Verification = VerifyMessageResult["signatures"][number];

export interface VerifiedText {
  readonly text: string;
  /** Until when the signature and its key are valid, in milliseconds since the epoch; Infinity where they don't expire. */
  readonly notAfter: number;
  /** Fingerprint of the trusted key, upper-case hexadecimal. */
  readonly signer: string;
}

const head = "-----BEGIN PGP SIGNED MESSAGE-----\n";
const signatureHead = "-----BEGIN PGP SIGNATURE-----";
const tail = "-----END PGP SIGNATURE-----";

/** Whether the file claims to be clear-signed. */
export function isClearSigned(content: Uint8Array): boolean {
  return Buffer.from(content.subarray(0, head.length)).toString("latin1") === head;
}

/**
 * The signed text of a file, if one of its signatures is valid at `now` and made by a key of the keyring that is valid at
 * `now`; with `fingerprints`, one of these. Weak digests (MD5, SHA-1, RIPEMD-160) and short keys are not accepted.
 * @throws ToolError "signature"; `what` names the file
 */
export async function verifyClearSigned(
  content: Uint8Array,
  keyring: Keyring,
  now: Date,
  what: string,
  fingerprints?: readonly string[],
): Promise<VerifiedText> {
  const armored = Buffer.from(content).toString("utf8");
  const envelope = `${armored.trimEnd()}\n`;
  if (!envelope.startsWith(head) || !envelope.endsWith(`${tail}\n`) || isRepeated(envelope)) {
    throw refused(what, "it is not one clear-signed message");
  }
  const { readCleartextMessage, verify } = await import("openpgp");
  let results: readonly Verification[];
  let text: string;
  try {
    const message = await readCleartextMessage({ cleartextMessage: envelope });
    const verified = await verify({ message, verificationKeys: [...keyring.keys], date: now });
    results = verified.signatures;
    text = message.getText();
  } catch (thrown) {
    throw refused(what, `it can't be read: ${messageOf(thrown)}`, thrown);
  }
  const complaints: string[] = [];
  for (const result of results) {
    const outcome = await checkSignature(result, keyring.keys, now, fingerprints);
    if (outcome.signer !== undefined) return { text, signer: outcome.signer, notAfter: outcome.notAfter };
    complaints.push(outcome.complaint);
  }
  throw refused(what, complaints.length === 0 ? "it holds no signature" : complaints.join("; "));
}

/**
 * As `Signed-By` means them (sources.list(5)): a fingerprint names the key that signs, or the primary key of the subkey that
 * does; with "!" at its end only the former.
 */
function isNamed(signer: string, primary: string, fingerprints: readonly string[]): boolean {
  const wanted = new Set(fingerprints.map((one) => one.toUpperCase()));
  return wanted.has(signer) || wanted.has(`${signer}!`) || wanted.has(primary);
}

function fingerprintOf(key: { getFingerprint(): string }): string {
  return key.getFingerprint().toUpperCase();
}

/** The text that a file claims, whoever made it. For archives that are taken unsigned, and said to be. */
export function unverifiedText(content: Uint8Array): string {
  const text = Buffer.from(content).toString("utf8");
  if (!isClearSigned(content)) return text;
  const start = text.indexOf("\n\n") + 2;
  const end = text.indexOf(`\n${signatureHead}`);
  return text.slice(start, end < 0 ? undefined : end + 1).replaceAll(/^- /gm, "");
}

function isRepeated(envelope: string): boolean {
  return [head.trimEnd(), signatureHead, tail].some(
    (line) => envelope.split("\n").filter((one) => one.trimEnd() === line).length !== 1,
  );
}

type Outcome =
  | { readonly signer: string; readonly notAfter: number }
  | { readonly signer: undefined; readonly complaint: string };

async function checkSignature(
  result: Verification,
  keys: readonly Key[],
  now: Date,
  fingerprints: readonly string[] | undefined,
): Promise<Outcome> {
  const id = result.keyID.toHex().toUpperCase();
  try {
    await result.verified;
    const { packets } = await result.signature;
    const expires = packets[0]?.getExpirationTime();
    if (expires instanceof Date && expires <= now) throw new Error("the signature has expired");
    const key = keys.find((one) => one.getKeys(result.keyID).length > 0);
    if (key === undefined) throw new Error("the key is not in the keyring");
    // The library judges a key at the time of signing; a key that expired or was revoked since is not trusted either.
    const signingKey = await key.getSigningKey(result.keyID, now);
    if (fingerprints !== undefined && !isNamed(fingerprintOf(signingKey), fingerprintOf(key), fingerprints))
      throw new Error("Signed-By does not name the key");
    const ends = [expires, await key.getExpirationTime(), await signingKey.getExpirationTime()];
    const notAfter = Math.min(...ends.map((end) => (end instanceof Date ? end.getTime() : Infinity)));
    return { signer: fingerprintOf(key), notAfter };
  } catch (thrown) {
    return { signer: undefined, complaint: `key ${id}: ${messageOf(thrown)}` };
  }
}

function refused(what: string, why: string, cause?: unknown): ToolError {
  return new ToolError("signature", {
    what: `verifying ${what}`,
    why,
    hint: "check the mirror and the keyring (keyring: in the repository's entry)",
    ...(cause === undefined ? {} : { cause }),
  });
}
