import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { limits } from "../../base/limits.ts";
import { type ExpressionSyntax, regularExpression } from "./regular-expression.ts";
import { findMatch, findMatches, stepsFor } from "./regular-expression-match.ts";

const basic: ExpressionSyntax = { kind: "basic", ignoreCase: false, sed: false };
const extended: ExpressionSyntax = { ...basic, kind: "extended" };

/** The first match and its groups; null where nothing matches, undefined where the expression isn't modelled. */
function match(
  source: string,
  text: string,
  syntax: ExpressionSyntax,
): (string | undefined)[] | null | undefined {
  const expression = regularExpression(source, syntax);
  if (expression === undefined) return undefined;
  const characters = Array.from(text);
  const slots = findMatch(expression, characters, 0, stepsFor(text));
  if (slots === undefined) return null;
  return Array.from({ length: slots.length / 2 }, (_, index) => {
    const [start, end] = [slots[2 * index], slots[2 * index + 1]];
    return start === undefined || end === undefined ? undefined : characters.slice(start, end).join("");
  });
}

// Matches as of GNU grep -o and sed.
test.each<[string, string, (string | undefined)[] | null | undefined]>([
  ["a", "bab", ["a"]],
  ["a+", "aa+", ["a+"]],
  ["a\\+", "aa+", ["aa"]],
  ["a\\{2\\}", "aaa", ["aa"]],
  ["a{2}", "aa{2}", ["a{2}"]],
  ["*a", "*a", ["*a"]],
  ["^*a", "*a", ["*a"]],
  ["\\(*a\\)", "*a", ["*a", "*a"]],
  ["a^b$c", "a^b$c", ["a^b$c"]],
  ["\\(^a\\|b$\\)", "ab", ["a", "a"]],
  ["a|b", "a|b", ["a|b"]],
  ["[\\n]", "\\", ["\\"]],
  ["[]^-]*", "]^-", ["]^-"]],
  ["[^[:space:]=]*", "ab =c", ["ab"]],
  ["\\.", "a.", ["."]],
  [".", "\u{1f600}", ["\u{1f600}"]],
  ["\\<b\\w*\\>", "ab bcd", ["bcd"]],
  ["a\nb", "b", ["b"]],
  ["[a", "[a", undefined],
  ["[z-a]", "z", undefined],
  ["\\(a\\)\\1", "aa", undefined],
  ["\\d", "d", undefined],
  ["a\\", "a", undefined],
  ["\\)", ")", undefined],
])("basic %j of %j", (source, text, expected) => {
  expect(match(source, text, basic)).toEqual(expected);
});

test.each<[string, string, (string | undefined)[] | null | undefined]>([
  ["a|ab|abc", "abcd", ["abc"]],
  ["(a|ab)(c|bcd)", "abcd", ["abcd", "a", "bcd"]],
  ["(a)|b", "b", ["b", undefined]],
  ["a{1,2}", "aaa", ["aa"]],
  ["a{2,}", "aaa", ["aaa"]],
  ["a{,2}b", "aab", ["aab"]],
  ["(a?b)?c", "bc", ["bc", "b"]],
  ["(a*)*", "aab", ["aa", "aa"]],
  ["()", "a", ["", ""]],
  ["x}", "x}", ["x}"]],
  ["\\(a\\)", "(a)", ["(a)"]],
  ["^$", "", [""]],
  ["b$", "bc", null],
  ["*a", "a", undefined],
  ["^*", "a", undefined],
  ["a{", "a{", undefined],
  ["a{2,1}", "aa", undefined],
  ["(a", "a", undefined],
  ["a)", "a)", undefined],
  [`${"(".repeat(1000)}${")".repeat(1000)}`, "", undefined],
  ["(((a{200}){200}){200}){200}", "a", undefined],
  ["(((){9999}){9999}){9999}", "a", undefined],
])("extended %j of %j", (source, text, expected) => {
  expect(match(source, text, extended)).toEqual(expected);
});

test("whole lines and words, case, and fixed strings", () => {
  expect(match("a|ab", "ab", { ...extended, whole: "line" })).toEqual(["ab"]);
  expect(match("a", "ab", { ...basic, whole: "line" })).toBeNull();
  expect(match("b", "ab b", { ...basic, whole: "word" })).toEqual(["b"]);
  expect(match("b", "ab", { ...basic, whole: "word" })).toBeNull();
  expect(match("[^a]b", "AB cB", { ...basic, ignoreCase: true })).toEqual(["cB"]);
  expect(match("a.*\n[b", "x[b", { ...basic, kind: "fixed" })).toEqual(["[b"]);
});

test("where JavaScript's engine answers, both agree on whether something matches", () => {
  const piece = fc.constantFrom(
    "a",
    "b",
    "ab",
    "(a|b)",
    "(ab)",
    ".",
    "[^a]",
    "a*",
    "(ab)*",
    "b+",
    "a?",
    "|",
    "^",
    "$",
    "a{1,2}",
  );
  fc.assert(
    fc.property(
      fc.array(piece, { maxLength: 6 }),
      fc.string({ unit: fc.constantFrom("a", "b", "c"), maxLength: 8 }),
      (pieces, text) => {
        const source = pieces.join("");
        const found = match(source, text, extended);
        if (found !== undefined) expect(found !== null).toBe(new RegExp(source).test(text));
      },
    ),
    { numRuns: 2000 },
  );
});

describe("whatever the expression, the time is bounded", () => {
  test.each([
    ["a repetition of a repetition", "^(a+)+$"],
    ["alternatives that are the same", "^(a|a)*$"],
    ["a repetition of what may be nothing", "(a*)*b"],
    ["200 that may be there", `${"a?".repeat(200)}${"a".repeat(200)}$`],
    ["500 repetitions", `${".*".repeat(500)}x`],
  ])("%s", (_, source) => {
    const text = `${"a".repeat(20_000)}!`;
    const expression = regularExpression(source, extended);
    const steps = stepsFor(text);
    const found = expression && [...findMatches(expression, Array.from(text), steps)];
    expect(found).toEqual([]);
  });

  test("beyond it the steps are used up", () => {
    const expression = regularExpression(`${".*".repeat(500)}x`, extended);
    const steps = stepsFor("");
    if (expression !== undefined) findMatch(expression, Array.from("a".repeat(20_000)), 0, steps);
    expect(steps.left).toBeLessThan(0);
    expect(regularExpression("a".repeat(limits.shellExpressionLengthMax + 1), basic)).toBeUndefined();
  });
});
