import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { limits } from "../../base/limits.ts";
import { escapePattern, matchesName, matchesPattern, replacePattern, trimPattern } from "./pattern.ts";

test.each<[string, string, boolean | undefined]>([
  ["", "", true],
  ["", "a", false],
  ["*", "", true],
  ["?", "", false],
  ["a*b*c", "axbxbc", true],
  ["a*b*c", "axbxb", false],
  ["a?c", "a\nc", true],
  ["?", "\u{1f600}", true],
  ["\\*", "*", true],
  ["\\*", "x", false],
  ["a-b", "a-b", true],
  ["[a-c]x", "bx", true],
  ["[!a-c]x", "bx", false],
  ["[^a-c]x", "dx", true],
  ["[]x]", "]", true],
  ["[a\\-c]", "b", false],
  ["[a-]", "-", true],
  ["[\\d]", "5", false],
  ["[\\d]", "d", true],
  ["[[:digit:]x]*", "5y", true],
  ["[[:cntrl:]]", ":", false],
  ["[a", "[a", true],
  ["[z-a]", "b", undefined],
  ["[[:none:]]", "n", undefined],
  ["[[.a.]]", "a", undefined],
  ["[[:alpha:]", "a", undefined],
])("%j of %j: %s", (pattern, text, expected) => {
  expect(matchesPattern(pattern, text)).toBe(expected);
});

test("a name that begins with a dot is meant only where the pattern begins with one", () => {
  expect(matchesName("*", ".a")).toBe(false);
  expect(matchesName(".*", ".a")).toBe(true);
});

test.each<[string, string, string, string | undefined]>([
  ["#", "*/", "a/b/c", "b/c"],
  ["##", "*/", "a/b/c", "c"],
  ["%", "/*", "a/b/c", "a/b"],
  ["%%", "/*", "a/b/c", "a"],
  ["%", ".conf", "a.b", "a.b"],
  ["#", "[z-a]", "a", undefined],
])("${x%s%s} of %j", (operator, pattern, text, expected) => {
  expect(trimPattern(operator, pattern, text)).toBe(expected);
});

// Results of bash 5.2.
test.each<[string, string, string, string, string | undefined]>([
  ["//", "-", "_", "my-pkg-x", "my_pkg_x"],
  ["/", "-", "_", "my-pkg-x", "my_pkg-x"],
  ["//", "b*", "x", "abcb", "ax"],
  ["//", "/", ".", "a/b/c", "a.b.c"],
  ["//", "*", "y", "", "y"],
  ["//", "", "y", "abc", "abc"],
  ["/#", "", "y", "abc", "yabc"],
  ["/%", "", "y", "abc", "abcy"],
  ["/#", "b", "y", "abc", "abc"],
  ["/%", "*c", "y", "abcx", "abcx"],
  ["//", "[z-a]", "y", "abc", undefined],
])("${x%s%s/%s} of %j", (operator, pattern, replacement, text, expected) => {
  expect(replacePattern(operator, pattern, replacement, text)).toBe(expected);
});

test("an escaped text matches itself only", () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (text, other) => {
      expect(matchesPattern(escapePattern(text), text)).toBe(true);
      expect(matchesPattern(escapePattern(text), other)).toBe(text === other);
    }),
  );
});

describe("whatever the pattern, the time is bounded", () => {
  const text = "a".repeat(20_000);
  test.each([
    ["eight stars", "*a*a*a*a*a*a*a*b"],
    ["2000 stars", `${"*a".repeat(2000)}b`],
    ["100 stars that stand for something", `${"?*".repeat(100)}b`],
    ["brackets that nothing closes", "[".repeat(20_000)],
  ])("%s", (_, pattern) => {
    expect(matchesPattern(pattern, text)).not.toBe(true);
    expect(trimPattern("%%", pattern, text)).not.toBe("");
    expect(replacePattern("//", pattern, "", text)).not.toBe("");
  });

  test("beyond the bound nothing is said", () => {
    expect(matchesPattern("*a*a*a*b", "a".repeat(limits.shellMatchStepsMax / 2))).toBeUndefined();
  });
});
