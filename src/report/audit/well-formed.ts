// JSON that strict readers take: they refuse all of a document for one lone surrogate, and names of files may have them
// (base/names.ts). As a text it is printed on terminals too, which act on C1 controls (U+009B begins a sequence as ESC [ does).
import type { Json } from "../../base/canonical-json.ts";

/** The value with U+FFFD for each lone surrogate, in names of members too. */
export function wellFormed(value: Json): Json {
  if (typeof value === "string") return value.toWellFormed();
  if (value === null || typeof value !== "object") return value;
  if (Array.isArray(value)) return (value as readonly Json[]).map(wellFormed);
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [
      name.toWellFormed(),
      member === undefined ? undefined : wellFormed(member),
    ]),
  );
}

/** What a terminal acts on beyond what JSON has to escape, and what hides or reorders text. None of it stands outside of strings. */
const acting = /[\u007f-\u009f\p{Cf}\p{Zl}\p{Zp}]/gu;

/** The value as a text that is safe to print, and the same value for every reader of JSON. */
export function jsonText(value: Json, indent?: number): string {
  return escapedJson(JSON.stringify(value, null, indent), acting);
}

/** A JSON text with the characters of `pattern` (global; none that stands outside of strings) as escapes: the same value. */
export function escapedJson(text: string, pattern: RegExp): string {
  return text.replaceAll(pattern, (character) =>
    // JSON has no escapes but those of UTF-16 code units.
    Array.from({ length: character.length }, (_, at) => escaped(character.charCodeAt(at))).join(""),
  );
}

function escaped(codeUnit: number): string {
  return `\\u${codeUnit.toString(16).padStart(4, "0")}`;
}
