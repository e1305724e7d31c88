// Secrets in a file's bytes: found by structure in one pass that skips most of them, then verified. What is told is what and
// where; the secret itself is never kept.
import { bufferOf } from "../../base/bytes.ts";
import { lazy } from "../../base/lazy.ts";
import { limits } from "../../base/limits.ts";
import type { RandomAccess } from "../../formats/random-access.ts";
import type { Magic } from "../facts.ts";
import type { Hidden, Secret } from "../identity.ts";
import { isAt, stringSearch } from "../string-search.ts";
import { addressAt, addressBytesBefore, addressBytesMax, addressPlaces } from "./addresses.ts";
import { type AnchoredRule, anchorBytesMin, anchoredRules, awsKeyAt, contextBytes } from "./anchored.ts";
import { formReader } from "./forms.ts";
import { isHeaderAt, keyTextBytesMax, pemRule } from "./private-keys.ts";
import type { SecretId, Verified } from "./rule.ts";
import { tokenAt, tokenBytesMax, tokenPlaces } from "./tokens.ts";

const chunkBytes = 1024 * 1024;
/** Chunks overlap by what the places at their border need to be told apart. */
const overlapBytes = 1024;
const scratch = lazy(() => Buffer.allocUnsafe(chunkBytes + overlapBytes));

const search = stringSearch(
  anchoredRules.flatMap((rule) => rule.anchors),
  anchorBytesMin,
);
const ruleOf = anchoredRules.flatMap((rule) => rule.anchors.map(() => rule));
/** Compiled into a program, of secrets only whole keys are looked for. */
const keyAnchor = Buffer.from("PRIVATE KEY-----");
/** Where it is looked for: Node.js finds up to six bytes by the processor's vectors, four times as fast as more of them. */
const keyMark = Buffer.from("KEY---");
const keyMarkAt = keyAnchor.indexOf(keyMark);

/** What was found in a file. */
export interface SecretSearch {
  /** In order of place, of each kind at most limits.secretsPerKindMax. */
  readonly secrets: readonly Secret[];
  /** Present where so much looks like secrets that not all of it was looked at. */
  readonly hidden?: Hidden;
}

/** The secrets of a file, in order of place. Never throws on content. */
export function secretsIn(source: RandomAccess, magic: Magic): readonly Secret[] {
  return searchSecrets(source, magic).secrets;
}

/** The secrets of a file, and whether these are all. Never throws on content. */
export function searchSecrets(source: RandomAccess, magic: Magic): SecretSearch {
  if (magic === "elf") return toldOf(inProgram(source), magic);
  // Whatever else a file begins like, its bytes are searched as they are.
  const kind = magic === "text" || magic === "script" ? magic : "data";
  return toldOf(inText(source, kind), kind);
}

type Verify = (text: string, at: number) => Verified | undefined;

/** One file being looked through. */
interface Look {
  readonly source: RandomAccess;
  /** By place: a place has one. */
  readonly found: Map<number, Verified>;
  /** Bytes that may still be read to verify what looks like a secret. */
  checkBytes: number;
}

function lookAt(source: RandomAccess): Look {
  const checkBytes = limits.secretChecksBytesFree + limits.secretChecksRatioMax * source.sizeBytes;
  return { source, found: new Map(), checkBytes };
}

function inText(source: RandomAccess, magic: "text" | "script" | "data"): Look {
  const look = lookAt(source);
  for (let at = 0; at < source.sizeBytes && !isDone(look); at += chunkBytes) {
    const chunk = chunkAt(source, at);
    // Places first: what verifies them may read other bytes into the same memory.
    const readForm = at === 0 ? formReader(chunk, magic) : undefined;
    const anchors: [rule: AnchoredRule, place: number][] = [];
    search.scan(chunk, (index, place) => {
      const rule = ruleOf[index];
      if (rule?.mayBeAt?.(chunk, place) === false) return;
      if (rule !== undefined) anchors.push([rule, at + place]);
    });
    const tokens: number[] = [];
    tokenPlaces(chunk, at === 0 ? 0 : (source.read(at - 1, 1)[0] ?? 0), (place) => tokens.push(at + place));
    const addresses: number[] = [];
    addressPlaces(chunk, (place) => addresses.push(at + place));
    if (readForm !== undefined) for (const one of readForm(formBytes(source))) look.found.set(one.at, one);
    for (const [rule, place] of anchors)
      check(look, place, rule.verify, rule.forwardBytes ?? contextBytes * 3);
    for (const place of tokens) check(look, place, keyOrToken, tokenBytesMax);
    for (const place of addresses) check(look, place, addressAt, addressBytesMax, addressBytesBefore);
  }
  return look;
}

