// Finding any of many strings in one pass over bytes, most of which are skipped (Wu and Manber, "A fast algorithm for
// multi-pattern searching", 1994): a table tells how far a pair of bytes is from the end of any string's beginning.

export interface StringSearch {
  /** Calls `found` with the index of a string and its place, for each occurrence in order of place. */
  scan(bytes: Buffer, found: (index: number, at: number) => void): void;
  readonly lengthMax: number;
}

/** Every string needs at least this many bytes: it decides how much is skipped. */
export const searchLengthMin = 8;

/** A search for these strings, given as Latin-1 text. */
export function stringSearch(strings: readonly string[]): StringSearch {
  const needles = strings.map((text) => Buffer.from(text, "latin1"));
  const window = searchLengthMin;
  const shifts = new Uint8Array(65_536).fill(window - 1);
  const endings = new Map<number, number[]>();
  for (const [index, needle] of needles.entries()) {
    if (needle.length < window)
      throw new Error(`internal error: too short to search for: ${strings[index] ?? ""}`);
    for (let end = 1; end < window; end++) {
      const pair = pairAt(needle, end);
      shifts[pair] = Math.min(shifts[pair] ?? 0, window - 1 - end);
    }
    const last = pairAt(needle, window - 1);
    endings.set(last, [...(endings.get(last) ?? []), index]);
  }
  const scan = (bytes: Buffer, found: (index: number, at: number) => void): void => {
    for (let end = window - 1; end < bytes.length; ) {
      const pair = pairAt(bytes, end);
      const shift = shifts[pair] ?? 0;
      if (shift > 0) {
        end += shift;
        continue;
      }
      const at = end - window + 1;
      for (const index of endings.get(pair) ?? []) {
        const needle = needles[index];
        if (needle?.equals(bytes.subarray(at, at + needle.length)) === true) found(index, at);
      }
      end += 1;
    }
  };
  return { scan, lengthMax: Math.max(0, ...needles.map((one) => one.length)) };
}

function pairAt(bytes: Buffer, end: number): number {
  return ((bytes[end - 1] ?? 0) << 8) | (bytes[end] ?? 0);
}
