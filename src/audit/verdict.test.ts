import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Finding } from "./finding.ts";
import { compareLevels, type Level, levels } from "./levels.ts";
import { type RuleId, ruleIds, rules } from "./rules.ts";
import { verdictOf } from "./verdict.ts";

function found(rule: RuleId, atMost: Level | undefined = rules[rule].atMost): Finding {
  const { severity, title } = rules[rule];
  return {
    rule,
    severity,
    subject: rule,
    what: title,
    evidence: [],
    primitives: [],
    ...(atMost === undefined ? {} : { atMost }),
  };
}

/** Of what only a lower layer holds. */
function gone(rule: RuleId): Finding {
  const { atMost: _, ...rest } = found(rule);
  return rest;
}

const arbitrary = fc.record({
  rule: fc.constantFrom(...ruleIds),
  worse: fc.constantFrom(undefined, ...levels),
});
const findings = fc
  .array(arbitrary, { maxLength: 12 })
  .map((all) => all.map((one) => found(one.rule, one.worse ?? rules[one.rule].atMost)));

describe("the verdict", () => {
  it.each<[string, readonly Finding[], readonly Finding[], Level, Level]>([
    ["nothing found", [], [], "sealed", "sealed"],
    ["the worst finding decides", [found("setuid"), found("shell")], [], "in-name-only", "in-name-only"],
    ["a finding can be worse than its rule", [found("shell", "distro")], [], "distro", "distro"],
    ["what moves no level", [found("missing-metadata")], [], "sealed", "sealed"],
    ["a packed program can be anything", [found("hidden-program")], [], "in-name-only", "sealed"],
    ["a program in another file is there", [found("embedded-elf")], [], "distroless", "distroless"],
    ["an unproven library stays one", [found("unneeded-elf")], [], "distroless", "distroless"],
    [
      "unread content over a root user",
      [found("unread-content"), found("root-user")],
      [],
      "distroless",
      "distroless",
    ],
    ["a deleted shell", [], [gone("shell")], "sealed", "sealed"],
    ["a deleted secret", [], [found("secret-in-lower-layer")], "distroless", "distroless"],
  ])("%s", (_name, inImage, residue, level, atBest) => {
    expect(verdictOf({ findings: inImage, residue })).toMatchObject({
      level,
      atBest,
      determinate: level === atBest,
    });
  });

  it("counts what is waived: the level is the image's, not the policy's", () => {
    const waived = { ...found("shell"), waived: { reason: "a debug image", expires: "2027-01-01" } };
    expect(verdictOf({ findings: [waived], residue: [] })).toEqual(
      verdictOf({ findings: [found("shell")], residue: [] }),
    );
  });

  it("is never better for one finding more, in level or score", () => {
    fc.assert(
      fc.property(findings, findings, findings, (first, residue, more) => {
        const before = verdictOf({ findings: first, residue });
        for (const after of [
          verdictOf({ findings: [...first, ...more], residue }),
          verdictOf({ findings: first, residue: [...residue, ...more] }),
        ]) {
          expect(compareLevels(after.level, before.level)).toBeLessThanOrEqual(0);
          expect(after.score).toBeLessThanOrEqual(before.score);
        }
      }),
    );
  });

  it("does not depend on the order of the findings", () => {
    fc.assert(
      fc.property(findings, (all) => {
        expect(verdictOf({ findings: all.toReversed(), residue: [] })).toEqual(
          verdictOf({ findings: all, residue: [] }),
        );
      }),
    );
  });

  it("scores every image of a level below every image of a better one", () => {
    fc.assert(
      fc.property(findings, findings, (a, b) => {
        const [one, other] = [
          verdictOf({ findings: a, residue: [] }),
          verdictOf({ findings: b, residue: [] }),
        ];
        if (compareLevels(one.level, other.level) < 0) expect(one.score).toBeLessThan(other.score);
        expect(one.score).toBeGreaterThanOrEqual(0);
        expect(one.score === 100).toBe(one.level === "sealed");
      }),
    );
  });

  it("shows the first finding and the thousandth in the score", () => {
    const score = (count: number): number =>
      verdictOf({ findings: Array.from({ length: count }, () => found("unneeded-elf")), residue: [] }).score;
    expect([1, 10, 100, 1000].map(score)).toEqual([78, 75, 73, 72]);
  });
});
