// Elements of the page. Texts become text nodes and nothing else, so that no name of an image is markup.
import { visible } from "./visible.ts";

export type Child = Node | string;

/** An element with attributes (all but event handlers) and children. */
export function element<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  attributes: Readonly<Record<string, string | number>> = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
  made.append(...children);
  return made;
}

/** A button that says what it does. */
export function button(label: string, onPress: () => void, className = ""): HTMLButtonElement {
  const made = element("button", { type: "button", class: className }, label);
  made.addEventListener("click", onPress);
  return made;
}

/** The element with this id, which the page has. */
export function byId(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`the page has no #${id}`);
  return found;
}

/** Where a file's chain of reasons is shown: links to it work without more ado, and "back" too. */
export function fileLink(file: number, path: string): HTMLAnchorElement {
  return element("a", { class: "path", href: `#file=${file}` }, visible(path));
}

/** A role's colour and sign; its name stands beside it. */
export function swatch(role: string): HTMLElement {
  return element("span", { class: `swatch role-${role}`, "aria-hidden": "true" });
}
