// Files that are secrets as a whole, told by their form: password hashes (shadow(5), htpasswd), logins (.netrc, .pgpass, .my.cnf,
// .pypirc), a registry's credentials (docker's config.json), key stores (JKS, PKCS#12), keys in bare DER.
import { derAt, derNumber } from "./der.ts";
import { derKey } from "./private-keys.ts";
import { isPlaceholder } from "./randomness.ts";
import type { Verified } from "./rule.ts";

/** What is read of a file to tell its form; larger ones have none of these. */
export const formBytesMax = 262_144;

const headBytes = 1024;

/** Secrets of a text by its form as a whole, which its first line tells. */
export function formSecrets(bytes: Buffer): readonly Verified[] {
  const head = bytes.toString("latin1", 0, headBytes);
  const read = readers.find(([beginning]) => beginning.test(head))?.[1];
  return read === undefined ? [] : read(bytes.toString("latin1"));
}

const readers: readonly (readonly [beginning: RegExp, read: (text: string) => readonly Verified[]])[] = [
  [/^\s*\{\s*"/, registryCredentials],
  [/^(?:[#;][^\n]*\n|\s)*\[[\w -]+\]/, iniLogins],
  [/^(?:#[^\n]*\n|\s)*(?:machine|default)\s/, netrcLogins],
  [
    /^(?:#[^\n]*\n)*[^:\s]{1,255}:[^:\s]{0,255}(?::|\r?\n|$)/,
    (text) => [...passwordHashes(text), ...postgresPasswords(text)],
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
    if (/^[\x20-\x7e]+$/.test(password) && !isPlaceholder(password))
      found.push({
        id: "registry-credentials",
        what: "credentials of a registry (docker config)",
        at: match.index,
      });
  }
  return found;
}

const jksMagics: ReadonlySet<number> = new Set([0xfeedfeed, 0xcececece]);
/** pkcs8ShroudedKeyBag and keyBag of RFC 7292, as DER writes the identifiers. */
const keyBags: readonly Buffer[] = ["060b2a864886f70d010c0a0102", "060b2a864886f70d010c0a0101"].map((hex) =>
  Buffer.from(hex, "hex"),
);

/** Secrets of a binary file by its form as a whole. */
export function binarySecrets(bytes: Buffer): readonly Verified[] {
  if (bytes.length < 64) return [];
  if (jksMagics.has(bytes.readUInt32BE(0))) {
    return holdsJavaKey(bytes)
      ? [{ id: "key-store", what: "a Java key store with a private key", at: 0 }]
      : [];
  }
  if (bytes[0] !== 0x30) return [];
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

/** The first entry tells: what holds trusted certificates only begins with one. Entries: 1 a private key, 2 a certificate, 3 a secret key. */
function holdsJavaKey(bytes: Buffer): boolean {
  const version = bytes.readUInt32BE(4);
  const count = bytes.readUInt32BE(8);
  const tag = bytes.readUInt32BE(12);
  return (version === 1 || version === 2) && count > 0 && (tag === 1 || tag === 3);
}

/** PFX: version 3, then a ContentInfo (RFC 7292 4). */
function isPkcs12(bytes: Buffer): boolean {
  const outer = derAt(bytes, 0);
  const version = outer === undefined ? undefined : derAt(bytes, outer.start);
  const content = version === undefined ? undefined : derAt(bytes, version.end);
  return version?.tag === 0x02 && derNumber(bytes, version) === 3 && content?.tag === 0x30;
}
