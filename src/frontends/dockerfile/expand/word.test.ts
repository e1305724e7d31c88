import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { limits } from "../../../base/limits.ts";
import { type ExpandOptions, expandWord, expandWords, isProblem } from "./word.ts";

const variables = new Map([
  ["a", "one"],
  ["empty", ""],
  ["path", "/usr/lib/libx.so.1"],
  ["blanks", " x  y "],
  ["star", "a*b?c\\d"],
  ["lines", "ab\ncd"],
  ["größe", "groß"],
  ["smile", "😀x😀"],
]);
const options: ExpandOptions = { variables, escape: "\\" };

function expanded(word: string, more: Partial<ExpandOptions> = {}): string {
  const result = expandWord(word, { ...options, ...more });
  return isProblem(result) ? `at ${result.at}: ${result.problem}` : result.value;
}

describe("a word", () => {
  test.each<[string, string]>([
    ["", ""],
    ["plain text", "plain text"],
    ["$a-${a}-$ab", "one-one-"],
    ["$größe", "groß"],
    ["$a.$a", "one.one"],
    ["$", "$"],
    ["$.", "$."],
    ["$1x$$y$@z$0", "xyz"],
    ["$12x", "x"],
    ["\\$a", "$a"],
    ["\\\\$a", "\\one"],
    ["a\\", "a"],
    ["a\\bc", "abc"],
    ["'$a \\' \"", "at 7: a double quote is not closed"],
    ["'$a \\'", "$a \\"],
    ['"$a \\$a \\" \\\\ \\x \'"', "one $a \" \\ \\x '"],
    ["'a", "at 0: a single quote is not closed"],
    ['x"a', "at 1: a double quote is not closed"],
    ['"a\\"', "at 0: a double quote is not closed"],
    ["${unset}${empty}x", "x"],
    ["${a-w}${unset-w}${empty-w}", "onew"],
    ["${a:-w}${unset:-w}${empty:-w}", "oneww"],
    ["${a+w}${unset+w}${empty+w}", "ww"],
    ["${a:+w}${unset:+w}${empty:+w}", "w"],
    ["${a?}${a:?}${empty?}", "oneone"],
    ["x${unset?}", "at 1: unset must not be unset"],
    ["${empty:?}", "at 0: empty must not be empty"],
    ["${unset:?no $a given}", "at 0: unset: no one given"],
    ["${unset:-${empty:-$a}}", "one"],
    ['${unset:-"} \'"}', "} '"],
    ["${unset:-\\}}", "}"],
    ["${unset:-a b {c}", "a b {c"],
    ["${a}}", "one}"],
    ["${path#/}", "usr/lib/libx.so.1"],
    ["${path#*/}", "usr/lib/libx.so.1"],
    ["${path##*/}", "libx.so.1"],
    ["${path%.*}", "/usr/lib/libx.so"],
    ["${path%%.*}", "/usr/lib/libx"],
    ["${path%%/*}", ""],
    ["${path#?usr}", "/lib/libx.so.1"],
    ["${path#none}${path%none}", "/usr/lib/libx.so.1/usr/lib/libx.so.1"],
    ["${a#}${a%}", "oneone"],
    ["${unset#x}", ""],
    ["${star#a\\*}", "b?c\\d"],
    ["${star%c\\\\?}", "a*b?"],
    ["${a#\\x}", 'at 0: the pattern has an invalid escape "\\x"'],
    ["${path/lib/LIB}", "/usr/LIB/libx.so.1"],
    ["${path//lib/}", "/usr//x.so.1"],
    ["${path//\\//-}", "-usr-lib-libx.so.1"],
    ["${path/u*b/x}", "/xx.so.1"],
    ["${a//?/<&>}", "<&><&><&>"],
    ["${a/}", 'at 0: "${" has no "/"'],
    ["${a//x}", 'at 0: "${" has no "/"'],
    ["${a//b/c", 'at 0: "${" has no "}"'],
    ["${a//none/$empty}", "one"],
    ["${a///-}", "-o-n-e-"],
    ["${lines//*/x}", "x\nx"],
    ["${lines#*d}", "ab\ncd"],
    ["${smile#?}", "x😀"],
    ["${smile%?}", "😀x"],
    ["${}", 'at 0: "${" names no variable'],
    ["${:-x}", 'at 0: "${" names no variable'],
    ["${{a}", 'at 0: "${" names no variable'],
    ["${a", 'at 0: "${" has no "}"'],
    ["${", 'at 0: "${" has no "}"'],
    ["${a:-x", 'at 0: "${" has no "}"'],
    ["${a:", 'at 0: "${" has no "}"'],
    ["${a:=x}", 'at 3: ":=" is no modifier of a variable'],
    ["${a:#x}", 'at 3: ":#" is no modifier of a variable'],
    ["${a.b}", 'at 3: "." is no modifier of a variable'],
    ["a <<  b < c", "a <<  b < c"],
  ])("%j", (word, expected) => {
    expect(expanded(word)).toBe(expected);
  });

  test.each<[string, Partial<ExpandOptions>, string]>([
    ["`$a\\$a", { escape: "`" }, "$a\\one"],
    ["'a' \"$a\"", { keepQuotes: true }, "'a' \"one\""],
    ['\\a "\\$"', { keepEscapes: true }, "\\a \\$"],
    ["'$a' \"$a\" \\$a", { literalQuotes: true }, "'one' \"one\" $a"],
    ["$u ${u} ${u:-$a} ${u#x} ${u//y/z} $a", { keepUnset: true }, "$u ${u} ${u:-one} ${u#x} ${u/y/z} one"],
  ])("%j with %j", (word, more, expected) => {
    expect(expanded(word, more)).toBe(expected);
  });

  test("says which variables it used, and which it missed", () => {
    expect(expandWord("$a${b:-$c}$a'$d'", options)).toEqual({
      value: "oneone$d",
      used: ["a"],
      unset: ["c", "b"],
    });
  });
});

