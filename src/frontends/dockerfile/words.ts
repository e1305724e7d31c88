// How the arguments of an instruction fall into words, before anything is expanded. Quotes and escape characters hold a word
// together and stay in it (docs.docker.com/reference/dockerfile; the rules are those of moby/buildkit's parser).
import type { Slice } from "./lines.ts";

/** Words between blanks; quotes mean nothing: FROM, EXPOSE, COPY. */
export function blankWords({ text, offset }: Slice): readonly Slice[] {
  return Array.from(text.matchAll(/[^\t\v\f\r ]+/g), (match) => ({
    text: match[0],
    offset: offset + match.index,
  }));
}

/** The first word and all that follows the blanks after it. */
export function cutWord({ text, offset }: Slice): readonly [Slice, Slice | undefined] {
  const blanks = /[\t\v\f\r ]+/.exec(text);
  if (blanks === null) return [{ text, offset }, undefined];
  const rest = blanks.index + blanks[0].length;
  return [
    { text: text.slice(0, blanks.index), offset },
    { text: text.slice(rest), offset: offset + rest },
  ];
}

export function trimmed({ text, offset }: Slice): Slice {
  const start = text.length - text.trimStart().length;
  return { text: text.trim(), offset: offset + start };
}

/** Words between blanks that are neither quoted nor escaped: ENV, LABEL, ARG. An escape character at the very end is dropped. */
export function quotedWords({ text, offset }: Slice, escapeCharacter: string): readonly Slice[] {
  const words: Slice[] = [];
  let start = -1;
  let quote = "";
  let index = 0;
  for (; index < text.length; index++) {
    const character = text[index] ?? "";
    if (start < 0) {
      if (character.trim() === "") continue;
      start = index;
    } else if (quote === "" && character.trim() === "") {
      words.push({ text: text.slice(start, index), offset: offset + start });
      start = -1;
      continue;
    }
    if (character === escapeCharacter && quote !== "'") {
      if (index + 1 === text.length) break;
      index++;
    } else if (quote === "" && (character === "'" || character === '"')) quote = character;
    else if (character === quote) quote = "";
  }
  const last = start < 0 ? "" : text.slice(start, index);
  if (last !== "") words.push({ text: last, offset: offset + start });
  return words;
}

/** A flag's word: `text` is what it means, quotes and escape characters taken away. */
export interface FlagWord {
  readonly text: string;
  readonly offset: number;
  readonly end: number;
}

/** The flags before the arguments, and the arguments. "--" ends the flags. */
export function cutFlags(
  { text, offset }: Slice,
  escapeCharacter: string,
): readonly [readonly FlagWord[], Slice] {
  const flags: FlagWord[] = [];
  let index = 0;
  for (;;) {
    while (index < text.length && (text[index] ?? "").trim() === "") index++;
    if (!text.startsWith("--", index)) break;
    const { meaning, end } = readFlag(text, index, escapeCharacter);
    if (meaning === "--") {
      index = end;
      break;
    }
    flags.push({ text: meaning, offset: offset + index, end: offset + end });
    index = end;
  }
  return [flags, trimmed({ text: text.slice(index), offset: offset + index })];
}

function readFlag(text: string, start: number, escapeCharacter: string): { meaning: string; end: number } {
  let meaning = "";
  let quote = "";
  let index = start;
  for (; index < text.length; index++) {
    const character = text[index] ?? "";
    if (quote === "" && character.trim() === "") break;
    if (character === quote) quote = "";
    else if (quote === "" && (character === "'" || character === '"')) quote = character;
    else if (character === escapeCharacter) meaning += text[++index] ?? "";
    else meaning += character;
  }
  return { meaning, end: Math.min(index, text.length) };
}
