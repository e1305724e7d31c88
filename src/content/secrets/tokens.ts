// Tokens that say by their first characters what they are. The prefixes, lengths and checksums are those that the services
// document. All of them are long runs of letters, digits, "_" and "-"; those runs are looked for, most bytes are skipped.
import { crc32 } from "node:zlib";
import { isAt } from "../string-search.ts";
import { looksLikeName, looksRandom } from "./randomness.ts";
import type { SecretId, Verified } from "./rule.ts";

interface TokenRule {
  readonly what: string;
  readonly id?: SecretId;
  /** What the token begins with. */
  readonly prefix: string;
  /** The whole token, sticky; its first group is the part that was drawn at random, absent where `accepts` tells all. */
  readonly form: RegExp;
  readonly accepts?: (token: string, random: string) => boolean;
}

/** The end of a token: nothing that could be a part of it follows. */
const end = "(?![A-Za-z0-9_-])";
const form = (source: string): RegExp => new RegExp(`${source}${end}`, "y");

const rules: readonly TokenRule[] = [
  ...["ghp_", "gho_", "ghu_", "ghs_", "ghr_"].map((prefix) => ({
    what: "a GitHub token",
    prefix,
    form: form(`${prefix}[A-Za-z0-9]{36}`),
    accepts: hasChecksum,
  })),
  {
    what: "a GitHub token",
    prefix: "github_pat_",
    form: form("github_pat_([A-Za-z0-9]{22}_[A-Za-z0-9]{59})"),
  },
  { what: "an npm token", prefix: "npm_", form: form("npm_[A-Za-z0-9]{36}"), accepts: hasChecksum },
  ...["glpat-", "gldt-", "glptt-", "glcbt-", "glrt-", "glsoat-", "glagent-"].map((prefix) => ({
    what: "a GitLab token",
    prefix,
    form: form(`${prefix}([A-Za-z0-9_-]{20,300}(?:\\.[A-Za-z0-9_-]{2,40}){0,2})`),
  })),
  {
    what: "a PyPI token",
    prefix: "pypi-AgE",
    form: form("pypi-AgE[A-Za-z0-9_-]{60,1000}"),
    accepts: (token) => isPypiMacaroon(decoded(token.slice("pypi-".length))),
  },
  {
    what: "a Slack token",
    prefix: "xox",
    form: form("xox[abeoprs]-(?:[0-9]{8,14}-){1,3}([A-Za-z0-9-]{20,150})"),
  },
  {
    what: "a Slack app token",
    prefix: "xapp-",
    form: form("xapp-\\d-[A-Z0-9]{8,14}-\\d{8,14}-([a-z0-9]{64})"),
  },
  { what: "a Stripe key", prefix: "sk_live_", form: form("sk_live_([A-Za-z0-9]{24,247})") },
  { what: "a Stripe key", prefix: "rk_live_", form: form("rk_live_([A-Za-z0-9]{24,247})") },
  {
    what: "an Anthropic key",
    prefix: "sk-ant-",
    form: form("sk-ant-[a-z]{2,8}\\d{2}-([A-Za-z0-9_-]{80,140})"),
  },
  {
    what: "an OpenAI key",
    prefix: "sk-",
    form: form("sk-((?:[a-z]{4,8}-)?[A-Za-z0-9_-]{20,100}T3BlbkFJ[A-Za-z0-9_-]{20,100})"),
  },
  {
    what: "a Hugging Face token",
    prefix: "hf_",
    form: form("hf_([A-Za-z0-9]{34})"),
    accepts: (_, random) => hasMixedCase(random),
  },
  {
    id: "google-api-key",
    what: "a Google API key",
    prefix: "AIza",
    form: form("AIza([A-Za-z0-9_-]{35})"),
    accepts: (_, random) => hasMixedCase(random),
  },
  { what: "a Google client secret", prefix: "GOCSPX-", form: form("GOCSPX-([A-Za-z0-9_-]{28})") },
  ...["dop_v1_", "doo_v1_", "dor_v1_"].map((prefix) => ({
    what: "a DigitalOcean token",
    prefix,
    form: form(`${prefix}([a-f0-9]{64})`),
  })),
  { what: "a Docker Hub token", prefix: "dckr_pat_", form: form("dckr_pat_([A-Za-z0-9_-]{27})") },
  { what: "a Docker Hub token", prefix: "dckr_oat_", form: form("dckr_oat_([A-Za-z0-9_-]{27,40})") },
  { what: "a SendGrid key", prefix: "SG.", form: form("SG\\.([A-Za-z0-9_-]{22}\\.[A-Za-z0-9_-]{43})") },
  { what: "a Vault token", prefix: "hvs.", form: form("hvs\\.([A-Za-z0-9_-]{90,200})") },
  { what: "a Vault token", prefix: "hvb.", form: form("hvb\\.([A-Za-z0-9_-]{130,300})") },
  { what: "a Terraform token", prefix: ".atlasv1.", form: form("\\.atlasv1\\.([A-Za-z0-9_-]{60,70})") },
  { what: "a Databricks token", prefix: "dapi", form: form("dapi([a-f0-9]{32}(?:-\\d)?)") },
  ...["shpat_", "shpca_", "shppa_", "shpss_"].map((prefix) => ({
    what: "a Shopify token",
    prefix,
    form: form(`${prefix}([a-fA-F0-9]{32})`),
  })),
  { what: "a RubyGems key", prefix: "rubygems_", form: form("rubygems_([a-f0-9]{48})") },
  { what: "a Grafana token", prefix: "glsa_", form: form("glsa_([A-Za-z0-9]{32})_[a-f0-9]{8}") },
  { what: "a New Relic key", prefix: "NRAK-", form: form("NRAK-([A-Z0-9]{27})") },
  { what: "a Pulumi token", prefix: "pul-", form: form("pul-([a-f0-9]{40})") },
  {
    what: "a PlanetScale token",
    prefix: "pscale_",
    form: form("pscale_(?:tkn|pw|oauth)_([A-Za-z0-9_-]{32,64})"),
  },
  {
    what: "a Tailscale key",
    prefix: "tskey-",
    form: form("tskey-[a-z]{3,12}-[A-Za-z0-9]{8,20}-([A-Za-z0-9]{20,50})"),
  },
  { what: "a Twilio key", prefix: "SK", form: form("SK([a-f0-9]{32})") },
  {
    what: "a Mailchimp transactional key",
    prefix: "md-",
    form: form("md-([A-Za-z0-9_]{22})"),
    accepts: (_, random) => hasMixedCase(random) && !looksLikeName(random),
  },
  {
    id: "json-web-token",
    what: "a signed JSON web token that does not expire",
    prefix: "eyJ",
    form: form("eyJ[A-Za-z0-9_-]{12,2000}\\.eyJ[A-Za-z0-9_-]{8,4000}\\.([A-Za-z0-9_-]{27,1000})"),
    accepts: isLastingToken,
  },
];

