import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fileRow, sampleFinding, sampleReport } from "../../../testing/audit-report-parts.ts";
import { sampleReports } from "../../../testing/audit-reports.ts";
import { path } from "../../tree/path.ts";
import type { DetailedReport, Finding } from "../finding.ts";
import { compareLevels } from "../levels.ts";
import { ruleIds, rules } from "../rules.ts";
import { verdictOf } from "../verdict.ts";
import { applyPolicy, policyWarnings } from "./apply.ts";
import { parsePolicy } from "./parse.ts";
import type { Policy } from "./policy.ts";

const now = new Date("2026-11-24T12:00:00Z");

function policyOf(lines: string): Policy {
  const { value, diagnostics } = parsePolicy(`apiVersion: distill/v1\n${lines}\n`, "distill-policy.yaml");
  expect(diagnostics).toEqual([]);
  if (value === undefined) throw new Error("no policy");
  return value;
}

function reportOn(findings: readonly Finding[], residue: readonly Finding[] = []): DetailedReport {
  return sampleReport({ findings, residue, verdict: verdictOf({ findings, residue }) });
}

const shell = sampleFinding("shell", "dash", {
  path: path("/bin/sh"),
  package: { type: "deb", name: "dash", version: "0.5.12-2" },
});
const ping = sampleFinding("setuid", "mode 4755, of root", { path: path("/usr/bin/ping") });
const root = sampleFinding("root-user", 'the user is ""');

/** What of it is waived, and the level that the gate counts with. */
function outcome(report: DetailedReport, lines: string, at = now): readonly [string[], string | undefined] {
  const applied = applyPolicy(report, policyOf(lines), at);
  const waived = [...applied.findings, ...applied.residue].filter((one) => one.waived !== undefined);
  return [waived.map((one) => one.rule), applied.verdict.accepted];
}

describe("a waiver", () => {
  it.each<[string, string, string[], string | undefined]>([
    ["by path", "rule: shell, path: /bin/*", ["shell"], "distroless"],
    ["by another path", "rule: shell, path: /sbin/*", [], undefined],
    ["by package", "rule: shell, package: dash", ["shell"], "distroless"],
    ["by path and another package", "rule: shell, path: /bin/sh, package: bash", [], undefined],
    ["by image", "rule: shell, path: /bin/sh, image: registry.example.test/app:*", ["shell"], "distroless"],
    ["by another image", "rule: shell, path: /bin/sh, image: registry.example.test/web:*", [], undefined],
    ["of the image as a whole", "rule: root-user", ["root-user"], "in-name-only"],
    ["of another rule", "rule: multi-call, path: /bin/sh", [], undefined],
    ["of a package where there is none", "rule: setuid, package: iputils-ping", [], undefined],
  ])("%s", (_name, fields, waived, accepted) => {
    const lines = `waivers: [{${fields}, reason: known, expires: 2027-03-01}]`;
    expect(outcome(reportOn([shell, ping, root]), lines)).toEqual([waived, accepted]);
  });

  const onPath = { ...shell, atMost: "slim" as const };
  it.each<[string, Finding, string, string[], string | undefined]>([
    ["covers what the rule says of itself", shell, "", ["shell"], "sealed"],
    ["covers no worse finding of the same file", onPath, "", [], undefined],
    ["covers it where that is accepted", onPath, "level: slim, ", ["shell"], "sealed"],
    ["covers better ones then", shell, "level: slim, ", ["shell"], "sealed"],
    ["covers none that is worse than that", { ...shell, atMost: "distro" }, "level: slim, ", [], undefined],
    ["may accept less than its rule says", shell, "level: distroless, ", [], undefined],
  ])("%s", (_name, finding, level, waived, accepted) => {
    for (const named of ["path: /bin/sh", "package: dash"]) {
      const lines = `waivers: [{rule: shell, ${named}, ${level}reason: known, expires: 2027-03-01}]`;
      expect(outcome(reportOn([finding]), lines)).toEqual([waived, accepted]);
    }
  });

  it("says why, and until when, and leaves the stated level as it was", () => {
    const report = reportOn([shell]);
    const applied = applyPolicy(
      report,
      policyOf("waivers: [{rule: shell, path: /bin/sh, reason: a debug image, expires: 2027-03-01}]"),
      now,
    );
    expect(applied.findings[0]?.waived).toEqual({ reason: "a debug image", expires: "2027-03-01" });
    expect(applied.verdict).toEqual({ ...report.verdict, accepted: "sealed" });
    expect(applied.verdict.level).toBe("in-name-only");
  });

  it.each<[string, string, string[]]>([
    ["counts on its last day", "2026-11-24", ["shell"]],
    ["ends after it", "2026-11-23", []],
    ["counts for a year", "2027-11-25", ["shell"]],
    ["doesn't count for longer", "2027-11-26", []],
  ])("%s", (_name, expires, waived) => {
    const lines = `waivers: [{rule: shell, path: /bin/sh, reason: known, expires: ${expires}}]`;
    for (const time of ["00:00:00Z", "23:59:59Z"]) {
      expect(outcome(reportOn([shell]), lines, new Date(`2026-11-24T${time}`))[0]).toEqual(waived);
    }
  });

  it("covers a secret of a lower layer", () => {
    const key = sampleFinding("secret-in-lower-layer", "a PEM private key", { path: path("/root/id") });
    const lines =
      "waivers: [{rule: secret-in-lower-layer, path: /root/id, reason: a test key, expires: 2027-03-01}]";
    expect(outcome(reportOn([], [key]), lines)).toEqual([["secret-in-lower-layer"], "sealed"]);
  });
});

