import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sampleFinding, sampleReport, use } from "../../testing/audit-report-parts.ts";
import { path } from "../tree/path.ts";
import { readBaseline } from "./baseline.ts";
import type { AuditReport, Finding, PrimitiveUse } from "./finding.ts";
import { findingKey } from "./finding-key.ts";
import { type Gate, judge, requiredLevel } from "./judge.ts";
import { compareLevels, levels } from "./levels.ts";
import { applyPolicy } from "./policy/apply.ts";
import { parsePolicy } from "./policy/parse.ts";
import type { Policy } from "./policy/policy.ts";
import { ruleIds, rules } from "./rules.ts";
import { verdictOf } from "./verdict.ts";

const now = new Date("2026-11-24T12:00:00Z");
const curl = sampleFinding("foreign-tool", "curl 8.5.0", {
  path: path("/usr/bin/curl"),
  primitives: ["download"],
});
const shell = sampleFinding("shell", "dash", { path: path("/bin/sh") });
const missing = sampleFinding("missing-metadata", "no source");
const hidden = sampleFinding("hidden-program", "packed with UPX", { path: path("/agent") });

function reportOn(findings: readonly Finding[], primitives: readonly PrimitiveUse[] = []): AuditReport {
  return sampleReport({ findings, primitives, verdict: verdictOf({ findings, residue: [] }) });
}

function policyOf(lines: string): Policy {
  const { value } = parsePolicy(`apiVersion: distill/v1\n${lines}\n`, "distill-policy.yaml");
  if (value === undefined) throw new Error("no policy");
  return value;
}

function known(...findings: readonly Finding[]): Gate {
  const { value } = readBaseline(findings.map((one) => findingKey(one)).join("\n"), "b");
  if (value === undefined) throw new Error("no baseline");
  return { baseline: value };
}

/** Gates that failed. */
function failed(report: AuditReport, gate: Gate): string[] {
  const applied = gate.policy === undefined ? report : applyPolicy(report, gate.policy, now);
  const { failures, passed } = judge(applied, gate);
  expect(passed).toBe(failures.length === 0);
  return failures.map((one) => one.gate);
}

const waiver = "waivers: [{rule: shell, path: /bin/sh, reason: known, expires: 2027-03-01}]";

