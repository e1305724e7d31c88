// What an attacker could do with what is there, and what the image starts: primitives and the start-up path.

import type { AuditReport, PrimitiveUse, StartupStep } from "../../../audit/finding.ts";
import { primitiveMeanings } from "../../../audit/primitives.ts";
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

const filesShown = 5;
const stepsShown = 60;

export function attackSections(report: AuditReport, context: PageContext): Markup {
  return html`${primitivesSection(report, context)}
${startupSection(report, context)}`;
}

function primitivesSection({ primitives }: AuditReport, context: PageContext): Markup {
  const content =
    primitives.length === 0
      ? html`<p class="empty">Nothing in the image starts programs, loads code, or moves files for whoever can call it.</p>`
      : html`<div class="primitives">${primitives.map((use): Content => primitiveMarkup(use, context))}</div>`;
  return html`<section id="primitives" aria-labelledby="primitives-title">
<h2 id="primitives-title">What an attacker could use</h2>
<p class="section-lead">Primitives: what a file does for whoever can start it, with the ATT&amp;CK techniques that it
serves. What the entrypoint needs stays in any image of this application; the rest can go.</p>
${content}
</section>`;
}

function primitiveMarkup({ files, primitive }: PrimitiveUse, context: PageContext): Markup {
  const { techniques, what } = primitiveMeanings[primitive];
  const ordered = [...files.filter((one) => !one.needed), ...files.filter((one) => one.needed)];
  const needed = files.filter((one) => one.needed).length;
  const shown = ordered
    .slice(0, filesShown)
    .map(
      (one): Content =>
        html`<li>${pathMarkup(context, one.path)} <span class="by">${one.by}</span>${one.needed ? html` <span class="tag">needed</span>` : undefined}</li>`,
    );
  const others = ordered.slice(filesShown);
  const key = `primitive-${primitive}`;
  if (others.length > 0) {
    context.addMore(
      key,
      others.map((one) => [pathCell(context, one.path), one.by, one.needed ? "needed" : "not needed"]),
    );
  }
  const more =
    others.length === 0
      ? undefined
      : html`<div class="more" data-more="${key}">${moreNote(others.length)}<div class="scroller" tabindex="0" role="region" aria-label="More files with ${primitive}" hidden><table><thead><tr><th scope="col">Path</th><th scope="col">By</th><th scope="col">Entrypoint</th></tr></thead><tbody></tbody></table></div></div>`;
  return html`<article class="primitive-row" id="${key}">
<h3>${primitive}</h3>
<div class="primitive-about"><p>${what}</p><p>${techniqueMarkup(techniques)}</p></div>
<div class="primitive-files">
<p class="split"><b class="${needed === files.length ? "calm" : "loud"}">${counted(files.length - needed, "file", "files")} not needed</b>, ${formatCount(needed)} needed by the entrypoint</p>
<ul class="paths">${shown}</ul>${more}
</div>
</article>`;
}

function startupSection({ config, startup }: AuditReport, context: PageContext): Markup {
  const steps = startup.slice(0, stepsShown).map((step): Content => startupMarkup(step, context));
  const more = startup.length - steps.length;
  return html`<section id="startup" aria-labelledby="startup-title">
<h2 id="startup-title">Start-up</h2>
${steps.length === 0 ? html`<p class="empty">The config names nothing to start.</p>` : html`<ol class="startup">${steps}</ol>`}
${more > 0 ? html`<p class="fine">and ${formatCount(more)} more commands, in the JSON report</p>` : undefined}
<h3>Config</h3>
<dl class="config">
${pair("User", config.user === "" ? "none set: root" : config.user)}
${pair("Entrypoint", commandLine(config.entrypoint))}
${pair("Command", commandLine(config.command))}
${pair("Healthcheck", commandLine(config.healthcheck))}
${pair("Working folder", config.workingDir)}
${pair("Ports", config.ports.join(", "))}
${pair("Volumes", config.volumes.join(", "))}
${pair("Environment", config.environment.join(", "))}
${pair(
  "Labels",
  Object.entries(config.labels)
    .map(([name, value]) => `${name}=${value}`)
    .join(", "),
)}
</dl>
</section>`;
}

function startupMarkup({ command, from, kind, path }: StartupStep, context: PageContext): Markup {
  const file =
    path === undefined || path === command
      ? undefined
      : html` <span class="arrow" aria-hidden="true">→</span> ${pathMarkup(context, path)}`;
  return html`<li class="kind-${kind}"><span class="from">${from}</span><code class="command">${command}</code>${file} <span class="tag">${kind}</span></li>`;
}

function pair(name: string, value: string): Content {
  return value === "" ? undefined : html`<div><dt>${name}</dt><dd><code>${value}</code></dd></div>`;
}

/** Arguments so that it is seen where each ends. */
function commandLine(argv: readonly string[]): string {
  return argv.map((one) => (/^[\w@%+=:,./-]+$/.test(one) ? one : JSON.stringify(one))).join(" ");
}
