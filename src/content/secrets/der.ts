// Tags and lengths of DER (X.690 8.1, 10.1): as much of it as tells what a key is.

export interface DerValue {
  readonly tag: number;
  /** Of the content. */
  readonly start: number;
  /** Of what follows; may lie beyond the bytes at hand. */
  readonly end: number;
}

/** The value whose tag stands at `at`; undefined where no definite length follows. */
export function derAt(bytes: Buffer, at: number): DerValue | undefined {
  const tag = bytes[at];
  const first = bytes[at + 1];
  if (tag === undefined || first === undefined) return undefined;
  if (first < 0x80) return { tag, start: at + 2, end: at + 2 + first };
  const count = first & 0x7f;
  if (count === 0 || count > 4 || at + 2 + count > bytes.length) return undefined;
  const start = at + 2 + count;
  return { tag, start, end: start + bytes.readUIntBE(at + 2, count) };
}

/** A small whole number; undefined where it takes more than four bytes. */
export function derNumber(bytes: Buffer, value: DerValue): number | undefined {
  const length = value.end - value.start;
  return length >= 1 && length <= 4 && value.end <= bytes.length
    ? bytes.readUIntBE(value.start, length)
    : undefined;
}
