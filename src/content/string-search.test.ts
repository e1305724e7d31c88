import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { searchLengthMin, stringSearch } from "./string-search.ts";

describe("stringSearch", () => {
  test("finds what indexOf finds", () => {
    const text = fc.string({
      unit: fc.constantFrom("a", "b", "\0"),
      minLength: searchLengthMin,
      maxLength: 12,
    });
    const bytes = fc.string({ unit: fc.constantFrom("a", "b", "\0"), maxLength: 400 });
    fc.assert(
      fc.property(fc.uniqueArray(text, { minLength: 1, maxLength: 5 }), bytes, (strings, content) => {
        const found: string[] = [];
        stringSearch(strings).scan(Buffer.from(content, "latin1"), (index, at) =>
          found.push(`${index} ${at}`),
        );
        const expected = strings.flatMap((one, index) => {
          const places: string[] = [];
          for (let at = content.indexOf(one); at >= 0; at = content.indexOf(one, at + 1))
            places.push(`${index} ${at}`);
          return places;
        });
        expect(found.sort()).toEqual(expected.sort());
      }),
    );
  });

  test("refuses what is too short to skip by", () => {
    expect(() => stringSearch(["1234567"])).toThrow("too short");
  });
});
