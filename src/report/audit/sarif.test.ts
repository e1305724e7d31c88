import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv } from "ajv";
import { expect, test } from "vitest";
import { sampleFinding, sampleReport } from "../../../testing/audit-report-parts.ts";
import { manyFilesReport, sampleReports } from "../../../testing/audit-reports.ts";
import { hostileNames } from "../../../testing/hostile-report.ts";
import type { AuditReport } from "../../audit/finding.ts";
import { findingKey } from "../../audit/finding-key.ts";
import { rules } from "../../audit/rules.ts";
import { encodeName } from "../../base/names.ts";
import { path } from "../../tree/path.ts";
import { auditSarif } from "./sarif.ts";

/** The official schema is of draft-04, of which the draft-07 validator differs in the name of `id` alone for what it uses. */
function officialSchema(): object {
  const file = join(import.meta.dirname, "../../../testing/schemas/sarif-2.1.0-rtm.5.json");
  const { $schema, id, ...schema } = JSON.parse(readFileSync(file, "utf8")) as Record<string, unknown>;
  expect([$schema, id]).toEqual([
    "http://json-schema.org/draft-04/schema#",
    expect.stringContaining("sarif-2.1.0-rtm.5.json"),
  ]);
  return schema;
}

const ajv = new Ajv({ strict: false, allErrors: true, unicodeRegExp: false });
ajv.addFormat("uri", /^[a-z][a-z0-9+.-]*:[^\s<>"{}|\\^`]+$/i);
// RFC 3986, 4.2: no scheme, and nothing but what a URI may hold.
ajv.addFormat("uri-reference", /^(?![a-z][a-z0-9+.-]*:)(?:[\w.~!$&'()*+,;=:@/?#-]|%[0-9A-F]{2})*$/i);
ajv.addFormat("date-time", /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z$/);
const validate = ajv.compile(officialSchema());

interface Result {
  readonly ruleId: string;
  readonly ruleIndex: number;
  readonly level: string;
  readonly message: { readonly text: string };
  readonly locations: readonly {
    readonly physicalLocation: {
      readonly artifactLocation: { readonly uri: string; readonly uriBaseId: string };
    };
  }[];
  readonly partialFingerprints: Readonly<Record<string, string>>;
  readonly suppressions?: readonly unknown[];
}

interface Log {
  readonly runs: readonly {
    readonly tool: { readonly driver: { readonly rules: readonly { readonly id: string }[] } };
    readonly results: readonly Result[];
    readonly originalUriBaseIds: Readonly<Record<string, unknown>>;
  }[];
}

function logOf(...reports: readonly AuditReport[]): Log {
  return JSON.parse(JSON.stringify(auditSarif(reports))) as Log;
}

function resultsOf(...reports: readonly AuditReport[]): readonly Result[] {
  return logOf(...reports).runs[0]?.results ?? [];
}

function uriOf(result: Result | undefined): string {
  return result?.locations[0]?.physicalLocation.artifactLocation.uri ?? "";
}

const samples = Object.entries(sampleReports);
const all = (): AuditReport[] => samples.map(([, make]) => make());

test.each([...samples, ["many files", () => manyFilesReport(10_000)] as const])(
  "%s is valid by the schema of SARIF 2.1.0",
  (_, make) => {
    validate(logOf(make()));
    expect(validate.errors).toBeNull();
  },
);

test("all images of a call are one valid run, and so are none", () => {
  const log = logOf(...all());
  validate(log);
  expect(validate.errors).toBeNull();
  expect(log.runs).toHaveLength(1);
  expect(validate(logOf())).toBe(true);
});

test("the schema is one that refuses", () => {
  expect(validate({ version: "2.1.0", runs: [{ tool: { driver: {} } }] })).toBe(false);
  const log = logOf(...all()) as unknown as { runs: { results: { locations: unknown[] }[] }[] };
  const [first] = log.runs[0]?.results ?? [];
  first?.locations.push({ physicalLocation: { artifactLocation: { uri: "a:b c" } } });
  expect(validate(log)).toBe(false);
});

test("in-name-only reads as kept", async () => {
  const report = sampleReports["in-name-only"]?.() ?? sampleReport();
  const log = logOf(report);
  const [run] = log.runs;
  // The rules are data of their own (docs/reference/rules.md): the first is enough here.
  const shown = {
    ...log,
    runs: [{ ...run, tool: { driver: { ...run?.tool.driver, rules: run?.tool.driver.rules.slice(0, 1) } } }],
  };
  await expect(`${JSON.stringify(shown, null, 2)}\n`).toMatchFileSnapshot(
    "../../../test/golden/audit/in-name-only.sarif.json",
  );
});

test("every rule is told once, and every result points at its own", () => {
  const log = logOf(...all());
  const told = log.runs[0]?.tool.driver.rules.map((rule) => rule.id) ?? [];
  expect(told).toEqual(Object.keys(rules));
  for (const result of log.runs[0]?.results ?? []) expect(told[result.ruleIndex]).toBe(result.ruleId);
});

test.each<[string, string]>([
  ["/usr/bin/bash", "usr/bin/bash"],
  ["/a:b/c d", "a%3Ab/c%20d"],
  ["/%2e%2e?q#f", "%252e%252e%3Fq%23f"],
  ["/ü", "%C3%BC"],
])("the URI of %s is %s", (name, uri) => {
  const [result] = resultsOf(
    sampleReport({ findings: [sampleFinding("shell", "sh", { path: path(name) })] }),
  );
  expect(uriOf(result)).toBe(uri);
});

test("a URI gives back the name's bytes, whatever they are", () => {
  const findings = hostileNames.map((name) => sampleFinding("shell", "sh", { path: path(`/${name}`) }));
  resultsOf(sampleReport({ findings })).forEach((result, index) => {
    const bytes = Buffer.from(
      uriOf(result).replaceAll(/%([0-9A-F]{2})/g, (_, hex: string) =>
        String.fromCharCode(Number.parseInt(hex, 16)),
      ),
      "latin1",
    );
    expect(bytes).toEqual(encodeName(findings[index]?.path?.slice(1) ?? ""));
  });
});

test("a finding of the config stands under its image's name", () => {
  const [result] = resultsOf(
    sampleReport({
      image: { reference: "oci:out:web", platform: "linux/amd64" },
      findings: [sampleFinding("root-user", "root")],
    }),
  );
  expect(result?.locations[0]?.physicalLocation.artifactLocation).toEqual({
    uri: "oci%3Aout%3Aweb",
    uriBaseId: "IMAGES",
  });
});

test("files of the same name in two images are told apart, also by fingerprint", () => {
  const findings = [sampleFinding("shell", "sh", { path: path("/bin/sh") })];
  const [one, two, three] = ["a:1", "b:1", "a:2"].map((reference) =>
    sampleReport({ findings, image: { reference, platform: "linux/amd64" } }),
  );
  const results = one && two && three ? resultsOf(one, two, three) : [];
  const bases = results.map((result) => result.locations[0]?.physicalLocation.artifactLocation.uriBaseId);
  expect(bases).toEqual(["IMAGE0", "IMAGE1", "IMAGE2"]);
  const prints = results.map((result) => result.partialFingerprints["primaryLocationLineHash"]);
  expect(prints[0]).not.toBe(prints[1]);
  expect(prints[0]).toBe(prints[2]);
  const [finding] = findings;
  expect(results[0]?.partialFingerprints["distillFinding/v1"]).toBe(finding && findingKey(finding));
});

test("a finding in archives of two images has two fingerprints", () => {
  const findings = [sampleFinding("shell", "sh", { path: path("/bin/sh") })];
  const prints = ["oci-archive:a.tar", "oci-archive:b.tar", "tar:c.tar"].map((reference) => {
    const report = sampleReport({ findings, image: { reference, platform: "linux/amd64" } });
    return resultsOf(report)[0]?.partialFingerprints["primaryLocationLineHash"];
  });
  expect(new Set(prints).size).toBe(3);
});

test("what is waived is suppressed, with why", () => {
  const waived = resultsOf(...all()).filter((result) => result.suppressions !== undefined);
  expect(waived).toHaveLength(3);
  expect(waived[0]?.suppressions).toEqual([
    {
      kind: "external",
      status: "accepted",
      justification: "a build step fills it in",
      properties: { expires: "2027-03-01" },
    },
  ]);
});

test("no name makes a link, a placeholder or a line of its own in a message", () => {
  for (const { message } of resultsOf(...all())) {
    expect(message.text).not.toMatch(/(?<!\\)[[\]]/);
    expect(message.text).not.toMatch(/(?<!\{)\{\d+\}/);
    expect(message.text).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u);
  }
});

test("an image that couldn't be audited makes the run a failed one", () => {
  const log = auditSarif(all(), { unaudited: [{ reference: "oci:[gone]", why: "no such folder" }] });
  validate(JSON.parse(JSON.stringify(log)));
  expect(validate.errors ?? []).toEqual([]);
  expect(log).toMatchObject({
    runs: [
      {
        invocations: [
          {
            executionSuccessful: false,
            toolExecutionNotifications: [
              { level: "error", message: { text: "oci:\\[gone\\] could not be audited: no such folder" } },
            ],
          },
        ],
      },
    ],
  });
});
