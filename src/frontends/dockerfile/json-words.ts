// The JSON form of an instruction's arguments, `["a", "b"]`, with the place of every string (RFC 8259). Whether a text is JSON at
// all, JSON.parse says; the places are found in a second, linear walk.
import type { Slice } from "./lines.ts";

export type JsonWords =
  /** Not meant as JSON, or not well formed. */
  | { readonly kind: "none" }
  /** An array, of which one item is no string. */
  | { readonly kind: "not-strings"; readonly item: Slice }
  | { readonly kind: "strings"; readonly values: readonly JsonWord[] };

export interface JsonWord {
  readonly value: string;
  /** With its quotes. */
  readonly source: Slice;
}

export function readJsonWords({ text, offset }: Slice): JsonWords {
  if (!text.trimStart().startsWith("[")) return { kind: "none" };
  const values = parsed(text);
  if (values === undefined) return { kind: "none" };
  const items = itemsOf(text, offset);
  const words: JsonWord[] = [];
  for (const [index, value] of values.entries()) {
    const source = items[index] ?? { text, offset };
    if (typeof value !== "string") return { kind: "not-strings", item: source };
    words.push({ value: value.toWellFormed(), source });
  }
  return { kind: "strings", values: words };
}

function parsed(text: string): readonly unknown[] | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** The items of a well-formed array, as they are written. */
function itemsOf(text: string, offset: number): readonly Slice[] {
  const items: Slice[] = [];
  let depth = 0;
  let start = -1;
  const end = (at: number): void => {
    const item = text.slice(start, at).trimEnd();
    if (start >= 0 && item !== "") items.push({ text: item, offset: offset + start });
    start = -1;
  };
  for (let index = 0; index < text.length; index++) {
    const character = text[index] ?? "";
    if (depth === 1 && (character === "," || character === "]")) end(index);
    else if (depth === 1 && start < 0 && character.trim() !== "") start = index;
    if (character === '"') index = closingQuote(text, index);
    else if (character === "[" || character === "{") depth++;
    else if (character === "]" || character === "}") depth--;
  }
  return items;
}

function closingQuote(text: string, open: number): number {
  let index = open + 1;
  while (index < text.length && text[index] !== '"') index += text[index] === "\\" ? 2 : 1;
  return index;
}
