// File names are bytes; in this program they are strings. Bytes that are not valid UTF-8 are carried as lone surrogates
// U+DC80..U+DCFF (the scheme of PEP 383), so that every name survives a round trip.

const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The string for a name's bytes. Invalid UTF-8 bytes become U+DC80..U+DCFF, one for one. */
export function decodeName(bytes: Uint8Array): string {
  try {
    return strict.decode(bytes);
  } catch {
    return decodeEscaping(bytes);
  }
}

/** The bytes of a name made by `decodeName`, exactly. */
export function encodeName(name: string): Buffer {
  if (!/[\udc80-\udcff]/.test(name)) return Buffer.from(name, "utf8");
  const parts: Buffer[] = [];
  for (const unit of name) {
    const code = unit.charCodeAt(0);
    const escaped = unit.length === 1 && code >= 0xdc80 && code <= 0xdcff;
    parts.push(escaped ? Buffer.from([code - 0xdc00]) : Buffer.from(unit, "utf8"));
  }
  return Buffer.concat(parts);
}

function decodeEscaping(bytes: Uint8Array): string {
  let text = "";
  let at = 0;
  while (at < bytes.length) {
    const length = sequenceLength(bytes[at] ?? 0);
    const character = length > 0 ? decodeOne(bytes.subarray(at, at + length), length) : undefined;
    if (character === undefined) {
      text += String.fromCharCode(0xdc00 + (bytes[at] ?? 0));
      at += 1;
    } else {
      text += character;
      at += length;
    }
  }
  return text;
}

function sequenceLength(lead: number): number {
  if (lead < 0x80) return 1;
  if (lead >= 0xc2 && lead < 0xe0) return 2;
  if (lead >= 0xe0 && lead < 0xf0) return 3;
  return lead >= 0xf0 && lead < 0xf5 ? 4 : 0;
}

function decodeOne(bytes: Uint8Array, length: number): string | undefined {
  if (bytes.length < length) return undefined;
  try {
    return strict.decode(bytes);
  } catch {
    return undefined;
  }
}
