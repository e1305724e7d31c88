import { expect, test } from "vitest";
import { applyMode } from "./mode.ts";

test.each([
  { text: "0755", before: 0o600, result: 0o755 },
  { text: "2775", before: 0o755, result: 0o2775 },
  { text: "u=rwX,g=rX,o=", before: 0o644, result: 0o640 },
  { text: "u=rwX,g=rX,o=", before: 0o755, result: 0o750 },
  { text: "u=rwX,g=rX,o=", before: 0o644, isDirectory: true, result: 0o750 },
  { text: "g+w", before: 0o755, result: 0o775 },
  { text: "g-rwx", before: 0o775, result: 0o705 },
  { text: "o-rwx,g+s", before: 0o755, result: 0o2750 },
  { text: "+t", before: 0o777, result: 0o1777 },
  { text: "+w", before: 0o444, result: 0o644 },
  { text: "a+w", before: 0o444, result: 0o666 },
  { text: "u+s", before: 0o755, result: 0o4755 },
  { text: "z+w", before: 0o644, result: undefined },
  { text: "", before: 0o644, result: undefined },
])("$text on $before", ({ text, before, isDirectory, result }) => {
  expect(applyMode(text, before, isDirectory ?? false)).toBe(result);
});
