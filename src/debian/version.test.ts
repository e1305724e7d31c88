import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compareVersions, parseVersion, satisfiesRelation } from "./version.ts";

describe("order", () => {
  test.each<[string, "<" | "=" | ">", string]>([
    ["1.0", "=", "1.0"],
    ["1.0", "=", "1.0-0"],
    ["1.0", "=", "0:1.0"],
    ["1.00", "=", "1.0"],
    ["1.0-1", ">", "1.0"],
    ["1.9", "<", "1.10"],
    ["1:0.1", ">", "9.9"],
    ["2:1", "<", "10:1"],
    ["1.0~rc1", "<", "1.0"],
    ["1.0~~", "<", "1.0~"],
    ["1.0~rc1-1", "<", "1.0~rc1-1+b1"],
    ["1.0a", ">", "1.0"],
    ["1.0a", "<", "1.0+"],
    ["1.0-1", "<", "1.0-1+deb12u1"],
    ["1.0-1~bpo1", "<", "1.0-1"],
    ["1.2.3-4-5", ">", "1.2.3-4-4"],
    ["a1", "<", "a2"],
    ["1.99999999999999999999998", "<", "1.99999999999999999999999"],
    ["0", ">", "~"],
    ["1Z", "<", "1a"],
  ])("%s %s %s", (a, sign, b) => {
    const expected = sign === "<" ? -1 : sign === ">" ? 1 : 0;
    expect(Math.sign(compareVersions(a, b))).toBe(expected);
    expect(Math.sign(compareVersions(b, a))).toBe(expected === 0 ? 0 : -expected);
  });

  const version = fc.stringMatching(/^[0019aZ.+~:-]{0,8}$/);

  test("it is total: reflexive, antisymmetric, transitive", () => {
    fc.assert(
      fc.property(version, version, version, (a, b, c) => {
        const sign = (x: string, y: string): number => Math.sign(compareVersions(x, y));
        expect(sign(a, a)).toBe(0);
        expect(sign(a, b) + sign(b, a)).toBe(0);
        if (sign(a, b) <= 0 && sign(b, c) <= 0) expect(sign(a, c)).toBeLessThanOrEqual(0);
        if (sign(a, b) === 0) expect(sign(a, c)).toBe(sign(b, c));
      }),
      { numRuns: 5000 },
    );
  });
});

test.each<[string, string | undefined]>([
  ["1.0", "0|1.0|"],
  ["1:2.3-4", "1|2.3|4"],
  ["1-2-3", "0|1-2|3"],
  ["1:2:3-4", "1|2:3|4"],
  ["0~rc1+dfsg-1+b2", "0|0~rc1+dfsg|1+b2"],
  ["", undefined],
  ["a1", undefined],
  [":1", undefined],
  ["x:1", undefined],
  ["-1:1", undefined],
  ["99999999999:1", undefined],
  ["1:", undefined],
  ["1-", undefined],
  ["1 2", undefined],
  ["1_2", undefined],
  ["1-a_b", undefined],
])("parse %j", (text, expected) => {
  const parsed = parseVersion(text);
  expect(parsed && `${parsed.epoch}|${parsed.upstream}|${parsed.revision}`).toBe(expected);
});

test.each<[string, "<<" | "<=" | "=" | ">=" | ">>", string, boolean]>([
  ["1", "<<", "2", true],
  ["1", "<<", "1", false],
  ["1", "<=", "1", true],
  ["2", "<=", "1", false],
  ["1", "=", "1-0", true],
  ["1", "=", "1-1", false],
  ["1", ">=", "1", true],
  ["1~", ">=", "1", false],
  ["1", ">>", "1", false],
  ["1+", ">>", "1", true],
])("%s %s %s: %s", (version, relation, bound, expected) => {
  expect(satisfiesRelation(version, relation, bound)).toBe(expected);
});
