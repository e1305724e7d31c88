// A comparison as a comment on a pull request (GitHub Flavored Markdown). Invariant: text that an image chose stands in fenced
// code blocks only: nothing in them is a link, a mention or markup, and their fence is longer than any run of backquotes.
import { isSame } from "../../audit/compare/compare.ts";
import type { Comparison } from "../../audit/compare/comparison.ts";
import { printableLine, shorten } from "../text.ts";
import { headline, overview, type Section, sectionsOf } from "./sections.ts";

/** GitHub takes 65,536 characters. */
const charactersMax = 60_000;
const lineCharactersMax = 200;
const linesShown = 40;
/** So few lines are shown at once; more are folded. */
const openLinesMax = 6;

/** Ends with a line feed. */
export function comparisonMarkdown(comparison: Comparison): string {
  const rows = overview(comparison)
    .filter((row) => row.change !== "" || row.before !== row.after)
    .map((row) => `| ${row.what} | ${row.before} | ${row.after} | ${row.change} |\n`);
  const images = block("", [
    `before ${comparison.before.image.reference} ${comparison.before.image.digest ?? ""}`,
    `after  ${comparison.after.image.reference} ${comparison.after.image.digest ?? ""}`,
  ]);
  const head = `### distroless: ${headline(comparison)}\n\n${images}`;
  if (isSame(comparison)) return `${head}\nNothing differs.\n`;
  const table =
    rows.length === 0 ? "" : `\n|  | before | after | change |\n|---|---:|---:|---:|\n${rows.join("")}`;
  let text = `${head}${table}`;
  let left = 0;
  for (const section of sectionsOf(comparison).map(sectionText)) {
    if (text.length + section.length > charactersMax) left += 1;
    else text += `\n${section}`;
  }
  return left === 0 ? text : `${text}\n${left} more would make this too long: see \`--format json\`.\n`;
}

function sectionText({ lines, title }: Section): string {
  const shown = lines.slice(0, linesShown).map((one) => `${one.sign} ${one.text}`);
  const left = lines.length - shown.length;
  const body = block("diff", left === 0 ? shown : [...shown, `  and ${left} more`]);
  if (lines.length <= openLinesMax) return `**${title}**\n\n${body}`;
  return `<details><summary>${title} (${lines.length})</summary>\n\n${body}\n</details>\n`;
}

/** A fenced block (GFM, 4.5). In one of the language "diff", a line's first character tells its colour. */
function block(language: string, lines: readonly string[]): string {
  const shown = lines.map((line) => shorten(printableLine(line).trimEnd(), lineCharactersMax));
  const runs = shown.flatMap((line) => line.match(/`+/g) ?? []);
  const fence = "`".repeat(Math.max(3, ...runs.map((run) => run.length + 1)));
  return `${fence}${language}\n${shown.join("\n")}\n${fence}\n`;
}
