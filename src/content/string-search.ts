// Finding any of many strings in one pass over bytes, most of which are skipped (Wu and Manber, "A fast algorithm for
// multi-pattern searching", 1994): a table tells how far three bytes are from the end of any string's window.

export interface StringSearch {
  /** Calls `found` with the index of a string and its place, for each occurrence. */
  scan(bytes: Buffer, found: (index: number, at: number) => void): void;
  readonly lengthMax: number;
}

/** Every string needs at least this many bytes. */
export const searchLengthMin = 8;

/** Of the bytes that are hashed together. */
const gram = 3;
const tableSize = 1 << 16;

interface Needle {
  readonly bytes: Buffer;
  /** Where its window begins: the part by which it is found. */
  readonly window: number;
}

/**
 * A search for these strings, given as Latin-1 text. `windowBytes` decides how much is skipped: the length of the shortest
 * string is best.
 */
export function stringSearch(
  strings: readonly string[],
  windowBytes: number = searchLengthMin,
): StringSearch {
  const needles = strings.map((text) => needleOf(text, windowBytes));
  const shifts = new Uint8Array(tableSize).fill(windowBytes - gram + 1);
  // Chains of needles whose windows end alike: index of the first, and for each needle that of the next; -1 ends one.
  const first = new Int32Array(tableSize).fill(-1);
  const next = new Int32Array(needles.length).fill(-1);
  for (const [index, { bytes, window }] of needles.entries()) {
    for (let end = gram; end <= windowBytes; end++) {
      const hash = hashAt(bytes, window + end - 1);
      shifts[hash] = Math.min(shifts[hash] ?? 0, windowBytes - end);
    }
    const last = hashAt(bytes, window + windowBytes - 1);
    next[index] = first[last] ?? -1;
    first[last] = index;
  }
  const farthest = windowBytes - gram + 1;
  // Mostly all of a window is skipped. A processor that guesses so looks at the next window before it has seen this one's end.
  // Apart from the scan: a loop within a loop is compiled again and again.
  const skip = (bytes: Buffer, from: number): number => {
    let end = from;
    while (end < bytes.length && shifts[hashAt(bytes, end)] === farthest) end += farthest;
    return end;
  };
  const scan = (bytes: Buffer, found: (index: number, at: number) => void): void => {
    const size = bytes.length;
    for (let end = skip(bytes, windowBytes - 1); end < size; end = skip(bytes, end)) {
      const hash = hashAt(bytes, end);
      const shift = shifts[hash] as number;
      if (shift > 0) {
        end += shift;
        continue;
      }
      for (let index = first[hash] as number; index >= 0; index = next[index] as number) {
        const needle = needles[index];
        const at = end - windowBytes + 1 - (needle?.window ?? 0);
        if (needle !== undefined && isAt(bytes, at, needle.bytes)) found(index, at);
      }
      end += 1;
    }
  };
  return { scan, lengthMax: Math.max(0, ...needles.map((one) => one.bytes.length)) };
}

/** Bytes at these places are there: what reads them stays within bounds. */
function hashAt(bytes: Buffer, end: number): number {
  return (
    (((bytes[end - 2] as number) << 10) ^ ((bytes[end - 1] as number) << 5) ^ (bytes[end] as number)) &
    (tableSize - 1)
  );
}

/** Whether these bytes are at a place; it may lie outside. */
export function isAt(bytes: Buffer, at: number, needle: Buffer): boolean {
  if (at < 0 || at + needle.length > bytes.length) return false;
  for (let index = 0; index < needle.length; index++) {
    if (bytes[at + index] !== needle[index]) return false;
  }
  return true;
}

/** The window is the part that programs hold least elsewhere: what is common in them are small letters and blanks. */
function needleOf(text: string, windowBytes: number): Needle {
  const bytes = Buffer.from(text, "latin1");
  if (bytes.length < windowBytes || windowBytes < searchLengthMin)
    throw new Error(`internal error: too short to search for: ${JSON.stringify(text)}`);
  let window = 0;
  let best = -1;
  for (let start = 0; start + windowBytes <= bytes.length; start++) {
    const rarity = [...bytes.subarray(start, start + windowBytes)].filter(
      (byte) => byte !== 0x20 && (byte < 0x61 || byte > 0x7a),
    ).length;
    if (rarity > best) {
      best = rarity;
      window = start;
    }
  }
  return { bytes, window };
}
