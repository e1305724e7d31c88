// What the sections of the page share: where a file is in the page's data, and rows that the script adds to a table.

import type { Digest } from "../../../base/digest.ts";
import { techniqueUrl } from "../techniques.ts";
import { type Content, html, type Markup } from "./markup.ts";
import { formatCount } from "./page/numbers.ts";
import type { MoreCell } from "./page/shapes.ts";

export interface PageContext {
  readonly indexOf: (path: string | undefined) => number | undefined;
  /** From 0 at the bottom. */
  readonly layerOf: (digest: Digest) => number;
  /** Keeps rows for the script; they follow the table that is `data-more="key"`. */
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

/** "1 file", "12 files". */
export function counted(count: number, one: string, many: string): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}
