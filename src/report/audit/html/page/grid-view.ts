// The table of files (WAI-ARIA grid): of any number of rows only those in sight are in the document.
import { formatSize } from "../../../units.ts";
import { button, byId, element, swatch } from "./elements.ts";
import { type Model, pathOf, primitivesOf } from "./model.ts";
import type { SortKey } from "./selection.ts";
import type { State, Store } from "./state.ts";
import { visible } from "./visible.ts";

const columns: readonly { readonly key: SortKey; readonly title: string }[] = [
  { key: "path", title: "Path" },
  { key: "role", title: "Role" },
  { key: "kind", title: "Kind" },
  { key: "size", title: "Size" },
  { key: "package", title: "Package" },
  { key: "layer", title: "Layer" },
  { key: "primitives", title: "Primitives" },
];
/** Columns that people read from the largest down. */
const largestFirst: readonly SortKey[] = ["size", "primitives"];
/** Rows beyond those in sight, above and below. */
const spareRows = 6;

export interface GridView {
  readonly draw: (rows: readonly number[], state: State) => void;
  /** Whether the table shows the file; scrolls to it. */
  readonly reveal: (file: number) => boolean;
}

export function gridView(model: Model, store: Store, leave: () => void): GridView {
  const grid = byId("grid");
  const head = element("div", { class: "grid-head", role: "rowgroup" });
  const space = element("div", { class: "grid-space", role: "presentation" });
  const body = element("div", { class: "grid-body", role: "rowgroup", tabindex: -1 }, space);
  grid.append(head, body);
  grid.tabIndex = 0;
  grid.setAttribute("aria-colcount", String(columns.length));
  let rows: readonly number[] = [];
  const fill = (): void => fillRows(model, { grid, body, space }, rows, store.get().file);
  body.addEventListener("scroll", fill, { passive: true });
  new ResizeObserver(fill).observe(body);
  const reveal = (file: number): boolean => {
    const at = rows.indexOf(file);
    if (at >= 0) scrollTo(body, at, rowHeight(grid));
    fill();
    return at >= 0;
  };
  space.addEventListener("click", (event) => {
    const row = event.target instanceof Element ? event.target.closest<HTMLElement>("[data-file]") : null;
    if (row !== null) store.update({ file: Number(row.dataset["file"]) });
  });
  grid.addEventListener("keydown", (event) => {
    if (event.target !== grid) return;
    const page = Math.max(1, Math.floor(body.clientHeight / rowHeight(grid)) - 1);
    const at = rows.indexOf(store.get().file);
    if (event.key === "Enter") {
      if (at >= 0) leave();
      return;
    }
    const to = rowAfter(event.key, at, rows.length, page);
    if (to === undefined) return;
    event.preventDefault();
    store.update({ file: rows[to] ?? -1 });
  });
  return {
    draw: (shown, state) => {
      rows = shown;
      head.replaceChildren(headRow(store, state));
      grid.setAttribute("aria-rowcount", String(rows.length + 1));
      body.scrollTop = 0;
      fill();
    },
    reveal,
  };
}

/** The row that a key leads to; undefined for a key that moves nothing. */
export function rowAfter(key: string, at: number, count: number, page: number): number | undefined {
  const moves: Readonly<Record<string, number>> = {
    ArrowDown: at + 1,
    ArrowUp: at - 1,
    PageDown: at + page,
    PageUp: at - page,
    Home: 0,
    End: count - 1,
  };
  const to = moves[key];
  return to === undefined || count === 0 ? undefined : Math.min(count - 1, Math.max(0, to));
}

function headRow(store: Store, state: State): HTMLElement {
  const cells = columns.map(({ key, title }) => {
    const isSorted = state.sort === key;
    const press = (): void => {
      const { descending, sort } = store.get();
      store.update({ sort: key, descending: sort === key ? !descending : largestFirst.includes(key) });
      byId("grid").querySelector<HTMLElement>(`[data-sort="${key}"]`)?.focus();
    };
    const made = button(title, press);
    made.dataset["sort"] = key;
    const order = isSorted ? (state.descending ? "descending" : "ascending") : "none";
    return element("div", { class: `column-${key}`, role: "columnheader", "aria-sort": order }, made);
  });
  return element("div", { class: "grid-row", role: "row", "aria-rowindex": 1 }, ...cells);
}

interface Parts {
  readonly grid: HTMLElement;
  readonly body: HTMLElement;
  readonly space: HTMLElement;
}

function fillRows(model: Model, { body, grid, space }: Parts, rows: readonly number[], chosen: number): void {
  const height = rowHeight(grid);
  space.style.height = `${rows.length * height}px`;
  const first = Math.max(0, Math.floor(body.scrollTop / height) - spareRows);
  const last = Math.min(rows.length, Math.ceil((body.scrollTop + body.clientHeight) / height) + spareRows);
  const shown = rows
    .slice(first, last)
    .map((file, index) => rowElement(model, file, first + index, height, chosen));
  space.replaceChildren(...shown);
  const active = shown.some((row) => row.id === rowId(chosen));
  if (active) grid.setAttribute("aria-activedescendant", rowId(chosen));
  else grid.removeAttribute("aria-activedescendant");
}

function rowElement(model: Model, file: number, index: number, height: number, chosen: number): HTMLElement {
  const { data } = model;
  const { files } = data;
  const role = data.roles[files.role[file] ?? 0] ?? "";
  const name = visible(files.name[file] ?? "");
  const owner = data.packages[files.package[file] ?? -1] ?? "";
  const layer = files.layer[file] ?? -1;
  const folder = pathOf(model, file).slice(0, -name.length);
  const path = element("div", { class: "column-path", role: "rowheader" });
  path.append(element("span", { class: "folder" }, folder), element("span", { class: "name" }, name));
  const cell = (key: SortKey, ...content: readonly (Node | string)[]): HTMLElement =>
    element("div", { class: `column-${key}`, role: "gridcell" }, ...content);
  const row = element(
    "div",
    {
      class: "grid-row",
      role: "row",
      id: rowId(file),
      "aria-rowindex": index + 2,
      "aria-selected": String(file === chosen),
    },
    path,
    cell("role", swatch(role), role),
    cell("kind", data.kinds[files.kind[file] ?? 0] ?? ""),
    cell("size", formatSize(files.sizeBytes[file] ?? 0)),
    cell("package", visible(owner)),
    cell("layer", layer < 0 ? "" : String(layer)),
    cell("primitives", primitivesOf(model, files.primitives[file] ?? 0).join(", ")),
  );
  row.dataset["file"] = String(file);
  row.style.top = `${index * height}px`;
  return row;
}

function rowId(file: number): string {
  return `row-${file}`;
}

/** As the style says: rows are higher where they have two lines. */
function rowHeight(grid: HTMLElement): number {
  return Number.parseFloat(getComputedStyle(grid).getPropertyValue("--row-height")) || 32;
}

/** Scrolls no further than it takes to have the row in sight. */
function scrollTo(body: HTMLElement, row: number, height: number): void {
  const top = row * height;
  if (top < body.scrollTop) body.scrollTop = top;
  else if (top + height > body.scrollTop + body.clientHeight)
    body.scrollTop = top + height - body.clientHeight;
}
