// What the image is made of: layers with what they ship in vain, and packages.

import type { AuditReport, LayerRow, PackageRow } from "../../../audit/finding.ts";
import { formatSize } from "../../units.ts";
import { type Content, html, type Markup } from "./markup.ts";
import { formatCount } from "./page/numbers.ts";
import { moreNote, type PageContext } from "./page-context.ts";

const packagesShown = 25;

export function layersSection({ layers }: AuditReport): Markup {
  const widest = Math.max(1, ...layers.map((one) => one.sizeBytes));
  const rows = layers.map((one, index): Content => layerMarkup(one, index, widest)).reverse();
  const table = html`<div class="scroller" tabindex="0" role="region" aria-label="Layers"><table class="layers">
<thead><tr><th scope="col">Layer</th><th scope="col">Content</th><th scope="col" class="number">Size</th><th scope="col" class="number">Residue</th><th scope="col" class="number">Compressed</th><th scope="col" class="number">Files</th></tr></thead>
<tbody>${rows}</tbody></table></div>`;
  return html`<section id="layers" aria-labelledby="layers-title">
<h2 id="layers-title">Layers</h2>
<p class="section-lead">The topmost first. Residue is what a layer ships in vain: replaced or deleted above it.</p>
${layers.length === 0 ? html`<p class="empty">A bare tree has no layers.</p>` : table}
</section>`;
}

function layerMarkup(layer: LayerRow, index: number, widest: number): Markup {
  const { compressedBytes, createdBy, digest, files, residueBytes, sizeBytes, visibleFiles } = layer;
  const whole = (sizeBytes / widest) * 100;
  const vain = sizeBytes === 0 ? 0 : whole * Math.min(1, residueBytes / sizeBytes);
  const bar = html`<svg class="bar" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true"><rect class="bar-whole" width="${whole.toFixed(2)}" height="6"/><rect class="bar-vain" x="${(whole - vain).toFixed(2)}" width="${vain.toFixed(2)}" height="6"/></svg>`;
  return html`<tr><th scope="row" class="number">${index}</th>
<td class="layer-content">${bar}<code class="created">${createdBy ?? ""}</code><code class="digest">${digest}</code></td>
<td class="number">${formatSize(sizeBytes)}</td><td class="number${residueBytes > 0 ? " loud" : ""}">${formatSize(residueBytes)}</td>
<td class="number">${formatSize(compressedBytes)}</td><td class="number">${visibleFiles === files ? formatCount(files) : `${formatCount(visibleFiles)} of ${formatCount(files)}`}</td></tr>`;
}

export function packagesSection({ packages }: AuditReport, context: PageContext): Markup {
  const bySize = [...packages].sort((a, b) => b.sizeBytes - a.sizeBytes);
  const shown = bySize
    .slice(0, packagesShown)
    .map(
      (one): Content =>
        html`<tr>${packageCells(one).map((cell, index): Content => html`<td${index > 3 ? html` class="number"` : undefined}><div class="clip">${cell}</div></td>`)}</tr>`,
    );
  const others = bySize.slice(packagesShown);
  if (others.length > 0) context.addMore("packages", others.map(packageCells));
  const body = html`<div${others.length > 0 ? html` class="more" data-more="packages"` : undefined}>
<div class="scroller" tabindex="0" role="region" aria-label="Packages"><table><thead><tr><th scope="col">Package</th><th scope="col">Version</th><th scope="col">Type</th><th scope="col">Architecture</th><th scope="col" class="number">Files</th><th scope="col" class="number">Size</th></tr></thead><tbody>${shown}</tbody></table></div>
${others.length > 0 ? html`${moreNote(others.length)}` : undefined}</div>`;
  return html`<section id="packages" aria-labelledby="packages-title">
<h2 id="packages-title">Packages</h2>
<p class="section-lead">The largest first, as the databases and files inside the image tell of them.</p>
${packages.length === 0 ? html`<p class="empty">No package database was found.</p>` : body}
</section>`;
}

function packageCells({
  architecture,
  files,
  name,
  sizeBytes,
  type,
  version,
}: PackageRow): readonly string[] {
  return [name, version, type, architecture ?? "", formatCount(files), formatSize(sizeBytes)];
}
