import fc from "fast-check";
import { expect, test } from "vitest";
import { appliesTo, type Dependency, formatGroup, parseRelations } from "./dependency.ts";

test.each<[field: string, groups: readonly string[], malformed?: readonly string[]]>([
  ["", []],
  ["a", ["a"]],
  ["a, b", ["a", "b"]],
  [" a ,\n b , ", ["a", "b"]],
  ["a | b|c", ["a | b | c"]],
  ["a (>= 1:2.0-3~x)", ["a (>= 1:2.0-3~x)"]],
  ["a(<<1)", ["a (<< 1)"]],
  ["a ( = 1 )", ["a (= 1)"]],
  ["a \t (\n=  1\t) \n[ amd64\tarm64 ]  < cross >\n<stage1>", ["a (= 1) [amd64 arm64] <cross> <stage1>"]],
  ["a  b", [], ["a  b"]],
  ["a (< 1), b (> 2)", ["a (<= 1)", "b (>= 2)"]],
  ["python3:any (>= 3.9~)", ["python3:any (>= 3.9~)"]],
  ["a:native, a:arm64", ["a:native", "a:arm64"]],
  ["a [amd64 arm64]", ["a [amd64 arm64]"]],
  ["a (>= 1) [!i386] <!nocheck> <cross stage1>", ["a (>= 1) [!i386] <!nocheck> <cross stage1>"]],
  ["g++-12, libc6.1, a_b", ["g++-12", "libc6.1", "a_b"]],
  ["a ()", [], ["a ()"]],
  ["a (>> )", [], ["a (>> )"]],
  ["a (!= 1), b", ["b"], ["a (!= 1)"]],
  ["a (>= 1", [], ["a (>= 1"]],
  ["$shlibs, b", ["b"], ["$shlibs"]],
  ["a b | c", ["c"], ["a b"]],
  ["| a", ["a"], [""]],
])("%j", (field, groups, malformed = []) => {
  const parsed = parseRelations(field);
  expect(parsed.groups.map(formatGroup)).toEqual(groups);
  expect(parsed.malformed).toEqual(malformed);
});

test("what is written is read back", () => {
  const name = fc.stringMatching(/^[a-z0-9][a-z0-9+.-]{0,8}$/);
  const dependency: fc.Arbitrary<Dependency> = fc.record(
    {
      name,
      qualifier: fc.constantFrom("any", "native", "arm64"),
      constraint: fc.record({
        relation: fc.constantFrom("<<", "<=", "=", ">=", ">>"),
        version: fc.stringMatching(/^[0-9][0-9a-z.+~:-]{0,8}$/),
      }),
      architectures: fc.array(fc.constantFrom("amd64", "arm64", "!i386"), { minLength: 1, maxLength: 3 }),
      profiles: fc.array(fc.array(fc.constantFrom("!nocheck", "cross"), { minLength: 1, maxLength: 2 }), {
        minLength: 1,
        maxLength: 2,
      }),
    },
    { requiredKeys: ["name"] },
  );
  fc.assert(
    fc.property(
      fc.array(fc.array(dependency, { minLength: 1, maxLength: 3 }), { maxLength: 4 }),
      (groups) => {
        expect(parseRelations(groups.map(formatGroup).join(", "))).toEqual({ groups, malformed: [] });
      },
    ),
  );
});

test.each([
  ["blanks", `a${" ".repeat(20_000)}!`],
  ["blanks within parentheses", `a (>=${" ".repeat(20_000)}!`],
  ["profiles", `a${" <b>".repeat(5_000)}!`],
  ["letters", `${"a".repeat(20_000)}!`],
])("many %s take time in proportion to their number", (_, field) => {
  expect(parseRelations(field).malformed.length).toBe(1);
});

test("no text makes the parser throw", () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[ab1 ()[\]<>|,:!=\n$]{0,20}$/), (text) => {
      expect(() => parseRelations(text)).not.toThrow();
    }),
    { numRuns: 2000 },
  );
});

test.each<[string, readonly string[], boolean]>([
  ["a", [], true],
  ["a [amd64]", [], true],
  ["a [arm64]", [], false],
  ["a [!arm64]", [], true],
  ["a [!amd64 !i386]", [], false],
  ["a [any]", [], true],
  ["a [linux-any]", [], true],
  ["a [any-amd64]", [], true],
  ["a [any-arm64]", [], false],
  ["a [kfreebsd-any]", [], false],
  ["a <!nocheck>", [], true],
  ["a <!nocheck>", ["nocheck"], false],
  ["a <cross>", [], false],
  ["a <cross> <!nocheck>", [], true],
  ["a <cross !nocheck>", ["cross"], true],
  ["a <cross !nocheck>", ["cross", "nocheck"], false],
])("%s with profiles %j applies to amd64: %s", (text, profiles, expected) => {
  const dependency = parseRelations(text).groups[0]?.[0];
  expect(dependency && appliesTo(dependency, "amd64", new Set(profiles))).toBe(expected);
});