/** Of the text after a token's beginning that its form can take. */
export const tokenBytesMax = 7100;
const before = 16;
const runLengthMin = 20;
const inRun = new Uint8Array(256);
for (const character of "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-")
  inRun[character.charCodeAt(0)] = 1;

const plain = rules.filter((rule) => !rule.prefix.includes("."));
const dotted = rules.filter((rule) => rule.prefix.endsWith("."));
/** Of access keys, which count only with their secret (anchored.ts). */
const awsPrefixes: readonly string[] = ["AKIA", "ASIA"];
const prefixes: readonly Buffer[] = [...new Set([...plain.map((rule) => rule.prefix), ...awsPrefixes])].map(
  (prefix) => Buffer.from(prefix, "latin1"),
);
/** Which pairs of bytes a token begins with. */
const beginnings = new Uint8Array(65_536);
for (const prefix of prefixes) beginnings[prefix.readUInt16BE(0)] = 1;

/**
 * Calls `found` with the place of every run of 20 token characters or more that can begin a token. A run that goes on from
 * before the bytes isn't told: `previous` is the byte before them, 0 where there is none.
 */
export function tokenPlaces(bytes: Buffer, previous: number, found: (at: number) => void): void {
  let start = inRun[previous] === 1 ? runEnd(bytes, 0) : 0;
  for (start = nextRun(bytes, start); start >= 0; start = nextRun(bytes, start)) {
    for (const at of placesAt(bytes, start)) found(at);
    start = runEnd(bytes, start + runLengthMin) + 1;
  }
}

// Loops of their own, of numbers alone: with what is rare in them they would be compiled again for each thing that is met first.

