import { expect, test } from "vitest";
import { limits } from "../../base/limits.ts";
import { applySed, parseSed, resultOfSed } from "./sed.ts";

function sed(program: string, text: string, options = { quiet: false, extended: false }): string | undefined {
  const parsed = parseSed(program, options);
  return parsed === undefined ? undefined : applySed(parsed, text, options);
}

test.each<[string, string, string]>([
  ["s/a/b/", "aa\nca\n", "ba\ncb\n"],
  ["s/a/b/g", "aa", "bb"],
  ["s|/x|/y|", "/x\n", "/y\n"],
  ["s/\\(a*\\)b/[\\1&]/", "aab\n", "[aaaab]\n"],
  ["/^#/d", "#a\nb\n", "b\n"],
  ["2,3d", "1\n2\n3\n4\n", "1\n4\n"],
  ["/b/,$d", "a\nb\nc\n", "a\n"],
  ["/a/!d", "a\nb\n", "a\n"],
  ["1d;s/b/c/", "a\nb\n", "c\n"],
  ["s/[[:space:]]*$//", "a \t\n", "a\n"],
  ["s/a\\+/x/", "aaa+\n", "x+\n"],
  ["s/a+/x/", "aa+\n", "ax\n"],
  ["s/a\\.b/x/", "aXb a.b\n", "aXb x\n"],
  ["$d", "a\nb\n", "a\n"],
  ["s/b*/x/g", "abc\n", "xaxcx\n"],
  ["s/a\\|ab/x/", "abc\n", "xc\n"],
  ["s/\\(b\\)\\|c/[\\1]/g", "abc\n", "a[b][]\n"],
  ["s/B/x/I", "abc\n", "axc\n"],
  ["s/a/b/;/b/d", "a\nc\n", "c\n"],
])("%s of %j", (program, text, expected) => {
  expect(sed(program, text)).toBe(expected);
});

test("-n and p, -E", () => {
  expect(sed("s/^v: *//p", "v: 1\nw: 2\n", { quiet: true, extended: false })).toBe("1\n");
  expect(sed("s/(a|b)+/x/", "abc\n", { quiet: false, extended: true })).toBe("xc\n");
});

test.each([
  "y/a/b/",
  "s/a/\\U&/",
  "s/a/b",
  "a\\ text",
  "w file",
  "s/\\(/x/",
  "{p}",
  "//d",
  "s/\\(a\\)\\1/x/",
  "s/a/\\1/",
])("%s is not modelled", (program) => {
  expect(parseSed(program, { quiet: false, extended: false })).toBeUndefined();
});

test("a program that takes too long is not answered for", () => {
  const options = { quiet: false, extended: true };
  const program = parseSed(`/${"(a|b)*".repeat(200)}c/d`, options);
  const text = "a".repeat(20_000);
  expect(program && resultOfSed(program, text, options)).toBeUndefined();
  expect(() => program && applySed(program, text, options)).toThrow("shellMatchStepsMax");
  expect(parseSed("d;".repeat(limits.shellProgramLengthMax), options)).toBeUndefined();
});
