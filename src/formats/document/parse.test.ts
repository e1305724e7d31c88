import { expect, test } from "vitest";
import { limits } from "../../base/limits.ts";
import { parseDocument } from "./parse.ts";
import type { Problems } from "./problems.ts";
import type { ObjectShape } from "./shape.ts";

const max = limits.documentProblemsMax;

const anything: ObjectShape = {
  kind: "object",
  name: "a file",
  fields: {
    words: {
      shape: { kind: "list", item: { kind: "text", format: "word" } },
      description: "Texts.",
      example: "[a]",
    },
  },
};

function problemsOf(
  text: string,
  check: (problems: Problems<string>) => void = () => undefined,
): ReturnType<typeof parseDocument> {
  return parseDocument<string>(text, "x.yaml", anything, (_root, problems) => {
    check(problems);
  });
}

test.each<[text: string, tag: string, column: number]>([
  ["words: [!a b]", "!a", 9],
  ["words: [!!str b]", "!!str", 9],
  ["words: [!<tag:example.test,2026:a> b]", "!<tag:example.test,2026:a>", 9],
  ["words: !list   [b]", "!list", 8],
  ["words: !list\n  - b", "!list", 8],
  ["words: [b, !empty , c]", "!empty", 12],
  ['{"words":!list [b]}', "!list", 10],
])("%s: the tag is named at its place", (text, tag, column) => {
  const { diagnostics } = problemsOf(text);
  expect(diagnostics.find((one) => one.rule === "yaml-feature")).toMatchObject({
    message: `the tag ${tag} is not used here`,
    span: { line: 1, column, endColumn: column + tag.length },
  });
});

test("a file full of tags is refused, and so much is told as people read", () => {
  const { value, diagnostics } = problemsOf(`words: [${"!a b, ".repeat(5000)}]`);
  expect(value).toBeUndefined();
  expect(diagnostics).toHaveLength(max + 1);
  expect(diagnostics.at(-1)).toMatchObject({
    severity: "error",
    rule: "more-problems",
    message: `and ${5000 - max} more, which are not shown (documentProblemsMax)`,
  });
});

test("a file without end of syntax errors too", () => {
  const { value, diagnostics } = problemsOf("a: b: c\n".repeat(1000));
  expect(value).toBeUndefined();
  expect(diagnostics).toHaveLength(max + 1);
});

test.each([
  [max, 0, max, undefined],
  [0, max + 5, max + 1, "warning"],
  [1, max + 5, max + 1, "error"],
  [max + 5, 7, max + 1, "error"],
])("%d errors after %d warnings: %d are told", (errors, warnings, told, rest) => {
  const { value, diagnostics } = problemsOf("words: [a]", ({ error, warning }) => {
    const span = (line: number): Parameters<typeof error>[1] => ({
      file: "x.yaml",
      line,
      column: 1,
      endLine: line,
      endColumn: 2,
    });
    for (let index = 0; index < warnings; index += 1) warning("w", span(1), "a warning");
    for (let index = 0; index < errors; index += 1) error("e", span(2), "an error");
  });
  expect(diagnostics).toHaveLength(told);
  expect(diagnostics.filter((one) => one.rule === "e")).toHaveLength(Math.min(errors, max));
  expect(diagnostics.find((one) => one.rule === "more-problems")?.severity).toBe(rest);
  // A file with an error has no value, however many warnings come before it.
  expect(value === undefined).toBe(errors > 0);
});
