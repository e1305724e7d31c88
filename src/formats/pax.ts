// pax extended header records (POSIX.1-2017 pax, "pax Extended Header"): "LENGTH KEY=VALUE\n", LENGTH counting all of it.
// Values are bytes: names may be any, extended attributes (SCHILY.xattr.*) hold zeros.
import { bufferOf } from "../base/bytes.ts";
import { encodeName } from "../base/names.ts";

export interface PaxRecord {
  readonly key: string;
  readonly value: Buffer;
}

/** All records of a header's body in order (GNU.sparse 0.0 repeats keys), or what is wrong in a clause. */
export function parsePaxRecords(body: Uint8Array): PaxRecord[] | string {
  const bytes = bufferOf(body);
  const records: PaxRecord[] = [];
  let at = 0;
  while (at < bytes.length) {
    // Some writers pad the body with zeros.
    if (bytes[at] === 0) break;
    const blank = bytes.indexOf(0x20, at);
    const digits = bytes.toString("latin1", at, Math.min(blank < 0 ? at : blank, at + 9));
    const end = at + Number(digits);
    if (!/^\d{1,8}$/.test(digits) || end > bytes.length || end <= blank + 1 || bytes[end - 1] !== 0x0a) {
      return "a pax record's length is wrong";
    }
    const equals = bytes.indexOf(0x3d, blank);
    if (equals < 0 || equals >= end || equals === blank + 1) return "a pax record has no key";
    records.push({
      key: bytes.toString("utf8", blank + 1, equals),
      value: bytes.subarray(equals + 1, end - 1),
    });
    at = end;
  }
  return records;
}

/** The bytes of records, in the order given. */
export function formatPaxRecords(
  records: Iterable<readonly [key: string, value: string | Uint8Array]>,
): Buffer {
  const parts: Buffer[] = [];
  for (const [key, value] of records) {
    const keyBytes = encodeName(key);
    const valueBytes = typeof value === "string" ? encodeName(value) : bufferOf(value);
    const rest = keyBytes.length + valueBytes.length + 3;
    let length = rest + String(rest).length;
    // The length counts its own digits: one more of them may be needed.
    if (rest + String(length).length !== length) length = rest + String(length).length;
    parts.push(Buffer.from(`${length} `), keyBytes, Buffer.from("="), valueBytes, Buffer.from("\n"));
  }
  return Buffer.concat(parts);
}

/** A decimal number with an optional fraction, rounded down to whole seconds; undefined where it is none. */
export function parsePaxTime(text: string): number | undefined {
  const match = /^(-?)(\d{1,16})(?:\.(\d*))?$/.exec(text);
  if (match === null) return undefined;
  const [, sign, seconds, fraction = ""] = match;
  // Not by Number(text): many nines would round up to the next second.
  const value = sign === "-" ? -Number(seconds) - (/[1-9]/.test(fraction) ? 1 : 0) : Number(seconds);
  return Number.isSafeInteger(value) ? value : undefined;
}

/** A non-negative decimal number below 2^53. */
export function parsePaxNumber(text: string): number | undefined {
  if (!/^\d{1,16}$/.test(text)) return undefined;
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : undefined;
}
