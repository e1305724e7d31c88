// How much bytes look drawn at random: what is compressed or encrypted has nearly eight bits of entropy per byte.
import { lazy } from "../base/lazy.ts";

/** Adds to how often each byte value occurs, of all bytes or of every `stride`th: 256 counts, which are returned. */
export function countBytes(counts: Uint32Array, bytes: Uint8Array, stride: number = 1): Uint32Array {
  // No iterator: every program is sampled.
  for (let at = 0; at < bytes.length; at += stride) {
    const byte = bytes[at] as number;
    counts[byte] = (counts[byte] as number) + 1;
  }
  return counts;
}

/** n log2 n for small n. */
const products = lazy(() => Float64Array.from({ length: 4096 }, (_, n) => (n === 0 ? 0 : n * Math.log2(n))));

/** Shannon's entropy of what was counted, in bits per byte; 0 of nothing. */
export function entropyOf(counts: Uint32Array): number {
  const known = products();
  let total = 0;
  let sum = 0;
  for (const one of counts) {
    total += one;
    sum += known[one] ?? one * Math.log2(one);
  }
  return total === 0 ? 0 : Math.log2(total) - sum / total;
}