describe("words", () => {
  const split = (text: string): readonly string[] => {
    const result = expandWords(text, options);
    return isProblem(result) ? [result.problem] : result.words.map(({ text: word }) => word);
  };

  test.each<[string, readonly string[]]>([
    ["", []],
    [" a  b\t", ["a", "b"]],
    ["a\\ b", ["a b"]],
    ["'a b'c \"d e\"", ["a bc", "d e"]],
    ["x${blanks}y", ["x", "x", "y", "y"]],
    ['"x${blanks}"y', ["x x  y y"]],
    ["'' \"\" a", ["a"]],
    ["$empty", []],
    ["a << b <c", ["a", "<< b", "<c"]],
  ])("%j", (text, expected) => {
    expect(split(text)).toEqual(expected);
  });

  test("know where they come from", () => {
    const result = expandWords("ab  'c d' $blanks", options);
    expect(isProblem(result) ? [] : result.words.map(({ start, end }) => [start, end])).toEqual([
      [0, 2],
      [4, 9],
      [10, 10],
      [10, 10],
    ]);
  });
});

describe("whatever it is", () => {
  const part = fc.constantFrom(
    ...["$", "${", "}", "a", "b", ":-", ":+", ":?", "-", "+", "?", "#", "##", "%", "%%", "/", "//"],
    ...["*", "?", "\\", "'", '"', " ", "<<", "😀", "\ud800", "\n", "{", "."],
  );
  const text = fc.array(part, { maxLength: 40 }).map((parts) => parts.join(""));

  test("nothing is thrown, and a problem is at a place of the word", () => {
    fc.assert(
      fc.property(
        text,
        fc.record({ keepQuotes: fc.boolean(), keepEscapes: fc.boolean(), keepUnset: fc.boolean() }),
        (word, more) => {
          for (const result of [
            expandWord(word, { ...options, ...more }),
            expandWords(word, { ...options, ...more }),
          ]) {
            if (!isProblem(result)) continue;
            expect(result.at).toBeGreaterThanOrEqual(0);
            expect(result.at).toBeLessThanOrEqual(word.length);
          }
        },
      ),
      { numRuns: 3000 },
    );
  });

  test("quoting a text gives it back", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (plain) => {
        expect(expanded(`"${plain.replaceAll(/["$\\]/g, "\\$&")}"`)).toBe(plain);
        if (!plain.includes("'")) expect(expanded(`'${plain}'`)).toBe(plain);
      }),
    );
  });

  test("keeping quotes, escapes and what is unset keeps a text without operands", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom("a", "$", "{", " ", "'a'", '"b"', "\\", "<", "\t", "é") }),
        (plain) => {
          // An escape character that means nothing in double quotes is kept, and what it stands before as well: it is doubled.
          fc.pre(!(plain.includes("\\") && plain.includes('"')));
          const kept = expandWord(plain, {
            variables: new Map(),
            escape: "\\",
            keepQuotes: true,
            keepEscapes: true,
            keepUnset: true,
          });
          // Special parameters, as "$$", are no names of variables, and are kept as well.
          if (!isProblem(kept)) expect(kept.value).toBe(plain);
        },
      ),
    );
  });

  test("patterns mean the same as regular expressions of them", () => {
    const glob = fc
      .array(fc.constantFrom("a", "b", "*", "?"), { maxLength: 8 })
      .map((parts) => parts.join(""));
    const value = fc.string({ unit: fc.constantFrom("a", "b", "\n"), maxLength: 12 });
    const expression = (pattern: string, lazy: boolean): string =>
      pattern.replaceAll("?", ".").replaceAll("*", lazy ? ".*?" : ".*");
    fc.assert(
      fc.property(glob, value, (pattern, x) => {
        const given = { variables: new Map([["x", x]]) };
        expect(expanded(`\${x##${pattern}}`, given)).toBe(
          x.replace(new RegExp(`^${expression(pattern, false)}`), ""),
        );
        if (!pattern.startsWith("#")) {
          expect(expanded(`\${x#${pattern}}`, given)).toBe(
            x.replace(new RegExp(`^${expression(pattern, true)}`), ""),
          );
        }
        // "//" is another operator.
        if (pattern === "") return;
        expect(expanded(`\${x/${pattern}/-}`, given)).toBe(
          x.replace(new RegExp(expression(pattern, false)), "-"),
        );
      }),
      { numRuns: 2000 },
    );
  });
});

describe("limits", () => {
  const doubling = new Map([["x", "y".repeat(2 ** 16)]]);

  test.each<[string, string, ReadonlyMap<string, string>]>([
    ["expandedLengthMax", "$x".repeat(limits.expandedLengthMax / 2 ** 16 + 1), doubling],
    ["expandedLengthMax", "${x//y/yyyyyyyyyyyyyyyyyyyyyyyy}", doubling],
    [
      "expansionDepthMax",
      `${"${a:-".repeat(limits.expansionDepthMax + 1)}${"}".repeat(limits.expansionDepthMax + 1)}`,
      doubling,
    ],
    ["expansionMatchStepsMax", `\${x//${"*y".repeat(100)}z/}`, doubling],
  ])("%s", (limit, word, given) => {
    expect(expanded(word, { variables: given })).toContain(`(${limit})`);
  });
});
