// The map: cells as buttons, of which one is in the tab order (WAI-ARIA, "Managing focus within components"); arrow keys move
// to the cell that lies there.

import { formatSize } from "../../../units.ts";
import { button, byId, element, swatch } from "./elements.ts";
import { type Cell, mapCells } from "./map-layout.ts";
import { nextCell } from "./map-moves.ts";
import { foldersTo, type Model } from "./model.ts";
import { formatCount } from "./numbers.ts";
import type { State, Store } from "./state.ts";
import { visible } from "./visible.ts";

const labelWidthMin = 34;
const labelHeightMin = 15;
const sizeHeightMin = 34;
const sizeWidthMin = 54;
const openSizeWidthMin = 150;

export interface MapView {
  /** Draws the files that are chosen; keeps the focus where it was. */
  readonly draw: (chosen: readonly number[], state: State) => void;
}

export function mapView(model: Model, store: Store): MapView {
  const map = byId("map");
  let cells: readonly Cell[] = [];
  let buttons: readonly (HTMLElement | undefined)[] = [];
  let drawn: { readonly chosen: readonly number[]; readonly state: State } | undefined;
  const draw = (chosen: readonly number[], state: State): void => {
    drawn = { chosen, state };
    const hadFocus = map.contains(document.activeElement);
    cells = mapCells(model, chosen, state.folder, { width: map.clientWidth, height: map.clientHeight });
    buttons = cells.map((cell) => cellElement(model, cell, store));
    map.replaceChildren(...buttons.flatMap((one) => one ?? []));
    if (cells.length === 0) map.append(element("p", { class: "empty" }, "No bytes to show."));
    const first = cells.findIndex((one) => one.kind !== "rest");
    buttons[first]?.setAttribute("tabindex", "0");
    if (hadFocus) buttons[first]?.focus();
    drawCrumbs(model, state, store);
  };
  map.addEventListener("keydown", (event) => {
    const at = focusedIn(buttons);
    const to = event.key === "Backspace" ? undefined : nextCell(cells, at, event.key);
    if (event.key === "Backspace") {
      store.update({ folder: model.data.folders.parent[store.get().folder] ?? 0 });
    } else if (to === undefined) return;
    else {
      buttons[at]?.setAttribute("tabindex", "-1");
      buttons[to]?.setAttribute("tabindex", "0");
      buttons[to]?.focus();
    }
    event.preventDefault();
  });
  let size = "";
  new ResizeObserver(() => {
    const changed = `${map.clientWidth} ${map.clientHeight}`;
    if (changed === size || drawn === undefined) return;
    size = changed;
    draw(drawn.chosen, drawn.state);
  }).observe(map);
  return { draw };
}

function focusedIn(elements: readonly (HTMLElement | undefined)[]): number {
  return elements.findIndex((one) => one?.matches(":focus"));
}

function cellElement(model: Model, cell: Cell, store: Store): HTMLElement {
  const label = nameOf(model, cell);
  const title = `${label}, ${formatSize(cell.sizeBytes)}${rolesIn(model, cell)}`;
  const isLabelled = cell.width >= labelWidthMin && cell.height >= labelHeightMin;
  const isSized = cell.isOpen
    ? cell.width >= openSizeWidthMin
    : cell.width >= sizeWidthMin && cell.height >= sizeHeightMin;
  const name = element("span", { class: "cell-name" }, isLabelled ? label : "");
  const size = element("span", { class: "cell-size" }, isSized ? formatSize(cell.sizeBytes) : "");
  const made =
    cell.kind === "rest"
      ? element("div", { title }, name)
      : element("button", { type: "button", tabindex: -1, title, "aria-label": title }, name, size);
  made.className = ["cell", cell.kind, cell.isOpen ? "open" : "", isLabelled ? "labelled" : ""].join(" ");
  if (cell.kind !== "rest") {
    made.dataset[cell.kind] = String(cell.index);
    made.addEventListener("click", () => {
      if (cell.kind === "folder") store.update({ folder: cell.index });
      else location.hash = `file=${cell.index}`;
    });
  }
  paint(made, model, cell);
  return made;
}

/** Place and colour: a file has its role's, a closed folder a stripe for each role as wide as its share. */
function paint({ classList, style }: HTMLElement, { data: { roles } }: Model, cell: Cell): void {
  style.left = `${cell.x.toFixed(1)}px`;
  style.top = `${cell.y.toFixed(1)}px`;
  style.width = `${Math.max(1, cell.width).toFixed(1)}px`;
  style.height = `${Math.max(1, cell.height).toFixed(1)}px`;
  if (cell.kind === "file") classList.add(`role-${roles[cell.byRole.findIndex((bytes) => bytes > 0)] ?? ""}`);
  if (cell.kind !== "folder" || cell.isOpen) return;
  let from = 0;
  const stripes = roles.flatMap((role, index) => {
    const share = ((cell.byRole[index] ?? 0) / cell.sizeBytes) * 100;
    if (share === 0) return [];
    from += share;
    return [`var(--${role}) ${(from - share).toFixed(1)}% ${from.toFixed(1)}%`];
  });
  style.backgroundImage = `linear-gradient(to right, ${stripes.join(", ")})`;
}

/** ", foreign", or of a folder with several: ", mostly foreign". */
function rolesIn({ data: { roles } }: Model, { byRole }: Cell): string {
  const most = byRole.indexOf(Math.max(...byRole));
  const count = byRole.filter((bytes) => bytes > 0).length;
  return count === 0 ? "" : `, ${count > 1 ? "mostly " : ""}${roles[most] ?? ""}`;
}

/** A file's name, a folder's path from the cell that it lies in, or how much a rest stands for. */
function nameOf(model: Model, cell: Cell): string {
  if (cell.kind === "rest") return `${formatCount(cell.things)} smaller`;
  if (cell.kind === "file") return visible(model.data.files.name[cell.index] ?? "");
  return (model.folderPaths[cell.index] ?? "").slice((model.folderPaths[cell.folder] ?? "").length);
}

function drawCrumbs(model: Model, { folder }: State, store: Store): void {
  const way = foldersTo(model, folder).map((at, depth, all) => {
    const name = depth === 0 ? "/" : visible(model.data.folders.name[at] ?? "");
    const made = button(name, () => store.update({ folder: at }), "crumb");
    if (depth === all.length - 1) made.setAttribute("aria-current", "location");
    return made;
  });
  byId("crumbs").replaceChildren(element("span", { class: "crumbs-title" }, "Folder"), ...way);
}

/** Roles with their colours; each filters by its role. */
export function drawLegend(model: Model, store: Store, { role }: State): void {
  const present = new Set(model.data.files.role);
  const entries = model.data.roles.flatMap((name, index) => {
    if (!present.has(index)) return [];
    const made = button(
      "",
      () => store.update({ role: store.get().role === index ? -1 : index }),
      "legend-role",
    );
    made.append(swatch(name), name);
    made.setAttribute("aria-pressed", String(role === index));
    return [element("li", {}, made)];
  });
  byId("legend").replaceChildren(...entries);
}

/** Marks the chosen file's cell, if it has one. */
export function markInMap(file: number): void {
  const map = byId("map");
  for (const one of map.querySelectorAll(".chosen")) one.classList.remove("chosen");
  map.querySelector(`[data-file="${file}"]`)?.classList.add("chosen");
}
