import fc from "fast-check";
import { expect, test } from "vitest";
import { sampleFinding, sampleReport, use } from "../../../testing/audit-report-parts.ts";
import { manyFilesReport, sampleReports } from "../../../testing/audit-reports.ts";
import { readBaseline } from "../../audit/baseline.ts";
import type { AuditReport, Finding } from "../../audit/finding.ts";
import { findingKey } from "../../audit/finding-key.ts";
import { type Gate, type JudgedReport, judge } from "../../audit/judge.ts";
import { levels } from "../../audit/levels.ts";
import { primitives } from "../../audit/primitives.ts";
import { type RuleId, rules, severities } from "../../audit/rules.ts";
import { path } from "../../tree/path.ts";
import { auditJunit } from "./junit.ts";

const samples = Object.entries(sampleReports);
const cases = Object.keys(rules).length + 1;

function judged(report: AuditReport, gate: Gate = { failBelow: "truly-distroless" }): JudgedReport {
  return { report, judgement: judge(report, gate) };
}

/** Elements in order, with their attributes as written; fails on what is not well-formed XML of elements, attributes and text. */
function elementsOf(xml: string): readonly { readonly name: string; readonly attributes: string }[] {
  const found: { name: string; attributes: string }[] = [];
  const open: string[] = [];
  let rest = xml.replace(/^<\?xml version="1.0" encoding="UTF-8"\?>\n/, "");
  expect(rest).not.toBe(xml);
  const token =
    /^(?:<(\/?)([a-z-]+)((?: [a-z]+="(?:[^"<&]|&(?:amp|lt|gt|quot|#10|#9);)*")*)(\/?)>|(?:[^<&>]|&(?:amp|lt|gt);)+)/i;
  while (rest !== "") {
    const [whole, closing, name, attributes = "", empty] = token.exec(rest) ?? [];
    if (whole === undefined) throw new Error(`not well-formed: ${rest.slice(0, 200)}`);
    rest = rest.slice(whole.length);
    if (name === undefined) continue;
    if (closing === "/") expect(open.pop()).toBe(name);
    else {
      found.push({ name, attributes });
      if (empty !== "/") open.push(name);
    }
  }
  expect(open).toEqual([]);
  return found;
}

function countsOf(xml: string): readonly (readonly [number, number, number])[] {
  return elementsOf(xml)
    .filter(({ name }) => name === "testsuite")
    .map(({ attributes }) => {
      const [, tests, failures, skipped] =
        /tests="(\d+)" failures="(\d+)" skipped="(\d+)"/.exec(attributes) ?? [];
      return [Number(tests), Number(failures), Number(skipped)];
    });
}

test.each([...samples, ["many files", () => manyFilesReport(10_000)] as const])(
  "%s is well-formed, and counts what it holds",
  (_, make) => {
    for (const gate of [{}, { failBelow: "sealed" } as const]) {
      const xml = auditJunit([judged(make(), gate)]);
      const elements = elementsOf(xml);
      const named = (name: string): number => elements.filter((one) => one.name === name).length;
      expect(countsOf(xml)).toEqual([[named("testcase"), named("failure"), named("skipped")]]);
      expect(named("testcase")).toBe(cases);
      expect(xml).not.toMatch(/[^\n\t\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/u);
    }
  },
);

test("in-name-only reads as kept", async () => {
  const report = sampleReports["in-name-only"]?.() ?? sampleReport();
  await expect(auditJunit([judged(report)])).toMatchFileSnapshot(
    "../../../test/golden/audit/in-name-only.junit.xml",
  );
});

test("one suite for each image, in the order given", () => {
  const xml = auditJunit(samples.map(([, make]) => judged(make())));
  expect(countsOf(xml).map(([, failures, skipped]) => [failures, skipped])).toEqual([
    [9, 0],
    [2, 1],
    [0, 1],
    [4, 0],
    [1, 0],
  ]);
});

const shell = sampleFinding("shell", "dash", { path: path("/bin/sh"), primitives: ["exec"] });
const loader = sampleFinding("dynamic-loader", "a loader");
const policyOf = (parts: Partial<NonNullable<Gate["policy"]>>): Gate => ({
  policy: { file: "p.yaml", primitives: {}, waivers: [], keep: [], ...parts },
});
const knowing = (...findings: readonly Finding[]): Gate => {
  const { value } = readBaseline(findings.map((one) => findingKey(one)).join("\n"), "b");
  return value === undefined ? {} : { baseline: value };
};

test.each<[string, Gate, string[], number]>([
  ["no gate", {}, [], 0],
  ["a level that is reached", { failBelow: "slim" }, [], 0],
  ["a level that isn't", { failBelow: "distroless" }, ["shell"], 0],
  ["the highest level", { failBelow: "sealed" }, ["shell", "dynamic-loader"], 0],
  ["a policy's level", policyOf({ level: "distroless" }), ["shell"], 0],
  ["a policy's severity", policyOf({ failAt: "info" }), ["shell", "dynamic-loader"], 0],
  ["a policy's primitives", policyOf({ primitives: { allow: [] } }), ["primitives"], 0],
  ["a baseline without it", knowing(loader), ["shell"], 1],
  ["a baseline with it, and a level", { ...knowing(shell), failBelow: "sealed" }, ["dynamic-loader"], 1],
])("by %s", (_name, gate, failures, skipped) => {
  const report = sampleReport({
    findings: [shell, loader],
    primitives: [use("exec", ["/bin/sh", "dash", false])],
  });
  const one = judged(report, gate);
  const xml = auditJunit([one]);
  expect([...xml.matchAll(/<failure type="([^"]*)"/g)].map(([, type]) => type)).toEqual(failures);
  expect(countsOf(xml)).toEqual([[cases, failures.length, skipped]]);
  expect(one.judgement.passed).toBe(failures.length === 0);
});

test("a case fails exactly where the gate does", () => {
  const ids = Object.keys(rules) as RuleId[];
  const findings = fc.array(
    fc
      .tuple(fc.constantFrom(...ids), fc.boolean())
      .map(([rule, isWaived]) =>
        sampleFinding(rule, rules[rule].title, isWaived ? { waived: { reason: "known" } } : {}),
      ),
    { maxLength: 6 },
  );
  const uses = fc.array(
    fc
      .tuple(fc.constantFrom(...primitives), fc.boolean())
      .map(([primitive, needed]) => use(primitive, ["/opt/x", "x", needed])),
    { maxLength: 3 },
  );
  const optional = <T>(values: readonly T[]): fc.Arbitrary<T | undefined> =>
    fc.constantFrom(undefined, ...values);
  const gates = fc
    .record({
      failBelow: optional(levels),
      level: optional(levels),
      failAt: optional(severities),
      allow: optional([[], ["exec"]] as const),
      known: fc.option(findings, { nil: undefined }),
    })
    .map(
      ({ allow, failAt, failBelow, known, level }): Gate => ({
        ...(failBelow === undefined ? {} : { failBelow }),
        ...(known === undefined ? {} : knowing(...known)),
        ...policyOf({
          primitives: allow === undefined ? {} : { allow },
          ...(level === undefined ? {} : { level }),
          ...(failAt === undefined ? {} : { failAt }),
        }),
      }),
    );
  fc.assert(
    fc.property(findings, findings, uses, gates, (found, residue, offered, gate) => {
      const one = judged(sampleReport({ findings: found, residue, primitives: offered }), gate);
      expect(auditJunit([one]).includes("<failure")).toBe(!one.judgement.passed);
    }),
  );
});

test("what a gate lets pass is told", () => {
  const xml = auditJunit([judged(sampleReport({ findings: [shell] }), {})]);
  expect(xml).toContain("<system-out>/bin/sh: dash (at most in-name-only)</system-out>");
});

test("what is waived is skipped, unless something of the rule isn't", () => {
  const waived = sampleFinding("setuid", "setuid", { waived: { reason: "a & b", expires: "2027-03-01" } });
  const all = auditJunit([judged(sampleReport({ findings: [waived] }))]);
  expect(countsOf(all)[0]).toEqual([cases, 0, 1]);
  expect(all).toContain('<skipped message="waived: a &amp; b (until 2027-03-01)"/>');
  const some = auditJunit([judged(sampleReport({ findings: [waived, sampleFinding("setuid", "another")] }))]);
  expect(countsOf(some)[0]?.slice(1)).toEqual([1, 0]);
  expect(some).not.toContain("setuid (at most");
});

test("an image that couldn't be audited is an error", () => {
  const xml = auditJunit([judged(sampleReport())], [{ reference: "oci:gone", why: "no such <folder>" }]);
  expect(countsOf(xml)).toEqual([
    [cases, 0, 0],
    [1, 0, 0],
  ]);
  expect(xml).toMatch(/<testsuites [^>]*errors="1">/);
  expect(elementsOf(xml).filter((one) => one.name === "error")).toHaveLength(1);
  expect(xml).toContain('<error type="audit" message="no such &lt;folder&gt;"/>');
});

test("a long list of one rule is cut", () => {
  const findings = Array.from({ length: 60 }, (_, index) =>
    sampleFinding("unneeded-elf", "unneeded", { path: path(`/file-${index}`) }),
  );
  for (const gate of [{ failBelow: "sealed" } as const, {}]) {
    const xml = auditJunit([judged(sampleReport({ findings }), gate)]);
    expect(xml).toContain("/file-49: unneeded");
    expect(xml).not.toContain("/file-50");
    expect(xml).toContain("\nand 10 more");
  }
});
