// The samples say of themselves what the audit would say.
import { expect, test } from "vitest";
import { verdictOf } from "../src/audit/verdict.ts";
import { manyFilesReport, sampleReports } from "./audit-reports.ts";

test.each([...Object.entries(sampleReports), ["many files", () => manyFilesReport(1000)] as const])(
  "the sample %s has the verdict that its findings give",
  (_, make) => {
    const report = make();
    const { atBest, determinate, level } = verdictOf(report);
    expect(report.verdict).toMatchObject({ atBest, determinate, level });
  },
);
