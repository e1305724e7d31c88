// How much bytes look drawn at random: what is compressed or encrypted has nearly eight bits of entropy per byte.

/** Adds to how often each byte value occurs: 256 counts. */
export function countBytes(counts: Uint32Array, bytes: Uint8Array): void {
  // No iterator: every program is sampled.
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at] as number;
    counts[byte] = (counts[byte] as number) + 1;
  }
}

/** Shannon's entropy of what was counted, in bits per byte; 0 of nothing. */
export function entropyOf(counts: Uint32Array): number {
  const total = counts.reduce((sum, one) => sum + one, 0);
  let bits = 0;
  for (const one of counts) if (one > 0) bits -= (one / total) * Math.log2(one / total);
  return bits;
}
