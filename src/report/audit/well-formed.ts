// JSON that strict readers take: they refuse all of a document for one lone surrogate, and names of files may have them
// (base/names.ts).
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
