// Which program gives which primitives: by what its content is, or by its name alone.
import { type Primitive, primitives } from "../primitives.ts";
import { identifiedPrograms, ownTechniques } from "./identified.ts";
import { namedPrograms } from "./named.ts";
import { byProgram } from "./table.ts";

const identified = byProgram(identifiedPrograms);
const named = byProgram(namedPrograms);

/** What a program recognised as this fingerprint gives. What has no row of its own is taken for what its name says; unknown: nothing. */
export function programPrimitives(id: string): readonly Primitive[] {
  return identified.get(id) ?? named.get(id) ?? [];
}

/** What a file's base name alone lets suspect: "python3.11" as "python", "x86_64-linux-gnu-gcc-12" as "gcc". */
export function primitivesByName(baseName: string): readonly Primitive[] {
  const name = nameFor(baseName);
  return name === undefined ? [] : (named.get(name) ?? []);
}

/** ATT&CK technique ids of a recognised program itself, beside those of its primitives. */
export function programTechniques(id: string): readonly string[] {
  return ownTechniques[id] ?? [];
}

/** In the order of `primitives`, each once. */
export function inOrder(given: Iterable<Primitive>): Primitive[] {
  const set = new Set(given);
  return primitives.filter((one) => set.has(one));
}

/** Longer names are no program's of the table; a bound, since names come from images. */
const nameLengthMax = 64;
/** What cross-compilers have in front (GNU's target triplets) and versions behind: "-12", "3.11", ".so.2". */
const triplet = /^(?:[a-z0-9_]+-){2,3}(?=[a-z])/;
const version = /(?:[-.]?\d+(?:\.\d+){0,3})$/;

function nameFor(baseName: string): string | undefined {
  if (baseName.length > nameLengthMax) return undefined;
  const plain = baseName.replace(version, "");
  for (const candidate of [baseName, plain, plain.replace(triplet, "")]) {
    if (named.has(candidate)) return candidate;
  }
  return undefined;
}
