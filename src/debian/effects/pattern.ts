// Shell patterns (XCU 2.13 "Pattern Matching Notation") as regular expressions. Quoted characters arrive escaped by `\`.

/** The pattern that matches this text only. */
export function escapePattern(text: string): string {
  return text.replace(/[\\*?[\]]/g, "\\$&");
}

export function hasPattern(text: string): boolean {
  return /(?:^|[^\\])(?:\\\\)*[*?[]/.test(text);
}

/** The regular expression source for a pattern. `greedy: false` makes `*` match as little as it can. */
function sourceOf(pattern: string, greedy: boolean, star: string): string {
  let source = "";
  for (let at = 0; at < pattern.length; at++) {
    const next = pattern[at] ?? "";
    if (next === "\\") source += quote(pattern[++at] ?? "\\");
    else if (next === "*") source += greedy ? `${star}*` : `${star}*?`;
    else if (next === "?") source += star;
    else if (next === "[") {
      const set = bracket(pattern, at);
      source += set?.source ?? "\\[";
      at = set?.end ?? at;
    } else source += quote(next);
  }
  return source;
}

function quote(character: string): string {
  return character.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");
}

const classes: Readonly<Record<string, string>> = {
  alnum: "A-Za-z0-9",
  alpha: "A-Za-z",
  blank: " \\t",
  digit: "0-9",
  lower: "a-z",
  upper: "A-Z",
  punct: "!-\\/:-@\\[-`{-~",
  space: "\\s",
  xdigit: "0-9A-Fa-f",
};

/** A bracket expression from `[` at `at`; undefined where it isn't closed. */
export function bracket(pattern: string, at: number): { source: string; end: number } | undefined {
  let index = at + 1;
  let source = "[";
  if (pattern[index] === "!" || pattern[index] === "^") {
    source += "^";
    index++;
  }
  const first = index;
  for (; index < pattern.length; index++) {
    const next = pattern[index] ?? "";
    if (next === "]" && index > first) return { source: `${source}]`, end: index };
    const named = /^\[:([a-z]+):\]/.exec(pattern.slice(index, index + 12));
    const set = named?.[1] === undefined ? undefined : classes[named[1]];
    if (named !== null && set !== undefined) {
      source += set;
      index += named[0].length - 1;
    } else if (next === "\\") source += `\\${pattern[++index] ?? "\\"}`;
    else source += next === "-" ? "-" : quote(next);
  }
  return undefined;
}

/** The compiled expression; one that matches nothing where the pattern is invalid ("[z-a]"). */
function compile(source: string, flags: string): RegExp {
  try {
    return new RegExp(source, flags);
  } catch {
    return /(?!)/;
  }
}

/** Whether a whole text matches. */
export function matchesPattern(pattern: string, text: string): boolean {
  return compile(`^(?:${sourceOf(pattern, true, ".")})$`, "s").test(text);
}

/** A pattern for one component of a path. */
export function matchesName(pattern: string, name: string): boolean {
  if (name.startsWith(".") && !pattern.startsWith(".")) return false;
  return compile(`^(?:${sourceOf(pattern, true, "[^/]")})$`, "s").test(name);
}

/** `${x#p}`, `${x##p}`, `${x%p}`, `${x%%p}`. */
export function trimPattern(operator: string, pattern: string, text: string): string {
  const longest = operator.length === 2;
  if (operator.startsWith("#")) {
    return text.replace(compile(`^(?:${sourceOf(pattern, longest, ".")})`, "s"), "");
  }
  const whole = compile(`^(?:${sourceOf(pattern, true, ".")})$`, "s");
  const lengths = Array.from({ length: text.length + 1 }, (_, index) =>
    longest ? text.length - index : index,
  );
  const found = lengths.find((length) => whole.test(text.slice(text.length - length)));
  return found === undefined ? text : text.slice(0, text.length - found);
}

/** `${x/p/r}` of bash: the first match, all (`//`), at the start (`/#`), at the end (`/%`). */
export function replacePattern(operator: string, pattern: string, replacement: string, text: string): string {
  const source = sourceOf(pattern, true, ".");
  const anchored =
    operator === "/#" ? `^(?:${source})` : operator === "/%" ? `(?:${source})$` : `(?:${source})`;
  return text.replace(compile(anchored, operator === "//" ? "gsu" : "s"), () => replacement);
}
