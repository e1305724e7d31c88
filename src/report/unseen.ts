// Names of an image are hostile: what can't be seen, or reorders what is seen, is spelt out; on terminals as in the HTML page and
// its script.

/**
 * Controls, format characters (they join, hide or reorder), what has no glyph by default, line and paragraph separators, blanks
 * that are not the blank, lone surrogates, private use.
 */
export const unseen: RegExp =
  /[\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}\p{Zl}\p{Zp}\p{Cs}\p{Co}]|(?! )\p{Zs}/gu;

/** A character as "\x1b" or "\u{202e}". */
export function spelt(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  // A byte that is no UTF-8, as names hold it (base/names.ts).
  if (code >= 0xdc80 && code <= 0xdcff) return `\\x${(code - 0xdc00).toString(16)}`;
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u{${code.toString(16)}}`;
}