describe("a kept path", () => {
  const plugin = path("/opt/app/plugins/a.so");
  const report = {
    ...reportOn([
      sampleFinding("unneeded-elf", "nothing needs it", { path: plugin }),
      sampleFinding("setuid", "mode 4755", { path: plugin }),
    ]),
    files: () => [fileRow("/opt/app/main", 10, "closure"), fileRow(plugin, 20, "unproven")],
  };
  const applied = applyPolicy(report, policyOf("keep: [{path: /opt/app/**, reason: loaded by name}]"), now);

  it("explains a file that nothing else explains, and waives that finding alone", () => {
    expect(applied.files().map((row) => row.role)).toEqual(["closure", "declared"]);
    expect(applied.findings.map((one) => one.waived?.reason)).toEqual(["loaded by name", undefined]);
    expect(applied.explain(plugin)).toEqual([
      "keep /opt/app/** (distill-policy.yaml:2): loaded by name",
      "/opt/app/plugins/a.so",
    ]);
  });

  it("leaves the reasons of other files", () => {
    expect(applied.explain(path("/opt/app/main"))).toEqual(report.explain(path("/opt/app/main")));
  });
});

describe("warnings", () => {
  const report = reportOn([shell]);
  it.each<[string, string, string[]]>([
    [
      "none of a waiver that counts",
      "waivers: [{rule: shell, path: /bin/sh, reason: x, expires: 2027-03-01}]",
      [],
    ],
    [
      "of an expired one",
      "waivers: [{rule: shell, path: /bin/sh, reason: x, expires: 2026-03-01}]",
      ["waiver-expired"],
    ],
    [
      "of one without end",
      "waivers: [{rule: shell, path: /bin/sh, reason: x, expires: 9999-12-31}]",
      ["waiver-too-long"],
    ],
    [
      "of an unused one, expired or not",
      "waivers: [{rule: shell, path: /x, reason: x, expires: 2026-03-01}]",
      ["waiver-unused"],
    ],
    [
      "of one that what it names is worse than",
      "waivers: [{rule: shell, path: /bin/sh, level: distroless, reason: x, expires: 2027-03-01}]",
      ["waiver-exceeded"],
    ],
    ["of a kept path", "keep: [{path: /x, reason: x}]", ["waiver-unused"]],
  ])("%s", (_name, lines, given) => {
    const warnings = policyWarnings(policyOf(lines), [report], now);
    expect(warnings.map((one) => [one.rule, one.severity, one.span?.line])).toEqual(
      given.map((rule) => [rule, "warning", 2]),
    );
  });

  it("not where one image of several has it", () => {
    const policy = policyOf("waivers: [{rule: shell, path: /bin/sh, reason: x, expires: 2027-03-01}]");
    expect(policyWarnings(policy, [reportOn([]), report], now)).toEqual([]);
  });
});

describe("properties", () => {
  const files = ["/bin/sh", "/usr/bin/ping", "/opt/app"];
  const finding = fc
    .record({ rule: fc.constantFrom(...ruleIds), at: fc.constantFrom(...files) })
    .map(({ rule, at }) => sampleFinding(rule, rules[rule].title, { path: path(at) }));
  const reports = fc.array(finding, { maxLength: 8 }).map((findings) => reportOn(findings));
  const policies = fc
    .array(fc.record({ rule: fc.constantFrom(...ruleIds), at: fc.constantFrom(...files) }), { maxLength: 6 })
    .map(
      (all) =>
        new Map(
          all.map(({ rule, at }) => [
            `${rule} ${at}`,
            `{rule: ${rule}, path: ${at}, reason: x, expires: 2027-03-01}`,
          ]),
        ),
    )
    .map((all) => policyOf(`waivers: [${[...all.values()].join(", ")}]`));

  it("an empty policy changes nothing", () => {
    for (const sample of Object.values(sampleReports)) {
      const report = sample();
      const { files: before, explain: _, ...rest } = report;
      const {
        files: after,
        explain: __,
        ...same
      } = applyPolicy(
        { ...report, findings: report.findings.map(({ waived: ___, ...one }) => one) },
        policyOf(""),
        now,
      );
      expect(same).toEqual({ ...rest, findings: rest.findings.map(({ waived: ___, ...one }) => one) });
      expect(after()).toEqual(before());
    }
  });

  it("waiving never makes the accepted level worse, nor touches the stated one, and is done once", () => {
    fc.assert(
      fc.property(reports, policies, (report, policy) => {
        const applied = applyPolicy(report, policy, now);
        const { accepted, ...stated } = applied.verdict;
        expect(stated).toEqual(report.verdict);
        expect(compareLevels(accepted ?? stated.level, stated.level)).toBeGreaterThanOrEqual(0);
        const again = applyPolicy(applied, policy, now);
        expect(again.findings).toEqual(applied.findings);
        expect(again.verdict).toEqual(applied.verdict);
      }),
    );
  });
});
