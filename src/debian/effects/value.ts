// What the interpreter knows of a string: its text, or why it can't be known. Nothing in between is guessed.

export type Value =
  | { readonly known: true; readonly text: string }
  | { readonly known: false; readonly why: string };

export function known(text: string): Value {
  return { known: true, text };
}

export function unknown(why: string): Value {
  return { known: false, why };
}

export const empty: Value = known("");

export function concat(values: readonly Value[]): Value {
  let text = "";
  for (const value of values) {
    if (!value.known) return value;
    text += value.text;
  }
  return known(text);
}

export function sameValue(a: Value | undefined, b: Value | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return a.known && b.known ? a.text === b.text : a.known === b.known;
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
