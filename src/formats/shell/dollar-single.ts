// $'...' (XCU 2.2.4 "Dollar-Single-Quotes"): C-like escapes, decoded while reading.
import { atEnd, type Cursor, fail, peek } from "./cursor.ts";

const simple: Readonly<Record<string, string>> = {
  a: "\x07",
  b: "\b",
  e: "\x1b",
  E: "\x1b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
  "\\": "\\",
  "'": "'",
  '"': '"',
  "?": "?",
};

const numeric: readonly { readonly pattern: RegExp; readonly base: number }[] = [
  { pattern: /^x([0-9A-Fa-f]{1,2})/, base: 16 },
  { pattern: /^u([0-9A-Fa-f]{1,4})/, base: 16 },
  { pattern: /^U([0-9A-Fa-f]{1,8})/, base: 16 },
  { pattern: /^([0-7]{1,3})/, base: 8 },
];

/** The text up to the closing quote, which is stepped over. The cursor stands after `$'`, which began at `start`. */
export function decodeDollarSingle(cursor: Cursor, start: number): string {
  let text = "";
  for (;;) {
    if (atEnd(cursor)) fail(cursor, "a $' quote is not closed", start);
    const next = peek(cursor);
    cursor.at++;
    if (next === "'") return text;
    text += next === "\\" ? decodeEscape(cursor) : next;
  }
}

function decodeEscape(cursor: Cursor): string {
  const next = peek(cursor);
  const known = simple[next];
  if (known !== undefined) {
    cursor.at++;
    return known;
  }
  if (next === "c" && peek(cursor, 1) !== "") {
    const control = peek(cursor, 1).toUpperCase().charCodeAt(0) ^ 0x40;
    cursor.at += 2;
    return String.fromCharCode(control & 0x7f);
  }
  const rest = cursor.text.slice(cursor.at, cursor.at + 9);
  for (const { pattern, base } of numeric) {
    const match = pattern.exec(rest);
    if (match === null) continue;
    cursor.at += match[0].length;
    const code = Number.parseInt(match[1] ?? "0", base);
    return code <= 0x10ffff ? String.fromCodePoint(code) : "\ufffd";
  }
  return "\\";
}
