// HTML as values: a template in which everything is escaped that isn't markup already, so that no caller can forget it.
import { escapedJson } from "../well-formed.ts";
import { visible } from "./page/visible.ts";

/** Text that is HTML. Only `html` makes it. */
export interface Markup {
  readonly markup: string;
}

export type Content = Markup | string | number | undefined | readonly Content[];

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** A template literal of HTML. Interpolated text is made visible and escaped, for elements and for quoted attributes alike. */
export function html(parts: TemplateStringsArray, ...contents: readonly Content[]): Markup {
  let markup = parts[0] ?? "";
  for (const [index, content] of contents.entries()) markup += markupOf(content) + (parts[index + 1] ?? "");
  return { markup };
}

function markupOf(content: Content): string {
  if (content === undefined) return "";
  if (typeof content === "string") {
    return visible(content).replace(/[&<>"']/g, (character) => entities[character] ?? character);
  }
  if (typeof content === "number") return String(content);
  return "markup" in content ? content.markup : content.map(markupOf).join("");
}

/**
 * JSON that can stand in a `<script type="application/json">`: nothing in it ends the element or begins a comment
 * (HTML, "Restrictions for contents of script elements"), and nothing acts on who reads the source.
 */
export function embeddedJson(value: unknown): Markup {
  return { markup: escapedJson(JSON.stringify(value), /[<>&\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu) };
}