describe("the gate", () => {
  it.each<[string, AuditReport, Gate, string[]]>([
    ["lets everything pass where nothing is asked", reportOn([shell]), {}, []],
    ["of a level that is reached", reportOn([curl]), { failBelow: "shell-less" }, []],
    ["of a level that is not", reportOn([curl]), { failBelow: "distroless" }, ["level"]],
    ["of a policy", reportOn([curl]), { policy: policyOf("level: distroless") }, ["level"]],
    [
      "takes the stricter of both",
      reportOn([curl]),
      { failBelow: "distroless", policy: policyOf("level: slim") },
      ["level"],
    ],
    ["takes what is hidden for the worst", reportOn([hidden]), { failBelow: "distroless" }, ["level"]],
    ["leaves out what is waived", reportOn([shell]), { failBelow: "sealed", policy: policyOf(waiver) }, []],
    [
      "leaves out no more than that",
      reportOn([shell, curl]),
      { failBelow: "sealed", policy: policyOf(waiver) },
      ["level"],
    ],
    ["leaves out what is known", reportOn([shell]), { failBelow: "sealed", ...known(shell) }, []],
    ["of a severity", reportOn([curl, missing]), { policy: policyOf("fail-at: high") }, ["severity"]],
    ["of a graver severity", reportOn([curl, missing]), { policy: policyOf("fail-at: critical") }, []],
    ["of a baseline alone", reportOn([curl, shell]), known(curl), ["baseline"]],
    ["of a baseline alone, for remarks", reportOn([curl, missing]), known(curl), []],
    [
      "of everything at once",
      reportOn([curl], [use("download", ["/usr/bin/curl", "curl", false])]),
      { failBelow: "sealed", policy: policyOf("fail-at: low\nprimitives: {allow: []}") },
      ["level", "severity", "primitives"],
    ],
  ])("%s", (_name, report, gate, expected) => {
    expect(failed(report, gate)).toEqual(expected);
  });

  const primitives = [
    use("exec", ["/usr/bin/node", "Node.js", true], ["/usr/bin/env", "env", false]),
    use("download", ["/usr/bin/curl", "curl", false]),
  ];
  it.each<[string, string, string[]]>([
    ["none, where the policy is silent", "level: distro", []],
    ["those that nothing needs", "primitives: {allow: []}", ["exec", "download"]],
    ["but for those allowed", "primitives: {allow: [exec]}", ["download"]],
    ["those of the application", "primitives: {residual: []}", ["exec"]],
    ["both kinds", "primitives: {allow: [], residual: []}", ["exec", "download", "exec"]],
    [
      "not those of a waived finding",
      "primitives: {allow: [exec]}\nwaivers: [{rule: foreign-tool, path: /usr/bin/curl, reason: x, expires: 2027-03-01}]",
      [],
    ],
  ])("of primitives refuses %s", (_name, lines, expected) => {
    const policy = policyOf(lines);
    const { failures } = judge(applyPolicy(reportOn([curl], primitives), policy, now), { policy });
    expect(failures.map((one) => one.what.split(" ")[0])).toEqual(expected);
  });

  it("says what failed, about what, and what to do", () => {
    const many = Array.from({ length: 9 }, (_, index) =>
      sampleFinding("unneeded-elf", "nothing needs it", { path: path(`/lib/${index}.so`) }),
    );
    const { failures } = judge(reportOn([...many, curl, hidden]), { failBelow: "truly-distroless" });
    expect(failures).toEqual([
      {
        gate: "level",
        what: "the image is in-name-only; it has to be truly-distroless",
        findings: [hidden, curl, ...many],
        details: [
          "hidden-program: /agent: packed with UPX",
          "foreign-tool: /usr/bin/curl: curl 8.5.0",
          "unneeded-elf: /lib/0.so: nothing needs it",
          "unneeded-elf: /lib/1.so: nothing needs it",
          "and 7 more",
        ],
        hint: rules["hidden-program"].fix,
      },
    ]);
  });

  it.each<[string, AuditReport, Gate, string]>([
    [
      "what the image may be",
      reportOn([hidden]),
      { failBelow: "distroless" },
      "the image is in-name-only; it has to be distroless; what can't be told is taken for the worst, it may be sealed",
    ],
    [
      "what it counts as",
      reportOn([shell, curl]),
      { policy: policyOf(`level: sealed\n${waiver}`) },
      "the image is in-name-only, and counts as shell-less with what is left out; the policy asks for sealed",
    ],
  ])("says %s", (_name, report, gate, what) => {
    const applied = gate.policy === undefined ? report : applyPolicy(report, gate.policy, now);
    expect(judge(applied, gate).failures[0]?.what).toBe(what);
  });
});

describe("properties", () => {
  const findings = fc.array(
    fc.constantFrom(...ruleIds).map((rule) => sampleFinding(rule, rules[rule].title)),
    { maxLength: 8 },
  );
  const level = fc.constantFrom(undefined, ...levels);

  it("the required level is the stricter one", () => {
    fc.assert(
      fc.property(level, level, (failBelow, asked) => {
        const gate: Gate = {
          ...(failBelow === undefined ? {} : { failBelow }),
          policy: policyOf(asked === undefined ? "" : `level: ${asked}`),
        };
        const required = requiredLevel(gate);
        for (const one of [failBelow, asked]) {
          if (one !== undefined) expect(compareLevels(required ?? "distro", one)).toBeGreaterThanOrEqual(0);
        }
        expect([failBelow, asked]).toContain(required);
      }),
    );
  });

  it("passes exactly the levels that are reached, and never fails for one finding less", () => {
    fc.assert(
      fc.property(findings, fc.constantFrom(...levels), (all, failBelow) => {
        const report = reportOn(all);
        const { passed } = judge(report, { failBelow });
        expect(passed).toBe(compareLevels(report.verdict.level, failBelow) >= 0);
        if (passed) expect(judge(reportOn(all.slice(1)), { failBelow }).passed).toBe(true);
      }),
    );
  });
});
