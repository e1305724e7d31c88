import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseJsonObject, parseJsonValue } from "./json.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe("parseJsonObject", () => {
  const wrong: readonly { readonly summary: string; readonly input: Uint8Array; readonly error: object }[] = [
    { summary: "no JSON", input: bytes("{"), error: { code: "malformed", why: "it is not JSON" } },
    { summary: "empty", input: bytes(""), error: { code: "malformed", why: "it is not JSON" } },
    { summary: "a list", input: bytes("[]"), error: { code: "malformed", why: "it is not a JSON object" } },
    { summary: "null", input: bytes("null"), error: { code: "malformed", why: "it is not a JSON object" } },
    {
      summary: "not UTF-8",
      input: Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d),
      error: { code: "malformed", why: "it is not UTF-8 text" },
    },
    {
      summary: "a byte order mark",
      input: bytes("\ufeff{}"),
      error: { code: "malformed", why: "it is not JSON" },
    },
    {
      summary: "nested too deep",
      input: bytes(`{"a":${"[".repeat(1_000_000)}`),
      error: { code: "malformed", why: "it is nested deeper than 64 levels" },
    },
    {
      summary: "a member twice",
      input: bytes('{"a": {"b": 1, "c": 2, "b": 3}}'),
      error: { code: "malformed", why: 'it has the member "b" twice' },
    },
    {
      summary: "a member twice, one spelt with an escape",
      input: bytes('{"ab" :1, "\\u0061b" : 2}'),
      error: { code: "malformed", why: 'it has the member "ab" twice' },
    },
    { summary: "too long", input: bytes(`{"a":"${"x".repeat(2_000_000)}"}`), error: { code: "limit" } },
    {
      summary: "an endless string",
      input: bytes(`{"a":"${'\\"'.repeat(400_000)}`),
      error: { code: "malformed" },
    },
  ];
  test.each(wrong)("refuses $summary", ({ input, error }) => {
    expect(() => parseJsonObject(input, 1_500_000, "x")).toThrow(expect.objectContaining(error));
  });

  test("names are compared inside one object only, and values are none", () => {
    const text = '{"a": "b", "b": {"a": ["a", "a", {"a": 1}]}, "c": "x\\" , \\"a\\": {", "A": "}"}';
    expect(parseJsonObject(bytes(text), 1000, "x")).toEqual(JSON.parse(text));
  });

  test("whatever JSON.stringify writes is read as JSON.parse reads it", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 10 }), fc.nat(4), (value, indent) => {
        const text = JSON.stringify(value, null, indent);
        expect(parseJsonValue(bytes(text), 1_000_000, "x")).toEqual(JSON.parse(text));
      }),
    );
  });
});
