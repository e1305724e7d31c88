// Small real files kept under testing/corpus, and damage done to them: the same damage in every run.
import { readdirSync, readFileSync } from "node:fs";

export interface CorpusFile {
  readonly name: string;
  readonly bytes: Buffer;
}

/** The files of a folder below testing/corpus ("formats/tar"), by name. */
export function corpus(folder: string): CorpusFile[] {
  const url = new URL(`corpus/${folder}/`, import.meta.url);
  const names = readdirSync(url).sort();
  return names.map((name) => ({ name, bytes: readFileSync(new URL(name, url)) }));
}

/** One file of the corpus ("formats/xz/seq-crc64.xz"). */
export function corpusFile(path: string): Buffer {
  return readFileSync(new URL(`corpus/${path}`, import.meta.url));
}

/** Pseudo-random whole numbers from 0 to `below - 1`, a fixed sequence for a seed. */
export function sequence(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

const tellingBytes = [0x00, 0x01, 0x20, 0x2f, 0x37, 0x7f, 0x80, 0xff];

/** A copy with one to six bytes changed, mostly near its beginning; a quarter of the copies cut short as well. */
export function damaged(bytes: Uint8Array, random: (below: number) => number): Buffer {
  const copy = Buffer.from(bytes);
  const changes = 1 + random(6);
  for (let change = 0; change < changes; change++) {
    const at = random(random(3) === 0 ? Math.min(64, copy.length) : copy.length);
    copy[at] = random(2) === 0 ? random(256) : (tellingBytes[random(tellingBytes.length)] ?? 0);
  }
  return random(4) === 0 ? copy.subarray(0, random(copy.length)) : copy;
}

/** The bytes in pieces of 1 to `most` bytes. */
export function* inPieces(
  bytes: Uint8Array,
  most: number,
  random: (below: number) => number,
): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; ) {
    const end = at + 1 + random(most);
    yield bytes.subarray(at, end);
    at = end;
  }
}
