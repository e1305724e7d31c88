// The audit as one HTML page: a person reads it in a browser, from a file, without a network (CSP: `default-src 'none'`; the
// page's style and script are named by their hashes). Without the script the map, the table of files and what follows the first rows of long lists
// are not there.
// Invariants: equal reports give equal bytes; no text of an image is markup, attribute syntax or script.
import type { DetailedReport } from "../../../audit/finding.ts";
import { limits } from "../../../base/limits.ts";
import { attackSections } from "./attack-section.ts";
import { layersSection, packagesSection } from "./contents-section.ts";
import { filesSection } from "./files-section.ts";
import { findingsSection } from "./findings-section.ts";
import { type Content, embeddedJson, html, type Markup } from "./markup.ts";
import type { MoreCell } from "./page/shapes.ts";
import type { PageContext } from "./page-context.ts";
import { packReport } from "./page-data.ts";
import { type PageAsset, pageScript, pageStyle } from "./page-script.ts";
import { verdictSection } from "./verdict-section.ts";

const parts: readonly (readonly [string, string])[] = [
  ["verdict", "Verdict"],
  ["findings", "Findings"],
  ["primitives", "Primitives"],
  ["startup", "Start-up"],
  ["layers", "Layers"],
  ["packages", "Packages"],
  ["files", "Files"],
];

/** The whole page. */
export function auditHtml(report: DetailedReport): string {
  const { data, indexOf } = packReport(report);
  const more: Record<string, readonly (readonly MoreCell[])[]> = {};
  const layers = new Map(report.layers.map((layer, index) => [layer.digest, index]));
  const context: PageContext = {
    indexOf,
    layerOf: (digest) => layers.get(digest) ?? -1,
    addMore: (key, rows) => {
      more[key] = rows.slice(0, limits.reportFindingsOfRuleMax);
    },
  };
  const style = pageStyle();
  const script = pageScript();
  const { markup } = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy(style, script)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="color-scheme" content="light dark">
<title>${report.verdict.level}: ${report.image.reference}</title>
<style>${trusted(style)}</style>
</head>
<body>
<a class="skip" href="#main">Skip to the verdict</a>
${header(report)}
<main id="main" tabindex="-1">
${verdictSection(report, context)}
${findingsSection(report, context)}
${attackSections(report, context)}
${layersSection(report)}
${packagesSection(report, context)}
${filesSection(report)}
</main>
<script type="application/json" id="data">${embeddedJson({ ...data, more })}</script>
<script type="module">${trusted(script)}</script>
</body>
</html>
`;
  return markup;
}

function policy(style: PageAsset, script: PageAsset): string {
  return `default-src 'none'; style-src ${style.hash}; script-src ${script.hash}; base-uri 'none'; form-action 'none'`;
}

/** The page's own assets stand in it as they are: their hashes are of these bytes. */
function trusted({ text }: PageAsset): Markup {
  return { markup: text };
}

function header({ image }: DetailedReport): Markup {
  const links = parts.map(([id, name]): Content => html`<li><a href="#${id}">${name}</a></li>`);
  return html`<header class="top">
<div class="top-head"><p class="brand">distill <span>audit</span></p><div id="theme"></div></div>
<h1>${image.reference}</h1>
<p class="meta"><span>${image.platform}</span>${image.digest === undefined ? undefined : html` <code>${image.digest}</code>`}</p>
</header>
<nav class="parts" aria-label="Parts of this page"><ul>${links}</ul></nav>`;
}
