// printf(1) and the escapes of echo (XBD 5 "File Format Notation").
import { known, unknown, type Value } from "../value.ts";

const escapes: Readonly<Record<string, string>> = {
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
  "\\": "\\",
};

/** Backslash escapes, octal numbers among them. `\c` ends the text. */
export function decodeEscapes(text: string): string {
  const end = text.indexOf("\\c");
  return (end < 0 ? text : text.slice(0, end)).replace(
    /\\(?:0?([0-7]{1,3})|(.))/gs,
    (whole, octal: string | undefined, letter: string | undefined) =>
      octal === undefined ? (escapes[letter ?? ""] ?? whole) : String.fromCharCode(Number.parseInt(octal, 8)),
  );
}

/** The text of a format with its arguments; the format is used again while arguments are left. */
export function formatPrintf(format: string, words: readonly string[]): Value {
  let rest = [...words];
  let text = "";
  do {
    const before = rest.length;
    const piece = once(format, rest);
    if (piece === undefined) return unknown("the format is not modelled");
    text += piece.text;
    rest = piece.rest;
    if (rest.length === before) break;
  } while (rest.length > 0);
  return known(text);
}

function once(format: string, words: readonly string[]): { text: string; rest: string[] } | undefined {
  if (/%[-0-9]*[^-0-9sdib%]/.test(format)) return undefined;
  const rest = [...words];
  const text = decodeEscapes(format).replace(
    /%(-?)(0?)(\d*)([a-zA-Z%])/g,
    (_, left, zero, width, letter: string) => {
      if (letter === "%") return "%";
      const word = rest.shift() ?? "";
      if (letter === "b") return decodeEscapes(word);
      const shown = letter === "s" ? word : String(Number(word));
      const fill = zero === "0" ? "0" : " ";
      return left === "-" ? shown.padEnd(Number(width)) : shown.padStart(Number(width), fill);
    },
  );
  return { text, rest };
}
