// The page's script: reads the data in the page, and ties the views together. It loads nothing and sends nothing.
import { byId } from "./elements.ts";
import { enhancePage } from "./enhance.ts";
import { drawFile } from "./file-view.ts";
import { drawTally, filtersView } from "./filters-view.ts";
import { gridView } from "./grid-view.ts";
import { drawLegend, mapView, markInMap } from "./map-view.ts";
import { modelOf } from "./model.ts";
import { everything, selectFiles, sortFiles } from "./selection.ts";
import type { PageData } from "./shapes.ts";
import { type State, storeOf } from "./state.ts";

/** Browsers refuse an address that changes too often (100 times in 30 seconds): it tells where one was, and nothing depends on it. */
function tellAddress(file: number): void {
  try {
    history.replaceState(null, "", file < 0 ? "#files" : `#file=${file}`);
  } catch {
    // The next one is taken.
  }
}

function start(): void {
  const model = modelOf(JSON.parse(byId("data").textContent) as PageData);
  enhancePage(model);
  byId("files-app").hidden = model.count === 0;
  const store = storeOf((state, before) => draw(state, before));
  const map = mapView(model, store);
  const grid = gridView(model, store, () => byId("file").focus());
  const filters = filtersView(model, store);
  let chosen: readonly number[] = [];

  const draw = (state: State, before: State | undefined): void => {
    const isNew = (keys: readonly (keyof State)[]): boolean =>
      before === undefined || keys.some((key) => state[key] !== before[key]);
    if (isNew(["query", "folder", "role", "kind", "package", "layer", "primitive", "rule"])) {
      chosen = selectFiles(model, state);
      map.draw(chosen, state);
      filters.draw(state);
      drawLegend(model, store, state);
      drawTally(model, chosen, state);
      grid.draw(sortFiles(model, chosen, state), state);
      markInMap(state.file);
    } else if (isNew(["sort", "descending"])) grid.draw(sortFiles(model, chosen, state), state);
    if (!isNew(["file"])) return;
    drawFile(model, store, state.file);
    markInMap(state.file);
    grid.reveal(state.file);
    if (before === undefined) return;
    tellAddress(state.file);
  };

  const follow = (): void => {
    const target = document.getElementById(location.hash.slice(1));
    if (target instanceof HTMLDetailsElement) target.open = true;
    const file = Number(/^#file=(\d+)$/.exec(location.hash)?.[1] ?? -1);
    if (file < 0 || file >= model.count) return;
    // A link leads to the file, whatever was chosen before.
    store.update(selectFiles(model, store.get()).includes(file) ? { file } : { ...everything, file });
    byId("file").scrollIntoView({ block: "nearest" });
    byId("file").focus({ preventScroll: true });
  };
  draw(store.get(), undefined);
  follow();
  addEventListener("hashchange", follow);
}

start();
