// The section table (gABI ch. 4 "Sections"), for what no segment holds: a program runs without it, so nothing that matters for
// running is read from it. Invariant: what can't be read gives no section, never an exception.
import { limits } from "../base/limits.ts";
import type { ElfImage } from "./elf-image.ts";

export interface Section {
  readonly offset: number;
  readonly sizeBytes: number;
}

const nameBytesMax = 64;
const noBits = 8;

/** The first section of this name that has bytes in the file. */
export function sectionNamed(image: ElfImage, name: string): Section | undefined {
  const { file } = image;
  const wide = image.class === 64;
  const header = file.bytes(0, wide ? 64 : 52);
  if (header === undefined) return undefined;
  const table = file.number(header, wide ? 40 : 32, file.wordBytes);
  const entryBytes = file.number(header, wide ? 58 : 46, 2);
  const count = file.number(header, wide ? 60 : 48, 2);
  const namesIndex = file.number(header, wide ? 62 : 50, 2);
  if (table === 0 || entryBytes < (wide ? 64 : 40) || count > limits.elfSectionsMax) return undefined;
  const bytes = file.bytes(table, entryBytes * count);
  if (bytes === undefined || namesIndex >= count) return undefined;
  const word = (index: number, at: number): number =>
    file.number(bytes, index * entryBytes + at, file.wordBytes);
  const names = word(namesIndex, wide ? 24 : 16);
  for (let index = 0; index < count; index++) {
    if (file.number(bytes, index * entryBytes + 4, 4) === noBits) continue;
    const nameAt = names + file.number(bytes, index * entryBytes, 4);
    const text = file.bytes(nameAt, Math.min(nameBytesMax, name.length + 1))?.toString("latin1");
    if (text !== `${name}\0`) continue;
    const section = { offset: word(index, wide ? 24 : 16), sizeBytes: word(index, wide ? 32 : 20) };
    return section.offset + section.sizeBytes <= file.sizeBytes ? section : undefined;
  }
  return undefined;
}
