// The controls that choose which files are shown.

import { formatSize } from "../../../units.ts";
import { button, byId, element } from "./elements.ts";
import type { Model } from "./model.ts";
import { formatCount } from "./numbers.ts";
import { everything, type Selection } from "./selection.ts";
import type { State, Store } from "./state.ts";
import { visible } from "./visible.ts";

type FilterKey = "role" | "kind" | "package" | "layer" | "primitive" | "rule";

/** A pause in typing after which the search is made. */
const typingMs = 120;

export interface FiltersView {
  /** Sets the controls to what is chosen. */
  readonly draw: (state: State) => void;
}

export function filtersView(model: Model, store: Store): FiltersView {
  const { files, kinds, layers, packages, primitives, roles, rules } = model.data;
  const inUse = (column: readonly number[], index: number): boolean => usedIn(column).has(index);
  const usedPrimitives = files.primitives.reduce((all, mask) => all | mask, 0);
  const choices: readonly (readonly [FilterKey, string, readonly (readonly [number, string])[]])[] = [
    ["role", "Role", listed(roles).filter(([index]) => inUse(files.role, index))],
    ["kind", "Kind", listed(kinds).filter(([index]) => inUse(files.kind, index))],
    ["rule", "Finding", listed(rules.map((one) => one.title))],
    ["primitive", "Primitive", listed(primitives).filter(([index]) => ((usedPrimitives >> index) & 1) === 1)],
    ["package", "Package", listed(packages.map(visible)).sort(([, a], [, b]) => (a < b ? -1 : 1))],
    ["layer", "Layer", Array.from({ length: layers }, (_, index) => [index, String(index)] as const)],
  ];
  const selects = choices.flatMap(([key, title, options]) =>
    options.length < 2 && key !== "rule" && key !== "primitive"
      ? []
      : [{ key, ...selectFor(store, key, title, options) }],
  );
  const search = searchField(store);
  const form = byId("filters");
  form.addEventListener("submit", (event) => event.preventDefault());
  const reset = button("Reset", () => store.update({ ...everything }), "reset");
  form.append(search.field, ...selects.map((one) => one.field), reset);
  return {
    draw: (state) => {
      if (document.activeElement !== search.input) search.input.value = state.query;
      for (const { key, select } of selects) select.value = String(state[key]);
      reset.hidden = !isNarrowed(state);
    },
  };
}

const used = new WeakMap<readonly number[], ReadonlySet<number>>();

function usedIn(column: readonly number[]): ReadonlySet<number> {
  const known = used.get(column) ?? new Set(column);
  used.set(column, known);
  return known;
}

function isNarrowed(state: Selection): boolean {
  const { query, folder, role, kind, package: owner, layer, primitive, rule } = state;
  return query !== "" || folder !== 0 || [role, kind, owner, layer, primitive, rule].some((one) => one >= 0);
}

function listed(names: readonly string[]): (readonly [number, string])[] {
  return names.map((name, index) => [index, name] as const);
}

function selectFor(
  store: Store,
  key: FilterKey,
  title: string,
  options: readonly (readonly [number, string])[],
): { readonly field: HTMLElement; readonly select: HTMLSelectElement } {
  const select = element(
    "select",
    { id: `filter-${key}` },
    element("option", { value: -1 }, "all"),
    ...options.map(([value, name]) => element("option", { value }, name)),
  );
  select.addEventListener("change", () => store.update({ [key]: Number(select.value) }));
  return { field: fieldOf(title, select), select };
}

function searchField(store: Store): { readonly field: HTMLElement; readonly input: HTMLInputElement } {
  const input = element("input", {
    type: "search",
    id: "search",
    autocomplete: "off",
    spellcheck: "false",
    placeholder: "path or program",
  });
  let waiting: ReturnType<typeof setTimeout> | undefined;
  input.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => store.update({ query: input.value }), typingMs);
  });
  const field = fieldOf("Search", input);
  field.classList.add("search");
  return { field, input };
}

function fieldOf(title: string, control: HTMLElement): HTMLElement {
  return element("div", { class: "field" }, element("label", { for: control.id }, title), control);
}

/** How many files are shown, of how many, and their bytes. */
export function drawTally(model: Model, chosen: readonly number[], state: State): void {
  const { filesTotal, files } = model.data;
  const bytes = chosen.reduce((sum, file) => sum + (files.sizeBytes[file] ?? 0), 0);
  const where = state.folder === 0 ? "" : ` in ${model.folderPaths[state.folder] ?? ""}`;
  const count = `${formatCount(chosen.length)} of ${formatCount(filesTotal)} files${where}, ${formatSize(bytes)}`;
  const left =
    filesTotal > model.count
      ? ` (the page holds ${formatCount(model.count)}: those with findings, and the largest; the JSON report names all)`
      : "";
  byId("tally").textContent = `${count}${left}`;
}
