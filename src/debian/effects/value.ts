// What the interpreter knows of a string: its text, or why it can't be known. Nothing in between is guessed.

import { limits } from "../../base/limits.ts";
import type { Content } from "./effect.ts";

export type Value =
  | { readonly known: true; readonly text: string }
  /** `content`: how the composer can compute it from files of the tree. */
  | { readonly known: false; readonly why: string; readonly content?: Content };

export function known(text: string): Value {
  return { known: true, text };
}

export function unknown(why: string): Value {
  return { known: false, why };
}

export const empty: Value = known("");

export function concat(values: readonly Value[]): Value {
  let text = "";
  const unknownOne = values.find((value) => !value.known);
  if (unknownOne !== undefined) {
    const parts = values.filter((value) => !value.known || value.text !== "").map(contentOf);
    if (parts.length === 1) return unknownOne;
    const { why } = unknownOne;
    if (!parts.every((part) => part !== undefined)) return unknown(why);
    return { known: false, why, content: { kind: "joined", parts } };
  }
  for (const value of values) if (value.known) text += value.text;
  return text.length > limits.shellTextLengthMax
    ? unknown("it is longer than shellTextLengthMax")
    : known(text);
}

/** A value as the content of a file; undefined where it can't be had at all. */
export function contentOf(value: Value): Content | undefined {
  return value.known ? { kind: "text", text: value.text } : value.content;
}

export function sameValue(a: Value | undefined, b: Value | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  if (a.known && b.known) return a.text === b.text;
  return !a.known && !b.known && JSON.stringify(a.content) === JSON.stringify(b.content);
}

/** Applies a function to a known text. */
export function mapValue(value: Value, change: (text: string) => string): Value {
  return value.known ? known(change(value.text)) : value;
}

/** One argument after expansion. `pattern` is set where unquoted pattern characters were left in it (XCU 2.13). */
export interface Field {
  readonly value: Value;
  readonly pattern?: string;
}
