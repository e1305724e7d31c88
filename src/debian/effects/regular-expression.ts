// POSIX regular expressions (XBD 9), basic and extended, with the GNU operators that Debian's scripts use, as JavaScript's.
// Leftmost-longest and leftmost-first differ for alternations only; scripts that hang on that aren't known.

const sameInBoth: Readonly<Record<string, string>> = {
  "\\w": "\\w",
  "\\W": "\\W",
  "\\s": "\\s",
  "\\S": "\\S",
  "\\b": "\\b",
  "\\B": "\\B",
  "\\<": "\\b(?=\\w)",
  "\\>": "\\b(?<=\\w)",
  "\\n": "\\n",
  "\\t": "\\t",
  "\\.": "\\.",
  "\\*": "\\*",
  "\\[": "\\[",
  "\\]": "\\]",
  "\\^": "\\^",
  "\\$": "\\$",
  "\\/": "\\/",
  "\\\\": "\\\\",
  "\\-": "-",
};

/** The expression, or undefined where it isn't valid. */
export function regularExpression(source: string, extended: boolean, flags = ""): RegExp | undefined {
  try {
    return new RegExp(translate(source, extended), flags);
  } catch {
    return undefined;
  }
}

function translate(source: string, extended: boolean): string {
  let result = "";
  for (let at = 0; at < source.length; at++) {
    const next = source[at] ?? "";
    if (next === "\\") {
      const pair = source.slice(at, at + 2);
      at++;
      result += escaped(pair, extended);
    } else if (next === "[") {
      const set = bracket(source.replaceAll("\\", "\\\\"), at + countBackslashes(source, at));
      const end = closingBracket(source, at);
      result += set === undefined || end === undefined ? "\\[" : set.source;
      at = end ?? at;
    } else if (extended) result += next;
    else result += basic(source, at, next, result);
  }
  return result;
}

function countBackslashes(source: string, end: number): number {
  let count = 0;
  for (let at = 0; at < end; at++) if (source[at] === "\\") count++;
  return count;
}

/** The end of a bracket expression, in which a backslash stands for itself. */
function closingBracket(source: string, start: number): number | undefined {
  let at = start + 1;
  if (source[at] === "^") at++;
  if (source[at] === "]") at++;
  for (; at < source.length; at++) {
    if (source.startsWith("[:", at)) at = Math.max(at, source.indexOf(":]", at) + 1);
    else if (source[at] === "]") return at;
  }
  return undefined;
}

function escaped(pair: string, extended: boolean): string {
  const character = pair[1] ?? "";
  const same = sameInBoth[pair];
  if (same !== undefined) return same;
  if (/[1-9]/.test(character)) return pair;
  if ("(){}|+?".includes(character) && character !== "") return extended ? `\\${character}` : character;
  return character.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");
}

/** One character of a basic expression: operators are literal, anchors count at the ends only. */
function basic(source: string, at: number, next: string, before: string): string {
  if ("(){}|+?".includes(next)) return `\\${next}`;
  if (next === "*" && (before === "" || before === "^" || before.endsWith("("))) return "\\*";
  if (next === "^" && at > 0 && !before.endsWith("(") && !before.endsWith("|")) return "\\^";
  if (next === "$" && at < source.length - 1 && !/^\\[)|]/.test(source.slice(at + 1))) return "\\$";
  return next;
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
function bracket(pattern: string, at: number): { source: string; end: number } | undefined {
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
