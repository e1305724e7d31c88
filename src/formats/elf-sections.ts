// The section table (gABI ch. 4 "Sections"), for what no segment holds: a program runs without it, so nothing that matters for
// running is read from it. Invariant: what can't be read gives no section, never an exception.
import { limits } from "../base/limits.ts";
import type { ElfImage } from "./elf-image.ts";

export interface ElfSection {
  readonly type: number;
  readonly flags: number;
  readonly offset: number;
  readonly sizeBytes: number;
  /** Of its name in the section of names. */
  readonly nameAt: number;
}

/** SHF_EXECINSTR and SHT_NOBITS. */
export const codeSection = 4;
export const noBits = 8;

const nameBytesMax = 64;

/** Empty where there are none, or where the table can't be read. */
export function elfSections(image: ElfImage): readonly ElfSection[] {
  const table = sectionTable(image);
  const bytes =
    table === undefined ? undefined : image.file.bytes(table.offset, table.count * table.entryBytes);
  if (table === undefined || bytes === undefined) return [];
  const { file } = image;
  const wide = image.class === 64;
  return Array.from({ length: table.count }, (_, index) => {
    const at = index * table.entryBytes;
    return {
      nameAt: file.number(bytes, at, 4),
      type: file.number(bytes, at + 4, 4),
      flags: file.number(bytes, at + 8, file.wordBytes),
      offset: file.number(bytes, at + (wide ? 24 : 16), file.wordBytes),
      sizeBytes: file.number(bytes, at + (wide ? 32 : 20), file.wordBytes),
    };
  });
}

/** The first section of this name that has bytes in the file. */
export function sectionNamed(image: ElfImage, name: string): ElfSection | undefined {
  const { file } = image;
  const sections = elfSections(image);
  const names = sections[sectionTable(image)?.namesIndex ?? -1];
  if (names === undefined) return undefined;
  const found = sections.find((one) => {
    if (one.type === noBits) return false;
    const text = file.bytes(names.offset + one.nameAt, Math.min(nameBytesMax, name.length + 1));
    return text?.toString("latin1") === `${name}\0`;
  });
  return found !== undefined && found.offset + found.sizeBytes <= file.sizeBytes ? found : undefined;
}

/** Where the file's own parts end: its segments, sections and their table. What stands behind is somebody else's. */
export function elfEnd(image: ElfImage): number {
  const table = sectionTable(image);
  const ends = [
    ...image.segments.map((one) => one.offset + one.fileBytes),
    ...elfSections(image).map((one) => (one.type === noBits ? 0 : one.offset + one.sizeBytes)),
    table === undefined ? 0 : table.offset + table.count * table.entryBytes,
  ];
  return ends.reduce((most, one) => Math.max(most, one), 0);
}

interface SectionTable {
  readonly offset: number;
  readonly count: number;
  readonly entryBytes: number;
  /** Of the section that holds the names. */
  readonly namesIndex: number;
}

function sectionTable({ class: bits, file }: ElfImage): SectionTable | undefined {
  const wide = bits === 64;
  const header = file.bytes(0, wide ? 64 : 52);
  if (header === undefined) return undefined;
  const offset = file.number(header, wide ? 40 : 32, file.wordBytes);
  const entryBytes = file.number(header, wide ? 58 : 46, 2);
  const count = file.number(header, wide ? 60 : 48, 2);
  const namesIndex = file.number(header, wide ? 62 : 50, 2);
  const isReadable =
    offset > 0 && count > 0 && count <= limits.elfSectionsMax && entryBytes >= (wide ? 64 : 40);
  return isReadable ? { offset, count, entryBytes, namesIndex } : undefined;
}
