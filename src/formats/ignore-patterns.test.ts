import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { InvalidInput } from "../base/diagnostics.ts";
import {
  cleanPath,
  compilePatterns,
  matchPath,
  matchPatterns,
  mayExceptBelow,
  type PatternState,
  parseIgnoreFile,
} from "./ignore-patterns.ts";

test.each<[string, string, readonly string[]]>([
  ["nothing", "", []],
  ["comments and empty lines", "# a\n\n  \nb\n#c\n", ["b"]],
  ["a comment that is indented is a pattern", " # a", ["# a"]],
  ["a byte order mark", "\ufeffa\n\ufeffb", ["a", "\ufeffb"]],
  ["spaces and line ends of Windows", "  a b\t\r\nc\u0085\r\n", ["a b", "c"]],
  ["slashes", "/a\n//b//c/\n/\n./d", ["a", "b/c", "/", "d"]],
  ["exceptions", "!a\n! /b/\n!\n!!c", ["!a", "!b", "!", "!!c"]],
  ["dots", "a/../b\n../c\n/../d\n.", ["b", "../c", "d", "."]],
])("an ignore file: %s", (_, text, patterns) => {
  expect(parseIgnoreFile(text)).toEqual(patterns);
});

describe("what patterns cover", () => {
  test.each<[readonly string[], string, boolean]>([
    [[], "a", false],
    [["a"], "a", true],
    [["a"], "a/b/c", true],
    [["a"], "b/a", false],
    [["a/b"], "a", false],
    [["*.md"], "README.md", true],
    [["*.md"], "docs/README.md", false],
    [["*.md", "!README.md"], "README.md", false],
    [["!README.md", "*.md"], "README.md", true],
    [["docs", "!docs/README.md"], "docs/README.md", false],
    [["docs", "!docs/README.md"], "docs/other.md", true],
    [["docs/*", "!docs/README.md"], "docs/README.md", false],
    [["**", "!src"], "src/a/b", false],
    [["**", "!src", "src/a"], "src/a/b", true],
    [["**", "!src", "src/a", "!src/a/b"], "src/a/b", false],
    [["*", "!*.go"], "main.go", false],
    [["*", "!*.go"], "sub/main.go", true],
    [["*", "!**/*.go"], "sub/main.go", false],
    [["a/"], "a/b", true],
    [["  a  "], "a", true],
    [["a/./b/../c"], "a/c", true],
    [["a"], ".", false],
    [["**"], ".", false],
    [["a"], "./a/", true],
    [["node_modules", "**/node_modules"], "x/y/node_modules/z", true],
    [["*/temp*"], "a/temporary", true],
    [["*/temp*"], "a/b/temporary", false],
    [["", "a"], "a", true],
  ])("%j of %j: %j", (patterns, path, expected) => {
    expect(matchPatterns(patterns, path)).toBe(expected);
    expect(walked(patterns, cleanPath(path))).toBe(expected);
  });

  test.each([["!"], ["["], ["a", "b\\"], ["!["]])("%j are refused", (...patterns) => {
    expect(() => compilePatterns(patterns)).toThrow(InvalidInput);
  });

  test("all that is malformed is told", () => {
    expect(() => compilePatterns(["[", "a", "!"])).toThrow('not a pattern: "["; not a pattern: "!"');
    expect(() => compilePatterns(Array.from({ length: 10_001 }, () => "a"))).toThrow("ignorePatternsMax");
  });
});

/** As a walk asks: from the top, each folder handing on what it learnt. */
function walked(patterns: readonly string[], path: string): boolean {
  if (path === ".") return false;
  const list = compilePatterns(patterns);
  let state: PatternState = list.patterns.map(() => false);
  let matched = false;
  let at = "";
  for (const name of path.split("/")) {
    at = at === "" ? name : `${at}/${name}`;
    ({ matched, state } = matchPath(list, at, state));
  }
  return matched;
}

const names = fc.constantFrom("a", "b", "ab");
const globs = fc.array(fc.constantFrom("a", "b", "*", "**", "?b"), { minLength: 1, maxLength: 3 });
const pattern = fc.tuple(fc.boolean(), globs).map(([not, parts]) => `${not ? "!" : ""}${parts.join("/")}`);
const path = fc.array(names, { minLength: 1, maxLength: 4 }).map((parts) => parts.join("/"));

test("a pattern covers what it matches and all below, the last one wins", () => {
  fc.assert(
    fc.property(fc.array(pattern, { maxLength: 5 }), path, (patterns, place) => {
      const above = place.split("/").map((_, index, all) => all.slice(0, index + 1).join("/"));
      const expected = patterns.reduce((covered, text) => {
        const one = compilePatterns([text.replace("!", "")]).patterns[0]?.pattern;
        return above.some((folder) => one?.matches(folder)) ? !text.startsWith("!") : covered;
      }, false);
      expect(matchPatterns(patterns, place)).toBe(expected);
    }),
    { numRuns: 2000 },
  );
});

test("a folder is left unread only where no exception matches below it", () => {
  fc.assert(
    fc.property(fc.array(pattern, { maxLength: 4 }), path, path, (patterns, folder, rest) => {
      const list = compilePatterns(patterns);
      fc.pre(!mayExceptBelow(list, folder));
      const exceptions = list.patterns.filter(({ exception }) => exception);
      expect(exceptions.some((one) => one.pattern.matches(`${folder}/${rest}`))).toBe(false);
    }),
    { numRuns: 2000 },
  );
});

test.each<[readonly string[], string, boolean]>([
  [["!a/b/c"], "a", true],
  [["!a/b/c"], "a/b", true],
  [["!a/b/c"], "a/b/c", false],
  [["!a/b/c"], "x", false],
  [["a/b/c"], "a", false],
  [["!*/b"], "x", true],
  [["!*.d/b"], "x", false],
  [["!**/b"], "x/y", true],
  [["!a[/]b/c"], "a/b", true],
])("exceptions of %j below %j: %j", (patterns, folder, expected) => {
  expect(mayExceptBelow(compilePatterns(patterns), folder)).toBe(expected);
});

test.each([
  ["", "."],
  ["/", "/"],
  ["a//b/./c/..", "a/b"],
  ["/..", "/"],
  ["../../a", "../../a"],
  ["a/../..", ".."],
])("%j is %j", (written, cleaned) => {
  expect(cleanPath(written)).toBe(cleaned);
});
