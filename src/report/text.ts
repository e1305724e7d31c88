// Text for a terminal: nothing in it may act on the terminal, and its width is what is seen.
import { spelt, unseen } from "./unseen.ts";

const wide =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1f64f}\u{1f900}-\u{1f9ff}\u{20000}-\u{3fffd}]/u;

/** The text with everything that a terminal would obey made visible ("\x1b"). Line feeds and tabs stay. */
export function printable(text: string): string {
  return text.replace(unseen, (character) =>
    character === "\n" || character === "\t" ? character : spelt(character),
  );
}

/** The same for what is to stand on one line: a name, a value. */
export function printableLine(text: string): string {
  return text.replace(unseen, speltOnLine);
}

function speltOnLine(character: string): string {
  if (character === "\n") return "\\n";
  return character === "\t" ? "\\t" : spelt(character);
}

/** A phrase as a sentence: with a capital and a full stop. */
export function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

/** Terminal columns: two for East Asian wide characters, none for combining marks. */
export function displayWidth(text: string): number {
  let width = 0;
  for (const character of text) width += widthOf(character);
  return width;
}

/** The longest beginning of `text` that fits, with an ellipsis where something was cut. */
export function shorten(text: string, columns: number): string {
  if (displayWidth(text) <= columns) return text;
  return `${beginning(text, columns - 1).join("")}…`;
}

/** The same with the ellipsis in the middle: a path's last names tell most. */
export function shortenMiddle(text: string, columns: number): string {
  if (displayWidth(text) <= columns) return text;
  const characters = Array.from(text);
  const head = beginning(characters, Math.floor((columns - 1) / 3));
  const tail = beginning(characters.toReversed(), columns - 1 - displayWidth(head.join("")));
  return `${head.join("")}…${tail.toReversed().join("")}`;
}

/** Lines of at most `columns`, broken at spaces. A word that is longer stands alone. */
export function wrap(text: string, columns: number): string[] {
  const lines: string[] = [];
  for (const paragraph of text.split("\n")) {
    let line = "";
    for (const word of paragraph.split(" ")) {
      const longer = line === "" ? word : `${line} ${word}`;
      if (line !== "" && displayWidth(longer) > columns) {
        lines.push(line);
        line = word;
      } else line = longer;
    }
    lines.push(line);
  }
  return lines;
}

/** Lines of at most `columns`, whatever the text: a longer word is broken too. */
export function wrapAll(text: string, columns: number): string[] {
  return wrap(text, columns).flatMap((line) => {
    if (displayWidth(line) <= columns) return [line];
    const lines: string[] = [];
    let part = "";
    let width = 0;
    for (const character of line) {
      const more = widthOf(character);
      if (part !== "" && width + more > columns) {
        lines.push(part);
        part = "";
        width = 0;
      }
      part += character;
      width += more;
    }
    return [...lines, part];
  });
}

function beginning(characters: Iterable<string>, columns: number): string[] {
  const kept: string[] = [];
  let width = 0;
  for (const character of characters) {
    width += widthOf(character);
    if (width > columns) break;
    kept.push(character);
  }
  return kept;
}

function widthOf(character: string): number {
  if (/\p{M}/u.test(character)) return 0;
  return wide.test(character) ? 2 : 1;
}
