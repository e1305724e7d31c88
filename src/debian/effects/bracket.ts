// Bracket expressions, as shell patterns (XCU 2.13.1) and regular expressions (XBD 9.3.5) share them, in the C locale's
// order. They are answered by comparing, so that no text of a package becomes an expression of JavaScript.

export interface Bracket {
  readonly matches: (character: string) => boolean;
  /** Where its closing bracket stands. */
  readonly end: number;
}

export interface BracketSyntax {
  /** Shell patterns: a backslash quotes and `!` inverts; in regular expressions both stand for themselves. */
  readonly shell: boolean;
  readonly ignoreCase: boolean;
}

const classes: Readonly<Record<string, RegExp>> = {
  alnum: /^[A-Za-z0-9]$/,
  alpha: /^[A-Za-z]$/,
  blank: /^[ \t]$/,
  cntrl: /^\p{Cc}$/u,
  digit: /^[0-9]$/,
  graph: /^[!-~]$/,
  lower: /^[a-z]$/,
  print: /^[ -~]$/,
  punct: /^[!-/:-@[-`{-~]$/,
  space: /^[ \t\n\v\f\r]$/,
  upper: /^[A-Z]$/,
  xdigit: /^[0-9A-Fa-f]$/,
};

type Item = RegExp | { readonly from: string; readonly to: string };

/** The expression that begins at `at`; undefined where nothing closes it, and where it is wrong or isn't modelled. */
export function bracketAt(
  characters: readonly string[],
  at: number,
  syntax: BracketSyntax,
): Bracket | undefined {
  let index = at + 1;
  const inverted = characters[index] === "^" || (syntax.shell && characters[index] === "!");
  if (inverted) index++;
  const items: Item[] = [];
  let wrong = false;
  for (const first = index; ; ) {
    const next = characters[index];
    if (next === undefined) return undefined;
    if (next === "]" && index > first) break;
    const read = readItem(characters, index, syntax.shell);
    if (read.item === undefined) wrong = true;
    else items.push(read.item);
    index = read.end;
  }
  if (wrong) return undefined;
  const matches = (character: string): boolean =>
    spellings(character, syntax.ignoreCase).some((one) => items.some((item) => holds(item, one))) !==
    inverted;
  return { matches, end: index };
}

/** A class, a range or a character; `item` is undefined for collating symbols and for ranges that end before they begin. */
function readItem(
  characters: readonly string[],
  at: number,
  shell: boolean,
): { readonly item: Item | undefined; readonly end: number } {
  const opening = characters[at] === "[" ? characters[at + 1] : undefined;
  if (opening === ":" || opening === "." || opening === "=") {
    const text = characters.slice(at, at + 16).join("");
    const named = /^\[([:.=])([a-z]*)\1\]/.exec(text);
    if (named !== null) {
      const item =
        opening === ":" && Object.hasOwn(classes, named[2] ?? "") ? classes[named[2] ?? ""] : undefined;
      return { item, end: at + named[0].length };
    }
    if (opening !== ":") return { item: undefined, end: at + 1 };
  }
  const from = readCharacter(characters, at, shell);
  const follows = characters[from.end + 1];
  if (characters[from.end] !== "-" || follows === "]" || follows === undefined) {
    return { item: { from: from.text, to: from.text }, end: from.end };
  }
  const to = readCharacter(characters, from.end + 1, shell);
  const ordered = codeOf(from.text) <= codeOf(to.text) && follows !== "[";
  return { item: ordered ? { from: from.text, to: to.text } : undefined, end: to.end };
}

function readCharacter(
  characters: readonly string[],
  at: number,
  shell: boolean,
): { text: string; end: number } {
  const quoted = shell && characters[at] === "\\" ? characters[at + 1] : undefined;
  return quoted === undefined ? { text: characters[at] ?? "", end: at + 1 } : { text: quoted, end: at + 2 };
}

function holds(item: Item, character: string): boolean {
  if (item instanceof RegExp) return item.test(character);
  const code = codeOf(character);
  return codeOf(item.from) <= code && code <= codeOf(item.to);
}

function codeOf(character: string): number {
  return character.codePointAt(0) ?? 0;
}

/** The characters that a character stands for where case counts or doesn't. */
export function spellings(character: string, ignoreCase: boolean): readonly string[] {
  return ignoreCase ? [character, character.toLowerCase(), character.toUpperCase()] : [character];
}
