// Files that are secrets as a whole, told by their form: password hashes (shadow(5), htpasswd), logins (.netrc, .pgpass, .my.cnf,
// .pypirc), a registry's credentials (docker's config.json), key stores (JKS, PKCS#12), keys in bare DER.
import { derAt, derNumber } from "./der.ts";
import { derKey } from "./private-keys.ts";
import { isPlaceholder } from "./randomness.ts";
import type { Verified } from "./rule.ts";

/** What tells a text's form is within so many bytes, and begins within so many of comments and empty lines. */
const headBytes = 1024;
const commentBytesMax = 16_384;

type FormReader = (bytes: Buffer) => readonly Verified[];

/** What reads the secrets of a file by its form as a whole, which its beginning tells; undefined where it has none of these. */
export function formReader(beginning: Buffer, magic: "text" | "script" | "data"): FormReader | undefined {
  if (magic === "data") return isBinaryForm(beginning) ? binarySecrets : undefined;
  const text = beginning.toString("latin1", 0, commentBytesMax);
  comments.lastIndex = 0;
  comments.exec(text);
  const head = text.slice(comments.lastIndex, comments.lastIndex + headBytes);
  const reads = readers.filter(([form]) => form.test(head)).map(([, read]) => read);
  if (reads.length === 0) return undefined;
  return (bytes) => {
    const whole = bytes.toString("latin1");
    return reads.flatMap((read) => read(whole));
  };
}

