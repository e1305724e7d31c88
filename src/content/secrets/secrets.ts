// Secrets in a file's bytes: found by structure in one pass that skips most of them, then verified. What is told is what and
// where; the secret itself is never kept.
import { lazy } from "../../base/lazy.ts";
import { limits } from "../../base/limits.ts";
import type { RandomAccess } from "../../formats/random-access.ts";
import type { Magic } from "../facts.ts";
import type { Secret } from "../identity.ts";
import { stringSearch } from "../string-search.ts";
import { addressAt, addressPlaces } from "./addresses.ts";
import { anchorBytesMin, anchoredBytesMax, anchoredRules, awsKeyAt, contextBytes } from "./anchored.ts";
import { binarySecrets, formBytesMax, formSecrets } from "./forms.ts";
import type { Verified } from "./rule.ts";
import { tokenAt, tokenBytesMax, tokenPlaces } from "./tokens.ts";

const chunkBytes = 1024 * 1024;
/** Chunks overlap by what the places at their border need to be told apart. */
const overlapBytes = 1024;
const scratch = lazy(() => Buffer.allocUnsafe(chunkBytes + overlapBytes));

const search = stringSearch(
  anchoredRules.flatMap((rule) => rule.anchors),
  anchorBytesMin,
);
const verifiers = anchoredRules.flatMap((rule) => rule.anchors.map(() => rule.verify));
/** Compiled into a program, of secrets only whole keys are looked for. */
const keyAnchor = Buffer.from("PRIVATE KEY-----");
const verifyKey = anchoredRules[0]?.verify;

/** The secrets of a file, in order of place, at most limits.secretsPerFileMax. Never throws on content. */
export function secretsIn(source: RandomAccess, magic: Magic): readonly Secret[] {
  switch (magic) {
    case "text":
    case "script":
    case "data":
      return located(inText(source, magic), magic);
    case "elf":
    case "wasm":
      return located(inProgram(source), magic);
    default:
      return [];
  }
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

function inText(source: RandomAccess, magic: Magic): Look {
  const look = lookAt(source);
  for (let at = 0; at < source.sizeBytes && !isDone(look); at += chunkBytes) {
    const chunk = chunkAt(source, at);
    if (chunk.length === source.sizeBytes && chunk.length <= formBytesMax) {
      const known = magic === "data" ? binarySecrets(chunk) : formSecrets(chunk);
      for (const one of known.slice(0, limits.secretsPerFileMax)) look.found.set(one.at, one);
    }
    // Places first: what verifies them may read other bytes into the same memory.
    const anchors: [verify: Verify, place: number][] = [];
    search.scan(chunk, (index, place) => {
      const verify = verifiers[index];
      if (verify !== undefined) anchors.push([verify, at + place]);
    });
    const tokens: number[] = [];
    tokenPlaces(chunk, at === 0 ? 0 : (source.read(at - 1, 1)[0] ?? 0), (place) => tokens.push(at + place));
    const addresses: number[] = [];
    addressPlaces(chunk, (place) => addresses.push(at + place));
    for (const [verify, place] of anchors) check(look, place, verify, anchoredBytesMax);
    for (const place of tokens) check(look, place, keyOrToken, tokenBytesMax);
    for (const place of addresses) check(look, place, addressAt, contextBytes);
  }
  return look;
}

const keyOrToken: Verify = (text, at) => tokenAt(text, at) ?? awsKeyAt(text, at);

function inProgram(source: RandomAccess): Look {
  const look = lookAt(source);
  if (verifyKey === undefined) return look;
  for (let at = 0; at < source.sizeBytes && !isDone(look); at += chunkBytes) {
    const chunk = chunkAt(source, at);
    const places: number[] = [];
    for (let place = chunk.indexOf(keyAnchor); place >= 0; place = chunk.indexOf(keyAnchor, place + 1))
      places.push(at + place);
    for (const place of places) check(look, place, verifyKey, anchoredBytesMax);
  }
  return look;
}

function chunkAt(source: RandomAccess, at: number): Buffer {
  const read = source.read(at, chunkBytes + overlapBytes, scratch());
  return Buffer.from(read.buffer, read.byteOffset, read.length);
}

/** Looks at a place with what stands around it. */
function check(look: Look, place: number, verify: Verify, forwardBytes: number): void {
  if (isDone(look)) return;
  const start = Math.max(0, place - contextBytes);
  const read = look.source.read(start, place - start + forwardBytes);
  look.checkBytes -= read.length;
  const text = Buffer.from(read.buffer, read.byteOffset, read.length).toString("latin1");
  const one = verify(text, place - start);
  if (one !== undefined) look.found.set(start + one.at, { ...one, at: start + one.at });
}

function isDone({ checkBytes, found }: Look): boolean {
  return found.size >= limits.secretsPerFileMax || checkBytes <= 0;
}

function located({ found, source }: Look, magic: Magic): readonly Secret[] {
  if (found.size === 0) return [];
  const sorted = [...found.values()].sort((a, b) => a.at - b.at);
  if (magic !== "text" && magic !== "script") return sorted;
  const lines = lineCounter(source);
  return sorted.map((one) => ({ ...one, line: lines(one.at) }));
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
