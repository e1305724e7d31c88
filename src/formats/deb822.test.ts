import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ToolError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import { field, formatStanza, parseStanzas } from "./deb822.ts";

const plain = (text: string): Record<string, string>[] =>
  parseStanzas(text, "the sample").map((stanza) => Object.fromEntries(stanza));

describe("stanzas", () => {
  const cases: readonly { summary: string; text: string; expected: Record<string, string>[] }[] = [
    { summary: "nothing", text: "", expected: [] },
    { summary: "only blank lines and comments", text: "\n# no stanza\n \t\n\n", expected: [] },
    { summary: "one field without a line end", text: "Package: a", expected: [{ Package: "a" }] },
    {
      summary: "blanks around a value",
      text: "Package:  \t a b \t\nB:c\n",
      expected: [{ Package: "a b", B: "c" }],
    },
    {
      summary: "two stanzas, several blank lines between them",
      text: "\nA: 1\n\n \n\nA: 2\nB: 3\n",
      expected: [{ A: "1" }, { A: "2", B: "3" }],
    },
    {
      summary: "continuation lines lose one blank, and keep the others",
      text: "Description: short\n long\n  indented\n .\n\ttabbed\n",
      expected: [{ Description: "short\nlong\n indented\n.\ntabbed" }],
    },
    {
      summary: "a value that starts on the second line",
      text: "Conffiles:\n /etc/a 1\n /etc/b 2\n",
      expected: [{ Conffiles: "\n/etc/a 1\n/etc/b 2" }],
    },
    {
      summary: "comments, also within a value",
      text: "# head\nA: 1\n# between\n 2\n#B: 3\n",
      expected: [{ A: "1\n2" }],
    },
    { summary: "CRLF", text: "A: 1\r\n 2\r\n\r\nB: 3\r\n", expected: [{ A: "1\n2" }, { B: "3" }] },
    {
      summary: "colons in a value",
      text: "Homepage: https://example.test/\n",
      expected: [{ Homepage: "https://example.test/" }],
    },
    { summary: "a name of punctuation", text: "X-A.b_c+1: v\n", expected: [{ "X-A.b_c+1": "v" }] },
    {
      summary: "blanks of Unicode are text",
      text: "A: \u00a0x\u3000\n \u00a0\nB: y\n",
      expected: [{ A: "\u00a0x\u3000\n\u00a0", B: "y" }],
    },
    {
      summary: "a line of carriage returns is blank",
      text: "A: 1\n \r\r\nB: 2\n",
      expected: [{ A: "1" }, { B: "2" }],
    },
    { summary: "an empty value", text: "A:\nB: x\n", expected: [{ A: "", B: "x" }] },
  ];
  test.each(cases)("$summary", ({ text, expected }) => {
    expect(plain(text)).toEqual(expected);
  });
});

describe("malformed", () => {
  const cases: readonly (readonly [summary: string, text: string, message: RegExp])[] = [
    ["a continuation line first", " x\n", /^reading the sample: line 1: a continuation line/],
    ["a continuation line after a blank one", "A: 1\n\n x\n", /line 3: a continuation line/],
    ["no colon", "A: 1\nB\n", /line 2: expected "Field: value"/],
    ["no name", ": x\n", /line 1: expected/],
    ["a blank in a name", "A B: x\n", /line 1: expected/],
    ["a name that begins with a hyphen", "-----BEGIN PGP SIGNED MESSAGE-----: x\n", /line 1: expected/],
    ["a field twice", "A: 1\nB: 2\nA: 3\n", /line 3: the field A is given twice/],
    [
      "a field twice in two spellings",
      "Depends: a\ndepends: b\n",
      /line 2: the field depends is given twice/,
    ],
  ];
  test.each(cases)("%s", (_, text, message) => {
    expect(() => plain(text)).toThrow(ToolError);
    expect(() => plain(text)).toThrow(message);
  });

  test("a stanza past its limit names the limit", () => {
    const text = `A: 1\n${` ${"x".repeat(999)}\n`.repeat(limits.stanzaBytesMax / 1000)}`;
    expect(() => plain(text)).toThrow(/stanzaBytesMax/);
  });
});

test("fields are found whatever the case of their name", () => {
  const [stanza = new Map()] = parseStanzas("Package: a\npre-depends: b\n", "the sample");
  expect(field(stanza, "Package")).toBe("a");
  expect(field(stanza, "Pre-Depends")).toBe("b");
  expect(field(stanza, "Depends")).toBeUndefined();
});

const lineText = fc
  .string({
    unit: fc.constantFrom("a", "Z", "0", ":", "#", "é", ",", "(", " ", "\u00a0", "\u3000"),
    minLength: 1,
    maxLength: 8,
  })
  // Blanks around a line are not part of it.
  .map((line) => line.replace(/^ +| +$/g, "") || "a");
const stanzaValues = fc.dictionary(
  fc.stringMatching(/^[A-Za-z][A-Za-z0-9-]{0,10}$/),
  fc.array(lineText, { minLength: 1, maxLength: 4 }).map((lines) => lines.join("\n")),
  { minKeys: 1, maxKeys: 6 },
);

test("what is formatted is parsed as it was", () => {
  fc.assert(
    fc.property(fc.array(stanzaValues, { maxLength: 4 }), (values) => {
      const distinct = values.map(
        (stanza) =>
          new Map(
            Map.groupBy(Object.entries(stanza), ([name]) => name.toLowerCase())
              .values()
              .map(([first = ["", ""]]) => first),
          ),
      );
      const text = distinct.map(formatStanza).join("\n");
      expect(parseStanzas(text, "t")).toEqual(distinct);
      expect(parseStanzas(text.replaceAll("\n", "\r\n"), "t")).toEqual(distinct);
    }),
  );
});

test.each([
  ["an empty line", "1\n\nB: 2", { A: "1\n.\nB: 2" }],
  ["a line of blanks", "1\n \t\r\n2", { A: "1\n.\n2" }],
])("%s in a value doesn't end its stanza", (_, value, expected) => {
  expect(plain(formatStanza(new Map([["A", value]])))).toEqual([expected]);
});

test("any text gives stanzas that are formatted and parsed as they were, or a ToolError", () => {
  const unit = fc.constantFrom("A", "b", ":", " ", "\n", "\r", "\t", "#", "-", "é", "\0", "\u00a0", "\u3000");
  const text = fc.oneof(
    fc.string({ unit, maxLength: 60 }),
    fc.string({ unit, maxLength: 20 }).map((rest) => `A:b\n ${rest}`),
  );
  fc.assert(
    fc.property(text, (written) => {
      let stanzas: ReturnType<typeof parseStanzas>;
      try {
        stanzas = parseStanzas(written, "t");
      } catch (thrown) {
        expect(thrown).toBeInstanceOf(ToolError);
        return;
      }
      expect(parseStanzas(stanzas.map(formatStanza).join("\n"), "t")).toEqual(stanzas);
    }),
    { numRuns: 2000 },
  );
});
