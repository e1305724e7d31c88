// What the script adds to the parts of the page that are readable without it: copying, rows that follow, links, the theme.

import { button, element, fileLink } from "./elements.ts";
import { type Model, pathOf } from "./model.ts";
import { formatCount } from "./numbers.ts";
import type { MoreCell } from "./shapes.ts";
import { visible } from "./visible.ts";

const rowsAtOnce = 200;
const copiedMs = 1500;

export function enhancePage(model: Model): void {
  for (const check of document.querySelectorAll<HTMLElement>(".check")) addCopy(check);
  for (const path of document.querySelectorAll<HTMLElement>("code[data-file]")) {
    const file = Number(path.dataset["file"]);
    path.replaceWith(fileLink(file, pathOf(model, file)));
  }
  for (const part of document.querySelectorAll<HTMLElement>("[data-more]")) addMore(model, part);
  addTheme();
  unfoldForPrint();
}

function addCopy(check: HTMLElement): void {
  const code = check.querySelector("code");
  if (code === null) return;
  const copy = button("Copy", () => {
    void copyText(code).then((done) => {
      copy.textContent = done ? "Copied" : "Selected";
      setTimeout(() => {
        copy.textContent = "Copy";
      }, copiedMs);
    });
  });
  copy.setAttribute("aria-label", `Copy the command ${code.textContent}`);
  check.append(copy);
}

/** Copies what is seen: nothing invisible gets into a terminal. Where the browser refuses, the text is selected at least. */
async function copyText(code: HTMLElement): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(code.textContent);
    return true;
  } catch {
    getSelection()?.selectAllChildren(code);
    return false;
  }
}

/** Rows that follow those in the page, some at each press. */
function addMore(model: Model, part: HTMLElement): void {
  const rows = model.data.more[part.dataset["more"] ?? ""] ?? [];
  const scroller = part.querySelector<HTMLElement>(".scroller");
  const table = part.querySelector("tbody");
  const note = part.querySelector("p");
  if (scroller === null || table === null || note === null) return;
  const numbers = [...part.querySelectorAll("th")].map((one) => one.classList.contains("number"));
  let shown = 0;
  const label = (): string => {
    const next = Math.min(rowsAtOnce, rows.length - shown);
    const left = rows.length - shown;
    return next === left ? `Show ${formatCount(left)} more` : `Show ${next} of ${formatCount(left)} more`;
  };
  const press = button(label(), () => {
    scroller.hidden = false;
    const next = rows.slice(shown, shown + rowsAtOnce);
    table.append(
      ...next.map((cells) => element("tr", {}, ...cells.map((cell, at) => cellOf(model, cell, numbers[at])))),
    );
    shown += next.length;
    press.textContent = label();
    if (shown < rows.length) return;
    scroller.focus();
    press.remove();
  });
  note.remove();
  scroller.after(press);
}

function cellOf(model: Model, cell: MoreCell, isNumber = false): HTMLElement {
  if (typeof cell === "number") return element("td", {}, fileLink(cell, pathOf(model, cell)));
  if (typeof cell === "string") {
    return element(
      "td",
      isNumber ? { class: "number" } : {},
      element("div", { class: "clip" }, visible(cell)),
    );
  }
  const checks = cell.commands.map((command) => {
    const check = element("div", { class: "check" }, element("code", {}, visible(command)));
    addCopy(check);
    return check;
  });
  return element("td", {}, ...checks);
}

const themes = ["auto", "light", "dark"] as const;

/** A switch for those who want another theme here than the system's. Kept for this page's address, where the browser keeps anything. */
function addTheme(): void {
  const place = document.getElementById("theme");
  if (place === null) return;
  const root = document.documentElement;
  const group = element("div", { class: "theme", role: "group", "aria-label": "Theme" });
  const set = (theme: string): void => {
    if (theme === "auto") delete root.dataset["theme"];
    else root.dataset["theme"] = theme;
    for (const one of group.querySelectorAll("button")) {
      one.setAttribute("aria-pressed", String(one.textContent.toLowerCase() === theme));
    }
  };
  for (const theme of themes) {
    group.append(
      button(`${theme.charAt(0).toUpperCase()}${theme.slice(1)}`, () => {
        set(theme);
        remember(theme);
      }),
    );
  }
  place.replaceWith(group);
  set(remembered());
}

function remember(theme: string): void {
  try {
    localStorage.setItem("distill-theme", theme);
  } catch {
    // A browser may keep nothing for a page from a file.
  }
}

function remembered(): string {
  try {
    const kept = localStorage.getItem("distill-theme");
    return themes.find((one) => one === kept) ?? "auto";
  } catch {
    return "auto";
  }
}

/** Paper can't be unfolded. */
function unfoldForPrint(): void {
  let folded: readonly HTMLDetailsElement[] = [];
  addEventListener("beforeprint", () => {
    folded = [...document.querySelectorAll<HTMLDetailsElement>("details:not([open])")];
    for (const one of folded) one.open = true;
  });
  addEventListener("afterprint", () => {
    for (const one of folded) one.open = false;
  });
}
