// Section headers of ELF files (gABI 4, "Sections"), and where such a file ends: what stands behind is somebody else's.
import type { ElfImage } from "../formats/elf-image.ts";

export interface ElfSection {
  readonly type: number;
  readonly flags: number;
  readonly offset: number;
  readonly sizeBytes: number;
}

/** SHF_EXECINSTR and SHT_NOBITS. */
export const codeSection = 4;
export const noBits = 8;
const sectionsMax = 65_536;

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
      type: file.number(bytes, at + 4, 4),
      flags: file.number(bytes, at + 8, file.wordBytes),
      offset: file.number(bytes, at + (wide ? 24 : 16), file.wordBytes),
      sizeBytes: file.number(bytes, at + (wide ? 32 : 20), file.wordBytes),
    };
  });
}

function sectionTable(
  image: ElfImage,
): { readonly offset: number; readonly count: number; readonly entryBytes: number } | undefined {
  const wide = image.class === 64;
  const header = image.file.bytes(0, wide ? 64 : 52);
  if (header === undefined) return undefined;
  const number = (narrow: number, broad: number, size: 2 | 4 | 8): number =>
    image.file.number(header, wide ? broad : narrow, size);
  const [offset, entryBytes, count] = [
    number(32, 40, image.file.wordBytes),
    number(46, 58, 2),
    number(48, 60, 2),
  ];
  if (count === 0 || count > sectionsMax || entryBytes < (wide ? 64 : 40)) return undefined;
  return { offset, count, entryBytes };
}

/** Where the file's own parts end: its segments, sections and their table. */
export function elfEnd(image: ElfImage): number {
  const table = sectionTable(image);
  const ends = [
    ...image.segments.map((one) => one.offset + one.fileBytes),
    ...elfSections(image).map((one) => (one.type === noBits ? 0 : one.offset + one.sizeBytes)),
    table === undefined ? 0 : table.offset + table.count * table.entryBytes,
  ];
  return ends.reduce((most, one) => Math.max(most, one), 0);
}
