import { expect, test } from "vitest";
import { elfOf } from "../../testing/builders.ts";
import { type ElfFacts, elfFacts } from "./elf.ts";
import { inMemory } from "./random-access.ts";

const factsOf = (bytes: Uint8Array): ElfFacts | undefined => elfFacts(inMemory(bytes));

test.each([
  { summary: "no name", text: "lib.so.".repeat(600_000), sonames: [] },
  { summary: "one name again and again", text: "libx.so.1".repeat(450_000), sonames: ["libx.so.1"] },
  { summary: "numbers without an end", text: `libx.so.${"1".repeat(4_000_000)}`, sonames: ["libx.so.1"] },
])("a text of $summary takes time in proportion to its size", ({ text, sonames }) => {
  const bytes = elfOf({ strings: [text] });
  const found = factsOf(bytes)?.sonameStrings.map((name) => name.replace(/^(libx\.so\.1).*/, "$1"));
  expect([...new Set(found)]).toEqual(sonames);
});

test("a note of zeros takes time in proportion to its size", () => {
  const bytes = elfOf({ dlopen: [{ soname: ["liba.so.1"], description: "~".repeat(300_000) }] });
  const at = bytes.indexOf("~");
  bytes.fill(0, at, at + 299_999);
  expect(factsOf(bytes)?.dlopen).toEqual([]);
});
