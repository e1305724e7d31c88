// Commands as a person reads them: without secrets, on one line, shortened.
import { type Masker, mask } from "../config-secrets/masking.ts";
import type { MaybeWord } from "./shells.ts";

const shownLengthMax = 100;
/** White space that is taken together may be cut off with it. */
const writtenLengthMax = 4 * shownLengthMax;

/** Of a text that is masked; what is shown of it is far shorter. */
const maskedLengthMax = 8192;

/** Words, quoted where a shell would need it. */
export function shown(words: readonly MaybeWord[], masker: Masker): string {
  const some = words.slice(0, shownLengthMax).map((word) => word?.slice(0, maskedLengthMax));
  const quoted = masker.words(some).map((word) => {
    if (word === undefined) return "(...)";
    const beginning = word.slice(0, writtenLengthMax);
    if (beginning === mask) return beginning;
    return /^[\w@%+=:,./-]+$/.test(beginning) ? beginning : `'${beginning.replaceAll("'", `'\\''`)}'`;
  });
  return oneLine(quoted.join(" "));
}

/** A command, as it is written in a script. */
export function shownText(text: string, masker: Masker): string {
  return oneLine(masker.text(text.slice(0, maskedLengthMax)));
}

/** White space as single blanks; at most so long as a step is shown. */
function oneLine(text: string): string {
  const line = text.slice(0, writtenLengthMax).replace(/\s+/g, " ").trim();
  return line.length > shownLengthMax ? `${line.slice(0, shownLengthMax - 1)}…` : line;
}
