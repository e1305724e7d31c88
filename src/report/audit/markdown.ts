// Audits as a comment on a pull request (GitHub Flavored Markdown). Invariant: text that an image chose stands in code spans only:
// in these nothing is a link, a mention, a reference or markup, and their fences are longer than any run of backquotes in them.
import type { AuditReport, Finding } from "../../audit/finding.ts";
import { levelCriteria } from "../../audit/levels.ts";
import { primitiveMeanings } from "../../audit/primitives.ts";
import { rules } from "../../audit/rules.ts";
import { counted } from "../../base/counted.ts";
import { printableLine, sentence, shorten } from "../text.ts";
import { formatSize } from "../units.ts";
import { acceptedLevel, countBySeverity, holdOf, others, placeOf, type RuleGroup } from "./groups.ts";
import { techniqueUrl } from "./techniques.ts";

/** GitHub takes 65,536 characters; what doesn't fit is left out by whole sections, and said to be. */
const charactersMax = 60_000;
const spanCharactersMax = 160;
const findingsShown = 5;
const stepsShown = 10;

/** Ends with a line feed. */
export function auditMarkdown(reports: readonly AuditReport[]): string {
  const many = reports.length > 1;
  const overview = many ? [overviewTable(reports)] : [];
  const sections = reports.flatMap((report) =>
    many
      ? [
          details(
            `${report.verdict.level}: ${plain(report.image.reference)}`,
            imageSections(report).join("\n"),
          ),
        ]
      : imageSections(report),
  );
  return fitting([...overview, ...sections]);
}

function fitting(sections: readonly string[]): string {
  let text = "";
  let left = 0;
  for (const section of sections) {
    if (text.length + section.length > charactersMax) left += 1;
    else text += text === "" ? section : `\n${section}`;
  }
  return left === 0
    ? text
    : `${text}\n${counted(left, "section")} would make this too long: see \`--format html\`.\n`;
}

function overviewTable(reports: readonly AuditReport[]): string {
  const rows = reports.map((report) => {
    const { critical, high, low, medium } = countBySeverity(report);
    const { determinate, level } = report.verdict;
    const accepted = acceptedLevel(report);
    const cells = [
      cellCode(`${report.image.reference} ${report.image.platform}`),
      `**${level}**${determinate ? "" : " (not determinate)"}${accepted === undefined ? "" : `, accepted as ${accepted}`}`,
      ...[critical, high, medium, low].map(String),
      formatSize(report.totals.bytes),
    ];
    return `| ${cells.join(" | ")} |\n`;
  });
  return `| image | level | critical | high | medium | low | size |\n|---|---|---:|---:|---:|---:|---:|\n${rows.join("")}`;
}

function imageSections(report: AuditReport): readonly string[] {
  const { image, residue } = others(report);
  return [
    verdict(report),
    hold(report),
    groupsDetails("Also found", image),
    unknownDetails(report),
    primitivesDetails(report),
    startupDetails(report),
    groupsDetails("In lower layers only", residue),
  ].filter((section) => section !== "");
}

function verdict(report: AuditReport): string {
  const { image, packages, totals, verdict: said } = report;
  const doubt = said.determinate ? "" : `, at best \`${said.atBest}\`: not all of it can be told`;
  const accepted = acceptedLevel(report);
  const waived =
    accepted === undefined ? "" : `\n\nThe policy waives what holds it: it is accepted as \`${accepted}\`.`;
  const digest = image.digest === undefined ? "" : `, ${code(image.digest)}`;
  return `### distroless: ${said.level} (${placeOf(said.level)}${doubt})

${code(image.reference)}, ${code(image.platform)}${digest}

${levelCriteria[said.level]}${waived}

| files | size | ELF files | scripts | packages | score | rules |
|---:|---:|---:|---:|---:|---:|---|
| ${totals.files} | ${formatSize(totals.bytes)} | ${totals.elf} | ${totals.scripts} | ${packages.length} | ${said.score} | ${said.ruleSet} |
`;
}

function hold(report: AuditReport): string {
  const found = holdOf(report);
  if (found === undefined || found.groups.length === 0) return "";
  return `**To reach \`${found.next}\`:**\n\n${found.groups.map((group) => groupList(group, true)).join("")}`;
}

