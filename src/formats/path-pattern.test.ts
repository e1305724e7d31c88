import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { hasWildcard, type PatternDialect, parsePathPattern } from "./path-pattern.ts";

describe("patterns of filepath.Match", () => {
  test.each<[string, string, boolean]>([
    ["main.go", "main.go", true],
    ["main.go", "main.goo", false],
    ["", "", true],
    ["", "a", false],
    ["*", "", true],
    ["*", "main.go", true],
    ["*", "src/main.go", false],
    ["*.go", "main.go", true],
    ["*.go", ".go", true],
    ["src*/x", "srcs/x", true],
    ["src*/x", "src/y/x", false],
    ["*a*b*c", "xaybzc", true],
    ["*a*b*c", "xaybzcd", false],
    ["?.go", "a.go", true],
    ["?.go", "ü.go", true],
    ["?.go", "😀.go", true],
    ["?.go", "/.go", false],
    ["??", "\udcff\udcfe", true],
    ["[a-c]x", "bx", true],
    ["[a-c]x", "dx", false],
    ["[^a-c]x", "dx", true],
    ["[^a-c]x", "😀x", true],
    ["[-]", "-", false],
    ["[\\-]", "-", true],
    ["[\\]]", "]", true],
    ["a[^b]c", "a/c", true],
    ["a]", "a]", true],
    ["a\\*", "a*", true],
    ["a\\*", "ab", false],
    ["\\\\", "\\", true],
    ["**", "a/b", false],
    ["**", "ab", true],
    ["new\nline*", "new\nline\n2", true],
  ])("%j and %j: %j", (pattern, path, expected) => {
    expect(parsePathPattern(pattern, "filepath-match")?.matches(path) ?? false).toBe(expected);
  });

  test.each(["[", "[]", "[]a]", "[a", "[a-", "[a-]", "[^]", "a\\", "[\\", "[-a]", "[a-\\"])(
    "%j is malformed",
    (text) => {
      expect(parsePathPattern(text, "filepath-match")).toBeUndefined();
      expect(parsePathPattern(text, "patternmatcher")).toBeUndefined();
    },
  );
});

describe("patterns of patternmatcher", () => {
  test.each<[string, string, boolean]>([
    ["**", "a/b", true],
    ["**", "", true],
    ["**/a", "a", true],
    ["**/a", "x/y/a", true],
    ["**/a", "xa", false],
    ["**a", "xa", true],
    ["**a", "x/ya", true],
    ["**a*", "xa", false],
    ["**a*", "x/ab", true],
    ["a/**", "a/b/c", true],
    ["a/**", "a", false],
    ["a**", "ab/c", true],
    ["a**b", "ab", true],
    ["a**b", "axb", false],
    ["a**b", "ax/b", true],
    ["a/**/b", "a/b", true],
    ["a/**/b", "a/x/y/b", true],
    ["a/**/b", "a/xb", false],
    ["*/**", "a/b", true],
    ["*/**", "a", false],
    ["**/*.go", "main.go", true],
    ["**/*.go", "x/main.go", true],
    ["**/**/*.go", "main.go", true],
    ["***", "a", true],
    ["a.b", "axb", false],
    ["(a|b)+${c}", "(a|b)+${c}", true],
  ])("%j and %j: %j", (pattern, path, expected) => {
    expect(parsePathPattern(pattern, "patternmatcher")?.matches(path)).toBe(expected);
  });
});

test.each([
  ["a*", true],
  ["a?", true],
  ["a[", true],
  ["a\\*", false],
  ["a\\\\*", true],
  ["a]b{}", false],
])("%j has a wildcard: %j", (text, expected) => {
  expect(hasWildcard(text)).toBe(expected);
});

/** The same by trying every way, one after the other. */
function naive(pattern: string, path: string, dialect: PatternDialect, first = true): boolean {
  if (pattern === "") return path === "";
  const tails = (from: string): string[] =>
    Array.from({ length: from.length + 1 }, (_, cut) => from.slice(cut));
  if (dialect === "patternmatcher" && pattern.startsWith("**")) {
    const slash = pattern[2] === "/";
    const rest = pattern.slice(slash ? 3 : 2);
    if (rest === "" || (first && !slash && !/[*?]/.test(rest))) {
      return rest === "" || tails(path).some((tail) => naive(rest, tail, dialect, false));
    }
    return tails(path).some(
      (tail) => (tail === path || path.at(-tail.length - 1) === "/") && naive(rest, tail, dialect, false),
    );
  }
  if (pattern.startsWith("*")) {
    return tails(path).some(
      (tail) =>
        !path.slice(0, path.length - tail.length).includes("/") &&
        naive(pattern.slice(1), tail, dialect, false),
    );
  }
  if (path === "" || (pattern.startsWith("?") ? path.startsWith("/") : pattern[0] !== path[0])) return false;
  return naive(pattern.slice(1), path.slice(1), dialect, false);
}

const letters = fc
  .array(fc.constantFrom("a", "b", "/", "*", "**", "?"), { maxLength: 8 })
  .map((parts) => parts.join(""));
const paths = fc.array(fc.constantFrom("a", "b", "/"), { maxLength: 9 }).map((parts) => parts.join(""));

test.each<PatternDialect>(["filepath-match", "patternmatcher"])("%s equals a naive model", (dialect) => {
  fc.assert(
    fc.property(letters, paths, (pattern, path) => {
      expect(parsePathPattern(pattern, dialect)?.matches(path)).toBe(naive(pattern, path, dialect));
    }),
    { numRuns: 3000 },
  );
});

test("no text is too much, and the work is that of text times pattern", () => {
  fc.assert(
    fc.property(fc.string(), fc.string({ unit: "binary" }), (pattern, path) => {
      parsePathPattern(pattern, "patternmatcher")?.matches(path);
    }),
  );
  // Each star more would multiply the steps of a matcher that goes back.
  const pattern = parsePathPattern(`${"*a".repeat(100)}b`, "patternmatcher");
  expect(pattern?.matches("a".repeat(4000))).toBe(false);
});
