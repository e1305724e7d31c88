// The place of the map of files, their table, and a file's chain of reasons; the page's script fills it.

import type { AuditReport } from "../../../audit/finding.ts";
import { html, type Markup } from "./markup.ts";
import { formatCount } from "./page/numbers.ts";

export function filesSection({ totals }: AuditReport): Markup {
  return html`<section id="files" aria-labelledby="files-title">
<h2 id="files-title">Files</h2>
<noscript><p class="empty">The map and the table of the ${formatCount(totals.files)} files need the page's own script; nothing is loaded from anywhere.</p></noscript>
<div id="files-app" hidden>
<nav class="crumbs" id="crumbs" aria-label="Folder"></nav>
<p class="hidden" id="map-help">Arrow keys move, Enter opens a folder or chooses a file, Backspace goes up a folder.</p>
<div class="map" id="map" role="group" aria-label="Map of files: area is size, colour is role" aria-describedby="map-help"></div>
<ul class="legend" id="legend" aria-label="Roles"></ul>
<form class="filters" id="filters" role="search" aria-label="Files"></form>
<p class="tally" id="tally" role="status"></p>
<div class="browse">
<div class="grid" id="grid" role="grid" aria-label="Files" aria-describedby="grid-help"></div>
<p class="hidden" id="grid-help">Arrow keys move, Enter goes to the file's chain of reasons.</p>
<aside class="panel" id="file" aria-labelledby="file-title" tabindex="-1"></aside>
</div>
</div>
</section>`;
}
