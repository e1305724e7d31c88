// Words in the making, while a text is expanded: where blanks split, and what of the text a word comes from.

/** A word that is left after expanding and splitting. */
export interface ExpandedWord {
  readonly text: string;
  /** What it was made of: `[start, end)` of the text that was expanded. */
  readonly start: number;
  readonly end: number;
}

/** Words in the making. */
export interface Splitter {
  readonly words: ExpandedWord[];
  parts: string[];
  start: number;
}

/** Adds to a word, or to several where blanks split. `start` and `end` are where the piece comes from. */
export function addTo(splitter: Splitter, piece: string, splits: boolean, start: number, end: number): void {
  if (!splits) {
    if (splitter.parts.length === 0) splitter.start = start;
    splitter.parts.push(piece);
    return;
  }
  // A piece of plain text has its own offsets; what a variable brings has those of the variable.
  const plain = piece.length === end - start;
  for (const match of piece.matchAll(/\p{White_Space}+|\P{White_Space}+/gu)) {
    const from = plain ? start + match.index : start;
    if (/^\p{White_Space}/u.test(match[0])) {
      endWord(splitter, plain ? from : start);
      continue;
    }
    if (splitter.parts.length === 0) splitter.start = from;
    splitter.parts.push(match[0]);
  }
}

export function endWord(splitter: Splitter, end: number): void {
  const text = splitter.parts.join("");
  if (text !== "") splitter.words.push({ text, start: splitter.start, end });
  splitter.parts = [];
}
