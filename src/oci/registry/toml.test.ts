import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseToml, type TomlValue } from "./toml.ts";

function plain(value: TomlValue | undefined): unknown {
  if (value instanceof Map)
    return Object.fromEntries([...value].map(([key, one]) => [key, plain(one as TomlValue)]));
  return Array.isArray(value) ? (value as readonly TomlValue[]).map(plain) : value;
}

describe("documents", () => {
  const documents: readonly (readonly [string, string, unknown])[] = [
    ["nothing", "", {}],
    ["comments and blank lines", "# a\n\n  # b\r\na = 1 # c\n", { a: 1 }],
    ["strings", `a = "x\\ty\\u00e9\\"" \nb = 'c:\\d'`, { a: 'x\tyé"', b: "c:\\d" }],
    ["numbers and booleans", "a = -1_000\nb = true\nc = false\nd = 0", { a: -1000, b: true, c: false, d: 0 }],
    [
      "arrays over lines",
      "a = [ # first\n 'x',\n 'y', # last\n]\nb = [[1], []]",
      { a: ["x", "y"], b: [[1], []] },
    ],
    ["inline tables", "a = {b = 1, c.d = 'x'}\ne = {}", { a: { b: 1, c: { d: "x" } }, e: {} }],
    [
      "tables",
      "a = 1\n[b]\nc = 2\n[b.d]\ne = 3\n[ x . 'y z' ]\nf = 4",
      { a: 1, b: { c: 2, d: { e: 3 } }, x: { "y z": { f: 4 } } },
    ],
    [
      "arrays of tables, and tables in them",
      "[[r]]\nn = 1\n[[r.m]]\nl = 'a'\n[[r.m]]\nl = 'b'\n[[r]]\nn = 2\n[r.t]\nx = true",
      {
        r: [
          { n: 1, m: [{ l: "a" }, { l: "b" }] },
          { n: 2, t: { x: true } },
        ],
      },
    ],
    [
      "quoted keys",
      '"docker.io/x" = 1\n[aliases]\n"a/b" = "c"',
      { "docker.io/x": 1, aliases: { "a/b": "c" } },
    ],
    [
      "a key named as an object's own",
      "__proto__ = 1\nconstructor = 2",
      JSON.parse('{"__proto__": 1, "constructor": 2}'),
    ],
  ];
  test.each(documents)("%s", (_, text, expected) => {
    const { value, diagnostics } = parseToml(text, "x.conf");
    expect(diagnostics).toEqual([]);
    expect(plain(value)).toEqual(expected);
  });
});

describe("mistakes", () => {
  const mistakes: readonly (readonly [string, number, number, string])[] = [
    ["a = 1\nb", 2, 2, 'a key is followed by "="'],
    ["a =", 1, 4, "a value is expected"],
    ["= 1", 1, 1, "a key is expected"],
    ["a = 1 2", 1, 7, "something after the value"],
    ["a = 1\na = 2", 2, 5, '"a" is given twice'],
    ['a = "x', 1, 5, "not closed on its line"],
    ['a = """x"""', 1, 8, "several lines"],
    ['a = "\\q"', 1, 9, "not an escape"],
    ['a = "\\ud800"', 1, 13, "not an escape"],
    ["a = 1.5", 1, 5, '"1.5" is not a value'],
    ["a = 1979-05-27", 1, 5, "is not a value"],
    ["a = 01", 1, 5, '"01" is not a value'],
    ["a = [1 2]", 1, 8, '"," or "]"'],
    ["a = [1,", 1, 8, "a value is expected"],
    ["a = {b = 1", 1, 11, '"," or "}"'],
    ["[a", 1, 3, "not closed"],
    ["[[a]", 1, 4, "not closed"],
    ["a = 1\n[a]", 2, 4, "something else already"],
    ["a = [1]\n[[a]]", 2, 6, "something else already"],
    ["a = {}\n[a]", 2, 4, "something else already"],
    ["a = 1\na.b = 2", 2, 7, '"a" is not a table'],
    [`a = ${"[".repeat(50)}`, 1, 37, "tomlDepthMax"],
    [`${"a.".repeat(50)}a = 1`, 1, 66, "tomlDepthMax"],
  ];
  test.each(mistakes)("%j at %i:%i: %s", (text, line, column, message) => {
    const { value, diagnostics } = parseToml(text, "x.conf");
    expect(value).toBeUndefined();
    expect(diagnostics).toMatchObject([
      {
        severity: "error",
        rule: "toml-syntax",
        message: expect.stringContaining(message) as string,
        span: { file: "x.conf", line },
      },
    ]);
    expect(diagnostics[0]?.span?.column).toBe(column);
  });

  test("never throws, whatever the text", () => {
    const pieces = fc.constantFrom(
      "a",
      "=",
      "[",
      "]",
      "{",
      "}",
      '"',
      "'",
      ".",
      ",",
      "\n",
      " ",
      "1",
      "#",
      "\\",
      "true",
      "é",
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 25 }), (parts) => {
        const { value, diagnostics } = parseToml(parts.join(""), "x");
        expect(value === undefined).toBe(diagnostics.length > 0);
      }),
      { numRuns: 500 },
    );
  });
});