function groupsDetails(title: string, groups: readonly RuleGroup[]): string {
  const count = groups.reduce((sum, group) => sum + group.findings.length, 0);
  if (count === 0) return "";
  return details(`${title} (${count})`, groups.map((group) => groupList(group, false)).join(""));
}

function groupList(group: RuleGroup, withFix: boolean): string {
  const { fix, title } = rules[group.rule];
  const { findings, severity } = group;
  const count = findings.length === 1 ? "" : ` (${findings.length})`;
  const shown = findings.slice(0, findingsShown);
  const more = findings.length - shown.length;
  return [
    `- **${title}**${count}, ${severity}${withFix ? `. ${sentence(fix)}` : ""}\n`,
    ...shown.map(findingItem),
    ...(more === 0 ? [] : [`  - and ${more} more\n`]),
  ].join("");
}

function findingItem(one: Finding): string {
  const at = one.path === undefined ? "" : `${code(one.path)} `;
  const { waived } = one;
  const until = waived?.expires === undefined ? "" : ` until ${waived.expires}`;
  return `  - ${at}${code(one.what)}${waived === undefined ? "" : ` (waived${until}: ${code(waived.reason)})`}\n`;
}

function unknownDetails({ unknown }: AuditReport): string {
  if (unknown.length === 0) return "";
  const items = unknown.slice(0, findingsShown).map((one) => `- ${code(one.path)} ${code(one.why)}\n`);
  const more = unknown.length - items.length;
  const rest = more <= 0 ? "" : `- and ${more} more\n`;
  return details(`Can't be told, and so taken for the worst (${unknown.length})`, `${items.join("")}${rest}`);
}

function primitivesDetails({ primitives }: AuditReport): string {
  if (primitives.length === 0) return "";
  const rows = primitives.map(({ files, primitive }) => {
    const { techniques, what } = primitiveMeanings[primitive];
    const links = techniques.map((id) => `[${id}](${techniqueUrl(id)})`).join(", ");
    const needed = files.filter((file) => file.needed).length;
    const [first] = [...files.filter((file) => !file.needed), ...files];
    const example = first === undefined ? "" : cellCode(first.path);
    return `| ${primitive} | ${what} | ${links} | ${files.length - needed} | ${needed} | ${example} |\n`;
  });
  return details(
    "What whoever breaks in can do with it",
    `| primitive | what it does | ATT&amp;CK | files nobody needs | files needed | such as |\n|---|---|---|---:|---:|---|\n${rows.join("")}`,
  );
}

function startupDetails({ startup }: AuditReport): string {
  if (startup.length === 0) return "";
  const items = startup.slice(0, stepsShown).map(({ command, from, kind, path }) => {
    const at = path === undefined || path === command ? "" : ` ${code(path)}`;
    return `- ${code(from)}: ${code(command)} (${kind})${at}\n`;
  });
  const more = startup.length - items.length;
  return details("What its start runs", `${items.join("")}${more <= 0 ? "" : `- and ${more} more\n`}`);
}

/** A collapsed section. The summary is HTML, the body Markdown: that takes an empty line between. */
function details(summary: string, body: string): string {
  return `<details><summary>${summary}</summary>\n\n${body}\n</details>\n`;
}

/** A code span (GFM, 6.3). */
function code(text: string): string {
  const shown = shorten(printableLine(text), spanCharactersMax);
  if (shown.trim() === "") return "(empty)";
  const longest = (shown.match(/`+/g) ?? []).reduce((most, run) => Math.max(most, run.length), 0);
  const fence = "`".repeat(longest + 1);
  const space = shown.startsWith("`") || shown.endsWith("`") ? " " : "";
  return `${fence}${space}${shown}${space}${fence}`;
}

/** The same in a table, where a bar ends the cell even there (GFM, 4.10). */
function cellCode(text: string): string {
  return code(text).replaceAll("|", "\\|");
}

/** For HTML: as a code element, every character that could be read as anything else by its number. */
function plain(text: string): string {
  const shown = shorten(printableLine(text), spanCharactersMax);
  const inert = shown.replaceAll(
    /[^A-Za-z0-9 .,:/_-]/gu,
    (character) => `&#${character.codePointAt(0) ?? 0};`,
  );
  return `<code>${inert}</code>`;
}
