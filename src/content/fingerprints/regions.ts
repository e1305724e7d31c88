// Where an ELF file's strings can be: the segments that are mapped as data. Section tables are not believed: they can be
// stripped, or say anything, and the program still runs.
import { lazy } from "../../base/lazy.ts";
import type { ElfImage, Segment } from "../../formats/elf-image.ts";
import { segmentType } from "../../formats/elf-image.ts";
import type { RandomAccess } from "../../formats/random-access.ts";
import { between, merged, type Region } from "../regions.ts";

const executable = 1;

/**
 * The regions to look at, merged and in file order: read-only and writable data, and code that holds text (older link layouts
 * keep constants with the code). All of the file where nothing is mapped from it.
 */
export function dataRegions(source: RandomAccess, image: ElfImage | undefined): readonly Region[] {
  const { sizeBytes } = source;
  const whole = [{ start: 0, end: sizeBytes }];
  if (image === undefined) return whole;
  const loads = image.segments.filter((one) => one.type === segmentType.load && one.fileBytes > 0);
  if (loads.length === 0) return whole;
  const isCode = (one: Segment): boolean => (one.flags & executable) !== 0 && one.offset !== 0;
  // Merged before they are looked at: however many segments there are of the same bytes, they are read once.
  const code = regionsOf(loads.filter(isCode), sizeBytes).filter((one) => holdsText(source, one));
  return merged([
    ...pagesOf(
      loads.filter((one) => !isCode(one)),
      sizeBytes,
    ),
    ...restsOf(loads.filter(isCode), sizeBytes),
    ...code,
  ]);
}

const pageBytes = 4096;
/** A page has strings between other data, if it has any: one sample of it may miss all of them. */
const sampleEveryBytes = 512;
const chunkBytes = 1024 * 1024;
const sampleBytes = 64;
/** Of a sample, before it counts as text: machine code has letters too, but far fewer. */
const lettersMin = 38;
const scratch = lazy(() => Buffer.allocUnsafe(chunkBytes));

/** Whether a region holds text anywhere, as far as samples show. */
function holdsText(source: RandomAccess, { start, end }: Region): boolean {
  for (let base = start; base < end; base += chunkBytes) {
    const bytes = source.read(base, Math.min(chunkBytes, end - base), scratch());
    for (let at = 0; at + sampleBytes <= bytes.length; at += sampleEveryBytes) {
      let letters = 0;
      for (let index = at; index < at + sampleBytes; index++) letters += isLetter(bytes[index] ?? 0) ? 1 : 0;
      if (letters >= lettersMin) return true;
    }
  }
  return false;
}

function isLetter(byte: number): boolean {
  return (byte >= 0x61 && byte <= 0x7a) || byte === 0x20 || (byte >= 0x41 && byte <= 0x5a);
}

/** How much of a file its segments map, each counted; all of what follows where they map nothing. */
export function mappedBytes(image: ElfImage): number {
  const loads = image.segments.filter((one) => one.type === segmentType.load);
  return loads.reduce((sum, one) => sum + one.fileBytes, 0) || Number.POSITIVE_INFINITY;
}

/** What no segment maps, also between them: nothing of a program as linkers make it but sections. */
export function unmappedRegions(image: ElfImage, sizeBytes: number): readonly Region[] {
  const mapped = regionsOf(
    image.segments.filter((one) => one.type === segmentType.load),
    sizeBytes,
  );
  return between(mapped, 0, sizeBytes);
}

/** What segments hold of a file of this size, merged and in file order. */
export function regionsOf(segments: readonly Segment[], sizeBytes: number): readonly Region[] {
  return merged(segments.map((one) => clamped(one, sizeBytes)));
}

/** Kernels map whole pages: what of the file is around these segments in their first and last pages is there as well. */
function pagesOf(segments: readonly Segment[], sizeBytes: number): readonly Region[] {
  return segments.map((one) => {
    const { start, end } = clamped(one, sizeBytes);
    return { start: pageStart(start), end: Math.min(pageEnd(end), sizeBytes) };
  });
}

/** Only what is around them. */
function restsOf(segments: readonly Segment[], sizeBytes: number): readonly Region[] {
  return segments.flatMap((one) => {
    const { start, end } = clamped(one, sizeBytes);
    return [
      { start: pageStart(start), end: start },
      { start: end, end: Math.min(pageEnd(end), sizeBytes) },
    ];
  });
}

function pageStart(offset: number): number {
  return offset - (offset % pageBytes);
}

function pageEnd(offset: number): number {
  return Math.ceil(offset / pageBytes) * pageBytes;
}

function clamped(segment: Segment, sizeBytes: number): Region {
  const start = Math.min(segment.offset, sizeBytes);
  return { start, end: Math.min(start + segment.fileBytes, sizeBytes) };
}
