// `distill diff` for a terminal: what became of the level first, then the overview, then what differs, gravest first. Nothing is
// wider than the columns, and nothing of an image reaches the terminal unescaped.
import { isSame } from "../../audit/compare/compare.ts";
import type { Comparison } from "../../audit/compare/comparison.ts";
import { compareLevels } from "../../audit/levels.ts";
import { hanging, heading, moreLine, type Page } from "../audit/lines.ts";
import type { Style } from "../style.ts";
import { displayWidth, printableLine, shorten } from "../text.ts";
import { headline, type Line, overview, type Row, type Section, sectionsOf } from "./sections.ts";

/** Lines of a section that are shown without `verbose`. */
const linesShown = 8;

/** Ends with a line feed. */
export function renderComparison(comparison: Comparison, page: Page): string {
  const { after, before } = comparison;
  const order = compareLevels(after.verdict.level, before.verdict.level);
  const tone = order < 0 ? "red" : order > 0 ? "green" : "bold";
  const lines = [
    page.style(tone, shorten(headline(comparison), page.columns)),
    ...[before, after].map(({ image: { digest, platform, reference } }, index) => {
      const label = index === 0 ? "before" : "after ";
      const text = printableLine([reference, platform, digest ?? ""].join(" ").trim());
      return `  ${page.style("dim", label)} ${shorten(text, Math.max(page.columns - 9, 1))}`;
    }),
    "",
    ...overviewLines(page, overview(comparison)),
    ...(isSame(comparison)
      ? ["", "Nothing differs."]
      : sectionsOf(comparison).flatMap((one) => sectionLines(page, one))),
  ];
  return `${lines.join("\n")}\n`;
}

function overviewLines(page: Page, rows: readonly Row[]): readonly string[] {
  const columns = (["what", "before", "after"] as const).map((name) =>
    Math.max(name === "what" ? 0 : name.length, ...rows.map((row) => displayWidth(row[name]))),
  );
  const [first = 0, second = 0, third = 0] = columns;
  const line = (what: string, before: string, after: string, change: string): string =>
    shorten(
      `  ${what.padEnd(first)}  ${before.padStart(second)}  ${after.padStart(third)}  ${change}`.trimEnd(),
      page.columns,
    );
  return [
    page.style("dim", line("", "before", "after", "")),
    ...rows.map((row) => line(row.what, row.before, row.after, row.change)),
  ];
}

function sectionLines(page: Page, { lines, title }: Section): readonly string[] {
  const shown = page.verbose ? lines : lines.slice(0, linesShown);
  return [
    ...heading(page, `${title}${lines.length > 1 ? ` (${countsOf(lines)})` : ""}`),
    ...shown.flatMap((one) => lineOf(page, one)),
    ...moreLine(page, lines.length - shown.length),
  ];
}

function lineOf(page: Page, line: Line): readonly string[] {
  const first = `  ${line.sign} `;
  const tones = { first: toneOf(line) };
  if (page.verbose) return hanging(page, first, line.text, tones);
  const text = shorten(printableLine(line.text), Math.max(page.columns - first.length, 1));
  return [`${page.style(tones.first, first)}${text}`];
}

function toneOf({ effect, sign }: Line): Parameters<Style>[0] {
  if (effect !== undefined) return effect === "worse" ? "red" : "green";
  return sign === "+" ? "green" : sign === "-" ? "red" : "yellow";
}

/** "+3 -1 ~2". */
function countsOf(lines: readonly Line[]): string {
  return (["+", "-", "~"] as const)
    .map((sign) => [sign, lines.filter((one) => one.sign === sign).length] as const)
    .filter(([, count]) => count > 0)
    .map(([sign, count]) => `${sign}${count}`)
    .join(" ");
}
