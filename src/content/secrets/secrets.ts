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
      return located(source, magic, inText(source, magic));
    case "elf":
    case "wasm":
      return located(source, magic, inProgram(source));
    default:
      return [];
  }
}

type Verify = (text: string, at: number) => Verified | undefined;

/** Secrets by place: a place has one. */
type Found = Map<number, Verified>;

function inText(source: RandomAccess, magic: Magic): Found {
  const found: Found = new Map();
  for (let at = 0; at < source.sizeBytes && !isFull(found); at += chunkBytes) {
    const read = source.read(at, chunkBytes + overlapBytes, scratch());
    const chunk = Buffer.from(read.buffer, read.byteOffset, read.length);
    const verify = (place: number, verifyAt: Verify, forward: number): void => {
      if (isFull(found) || found.has(at + place)) return;
      addVerified(source, at + place, verifyAt, forward, found);
    };
    if (at === 0 && read.length === source.sizeBytes && read.length <= formBytesMax) {
      const known = magic === "data" ? binarySecrets(chunk) : formSecrets(chunk);
      for (const one of known) if (!isFull(found)) found.set(one.at, one);
    }
    const anchors: [number, number][] = [];
    search.scan(chunk, (index, place) => {
      anchors.push([index, place]);
    });
    const tokens: number[] = [];
    tokenPlaces(chunk, at === 0 ? 0 : (source.read(at - 1, 1)[0] ?? 0), (place) => tokens.push(place));
    const addresses: number[] = [];
    addressPlaces(chunk, (place) => addresses.push(place));
    for (const [index, place] of anchors) verify(place, verifiers[index] ?? tokenAt, anchoredBytesMax);
    for (const place of tokens) verify(place, keyOrToken, tokenBytesMax);
    for (const place of addresses) verify(place, addressAt, contextBytes);
  }
  return found;
}

const keyOrToken: Verify = (text, at) => tokenAt(text, at) ?? awsKeyAt(text, at);

function inProgram(source: RandomAccess): Found {
  const found: Found = new Map();
  if (verifyKey === undefined) return found;
  for (let at = 0; at < source.sizeBytes && !isFull(found); at += chunkBytes) {
    const read = source.read(at, chunkBytes + overlapBytes, scratch());
    const places: number[] = [];
    const chunk = Buffer.from(read.buffer, read.byteOffset, read.length);
    for (let place = chunk.indexOf(keyAnchor); place >= 0; place = chunk.indexOf(keyAnchor, place + 1))
      places.push(at + place);
    for (const place of places) addVerified(source, place, verifyKey, anchoredBytesMax, found);
  }
  return found;
}

/** Looks at a place with what stands around it. */
function addVerified(
  source: RandomAccess,
  place: number,
  verify: Verify,
  forward: number,
  found: Found,
): void {
  const start = Math.max(0, place - contextBytes);
  const read = source.read(start, place - start + forward);
  const text = Buffer.from(read.buffer, read.byteOffset, read.length).toString("latin1");
  const one = verify(text, place - start);
  if (one !== undefined) found.set(start + one.at, { ...one, at: start + one.at });
}

function isFull(found: Found): boolean {
  return found.size >= limits.secretsPerFileMax;
}

function located(source: RandomAccess, magic: Magic, found: Found): readonly Secret[] {
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
