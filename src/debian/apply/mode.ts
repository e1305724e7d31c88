// chmod(1)'s modes, octal and symbolic, applied to a mode.

/**
 * The mode that `text` makes of `before`. Symbolic clauses are `[ugoa]*[-+=][rwxXst]*`, separated by commas; without a
 * class, all of them (a maintainer script's umask is 022). Undefined for what chmod would refuse.
 */
export function applyMode(text: string, before: number, isDirectory: boolean): number | undefined {
  if (/^[0-7]{1,5}$/.test(text)) return Number.parseInt(text, 8) & 0o7777;
  let mode = before;
  for (const clause of text.split(",")) {
    const match = /^([ugoa]*)((?:[-+=][rwxXst]*)+)$/.exec(clause);
    if (match === null) return undefined;
    const [, classes = "", actions = ""] = match;
    const who = classes === "" || classes.includes("a") ? "ugo" : classes;
    for (const [, operator = "", letters = ""] of actions.matchAll(/([-+=])([rwxXst]*)/g)) {
      mode = applyClause(mode, { who, operator, letters, isDirectory, masked: classes === "" });
    }
  }
  return mode;
}

interface Clause {
  readonly who: string;
  readonly operator: string;
  readonly letters: string;
  readonly isDirectory: boolean;
  /** No class was given: the umask's bits stay as they are. */
  readonly masked: boolean;
}

const shifts: Readonly<Record<string, number>> = { u: 6, g: 3, o: 0 };
const umask = 0o022;

function applyClause(mode: number, clause: Clause): number {
  const { who, operator, letters, isDirectory } = clause;
  const isExecutable = isDirectory || (mode & 0o111) !== 0;
  let bits = 0;
  let reach = 0;
  for (const one of who) {
    const shift = shifts[one] ?? 0;
    reach |= 0o7 << shift;
    if (letters.includes("r")) bits |= 4 << shift;
    if (letters.includes("w")) bits |= 2 << shift;
    if (letters.includes("x") || (letters.includes("X") && isExecutable)) bits |= 1 << shift;
    if (letters.includes("s") && one !== "o") bits |= one === "u" ? 0o4000 : 0o2000;
  }
  if (letters.includes("t")) bits |= 0o1000;
  if (clause.masked) bits &= ~umask;
  if (operator === "+") return mode | bits;
  if (operator === "-") return mode & ~bits;
  // `=` clears the class's bits; a folder keeps its setuid and setgid, as GNU chmod does.
  return (mode & ~reach) | bits;
}
