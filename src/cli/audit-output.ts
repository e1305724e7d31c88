// Reports of audits in the form that is asked for; each renderer is loaded when it is needed.
import { type AuditReport, isDetailed } from "../audit/finding.ts";
import type { JudgedReport } from "../audit/judge.ts";
import { assert } from "../base/errors.ts";
import type { Unaudited } from "../report/audit/unaudited.ts";
import { styleFor } from "../report/style.ts";
import { version } from "./version.ts";

export const auditFormats = ["table", "json", "sarif", "junit", "markdown", "html", "badge"] as const;

export type AuditFormat = (typeof auditFormats)[number];

interface OutputOptions {
  readonly columns: number;
  readonly colour: boolean;
  readonly verbose: boolean;
  readonly unaudited: readonly Unaudited[];
}

/** The forms that show one image. */
export const singleFormats: ReadonlySet<AuditFormat> = new Set(["html", "badge"]);

/** Ends with a line feed. */
export async function renderAudits(
  format: AuditFormat,
  judged: readonly JudgedReport[],
  options: OutputOptions,
): Promise<string> {
  const reports = judged.map((one) => one.report);
  const { unaudited } = options;
  const [only] = reports;
  switch (format) {
    case "table":
      return renderTables(reports, options);
    case "json":
      return (await import("../report/audit/json.ts")).auditJsonText(reports);
    case "sarif":
      return (await import("../report/audit/sarif.ts")).auditSarifText(reports, { version, unaudited });
    case "junit":
      return (await import("../report/audit/junit.ts")).auditJunit(judged, unaudited);
    case "markdown":
      return (await import("../report/audit/markdown.ts")).auditMarkdown(reports);
    case "html":
      assert(only !== undefined && isDetailed(only), "a page is made of one detailed report");
      return (await import("../report/audit/html/page.ts")).auditHtml(only);
    case "badge":
      assert(only !== undefined, "a badge is made of one report");
      return (await import("../report/audit/badge.ts")).auditBadge(only);
  }
}

async function renderTables(reports: readonly AuditReport[], options: OutputOptions): Promise<string> {
  const { colour, columns, verbose } = options;
  const page = { columns, style: styleFor(colour), verbose };
  const [only] = reports;
  if (only !== undefined && reports.length === 1) {
    return (await import("../report/audit/table.ts")).renderAuditTable(only, page);
  }
  const { renderAuditSummary } = await import("../report/audit/summary.ts");
  if (!verbose) return renderAuditSummary(reports, page);
  const { renderAuditTable } = await import("../report/audit/table.ts");
  const each = reports.map((one) => renderAuditTable(one, page));
  return `${each.join("\n")}\n${renderAuditSummary(reports, page)}`;
}
