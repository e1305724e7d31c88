// Findings by severity and rule: what was found, how anybody can check it, and what to do.

import type { AuditReport, Finding } from "../../../audit/finding.ts";
import { rules, type Severity, severities } from "../../../audit/rules.ts";
import { groupByRule, type RuleGroup } from "../groups.ts";
import { type Content, html, type Markup } from "./markup.ts";
import { formatCount } from "./page/numbers.ts";
import {
  counted,
  moreNote,
  type PageContext,
  pathCell,
  pathMarkup,
  techniqueMarkup,
} from "./page-context.ts";

/** Findings of one rule that stand in the page in full; the script adds the others, a line each. */
const cardsShown = 6;
const unknownShown = 20;
const unfolded: readonly Severity[] = ["critical", "high"];

export function findingsSection(report: AuditReport, context: PageContext): Markup {
  const byRule = groupByRule(report.findings);
  const groups = severities.map((severity) => severityMarkup(severity, byRule, context));
  const none = report.findings.length === 0 ? html`<p class="empty">Nothing was found.</p>` : undefined;
  return html`<section id="findings" aria-labelledby="findings-title">
<h2 id="findings-title">Findings</h2>
<p class="section-lead">Each with its evidence. In a command, FILE stands for the file, taken out of the image:
<code>docker export CONTAINER | tar -xOf - PATH &gt; FILE</code></p>
${none}${groups}${residue(report, context)}${unknown(report, context)}
</section>`;
}

function severityMarkup(severity: Severity, groups: readonly RuleGroup[], context: PageContext): Content {
  const of = groups.filter((one) => one.severity === severity);
  if (of.length === 0) return undefined;
  return html`<h3 class="severity-title"><span class="severity ${severity}">${severity}</span></h3>
${of.map((group): Content => ruleMarkup(group, context))}`;
}

function ruleMarkup({ atMost, findings, rule, severity }: RuleGroup, context: PageContext): Markup {
  const { fix, techniques = [], title, why } = rules[rule];
  const limit = atMost === undefined ? undefined : html`<span class="limit">at most ${atMost}</span>`;
  return html`<details class="rule" id="rule-${rule}"${unfolded.includes(severity) ? html` open` : undefined}>
<summary><span class="rule-title">${title}</span> <span class="count">${counted(findings.length, "finding", "findings")}</span> ${limit}</summary>
<p>${why} <strong>What to do:</strong> ${fix}.${techniqueMarkup(techniques)}</p>
${findingList(`rule-${rule}`, findings, context)}
</details>`;
}

/** The first findings in full, and the others as rows for the script. */
function findingList(key: string, findings: readonly Finding[], context: PageContext): Markup {
  const cards = findings.slice(0, cardsShown).map((one): Content => findingMarkup(one, context));
  const others = findings.slice(cardsShown);
  if (others.length === 0) return html`<div class="cards">${cards}</div>`;
  context.addMore(
    key,
    others.map((one) => [
      pathCell(context, one.path),
      one.what,
      one.evidence.map((each) => each.what).join("; "),
      { commands: one.evidence.flatMap(({ check }) => check ?? []) },
    ]),
  );
  return html`<div class="cards">${cards}</div>
<div class="more" data-more="${key}">${moreNote(others.length)}
<div class="scroller" tabindex="0" role="region" aria-label="More findings" hidden><table><thead><tr><th scope="col">Path</th><th scope="col">Finding</th><th scope="col">Evidence</th><th scope="col">How to check</th></tr></thead><tbody></tbody></table></div></div>`;
}

function findingMarkup(finding: Finding, context: PageContext): Markup {
  const { evidence, layer, package: owner, path, primitives, reason, waived, what } = finding;
  const notes: Content[] = [];
  if (layer !== undefined && context.layerOf(layer) >= 0)
    notes.push(html`<li>layer ${context.layerOf(layer)}</li>`);
  if (owner !== undefined) notes.push(html`<li>${owner.name} ${owner.version} (${owner.type})</li>`);
  for (const one of primitives)
    notes.push(html`<li><a class="primitive" href="#primitive-${one}">${one}</a></li>`);
  const waiver =
    waived === undefined
      ? undefined
      : html`<p class="waiver"><span class="tag">waived</span> ${waived.reason}${waived.expires === undefined ? "" : `, until ${waived.expires}`}</p>`;
  const chain =
    reason === undefined
      ? undefined
      : html`<details class="why"><summary>Why it is there</summary><ol class="chain">${reason.map((step): Content => html`<li>${step}</li>`)}</ol></details>`;
  return html`<article class="finding${waived === undefined ? "" : " is-waived"}">
<p class="finding-what">${what}</p>
${path === undefined ? undefined : html`<p class="finding-path">${pathMarkup(context, path)}</p>`}
${waiver}
${notes.length > 0 ? html`<ul class="notes">${notes}</ul>` : undefined}
${evidence.length > 0 ? html`<ul class="evidence">${evidence.map(({ check, what: sign }): Content => html`<li>${sign}${check === undefined ? undefined : html`<div class="check"><code>${check}</code></div>`}</li>`)}</ul>` : undefined}
${chain}
</article>`;
}

function residue({ residue: findings }: AuditReport, context: PageContext): Content {
  if (findings.length === 0) return undefined;
  return html`<h3 id="residue" class="severity-title">In lower layers only</h3>
<p>The container doesn't show it, but every copy of the image holds it. It moves no level, but for secrets and <em>sealed</em>.</p>
${findingList("residue", findings, context)}`;
}

function unknown({ unknown: files }: AuditReport, context: PageContext): Content {
  if (files.length === 0) return undefined;
  const rows = files
    .slice(0, unknownShown)
    .map(({ path, why }): Content => html`<li>${pathMarkup(context, path)} <span>${why}</span></li>`);
  const more = files.length - rows.length;
  return html`<h3 id="unknown" class="severity-title">Can't be told</h3><ul class="unknown">${rows}
${more > 0 ? html`<li class="fine">and ${formatCount(more)} more: each has a finding above</li>` : undefined}</ul>`;
}
