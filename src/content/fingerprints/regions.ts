// Where an ELF file's strings can be: the segments that are mapped as data. Section tables are not believed: they can be
// stripped, or say anything, and the program still runs.
import type { ElfImage, Segment } from "../../formats/elf-image.ts";
import { segmentType } from "../../formats/elf-image.ts";

/** A part of a file, in bytes; `end` is the first that is not in it. */
export interface Region {
  readonly start: number;
  readonly end: number;
}

const executable = 1;
const writable = 2;

/**
 * The regions to look at, merged and in file order: read-only and writable data, and code where no segment is read-only (older
 * link layouts keep constants with the code). All of the file where nothing is mapped from it.
 */
export function dataRegions(image: ElfImage | undefined, sizeBytes: number): readonly Region[] {
  const whole = [{ start: 0, end: sizeBytes }];
  if (image === undefined) return whole;
  const loads = image.segments.filter((one) => one.type === segmentType.load && one.fileBytes > 0);
  if (loads.length === 0) return whole;
  const hasReadOnly = loads.some(
    (one) => (one.flags & (executable | writable)) === 0 && !holdsHeadersOnly(one),
  );
  const chosen = hasReadOnly ? loads.filter((one) => (one.flags & executable) === 0) : loads;
  return merged(chosen.map((one) => clamped(one, sizeBytes)));
}

/** What follows the last byte that the segments or the headers take: nothing of a program as linkers make it but sections. */
export function unmappedRegions(image: ElfImage, sizeBytes: number): readonly Region[] {
  const mapped = merged(
    image.segments.filter((one) => one.type === segmentType.load).map((one) => clamped(one, sizeBytes)),
  );
  const gaps: Region[] = [];
  let at = 0;
  for (const { start, end } of [...mapped, { start: sizeBytes, end: sizeBytes }]) {
    if (start > at) gaps.push({ start: at, end: start });
    at = Math.max(at, end);
  }
  return gaps;
}

/** The first segment of many files holds the file's headers and dynamic tables, constants are elsewhere. */
function holdsHeadersOnly(segment: Segment): boolean {
  return segment.fileBytes < 64;
}

function clamped(segment: Segment, sizeBytes: number): Region {
  const start = Math.min(segment.offset, sizeBytes);
  return { start, end: Math.min(start + segment.fileBytes, sizeBytes) };
}

function merged(regions: readonly Region[]): readonly Region[] {
  const found: { start: number; end: number }[] = [];
  for (const { start, end } of [...regions].sort((a, b) => a.start - b.start)) {
    const last = found.at(-1);
    if (last !== undefined && start <= last.end) last.end = Math.max(last.end, end);
    else if (end > start) found.push({ start, end });
  }
  return found;
}