const comments = /(?:[ \t\r]*(?:[#;][^\n]*)?\n)*/y;

const readers: readonly (readonly [beginning: RegExp, read: (text: string) => readonly Verified[]])[] = [
  [/^\s*\{\s*"/, registryCredentials],
  [/^\s*\[[\w -]+\]/, iniLogins],
  [/^\s*(?:machine|default)\s/, netrcLogins],
  [
    /^[^:\s]{1,255}:[^:\s]{0,255}(?::|\r?\n|$)/,
    (text) => [...passwordHashes(text), ...postgresPasswords(text)],
  ],
  [
    /^(?:\/\/[^\s=]{1,255}:_?[A-Za-z]|_(?:auth|password|authToken)[ \t]*=|(?:@[\w.-]{1,214}:)?registry[ \t]*=)/m,
    npmLogins,
  ],
];

/** crypt(5)'s prefixes, Apache's, and what a hash of each has at least. */
const hash =
  /^[^:\s]{1,64}:(\$(?:y|gy|7|2[abxy]|5|6|1|apr1|sha1|md5|argon2(?:id?|d))\$[./A-Za-z0-9$=,+-]{20,200}|\{S?SHA(?:256|512)?\}[A-Za-z0-9+/=]{20,120})(?=:|\r?$)/gm;

function passwordHashes(text: string): Verified[] {
  return [...text.matchAll(hash)].map((match) => ({
    id: "password-hash",
    what: "a password's hash",
    at: match.index + match[0].indexOf(":") + 1,
  }));
}

/** hostname:port:database:username:password in every line (PostgreSQL, "The Password File"). */
const pgpassLine =
  /^(?:\*|[\w.-]{1,255}|\/[^:\s]*):(?:\*|\d{1,5}):(?:\*|[\w-]{1,63}):(?:\*|[\w-]{1,63}):((?:[^:\\\s]|\\.){1,255})$/;
const pgpassLinesMax = 64;

function postgresPasswords(text: string): Verified[] {
  const lines = text.split("\n", pgpassLinesMax + 1);
  if (lines.length > pgpassLinesMax) return [];
  const found: Verified[] = [];
  let at = 0;
  for (const line of lines) {
    if (line !== "" && !line.startsWith("#")) {
      const match = pgpassLine.exec(line.replace(/\r$/, ""));
      const password = match?.[1];
      if (password === undefined) return [];
      if (!isPlaceholder(password) && !/^\d+$/.test(password))
        found.push({ id: "login", what: "a password of a PostgreSQL server", at });
    }
    at += line.length + 1;
  }
  return found;
}

function netrcLogins(text: string): Verified[] {
  const found: Verified[] = [];
  const entry =
    /(?:^|\s)(?:machine\s{1,20}[\w.-]{1,255}|default)\s{1,20}(?:(?:login|account)\s{1,20}\S{1,255}\s{1,20}){1,2}password\s{1,20}(\S{1,1000})/g;
  for (const match of text.matchAll(entry)) {
    if (!isPlaceholder(match[1] ?? ""))
      found.push({ id: "login", what: "a login of a .netrc", at: match.index });
  }
  return found;
}

/** npmrc(5), older than its tokens: `_auth` is base64 of "user:password", `_password` that of the password. */
function npmLogins(text: string): Verified[] {
  const found: Verified[] = [];
  const line =
    /^(?:\/\/[^\s=]{1,255}:)?_(auth|password)[ \t]{0,20}=[ \t]{0,20}["']?([A-Za-z0-9+/]{4,8000}={0,2})["']?[ \t]{0,20}\r?$/gm;
  for (const match of text.matchAll(line)) {
    const plain = Buffer.from(match[2] ?? "", "base64").toString("latin1");
    const password = match[1] === "auth" ? /^[^:]+:(.+)$/s.exec(plain)?.[1] : plain;
    if (password !== undefined && isTyped(plain) && !isPlaceholder(password))
      found.push({ id: "registry-credentials", what: "a login of an npm registry", at: match.index });
  }
  return found;
}

function isTyped(text: string): boolean {
  return /^[\x20-\x7e]+$/.test(text);
}

const iniSections: readonly (readonly [RegExp, string])[] = [
  [/^client/, "a password of a MySQL client"],
  [/^(?:pypi|testpypi|distutils|server-login)$/, "a login of a Python package index"],
];

function iniLogins(text: string): Verified[] {
  const found: Verified[] = [];
  const section = /^\[([^\]\n]{1,100})\][ \t]*$/gm;
  const names = [...text.matchAll(section)];
  for (const [index, match] of names.entries()) {
    const what = iniSections.find(([name]) => name.test(match[1] ?? ""))?.[1];
    if (what === undefined) continue;
    const body = text.slice(match.index, names[index + 1]?.index ?? text.length);
    const password = /^password[ \t]*[=:][ \t]*["']?([^\s"']{1,1000})/m.exec(body);
    if (password !== null && !isPlaceholder(password[1] ?? ""))
      found.push({ id: "login", what, at: match.index + password.index });
  }
  return found;
}

/** docker's config.json, containers' auth.json: base64 of "user:password" under "auths". */
function registryCredentials(text: string): Verified[] {
  if (!text.includes('"auths"')) return [];
  const found: Verified[] = [];
  for (const match of text.matchAll(/"auth"\s{0,20}:\s{0,20}"([A-Za-z0-9+/]{4,8000}={0,2})"/g)) {
    const [user, password] = Buffer.from(match[1] ?? "", "base64")
      .toString("latin1")
      .split(/:(.*)/s);
    if (user === undefined || password === undefined || !/^[\x21-\x7e]{1,200}$/.test(user)) continue;
    if (isTyped(password) && !isPlaceholder(password)) found.push(registryLogin(match.index));
  }
  // In plain, and the tokens that are kept in a password's place.
  for (const match of text.matchAll(
    /"(?:password|identitytoken|registrytoken)"\s{0,20}:\s{0,20}"([^"\\]{4,8000})"/g,
  )) {
    if (!isPlaceholder(match[1] ?? "")) found.push(registryLogin(match.index));
  }
  return found;
}

function registryLogin(at: number): Verified {
  return { id: "registry-credentials", what: "credentials of a registry (docker config)", at };
}

const jksMagics: ReadonlySet<number> = new Set([0xfeedfeed, 0xcececece]);
/** pkcs8ShroudedKeyBag and keyBag of RFC 7292, as DER writes the identifiers. */
const keyBags: readonly Buffer[] = ["060b2a864886f70d010c0a0102", "060b2a864886f70d010c0a0101"].map((hex) =>
  Buffer.from(hex, "hex"),
);

/** An Ed25519 key of PKCS#8 takes 48. */
const binaryBytesMin = 40;
const sequenceTag = 0x30;

function isBinaryForm(bytes: Buffer): boolean {
  if (bytes.length < binaryBytesMin) return false;
  return bytes[0] === sequenceTag || jksMagics.has(bytes.readUInt32BE(0));
}

function binarySecrets(bytes: Buffer): readonly Verified[] {
  if (jksMagics.has(bytes.readUInt32BE(0))) {
    return holdsJavaKey(bytes)
      ? [{ id: "key-store", what: "a Java key store with a private key", at: 0 }]
      : [];
  }
  const key = derKey(bytes);
  if (key !== undefined) {
    const encrypted = key.kind === "encrypted";
    return [
      {
        id: encrypted ? "encrypted-private-key" : "private-key",
        what: `a DER private key (${encrypted ? "PKCS#8, encrypted" : key.kind})`,
        at: 0,
      },
    ];
  }
  const isStore = isPkcs12(bytes) && keyBags.some((bag) => bytes.includes(bag));
  return isStore ? [{ id: "key-store", what: "a PKCS#12 key store with a private key", at: 0 }] : [];
}

/**
 * Entries in any order: 1 a private key, 2 a certificate, 3 a secret key (JCEKS). The name and the time come first, a
 * certificate has its type (from version 2 on), its length and itself.
 */
function holdsJavaKey(bytes: Buffer): boolean {
  const version = bytes.readUInt32BE(4);
  if (version !== 1 && version !== 2) return false;
  let at = 12;
  const skip = (lengthBytes: 2 | 4): void => {
    at =
      at + lengthBytes <= bytes.length ? at + lengthBytes + bytes.readUIntBE(at, lengthBytes) : bytes.length;
  };
  for (let left = bytes.readUInt32BE(8); left > 0 && at + 4 <= bytes.length; left--) {
    const tag = bytes.readUInt32BE(at);
    if (tag === 1 || tag === 3) return true;
    if (tag !== 2) return false;
    at += 4;
    skip(2);
    at += 8;
    if (version === 2) skip(2);
    skip(4);
  }
  return false;
}

/** PFX: version 3, then a ContentInfo (RFC 7292 4). */
function isPkcs12(bytes: Buffer): boolean {
  const outer = derAt(bytes, 0);
  const version = outer === undefined ? undefined : derAt(bytes, outer.start);
  const content = version === undefined ? undefined : derAt(bytes, version.end);
  return version?.tag === 0x02 && derNumber(bytes, version) === 3 && content?.tag === 0x30;
}
