// The verdict: the level on the scale of all levels, what it means, what would bring the image one level up, and its figures.

import type { DetailedReport } from "../../../audit/finding.ts";
import { compareLevels, type Level, levelCriteria, levels } from "../../../audit/levels.ts";
import { rules, severities } from "../../../audit/rules.ts";
import type { Role } from "../../../closure/closure.ts";
import { sentence } from "../../text.ts";
import { formatSize } from "../../units.ts";
import { acceptedLevel, countBySeverity, holdOf, type RuleGroup } from "../groups.ts";
import { type Content, html, type Markup } from "./markup.ts";
import { formatCount } from "./page/numbers.ts";
import { counted, type PageContext, pathMarkup } from "./page-context.ts";
import { pageRoles } from "./page-data.ts";

const pathsShown = 4;

export function verdictSection(report: DetailedReport, context: PageContext): Markup {
  const { atBest, determinate, level, ruleSet, score } = report.verdict;
  const doubt = determinate
    ? undefined
    : html`<p class="doubt">Content that can't be told decides: the image may be as good as <strong>${atBest}</strong>, and
nobody can say that it is.</p>`;
  const accepted = acceptedLevel(report);
  const waivers =
    accepted === undefined
      ? undefined
      : html`<p class="doubt">A policy waives findings: a gate takes the image for <strong>${accepted}</strong>.</p>`;
  return html`<section id="verdict" class="verdict tone-${levels.indexOf(level)}" aria-labelledby="verdict-title">
<div class="verdict-head">
<p class="kicker">Verdict</p>
<h2 id="verdict-title">${level}</h2>
<p class="lead">${criterion(level)}</p>
${doubt}${waivers}
</div>
${scale(level, determinate ? level : atBest)}
<div class="verdict-body">
${stepsMarkup(report, context)}
<div class="figures-block">
<h3>In figures</h3>
${figures(report)}
${composition(report)}
<p class="fine">Level score ${score} of 100, for trends. Rule set ${ruleSet} defines the levels.</p>
</div>
</div>
</section>`;
}

/** The criteria of the last two levels tell what it takes; those of the others, what puts an image there. */
function criterion(level: Level): string {
  if (level === "sealed") {
    const more = levelCriteria.sealed.replace(/^that, /, "");
    return `What it takes: ${levelCriteria["truly-distroless"]}; and ${more}.`;
  }
  return `${level === "truly-distroless" ? "What it takes" : "What puts an image here"}: ${levelCriteria[level]}.`;
}

function scale(level: Level, atBest: Level): Markup {
  const steps = levels.map((one): Content => {
    const place =
      one === level
        ? "here"
        : compareLevels(one, level) < 0
          ? "passed"
          : compareLevels(one, atBest) <= 0
            ? "maybe"
            : "beyond";
    const current = one === level ? html` aria-current="step"` : undefined;
    const note =
      place === "here"
        ? html`<span class="hidden"> (this image)</span>`
        : place === "maybe"
          ? html`<span class="hidden"> (possible, not proven)</span>`
          : undefined;
    return html`<li class="${place}"${current} title="${levelCriteria[one]}"><span class="level">${one}</span>${note}</li>`;
  });
  return html`<ol class="scale" aria-label="The seven levels, worst first">${steps}</ol>`;
}

function stepsMarkup(report: DetailedReport, context: PageContext): Markup {
  const hold = holdOf(report);
  if (hold === undefined)
    return html`<div class="up"><h3>Nothing to gain</h3><p>There is no level above this one.</p></div>`;
  return html`<div class="up"><h3>To reach <em>${hold.next}</em></h3>
<ol class="steps">${hold.groups.map((group) => stepMarkup(group, report, context))}</ol></div>`;
}

function stepMarkup({ findings, rule }: RuleGroup, report: DetailedReport, context: PageContext): Markup {
  // What is in lower layers only has a list of its own.
  const place = report.findings.some((one) => one.rule === rule) ? `rule-${rule}` : "residue";
  const paths = [...new Set(findings.flatMap(({ path }) => path ?? []))];
  const shown = paths.slice(0, pathsShown).map((one): Content => html`<li>${pathMarkup(context, one)}</li>`);
  const waived = findings.filter((one) => one.waived !== undefined).length;
  const more = paths.length - shown.length;
  return html`<li><a href="#${place}">${rules[rule].title}</a>
${findings.length > 1 ? html` <span class="count">${counted(findings.length, "finding", "findings")}</span>` : undefined}
${waived > 0 ? html` <span class="tag">${waived === findings.length ? "waived" : `${waived} waived`}</span>` : undefined}
<p>${sentence(rules[rule].fix)}</p>
${shown.length > 0 ? html`<ul class="paths">${shown}${more > 0 ? html`<li class="fine">and ${formatCount(more)} more</li>` : undefined}</ul>` : html`<p class="fine">${findings[0]?.what}</p>`}</li>`;
}

function figures(report: DetailedReport): Markup {
  const { packages, totals } = report;
  const bySeverity = countBySeverity(report);
  const explained = totals.bytes === 0 ? 100 : Math.floor((totals.explainedBytes / totals.bytes) * 100);
  const some = (count: number, one: string, many: string): (readonly [string, string])[] =>
    count === 0 ? [] : [[formatCount(count), count === 1 ? one : many]];
  const pairs: readonly (readonly [string, string])[] = [
    [formatSize(totals.bytes), counted(totals.files, "file", "files")],
    [`${explained} %`, "of the bytes explained"],
    ...some(totals.elf, "ELF file", "ELF files"),
    ...some(totals.scripts, "script", "scripts"),
    ...some(packages.length, "package", "packages"),
  ];
  const counts = severities.flatMap((severity): Content[] => {
    const count = bySeverity[severity];
    if (count === 0) return [];
    return [html`<li><span class="severity ${severity}">${formatCount(count)} ${severity}</span></li>`];
  });
  return html`<dl class="figures">${pairs.map(([value, what]): Content => html`<div><dd>${value}</dd><dt>${what}</dt></div>`)}</dl>
${counts.length > 0 ? html`<ul class="counts" aria-label="Findings by severity">${counts}</ul>` : undefined}`;
}

/** One bar of all bytes by role, in the order of the legend. */
function composition(report: DetailedReport): Markup {
  const bytes = new Map<Role, number>();
  for (const { linkTo, role, sizeBytes } of report.files()) {
    if (linkTo === undefined) bytes.set(role, (bytes.get(role) ?? 0) + sizeBytes);
  }
  const total = [...bytes.values()].reduce((sum, one) => sum + one, 0);
  if (total === 0) return html``;
  const present = pageRoles.filter((role) => (bytes.get(role) ?? 0) > 0);
  let x = 0;
  const parts = present.map((role): Content => {
    const width = ((bytes.get(role) ?? 0) / total) * 1000;
    const part = html`<rect class="fill-${role}" x="${x.toFixed(1)}" width="${width.toFixed(1)}" height="10"/>`;
    x += width;
    return part;
  });
  const legend = present.map(
    (role): Content =>
      html`<li><span class="swatch role-${role}"></span>${role} <b>${formatSize(bytes.get(role) ?? 0)}</b></li>`,
  );
  return html`<svg class="composition" viewBox="0 0 1000 10" preserveAspectRatio="none" aria-hidden="true">${parts}</svg>
<ul class="legend" aria-label="Bytes by role">${legend}</ul>`;
}