const keyOrToken: Verify = (text, at) => tokenAt(text, at) ?? awsKeyAt(text, at);

function formBytes(source: RandomAccess): Buffer {
  const read = source.read(0, Math.min(source.sizeBytes, limits.secretFormBytesMax));
  return bufferOf(read);
}

function inProgram(source: RandomAccess): Look {
  const look = lookAt(source);
  for (let at = 0; at < source.sizeBytes && !isDone(look); at += chunkBytes) {
    const chunk = chunkAt(source, at);
    const places: number[] = [];
    for (let mark = chunk.indexOf(keyMark); mark >= 0; mark = chunk.indexOf(keyMark, mark + 1)) {
      const place = mark - keyMarkAt;
      if (isAt(chunk, place, keyAnchor) && isHeaderAt(chunk, place)) places.push(at + place);
    }
    for (const place of places) check(look, place, pemRule, keyTextBytesMax + contextBytes);
  }
  return look;
}

function chunkAt(source: RandomAccess, at: number): Buffer {
  const read = source.read(at, chunkBytes + overlapBytes, scratch());
  return bufferOf(read);
}

/** Looks at a place with what stands around it. */
function check(
  look: Look,
  place: number,
  verify: Verify,
  forwardBytes: number,
  backBytes: number = contextBytes,
): void {
  if (isDone(look)) return;
  const start = Math.max(0, place - backBytes);
  const read = look.source.read(start, place - start + forwardBytes);
  look.checkBytes -= read.length;
  const text = bufferOf(read).toString("latin1");
  const one = verify(text, place - start);
  if (one !== undefined) look.found.set(start + one.at, { ...one, at: start + one.at });
}

function isDone({ checkBytes }: Look): boolean {
  return checkBytes <= 0;
}

function toldOf(look: Look, magic: Magic): SecretSearch {
  const secrets = located(look, magic);
  if (!isDone(look)) return { secrets };
  const why = "so much in it looks like secrets that not all of it was checked";
  return { secrets, hidden: { kind: "limit", why, evidence: [{ what: why }] } };
}

/** So many of each kind, by place: any number of cheap ones leaves room for the others. The last of a kind says how many more there are. */
function located({ found, source }: Look, magic: Magic): readonly Secret[] {
  const kinds = new Map<SecretId, Verified[]>();
  for (const one of [...found.values()].sort((a, b) => a.at - b.at)) {
    const kind = kinds.get(one.id);
    if (kind === undefined) kinds.set(one.id, [one]);
    else kind.push(one);
  }
  const kept = [...kinds.values()].flatMap(firstOf).sort((a, b) => a.at - b.at);
  if (magic !== "text" && magic !== "script") return kept;
  const lines = lineCounter(source);
  return kept.map((one) => ({ ...one, line: lines(one.at) }));
}

function firstOf(kind: readonly Verified[]): readonly Verified[] {
  const more = kind.length - limits.secretsPerKindMax;
  const kept = kind.slice(0, limits.secretsPerKindMax);
  return more <= 0
    ? kept
    : kept.map((one, index) =>
        index < kept.length - 1 ? one : { ...one, what: `${one.what} (and ${more} more of the kind)` },
      );
}

/** Tells the line of a place, from 1; places are asked for in ascending order. */
function lineCounter(source: RandomAccess): (place: number) => number {
  let line = 1;
  let at = 0;
  return (place) => {
    while (at < place) {
      const read = source.read(at, Math.min(chunkBytes, place - at), scratch());
      for (const byte of read) if (byte === 0x0a) line += 1;
      if (read.length === 0) break;
      at += read.length;
    }
    return line;
  };
}
