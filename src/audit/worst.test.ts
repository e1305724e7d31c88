import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sampleFinding } from "../../testing/audit-report-parts.ts";
import type { Finding } from "./finding.ts";
import { levels } from "./levels.ts";
import { type RuleId, ruleIds, severities } from "./rules.ts";
import { verdictOf } from "./verdict.ts";
import { worstFindings } from "./worst.ts";

const of = (rule: RuleId, what: string, parts: Partial<Finding> = {}): Finding =>
  sampleFinding(rule, what, parts);
const told = (findings: readonly Finding[]): string[] =>
  findings.map((one) => `${one.rule} ${one.severity} ${one.atMost ?? "-"}: ${one.what}`);

describe("the worst findings", () => {
  it("are all of them below the limit, the worst first, those of a weight as they were found", () => {
    const found = [
      of("setuid", "1"),
      of("residue", "2"),
      of("shell", "3"),
      of("device", "4"),
      of("setuid", "5"),
    ];
    expect(worstFindings(found).map((one) => one.what)).toEqual(["3", "1", "5", "4", "2"]);
  });

  it("leave of each rule the others out, and count them", () => {
    const found = [
      of("setuid", "a"),
      of("setuid", "b", { atMost: "slim" }),
      of("residue", "c"),
      ...["d", "e", "f", "g", "h"].map((one) => of("setuid", one, { severity: "low" })),
    ];
    expect(told(worstFindings(found, 2))).toEqual([
      "setuid high slim: b",
      "setuid high distroless: a",
      "setuid low distroless: and 5 more, which are left out here",
      "residue info -: c",
    ]);
  });

  it("have the verdict of all", () => {
    const finding = fc
      .record({
        rule: fc.constantFrom(...ruleIds),
        atMost: fc.option(fc.constantFrom(...levels)),
        severity: fc.constantFrom(...severities),
      })
      .map(({ atMost, rule, severity }): Finding => {
        const { atMost: _, ...rest } = of(rule, "x", { severity });
        return atMost === null ? rest : { ...rest, atMost };
      });
    // Of a few rules only, so that there are many of each.
    const findings = fc
      .tuple(fc.subarray([...ruleIds], { minLength: 1, maxLength: 3 }), fc.array(finding, { maxLength: 60 }))
      .map(([ids, all]) =>
        all.map((one, index): Finding => ({ ...one, rule: ids[index % ids.length] ?? one.rule })),
      );
    fc.assert(
      fc.property(findings, findings, fc.integer({ min: 1, max: 9 }), (all, residue, max) => {
        const held = worstFindings(all, max);
        expect(verdictOf({ findings: held, residue: worstFindings(residue, max) })).toEqual(
          verdictOf({ findings: all, residue }),
        );
        expect(held.reduce((sum, one) => sum + (one.omitted ?? 1), 0)).toBe(all.length);
        expect(
          Math.max(0, ...[...Map.groupBy(held, (one) => one.rule).values()].map((one) => one.length)),
        ).toBeLessThanOrEqual(max + 1);
      }),
    );
  });

  it("are counted, however many there are", () => {
    const made = function* (): Generator<Finding> {
      for (let index = 0; index < 50_000; index++) yield of("world-writable", String(index));
    };
    const held = worstFindings(made(), 10);
    expect(held).toHaveLength(11);
    expect(held.at(-1)?.omitted).toBe(49_990);
  });
});
