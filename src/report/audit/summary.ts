// Many audits on one page of a terminal: a line for each image in the order given, then what they come to.
import type { AuditReport } from "../../audit/finding.ts";
import { type Level, levels, worseLevel } from "../../audit/levels.ts";
import type { Severity } from "../../audit/rules.ts";
import { counted } from "../../base/counted.ts";
import { displayWidth, printableLine, shortenMiddle } from "../text.ts";
import { formatSize } from "../units.ts";
import { acceptedLevel, countBySeverity } from "./groups.ts";
import { hanging, levelTone, type Page, severityTone } from "./lines.ts";

/** What has a column of its own; the rest is for the whole report of one image. */
const shown: readonly (readonly [Severity, string])[] = [
  ["critical", "crit"],
  ["high", "high"],
  ["medium", "med"],
  ["low", "low"],
];

/** An image's name keeps this much, whatever the columns. */
const nameColumnsMin = 12;

interface Row {
  readonly level: Level;
  readonly cells: readonly string[];
  readonly name: string;
}

/** Ends with a line feed. A `?` after a level: it is what is proven, and not all content can be told. */
export function renderAuditSummary(
  reports: readonly AuditReport[],
  options: Pick<Page, "columns" | "style">,
): string {
  const page: Page = { ...options, verbose: false };
  const platforms = new Map<string, number>();
  for (const { image } of reports) platforms.set(image.reference, (platforms.get(image.reference) ?? 0) + 1);
  const rows = reports.map((report) => rowOf(report, (platforms.get(report.image.reference) ?? 0) > 1));
  const head = ["level", "score", ...shown.map(([, heading]) => heading), "size"];
  const widths = head.map((text, column) =>
    rows.reduce((most, { cells }) => Math.max(most, displayWidth(cells[column] ?? "")), text.length),
  );
  const used = widths.reduce((sum, width) => sum + width + 2, 0);
  const nameColumns = Math.max(page.columns - used, nameColumnsMin);
  const lines = [
    page.style("dim", `${joined(head, widths)}image`),
    ...rows.map((row) => rowLine(page, row, widths, nameColumns)),
    "",
    ...hanging(page, "", totals(reports)),
  ];
  return `${lines.join("\n")}\n`;
}

/** With several images of one name, the platform tells them apart. */
function rowOf(report: AuditReport, isOneOfMany: boolean): Row {
  const { image, totals: sums, verdict } = report;
  const counts = countBySeverity(report);
  const accepted = acceptedLevel(report);
  return {
    level: verdict.level,
    cells: [
      (verdict.determinate ? verdict.level : `${verdict.level}?`) + (accepted === undefined ? "" : "*"),
      String(verdict.score),
      ...shown.map(([one]) => (counts[one] === 0 ? "-" : String(counts[one]))),
      formatSize(sums.bytes),
    ],
    name: isOneOfMany ? `${image.reference} ${image.platform}` : image.reference,
  };
}

function rowLine(page: Page, row: Row, widths: readonly number[], nameColumns: number): string {
  const name = shortenMiddle(printableLine(row.name), nameColumns);
  const cells = padded(row.cells, widths).map((cell, column) => {
    if (column === 0) return page.style(levelTone(row.level), cell);
    const severity = shown[column - 2]?.[0];
    return severity === undefined || row.cells[column] === "-"
      ? cell
      : page.style(severityTone(severity), cell);
  });
  return `${cells.join("  ")}  ${name}`;
}

function joined(cells: readonly string[], widths: readonly number[]): string {
  return padded(cells, widths)
    .map((cell) => `${cell}  `)
    .join("");
}

/** Words stand left, numbers right. */
function padded(cells: readonly string[], widths: readonly number[]): readonly string[] {
  return cells.map((cell, column) => {
    const space = " ".repeat(Math.max((widths[column] ?? 0) - displayWidth(cell), 0));
    return column === 0 ? cell + space : space + cell;
  });
}

function totals(reports: readonly AuditReport[]): string {
  let worst: Level = "sealed";
  let bytes = 0;
  const byLevel = new Map<Level, number>();
  for (const { totals: sums, verdict } of reports) {
    worst = worseLevel(worst, verdict.level);
    bytes += sums.bytes;
    byLevel.set(verdict.level, (byLevel.get(verdict.level) ?? 0) + 1);
  }
  const waived = reports.filter((one) => acceptedLevel(one) !== undefined).length;
  const parts = levels.flatMap((level) => {
    const count = byLevel.get(level);
    return count === undefined ? [] : [`${count} ${level}`];
  });
  const unsure = reports.filter((one) => !one.verdict.determinate).length;
  const doubt = unsure === 0 ? "" : `; ${unsure} not determinate (?)`;
  const better = waived === 0 ? "" : `; ${waived} accepted as better by a policy (*)`;
  if (reports.length === 0) return "no images";
  const found = shown.map(([severity]) => {
    const count = reports.reduce((sum, report) => sum + countBySeverity(report)[severity], 0);
    return `${count} ${severity}`;
  });
  return `${counted(reports.length, "image")}, ${formatSize(bytes)}: ${parts.join(", ")}${doubt}${better}; the worst is ${worst}. Findings: ${found.join(", ")}.`;
}
