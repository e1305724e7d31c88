import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatPaxRecords, parsePaxNumber, parsePaxRecords, parsePaxTime } from "./pax.ts";

test("a record's length counts its own digits", () => {
  // Around the lengths where the number of digits grows.
  for (const size of [
    0, 1, 90, 91, 92, 93, 94, 95, 96, 985, 990, 991, 992, 993, 994, 995, 9984, 9990, 9991, 9992,
  ]) {
    const bytes = formatPaxRecords([["key", "v".repeat(size)]]);
    expect(Number(bytes.toString().split(" ")[0])).toBe(bytes.length);
  }
});

test("what is formatted is parsed as it was", () => {
  const record = fc.tuple(fc.stringMatching(/^[a-zA-Z.]{1,12}$/), fc.uint8Array({ maxLength: 120 }));
  fc.assert(
    fc.property(fc.array(record, { maxLength: 5 }), (records) => {
      const parsed = parsePaxRecords(formatPaxRecords(records));
      expect(parsed).toEqual(records.map(([key, value]) => ({ key, value: Buffer.from(value) })));
    }),
  );
});

describe("malformed records", () => {
  const cases: readonly (readonly [string, string])[] = [
    ["4 a=\n", "length is wrong"],
    ["7 a=b\n", "length is wrong"],
    ["x a=b\n", "length is wrong"],
    ["6a=b\n", "length is wrong"],
    ["-6 a=b\n", "length is wrong"],
    ["0 a=b\n", "length is wrong"],
    ["1 a=b\n", "length is wrong"],
    ["2 a=b\n", "length is wrong"],
    ["6 a=bc", "length is wrong"],
    ["99999999999 a=b\n", "length is wrong"],
    ["6 abc\n", "no key"],
    ["5 =b\n", "no key"],
  ];
  test.each(cases)("%j: %s", (body, why) => {
    expect(parsePaxRecords(Buffer.from(body))).toMatch(why);
  });

  test("zeros after the records are padding", () => {
    expect(parsePaxRecords(Buffer.from("6 a=b\n\0\0"))).toEqual([{ key: "a", value: Buffer.from("b") }]);
  });
});

test.each([
  ["0", 0, 0],
  ["1700000000.999999999", 1_700_000_000, undefined],
  ["-1.5", -2, undefined],
  ["-1.000", -1, undefined],
  ["7.", 7, undefined],
  ["9007199254740991", 9_007_199_254_740_991, 9_007_199_254_740_991],
  ["9007199254740993", undefined, undefined],
  ["", undefined, undefined],
  ["1e3", undefined, undefined],
  [" 1", undefined, undefined],
] as const)("%j is the time %s and the number %s", (text, time, number) => {
  expect(parsePaxTime(text)).toBe(time);
  expect(parsePaxNumber(text)).toBe(number);
});
