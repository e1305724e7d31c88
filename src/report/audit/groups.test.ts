import { expect, test } from "vitest";
import { sampleFinding, sampleReport } from "../../../testing/audit-report-parts.ts";
import { countBySeverity } from "./groups.ts";

test("findings that a report leaves out are counted, waived ones are not", () => {
  const report = sampleReport({
    findings: [
      sampleFinding("setuid", "a"),
      sampleFinding("setuid", "and 7 more", { omitted: 7 }),
      sampleFinding("setuid", "b", { waived: { reason: "x" } }),
    ],
    residue: [sampleFinding("residue", "c")],
  });
  expect(countBySeverity(report)).toEqual({ critical: 0, high: 8, medium: 0, low: 0, info: 1 });
});
