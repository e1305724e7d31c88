// Private keys in text: PEM (RFC 7468, RFC 1421 where encrypted the old way), OpenSSH's, PGP's armour (RFC 9580 6), PuTTY's.
// A header alone says nothing, programs and manuals hold many: what follows it has to decode and to begin as that kind does.
import { type DerValue, derAt, derNumber } from "./der.ts";
import { isPublished } from "./published-keys.ts";
import type { Verified } from "./rule.ts";

/** Of the text after a header that are looked at; an RSA key of 16,384 bits takes 13,000. */
export const keyTextBytesMax = 24_576;

const pemHeader = /-----BEGIN ((?:[A-Z0-9]{1,16} ){0,3})PRIVATE KEY( BLOCK)?-----/y;
const keyLengthBitsMin = 256;
export const pemBegin = "-----BEGIN ";
const pemBeginDistanceMax = 64;
const headerNear = /-----BEGIN (?:[A-Z0-9]{1,16} ){0,3}PRIVATE KEY(?: BLOCK)?-----/;

/** Whether the words at `at` stand in a header: far more texts speak of keys than hold them. */
export function isHeaderAt(bytes: Buffer, at: number): boolean {
  return headerNear.test(bytes.toString("latin1", Math.max(0, at - pemBeginDistanceMax), at + 32));
}

/** The key in whose header the words "PRIVATE KEY" stand at `at`. */
export function pemRule(text: string, at: number): Verified | undefined {
  const begin = text.lastIndexOf(pemBegin, at);
  return begin < 0 || at - begin > pemBeginDistanceMax ? undefined : pemKeyAt(text, begin);
}

/** The key whose header begins at `at` of `text`, which goes on for `keyTextBytesMax` where there is so much. */
export function pemKeyAt(text: string, at: number): Verified | undefined {
  pemHeader.lastIndex = at;
  const header = pemHeader.exec(text);
  if (header === null) return undefined;
  const kind = (header[1] ?? "").trim();
  const isPgp = header[2] !== undefined;
  const from = pemHeader.lastIndex;
  const end = text.indexOf("-----END ", from);
  if (end < 0 || end - from > keyTextBytesMax) return undefined;
  const body = bodyOf(text.slice(from, end));
  if (body === undefined) return undefined;
  const name = isPgp
    ? pgpKey(body.bytes)
    : body.encrypted
      ? encryptedKey(kind, body.bytes)
      : pemKey(kind, body.bytes);
  if (name === undefined || isPublished(body.bytes)) return undefined;
  const isServiceAccount = /"(?:service_account|private_key_id)"/.test(
    text.slice(Math.max(0, at - 512), end + 1024),
  );
  return isServiceAccount
    ? { id: "google-service-account", what: "the key of a Google service account", at }
    : { id: name.encrypted ? "encrypted-private-key" : "private-key", what: name.what, at };
}

interface KeyName {
  readonly what: string;
  readonly encrypted: boolean;
}

/**
 * The bytes of a PEM body: base64 in lines, as a file has it or as source code quotes it ("...\n" +). Undefined where there is
 * something else in it: an ellipsis, a variable, prose.
 */