/** Where the next long run begins, of which nothing before `from` is known; -1 where there is none. */
function nextRun(bytes: Buffer, from: number): number {
  const size = bytes.length;
  let start = from;
  let known = from;
  for (let probe = start + runLengthMin - 1; probe < size; probe = start + runLengthMin - 1) {
    const before = beforeRun(bytes, probe, known);
    if (before < known) return start;
    known = probe + 1;
    start = before + 1;
  }
  return -1;
}

/** The last place up to `from` that is in no run; one before `least` where all are. */
function beforeRun(bytes: Buffer, from: number, least: number): number {
  let at = from;
  while (at >= least && inRun[bytes[at] as number] === 1) at -= 1;
  return at;
}

/** The first place from `from` on that is in no run. */
function runEnd(bytes: Buffer, from: number): number {
  let at = from;
  while (at < bytes.length && inRun[bytes[at] as number] === 1) at += 1;
  return at;
}

/** Where a token may begin in the run at `start`: there, after an escape's letters ("\n", "%3D"), or with a short word and a dot before. */
function placesAt(bytes: Buffer, start: number): readonly number[] {
  const last = start > 0 ? bytes[start - 1] : 0;
  if (last === 0x2e) {
    const text = bytes.toString("latin1", Math.max(0, start - before), start);
    const rule = dotted.find(({ prefix }) => text.endsWith(prefix) && !continues(text, prefix));
    if (rule !== undefined) return [start - rule.prefix.length];
  }
  const at = last === 0x5c ? start + 1 : last === 0x25 ? start + 2 : start;
  const pair = ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
  return beginnings[pair] === 1 && prefixes.some((prefix) => isAt(bytes, at, prefix)) ? [at] : [];
}

/** Whether the word before the dot is a longer one that only ends like the prefix. */
function continues(text: string, prefix: string): boolean {
  const last = text.length - prefix.length - 1;
  return !prefix.startsWith(".") && inRun[text.charCodeAt(last)] === 1 && text[last - 1] !== "\\";
}

/** The token at `at` of the text. */
export function tokenAt(text: string, at: number): Verified | undefined {
  for (const rule of rules) {
    if (!text.startsWith(rule.prefix, at)) continue;
    rule.form.lastIndex = at;
    const match = rule.form.exec(text);
    const random = match?.[1];
    if (match === null || (random !== undefined && !looksRandom(random))) continue;
    if (rule.prefix === "SK" && !/twilio/i.test(text)) continue;
    if (rule.accepts?.(match[0], random ?? "") === false) continue;
    return { id: rule.id ?? "token", what: rule.what, at };
  }
  return undefined;
}

const base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/** Thirty random characters, then their CRC-32 in six digits of base 62 (GitHub, "Behind GitHub's new authentication token formats"). */
function hasChecksum(token: string): boolean {
  return token.slice(-6) === checksumOf(token.slice(-36, -6));
}

export function checksumOf(random: string): string {
  let sum = crc32(random);
  let digits = "";
  for (let index = 0; index < 6; index++) {
    digits = (base62[sum % 62] ?? "") + digits;
    sum = Math.floor(sum / 62);
  }
  return digits;
}

function hasMixedCase(text: string): boolean {
  return /[a-z]/.test(text) && /[A-Z]/.test(text);
}

function decoded(base64url: string): string {
  return Buffer.from(base64url, "base64url").toString("latin1");
}

/** Version 2, then a field of type 1, its length, and the location. */
function isPypiMacaroon(text: string): boolean {
  return text.startsWith("\u0002\u0001") && /^(?:test\.)?pypi\.org/.test(text.slice(3));
}

const monthSeconds = 31 * 86_400;

/** RFC 7519. One that ends within a month of its making is spent by the time that an image is looked at. */
function isLastingToken(token: string): boolean {
  const [header, claims] = token.split(".", 2).map((part) => objectOf(decoded(part)));
  if (header === undefined || claims === undefined) return false;
  if (typeof header["alg"] !== "string" || header["alg"] === "none") return false;
  // One that says nothing of who made it or whom it is for is a sample; so is that of every introduction.
  if (!["iss", "sub", "aud", "jti", "role", "scope"].some((name) => name in claims)) return false;
  if (claims["sub"] === "1234567890" || claims["name"] === "John Doe") return false;
  const { exp, iat } = claims;
  if (typeof exp !== "number") return true;
  return typeof iat === "number" && exp - iat > monthSeconds;
}

function objectOf(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}
