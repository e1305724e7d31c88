// Shell patterns (XCU 2.13 "Pattern Matching Notation"). Quoted characters arrive escaped by `\`.
// Invariant: the time is bounded by limits.shellMatchStepsMax whatever the pattern and the text; past it, and where a pattern
// isn't valid, the answer is undefined, never "no match".
import { limits } from "../../base/limits.ts";
import { bracketAt } from "./bracket.ts";

/** The pattern that matches this text only. */
export function escapePattern(text: string): string {
  return text.replace(/[\\*?[\]]/g, "\\$&");
}

export function hasPattern(text: string): boolean {
  return /(?:^|[^\\])(?:\\\\)*[*?[]/.test(text);
}

/** What one character of a text must be, or any number of any characters. */
type Token = "any" | ((character: string) => boolean);

interface Matching {
  readonly tokens: readonly Token[];
  readonly characters: readonly string[];
  stepsLeft: number;
}

function matching(pattern: string, text: string): Matching | undefined {
  if (pattern.length > limits.shellMatchStepsMax || text.length > limits.shellMatchStepsMax) return undefined;
  const tokens = tokensOf(Array.from(pattern));
  return tokens && { tokens, characters: Array.from(text), stepsLeft: limits.shellMatchStepsMax };
}

/** Undefined where a bracket expression isn't valid ("[z-a]"), or it can't be told where one ends ("[[:alpha:]"). */
function tokensOf(characters: readonly string[]): Token[] | undefined {
  const tokens: Token[] = [];
  const lastClosing = characters.lastIndexOf("]");
  for (let at = 0; at < characters.length; at++) {
    const next = characters[at] ?? "";
    if (next === "*") tokens.push("any");
    else if (next === "?") tokens.push(() => true);
    else if (next === "[" && at < lastClosing) {
      const set = bracketAt(characters, at, { shell: true, ignoreCase: false });
      if (set === undefined) return undefined;
      tokens.push(set.matches);
      at = set.end;
    } else {
      const literal = next === "\\" ? (characters[++at] ?? "\\") : next;
      tokens.push((character) => character === literal);
    }
  }
  return tokens;
}

/** Where the shortest or longest match from `from` ends; undefined where none does. All ways are followed at once. */
function matchEnd(match: Matching, from: number, longest: boolean): number | undefined {
  const { tokens, characters } = match;
  let active = reach(tokens, [], 0);
  let end: number | undefined;
  for (let at = from; active.length > 0; at++) {
    if (active.at(-1) === tokens.length) {
      end = at;
      if (!longest) break;
    }
    const character = characters[at];
    match.stepsLeft -= active.length;
    if (character === undefined || match.stepsLeft < 0) break;
    let next: number[] = [];
    for (const index of active) {
      const token = tokens[index];
      if (token === "any") next = reach(tokens, next, index);
      else if (token?.(character) === true) next = reach(tokens, next, index + 1);
    }
    active = next;
  }
  return end;
}

/** Adds a place in the pattern and those after the `*` that stand there. Places are added in ascending order. */
function reach(tokens: readonly Token[], places: number[], place: number): number[] {
  for (let at = place; ; at++) {
    if (at > (places.at(-1) ?? -1)) places.push(at);
    if (tokens[at] !== "any") return places;
  }
}

/** The answer, unless the steps ran out before it was certain. */
function certain<T>(match: Matching, answer: T): T | undefined {
  return match.stepsLeft < 0 ? undefined : answer;
}

/** Whether a whole text matches; undefined where that isn't known. */
export function matchesPattern(pattern: string, text: string): boolean | undefined {
  const match = matching(pattern, text);
  return match && certain(match, matchEnd(match, 0, true) === match.characters.length);
}

/** A pattern for one component of a path. */
export function matchesName(pattern: string, name: string): boolean | undefined {
  return name.startsWith(".") && !pattern.startsWith(".") ? false : matchesPattern(pattern, name);
}

/** `${x#p}`, `${x##p}`, `${x%p}`, `${x%%p}`; undefined where the result isn't known. */
export function trimPattern(operator: string, pattern: string, text: string): string | undefined {
  const match = matching(pattern, text);
  return match && replaceAtEdge(match, operator.startsWith("%"), operator.length === 2, "");
}

function replaceAtEdge(match: Matching, atEnd: boolean, longest: boolean, text: string): string | undefined {
  const { characters } = match;
  if (!atEnd) {
    const end = matchEnd(match, 0, longest);
    return certain(match, end === undefined ? characters.join("") : text + characters.slice(end).join(""));
  }
  const mirrored = { ...match, tokens: match.tokens.toReversed(), characters: characters.toReversed() };
  const length = matchEnd(mirrored, 0, longest);
  const kept = characters.slice(0, characters.length - (length ?? 0)).join("");
  return certain(mirrored, length === undefined ? kept : kept + text);
}

/**
 * `${x/p/r}` of bash: the first match, all (`//`), at the start (`/#`), at the end (`/%`); undefined where the result isn't
 * known.
 */
export function replacePattern(
  operator: string,
  pattern: string,
  replacement: string,
  text: string,
): string | undefined {
  const match = matching(pattern, text);
  if (match === undefined) return undefined;
  if (operator === "/#" || operator === "/%") {
    return replaceAtEdge(match, operator === "/%", true, replacement);
  }
  // An empty pattern stands nowhere, though one of `*` only stands in an empty text.
  if (match.tokens.length === 0) return text;
  if (text === "") return matchEnd(match, 0, true) === undefined ? "" : replacement;
  let result = "";
  let at = 0;
  while (at < match.characters.length && match.stepsLeft >= 0) {
    const end = matchEnd(match, at, true);
    result += end === undefined ? (match.characters[at] ?? "") : replacement;
    at = end ?? at + 1;
    if (end !== undefined && operator === "/") break;
  }
  return certain(match, result + match.characters.slice(at).join(""));
}
