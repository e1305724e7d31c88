// Commands as a person reads them: on one line, shortened.
import type { MaybeWord } from "./shells.ts";

const shownLengthMax = 100;
/** White space that is taken together may be cut off with it. */
const writtenLengthMax = 4 * shownLengthMax;

/** Words, quoted where a shell would need it. */
export function shown(words: readonly MaybeWord[]): string {
  const quoted = words.slice(0, shownLengthMax).map((word) => {
    if (word === undefined) return "(...)";
    const beginning = word.slice(0, writtenLengthMax);
    return /^[\w@%+=:,./-]+$/.test(beginning) ? beginning : `'${beginning.replaceAll("'", `'\\''`)}'`;
  });
  return oneLine(quoted.join(" "));
}

/** White space as single blanks; at most so long as a step is shown. */
export function oneLine(text: string): string {
  const line = text.slice(0, writtenLengthMax).replace(/\s+/g, " ").trim();
  return line.length > shownLengthMax ? `${line.slice(0, shownLengthMax - 1)}…` : line;
}