function bodyOf(text: string): { readonly bytes: Buffer; readonly encrypted: boolean } | undefined {
  const plain = text
    .replace(/\\[nrt]|&#(?:10|13|x[aAdD]);/g, "\n")
    .replace(/(?<![A-Za-z0-9+/=])[bBrRuU]{1,2}(?=["'])|["'`,;\\]|[ \t]\+(?=\s)/g, " ");
  const quoted = plain.split(/[\r\n]+/).map((line) => line.trim());
  // Two slashes may begin a comment, and a line of base64 as well: they are a comment's where each line has them.
  // So may a plus sign: a difference has one in each line.
  const mark = ["//", "+", "-"].find((sign) => quoted.every((line) => line === "" || line.startsWith(sign)));
  const lines = quoted.map((line) => line.slice(mark?.length ?? 0).replace(/^[#>|*]?[ \t]*/, ""));
  const headers = lines.filter((line) => /^[A-Za-z][A-Za-z-]{1,30}: /.test(line));
  // A line "=abcd" is the checksum of PGP's armour.
  const base64 = lines
    .filter((line) => !headers.includes(line) && !/^=[A-Za-z0-9+/]{4}$/.test(line))
    .join("")
    .replace(/[ \t]/g, "");
  if (!/^[A-Za-z0-9+/]{32,}={0,2}$/.test(base64)) return undefined;
  const encrypted = headers.some((line) => /^Proc-Type: 4[, ]+ENCRYPTED/.test(line));
  return { bytes: Buffer.from(base64, "base64"), encrypted };
}

function encryptedKey(kind: string, bytes: Buffer): KeyName | undefined {
  // Block ciphers of 8 or 16 bytes; what is in it nobody can tell without the passphrase.
  return bytes.length >= 48 && bytes.length % 8 === 0
    ? { what: `a PEM private key (${kind === "" ? "unknown" : kind}, encrypted)`, encrypted: true }
    : undefined;
}

function pemKey(kind: string, bytes: Buffer): KeyName | undefined {
  if (kind === "OPENSSH") return opensshKey(bytes);
  if (kind === "SSH2 ENCRYPTED")
    return bytes.readUInt32BE(0) === 0x3f6ff9eb
      ? { what: "an SSH2 private key", encrypted: true }
      : undefined;
  const der = derKey(bytes);
  if (der === undefined) return undefined;
  return der.kind === "encrypted"
    ? { what: "a PEM private key (PKCS#8, encrypted)", encrypted: true }
    : { what: `a PEM private key (${der.kind})`, encrypted: false };
}

const algorithms: Readonly<Record<string, string>> = {
  "2a864886f70d010101": "RSA",
  "2a864886f70d01010a": "RSA-PSS",
  "2a8648ce380401": "DSA",
  "2a8648ce3d0201": "EC",
  "2b656e": "X25519",
  "2b656f": "X448",
  "2b6570": "Ed25519",
  "2b6571": "Ed448",
  "2a864886f70d010301": "Diffie-Hellman",
};
const pkcs5 = /^2a864886f70d01(?:050d|0503|050a|0506|0c01)/;

/** What private key the DER is, by its structure (PKCS#8, PKCS#1, SEC1, DSA as OpenSSL writes it); undefined where it is none. */
export function derKey(bytes: Buffer): { readonly kind: string } | undefined {
  const outer = derAt(bytes, 0);
  if (outer?.tag !== 0x30 || outer.end > bytes.length) return undefined;
  const first = derAt(bytes, outer.start);
  const second = first === undefined ? undefined : derAt(bytes, first.end);
  if (first === undefined || second === undefined || second.end > outer.end) return undefined;
  if (first.tag === 0x30 && second.tag === 0x04) {
    return pkcs5.test(oidOf(bytes, first)) && second.end - second.start >= 32
      ? { kind: "encrypted" }
      : undefined;
  }
  const version = first.tag === 0x02 ? derNumber(bytes, first) : undefined;
  if (version === undefined || version > 1) return undefined;
  const third = derAt(bytes, second.end);
  if (second.tag === 0x30) {
    const algorithm = algorithms[oidOf(bytes, second)];
    return algorithm !== undefined && third?.tag === 0x04 && third.end <= outer.end
      ? { kind: `PKCS#8, ${algorithm}` }
      : undefined;
  }
  if (version === 1 && second.tag === 0x04) {
    return second.end - second.start >= keyLengthBitsMin / 16 ? { kind: "EC" } : undefined;
  }
  if (version !== 0 || second.tag !== 0x02 || third?.tag !== 0x02 || third.end > outer.end) return undefined;
  if ((second.end - second.start) * 8 < keyLengthBitsMin) return undefined;
  return { kind: third.end - third.start <= 8 ? "RSA" : "DSA" };
}

/** In hexadecimal, of an AlgorithmIdentifier. */
function oidOf(bytes: Buffer, sequence: DerValue): string {
  const oid = derAt(bytes, sequence.start);
  return oid?.tag === 0x06 && oid.end <= sequence.end ? bytes.toString("hex", oid.start, oid.end) : "";
}

/** PROTOCOL.key of OpenSSH: magic, then strings: cipher, key derivation, its options; number of keys; public key. */
function opensshKey(bytes: Buffer): KeyName | undefined {
  const magic = "openssh-key-v1\0";
  if (bytes.toString("latin1", 0, magic.length) !== magic) return undefined;
  let at = magic.length;
  const string = (): Buffer | undefined => {
    if (at + 4 > bytes.length) return undefined;
    const length = bytes.readUInt32BE(at);
    const found = bytes.subarray(at + 4, at + 4 + length);
    at += 4 + length;
    return found.length === length ? found : undefined;
  };
  const cipher = string()?.toString("latin1");
  const derivation = string();
  const options = string();
  at += 4;
  const publicKey = string();
  const secret = string();
  if (cipher === undefined || derivation === undefined || options === undefined) return undefined;
  if (publicKey === undefined || publicKey.length < 8 || secret === undefined || secret.length < 32)
    return undefined;
  const encrypted = cipher !== "none";
  return { what: `an OpenSSH private key${encrypted ? " (encrypted)" : ""}`, encrypted };
}

/** Multi-precision numbers of a public key by algorithm (RFC 9580 5.5.5); "oid" stands for the curve before them, "kdf" for what ECDH adds. */
const pgpPublicNumbers: Readonly<Record<number, readonly ("mpi" | "oid" | "kdf")[]>> = {
  1: ["mpi", "mpi"],
  2: ["mpi", "mpi"],
  3: ["mpi", "mpi"],
  16: ["mpi", "mpi", "mpi"],
  17: ["mpi", "mpi", "mpi", "mpi"],
  18: ["oid", "mpi", "kdf"],
  19: ["oid", "mpi"],
  22: ["oid", "mpi"],
};

/** The first packet has to be a secret key; what protects it stands after the public part. */
function pgpKey(bytes: Buffer): KeyName | undefined {
  const tag = bytes[0] ?? 0;
  const isNew = (tag & 0x40) !== 0;
  const packet = isNew ? tag & 0x3f : (tag >> 2) & 0x0f;
  if ((tag & 0x80) === 0 || (packet !== 5 && packet !== 7)) return undefined;
  const first = bytes[1] ?? 0;
  const lengthBytes = isNew ? (first < 192 ? 1 : first < 224 ? 2 : 5) : [1, 2, 4, 0][tag & 3];
  let at = 1 + (lengthBytes ?? 0);
  const version = bytes[at];
  if (version !== 4 && version !== 5 && version !== 6) return undefined;
  const parts = pgpPublicNumbers[bytes[at + 5] ?? 0];
  if (version !== 4 || parts === undefined) return { what: "a PGP private key", encrypted: false };
  at += 6;
  for (const part of parts) {
    if (at + 2 > bytes.length) return undefined;
    at += part === "mpi" ? 2 + Math.ceil(bytes.readUInt16BE(at) / 8) : 1 + (bytes[at] ?? 0);
  }
  const usage = bytes[at];
  if (usage === undefined) return undefined;
  // GnuPG's own: the secret part isn't there (a stub), or is on a card.
  if (bytes.toString("latin1", at + 4, at + 7) === "GNU") return undefined;
  return { what: `a PGP private key${usage === 0 ? "" : " (encrypted)"}`, encrypted: usage !== 0 };
}

const putty =
  /PuTTY-User-Key-File-([23]): ([\w@.-]{1,40})\r?\nEncryption: ([\w-]{1,20})\r?\n(?:Comment: [^\n]{0,400}\n)?Public-Lines: (\d{1,4})\r?\n/y;

/** PuTTY's own format (its documentation, appendix C). */
export function puttyKeyAt(text: string, at: number): Verified | undefined {
  putty.lastIndex = at;
  const header = putty.exec(text);
  if (header === null) return undefined;
  if (!/^Private-Lines: [1-9]\d{0,3}\r?\n[A-Za-z0-9+/=]{40,64}/m.test(text.slice(putty.lastIndex)))
    return undefined;
  const encrypted = header[3] !== "none";
  return {
    id: encrypted ? "encrypted-private-key" : "private-key",
    what: `a PuTTY private key (${header[2] ?? ""}${encrypted ? ", encrypted" : ""})`,
    at,
  };
}
