// A chosen file: what it is, and the chain of reasons from the entrypoint to it.
import { formatSize } from "../../../units.ts";
import { button, byId, type Child, element, fileLink, swatch } from "./elements.ts";
import { chainOf, type Model, pathOf, primitivesOf } from "./model.ts";
import type { Store } from "./state.ts";
import { visible } from "./visible.ts";

/** Draws the file; what to do first where none is chosen. */
export function drawFile(model: Model, store: Store, file: number): void {
  const panel = byId("file");
  panel.classList.toggle("has-file", file >= 0);
  if (file < 0) {
    panel.replaceChildren(
      element("h3", { id: "file-title" }, "Why is a file there?"),
      element("p", { class: "fine" }, "Choose one in the map or the table."),
    );
    return;
  }
  const close = button("Close", () => store.update({ file: -1 }), "close");
  const steps = chainOf(model, file).map((parts) =>
    element("li", {}, ...parts.map((part) => partNode(model, file, part))),
  );
  panel.replaceChildren(
    close,
    element("h3", { id: "file-title" }, pathOf(model, file)),
    facts(model, store, file),
    element("h4", {}, "Chain of reasons"),
    element("ol", { class: "chain" }, ...steps),
  );
}

function partNode(model: Model, file: number, part: string | { readonly file: number }): Child {
  if (typeof part === "string") return visible(part);
  const path = pathOf(model, part.file);
  return part.file === file ? element("b", { class: "path" }, path) : fileLink(part.file, path);
}

function facts(model: Model, store: Store, file: number): HTMLElement {
  const { data } = model;
  const { files } = data;
  const role = data.roles[files.role[file] ?? 0] ?? "";
  const kind = data.kinds[files.kind[file] ?? 0] ?? "";
  const owner = files.package[file] ?? -1;
  const layer = files.layer[file] ?? -1;
  const folder = files.folder[file] ?? 0;
  const identities = (files.identities[file] ?? []).map((one) => visible(data.identities[one] ?? ""));
  const findings = (model.rulesOf.get(file) ?? []).flatMap((rule): Child[] => {
    const found = data.rules[rule];
    return found === undefined ? [] : [element("a", { href: `#rule-${found.id}` }, found.title), " "];
  });
  const pairs: readonly (readonly [string, readonly Child[]])[] = [
    ["Role", [swatch(role), role]],
    ["Size", [formatSize(files.sizeBytes[file] ?? 0), `, ${kind}`]],
    ["Recognised as", identities.length === 0 ? [] : [identities.join(", ")]],
    ["Findings", findings],
    ["Primitives", [primitivesOf(model, files.primitives[file] ?? 0).join(", ")].filter((one) => one !== "")],
    ["Package", owner < 0 ? [] : [visible(data.packages[owner] ?? "")]],
    ["Layer", layer < 0 ? [] : [String(layer)]],
    ["Folder", [button(model.folderPaths[folder] ?? "/", () => store.update({ folder }), "as-link")]],
  ];
  const shown = pairs.filter(([, content]) => content.length > 0);
  return element(
    "dl",
    { class: "facts" },
    ...shown.map(([name, content]) =>
      element("div", {}, element("dt", {}, name), element("dd", {}, ...content)),
    ),
  );
}
