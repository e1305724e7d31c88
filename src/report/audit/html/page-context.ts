// What the sections of the page share: where a file is in the page's data, and rows that the script adds to a table.

import type { Digest } from "../../../base/digest.ts";
import { limits } from "../../../base/limits.ts";
import { techniqueUrl } from "../techniques.ts";
import { type Content, html, type Markup } from "./markup.ts";
import { formatCount } from "./page/numbers.ts";
import type { MoreCell } from "./page/shapes.ts";

export interface PageContext {
  readonly indexOf: (path: string | undefined) => number | undefined;
  /** From 0 at the bottom. */
  readonly layerOf: (digest: Digest) => number;
  /** Keeps rows for the script; they follow the table that is `data-more="key"`. No more than reportFindingsOfRuleMax. */
  readonly addMore: (key: string, rows: readonly (readonly MoreCell[])[]) => void;
}

/** A path of the image; the script makes a link of it to the file's chain of reasons. */
export function pathMarkup(context: PageContext, path: string): Markup {
  const index = context.indexOf(path);
  return index === undefined
    ? html`<code class="path">${path}</code>`
    : html`<code class="path" data-file="${index}">${path}</code>`;
}

/** The cell of a row for the script that tells a path: as an index where the page has the file. */
export function pathCell(context: PageContext, path: string | undefined): MoreCell {
  return context.indexOf(path) ?? path ?? "";
}

/** ATT&CK technique ids, each a link to what it means. Nothing is loaded before somebody follows it. */
export function techniqueMarkup(ids: readonly string[]): Markup {
  const links = ids.map((id): Content => {
    return html` <a class="technique" href="${techniqueUrl(id)}" rel="noreferrer">${id}</a>`;
  });
  return html`${links}`;
}

/** What is said of rows that `addMore` keeps, and of those that are too many for the page. */
export function moreNote(count: number): Markup {
  const beyond = count - limits.reportFindingsOfRuleMax;
  return html`<p class="fine">and ${counted(count, "more", "more")}<noscript>: the page's own script shows them, and the JSON report has them</noscript></p>${
    beyond > 0
      ? html`
<p class="fine">${formatCount(beyond)} of them are in the JSON report only.</p>`
      : undefined
  }`;
}

/** "1 file", "12 files". */
export function counted(count: number, one: string, many: string): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}
