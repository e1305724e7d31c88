// Patterns inside `${x#p}` and its kin: `*` is any text within a line, `?` one character of it, `\` takes the meaning of `*`, `?`
// and itself (docs.docker.com/reference/dockerfile, "Environment replacement"). There are no brackets.
//
// Invariant: a match takes a number of steps that is bounded by name (limits.expansionMatchStepsMax), whatever pattern and value are.
import { limits } from "../../../base/limits.ts";

/** A pattern that isn't one, or that takes too long; its message says what is wrong. */
export class PatternProblem extends Error {}

/** A character, or a wildcard. */
type Token = { readonly character: string } | "any" | "one";

/** How many steps matching may still take. */
export interface MatchBudget {
  steps: number;
}

/** `${value#pattern}`, with `longest` `${value##pattern}`. */
export function removePrefix(value: string, pattern: string, longest: boolean, budget: MatchBudget): string {
  const characters = Array.from(value);
  const end = matchEnd(characters, 0, tokensOf(pattern), longest, budget);
  return end === undefined ? value : characters.slice(end).join("");
}

/** `${value%pattern}`, with `longest` `${value%%pattern}`: the same from the other end. */
export function removeSuffix(value: string, pattern: string, longest: boolean, budget: MatchBudget): string {
  const characters = Array.from(value).reverse();
  const end = matchEnd(characters, 0, tokensOf(pattern).toReversed(), longest, budget);
  return end === undefined ? value : characters.slice(end).reverse().join("");
}

/** `${value/pattern/replacement}`, with `all` `${value//pattern/replacement}`: leftmost matches, each the longest. */
export function replaceMatches(
  value: string,
  pattern: string,
  { replacement, all }: { readonly replacement: string; readonly all: boolean },
  budget: MatchBudget,
): string {
  const characters = Array.from(value);
  const tokens = tokensOf(pattern);
  const parts: string[] = [];
  let length = 0;
  let copied = 0;
  let lastEnd = -1;
  for (let start = 0; start <= characters.length; ) {
    const end = matchEnd(characters, start, tokens, true, budget);
    // An empty match right behind another one is part of that.
    if (end === undefined || (end === start && end === lastEnd)) {
      start++;
      continue;
    }
    parts.push(characters.slice(copied, start).join(""), replacement);
    length += replacement.length;
    if (length > limits.expandedLengthMax)
      throw new PatternProblem("it becomes too long (expandedLengthMax)");
    copied = end;
    lastEnd = end;
    if (!all) break;
    start = end === start ? end + 1 : end;
  }
  parts.push(characters.slice(copied).join(""));
  return parts.join("");
}

export function matchBudget(): MatchBudget {
  return { steps: limits.expansionMatchStepsMax };
}

function tokensOf(pattern: string): readonly Token[] {
  const characters = Array.from(pattern);
  const tokens: Token[] = [];
  for (let index = 0; index < characters.length; index++) {
    const character = characters[index] ?? "";
    if (character === "*") {
      if (tokens.at(-1) !== "any") tokens.push("any");
    } else if (character === "?") tokens.push("one");
    else if (character !== "\\") tokens.push({ character });
    else {
      const escaped = characters[++index];
      // "}" and "/" had to be escaped for the sake of "${}".
      if (escaped === undefined || !"*?\\}/".includes(escaped)) {
        throw new PatternProblem(`the pattern has an invalid escape "\\${escaped ?? ""}"`);
      }
      tokens.push({ character: escaped });
    }
  }
  return tokens;
}

/** Where the longest or shortest match that begins at `start` ends. All ends that are possible are followed side by side. */
function matchEnd(
  value: readonly string[],
  start: number,
  tokens: readonly Token[],
  longest: boolean,
  budget: MatchBudget,
): number | undefined {
  let states = closure(new Set([0]), tokens);
  let found: number | undefined;
  for (let at = start; ; at++) {
    if (states.has(tokens.length)) {
      found = at;
      if (!longest) return found;
    }
    const character = value[at];
    if (character === undefined || states.size === 0) return found;
    budget.steps -= states.size;
    if (budget.steps < 0) throw new PatternProblem("matching takes too long (expansionMatchStepsMax)");
    const next = new Set<number>();
    for (const state of states) {
      const token = tokens[state];
      if (token === undefined) continue;
      if (token === "any") {
        if (character !== "\n") next.add(state);
      } else if (token === "one") {
        if (character !== "\n") next.add(state + 1);
      } else if (token.character === character) next.add(state + 1);
    }
    states = closure(next, tokens);
  }
}

/** With the states that a `*` which takes nothing leads to. */
function closure(states: Set<number>, tokens: readonly Token[]): Set<number> {
  for (const state of states) if (tokens[state] === "any") states.add(state + 1);
  return states;
}
