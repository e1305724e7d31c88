// `distill audit` for a terminal: the verdict first, then what to do about it, then the rest. Nothing is wider than the columns.
import type { AuditReport } from "../../audit/finding.ts";
import { levelCriteria, levels } from "../../audit/levels.ts";
import { rules } from "../../audit/rules.ts";
import { counted } from "../../base/counted.ts";
import { printableLine, shorten } from "../text.ts";
import { formatSize } from "../units.ts";
import { findingLines } from "./finding-lines.ts";
import { acceptedLevel, holdOf, others, placeOf, type RuleGroup } from "./groups.ts";
import {
  hanging,
  heading,
  levelTone,
  moreLine,
  type Page,
  pathColumnsFor,
  pathLines,
  severityTone,
} from "./lines.ts";
import { primitiveLines, startupLines } from "./sections.ts";

/** Findings of one rule that are listed without `verbose`: more where they hold the level. */
const holdFindingsShown = 5;
const otherFindingsShown = 3;
const unknownShown = 5;
/** A digest stands whole in 80 columns. */
const labelColumns = 9;

/** The whole report; ends with a line feed. */
export function renderAuditTable(report: AuditReport, page: Page): string {
  const { image, residue } = others(report);
  const lines = [
    ...verdictLines(page, report),
    ...holdLines(page, report),
    ...groupsSection(page, "Also found", image),
    ...unknownLines(page, report),
    ...primitiveLines(page, report),
    ...startupLines(page, report),
    ...groupsSection(page, "In lower layers only (shipped, but a container doesn't see it)", residue),
    ...footer(page),
  ];
  return `${lines.join("\n")}\n`;
}

function verdictLines(page: Page, report: AuditReport): readonly string[] {
  const { atBest, determinate, level } = report.verdict;
  const accepted = acceptedLevel(report);
  const doubt = determinate ? "determinate" : `at best ${atBest}: not all of it can be told`;
  const waived = accepted === undefined ? [] : [`accepted as ${accepted}: the policy waives what holds it`];
  return [
    page.style(levelTone(level), page.style("bold", level)) +
      shorten(` - ${placeOf(level)}, ${doubt}`, Math.max(page.columns - level.length, 1)),
    ...ladder(page, report),
    ...hanging(page, "  ", levelCriteria[level], { text: "dim" }),
    ...waived.flatMap((line) => hanging(page, "  ", line, { text: "yellow" })),
    "",
    ...imageRows(report).map(([label, value]) => {
      const shown = shorten(printableLine(value), Math.max(page.columns - labelColumns, 1));
      return `  ${page.style("dim", label.padEnd(labelColumns - 3))} ${shown}`;
    }),
  ];
}

function imageRows({
  image,
  layers,
  packages,
  totals,
  verdict,
}: AuditReport): readonly (readonly [string, string])[] {
  const { bytes, elf, explainedBytes, files, scripts } = totals;
  const holds = [
    `${counted(files, "file")} (${elf} ELF, ${counted(scripts, "script")})`,
    formatSize(bytes),
    counted(packages.length, "package"),
    ...(layers.length === 0 ? [] : [counted(layers.length, "layer")]),
  ];
  const share = bytes === 0 ? 100 : Math.floor((100 * explainedBytes) / bytes);
  return [
    ["image", image.reference],
    ...(image.digest === undefined ? [] : [["digest", image.digest] as const]),
    ["for", image.platform],
    ["holds", holds.join(", ")],
    [
      "needed",
      `${formatSize(explainedBytes)} (${share} %): what the entrypoint explains, or a package's data`,
    ],
    ["score", `${verdict.score} of 100`],
    ["rules", verdict.ruleSet],
  ];
}

/** All seven, worst first, with brackets around the image's; what it is at best in parentheses. Left out where it doesn't fit. */
function ladder({ columns, style }: Page, { verdict }: AuditReport): readonly string[] {
  const plain = ` ${levels.map((level) => mark(level, verdict)).join("")}`.trimEnd();
  if (plain.length > columns) return [];
  const shown = levels.map((level, index) => {
    const text = index === levels.length - 1 ? mark(level, verdict).trimEnd() : mark(level, verdict);
    return style(level === verdict.level ? levelTone(level) : "dim", text);
  });
  return [` ${shown.join("")}`];
}

function mark(level: string, { atBest, level: own }: AuditReport["verdict"]): string {
  if (level === own) return `[${level}]`;
  return level === atBest ? `(${level})` : ` ${level} `;
}

function holdLines(page: Page, report: AuditReport): readonly string[] {
  const hold = holdOf(report);
  if (hold === undefined) return [];
  const next = `To reach ${hold.next}`;
  if (hold.groups.length === 0) return heading(page, `${next}: nothing is in the way that this report lists`);
  return [
    ...heading(page, `${next}, see to ${counted(hold.groups.length, "thing")}`),
    ...hold.groups.flatMap((group, index) => holdGroup(page, group, index === 0)),
  ];
}

function holdGroup(page: Page, group: RuleGroup, isFirst: boolean): readonly string[] {
  const { fix, why } = rules[group.rule];
  return [
    ...(isFirst ? [] : [""]),
    groupHead(page, group, ""),
    ...findingLines(page, group, { limit: holdFindingsShown, evidence: true }),
    ...hanging(page, "    why  ", why, { first: "dim", text: "dim" }),
    ...hanging(page, "    fix  ", fix, { first: "green" }),
  ];
}

function groupsSection(page: Page, title: string, groups: readonly RuleGroup[]): readonly string[] {
  if (groups.length === 0) return [];
  return [
    ...heading(page, title),
    ...groups.flatMap((group) => [
      groupHead(page, group, group.atMost === undefined ? "" : `at most ${group.atMost}`),
      ...findingLines(page, group, { limit: otherFindingsShown, evidence: false }),
      ...(page.verbose ? hanging(page, "    fix  ", rules[group.rule].fix, { first: "green" }) : []),
    ]),
  ];
}

/** "  high      A setuid or setgid file (2)                at most distroless": the last on the right, where there is room. */
function groupHead(page: Page, group: RuleGroup, gate: string): string {
  const { severity } = group;
  const count = group.findings.length === 1 ? "" : ` (${group.findings.length})`;
  const title = shorten(`${rules[group.rule].title}${count}`, Math.max(page.columns - 12, 1));
  const space = page.columns - 12 - title.length - gate.length;
  const right = gate === "" || space < 2 ? "" : " ".repeat(space) + page.style("dim", gate);
  return `  ${page.style(severityTone(severity), severity.padEnd(8))}  ${page.style("bold", title)}${right}`;
}

function unknownLines(page: Page, { unknown }: AuditReport): readonly string[] {
  if (unknown.length === 0) return [];
  const shown = page.verbose ? unknown : unknown.slice(0, unknownShown);
  const columns = pathColumnsFor(
    page,
    4,
    shown.map((one) => one.path),
  );
  return [
    ...heading(page, "Can't be told, and so taken for the worst"),
    ...shown.flatMap((one) => pathLines(page, 4, columns, one.path, one.why)),
    ...moreLine(page, unknown.length - shown.length),
  ];
}

function footer(page: Page): readonly string[] {
  const hint = page.verbose
    ? "In a check, FILE stands for the file, taken out of the image, and CONFIG for the image's config. `distill explain IMAGE PATH` tells why a file is there."
    : "--verbose shows all, the evidence and how to check it. `distill explain IMAGE PATH` tells why a file is there.";
  return ["", ...hanging(page, "", hint, { text: "dim" })];
}
