import fc from "fast-check";
import { expect, test } from "vitest";
import { allNames, buildOffsetIndex, lookUp, readOffsetIndex } from "./offset-index.ts";

async function* cutInto(text: string, sizeBytes: number): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += sizeBytes) yield bytes.subarray(at, at + sizeBytes);
}

const build = async (text: string, sizeBytes: number) =>
  readOffsetIndex(
    await buildOffsetIndex({ [Symbol.asyncIterator]: () => cutInto(text, sizeBytes) }, "a test"),
  );

const name = fc.stringMatching(/^[a-z][a-z0-9+-]{0,3}$/);
const stanza = fc.record({
  name,
  provides: fc.array(name, { maxLength: 3 }),
  description: fc.constantFrom("short", "é ü", "x".repeat(200)),
  first: fc.boolean(),
  folded: fc.boolean(),
});

function textOf(one: {
  name: string;
  provides: string[];
  description: string;
  first: boolean;
  folded: boolean;
}): string {
  const provides = one.provides.map((each, index) => (index === 1 ? `${each} (= 1)` : each));
  return [
    ...(one.first ? [] : ["Version: 1"]),
    `Package: ${one.name}`,
    `Description: ${one.description}`,
    ...(provides.length > 0 ? [`Provides: ${provides.join(one.folded ? ",\n " : ", ")}`] : []),
    "Size: 1\n",
  ].join("\n");
}

test("it leads to the stanzas that a plain reading of the file finds, however the file arrives", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(stanza, { maxLength: 12 }),
      fc.integer({ min: 1, max: 700 }),
      fc.constantFrom("\n", "\n\n", ""),
      async (stanzas, sizeBytes, ending) => {
        const text = stanzas.map(textOf).join("\n") + (stanzas.length > 0 ? ending : "");
        const index = await build(text, sizeBytes);
        const names = new Set(stanzas.flatMap((one) => [one.name, ...one.provides]));
        expect([...allNames(index)]).toEqual([...names].sort());
        for (const wanted of [...names, "absent", ""]) {
          const { real, provided } = lookUp(index, wanted);
          expect(real).toEqual(stanzas.flatMap((one, at) => (one.name === wanted ? [at] : [])));
          expect([...new Set(provided)]).toEqual(
            stanzas.flatMap((one, at) => (one.provides.includes(wanted) ? [at] : [])),
          );
        }
        const bytes = Buffer.from(text);
        for (const [at, one] of stanzas.entries()) {
          const piece = bytes.subarray(index.stanzaOffsets[at], index.stanzaOffsets[at + 1]);
          expect(piece.toString().trimEnd()).toBe(textOf(one).trimEnd());
        }
      },
    ),
  );
});

test("a file that is not of stanzas is refused", async () => {
  await expect(build("<html>no packages here</html>", 10)).rejects.toThrow(/no Package field/);
});

test("a stanza without end is refused before it fills the memory", async () => {
  await expect(build(`Package: a\nDescription: ${"x".repeat(9_000_000)}`, 65_536)).rejects.toThrow(
    /stanzaBytesMax/,
  );
});
