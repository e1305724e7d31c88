// Values as Go's fmt writes them. The config of an image that BuildKit makes holds such texts in its history, and the peers'
// dumps of a parsed file do as well (Go: strconv.Quote, fmt's %v and %q).

const named: Readonly<Record<string, string>> = {
  "\u0007": "\\a",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\v": "\\v",
  "\\": "\\\\",
  '"': '\\"',
};

/** Go's `%q` of a string. */
export function goQuote(text: string): string {
  return `"${text.replaceAll(/[^\p{L}\p{M}\p{N}\p{P}\p{S} ]|["\\]/gu, escapeOf)}"`;
}

/** Go's `%q` of a list of strings. */
export function goQuoteList(texts: readonly string[]): string {
  return `[${texts.map(goQuote).join(" ")}]`;
}

/** Go's `%v` of a list of strings. */
export function goList(texts: readonly string[]): string {
  return `[${texts.join(" ")}]`;
}

function escapeOf(character: string): string {
  const known = named[character];
  if (known !== undefined) return known;
  const code = character.codePointAt(0) ?? 0;
  const digits = code.toString(16);
  if (code < 0x20 || code === 0x7f) return `\\x${digits.padStart(2, "0")}`;
  return code < 0x10000 ? `\\u${digits.padStart(4, "0")}` : `\\U${digits.padStart(8, "0")}`;
}
