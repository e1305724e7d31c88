// The dynamic section and the symbol versions it points to (gABI ch. 5 "Dynamic Section"; LSB "Symbol Versioning"). Found by
// PT_DYNAMIC and addresses, as a loader does; sections may be stripped.
import { limits } from "../base/limits.ts";
import { decodeName } from "../base/names.ts";
import type { ElfFacts } from "./elf.ts";
import { type ElfImage, locate, segmentType } from "./elf-image.ts";

const tag = {
  needed: 1,
  stringTable: 5,
  stringBytes: 10,
  soname: 14,
  rpath: 15,
  runpath: 29,
  flags1: 0x6ffffffb,
  versionsDefined: 0x6ffffffc,
  versionsDefinedCount: 0x6ffffffd,
  versionsNeeded: 0x6ffffffe,
  versionsNeededCount: 0x6fffffff,
} as const;

const flagPie = 0x08000000;
const versionBase = 1;
const versionWeak = 2;
const stringPieceBytes = 256;

export interface DynamicFacts
  extends Pick<ElfFacts, "needed" | "soname" | "rpath" | "runpath" | "versionsNeeded" | "versionsDefined"> {
  readonly pie: boolean;
}

/** What the dynamic section says; undefined where there is none, "corrupt" where it can't be read or names can't be found. */
export function readDynamic(image: ElfImage): DynamicFacts | undefined | "corrupt" {
  const entries = dynamicEntries(image);
  if (entries === undefined || entries === "corrupt") return entries;
  const last = (wanted: number): number | undefined => dynamicValue(entries, wanted);
  const strings = stringTable(image, last(tag.stringTable), last(tag.stringBytes));
  const named = (wanted: number): (string | undefined)[] =>
    entries.filter(([key]) => key === wanted).map(([, value]) => strings(value));
  const needed = named(tag.needed);
  const [soname, rpath, runpath] = [tag.soname, tag.rpath, tag.runpath].map((one) => named(one).at(-1));
  const known = needed.filter((name) => name !== undefined);
  if (known.length < needed.length) return "corrupt";
  return {
    needed: known,
    ...(soname === undefined ? {} : { soname }),
    ...(rpath === undefined ? {} : { rpath }),
    ...(runpath === undefined ? {} : { runpath }),
    pie: ((last(tag.flags1) ?? 0) & flagPie) !== 0,
    versionsNeeded: versionsNeeded(image, last(tag.versionsNeeded), last(tag.versionsNeededCount), strings),
    versionsDefined: versionsDefined(
      image,
      last(tag.versionsDefined),
      last(tag.versionsDefinedCount),
      strings,
    ),
  };
}

type DynamicEntry = readonly [number, number];

/** Loaders note each entry at its tag's place: of several with one tag the last holds. */
export function dynamicValue(entries: readonly DynamicEntry[], wanted: number): number | undefined {
  return entries.findLast(([key]) => key === wanted)?.[1];
}

type Strings = (index: number) => string | undefined;

/**
 * The entries as [tag, value], up to the end mark; undefined where there is no dynamic section. Loaders take the last that the
 * program headers tell, and find it by its address.
 */
export function dynamicEntries(image: ElfImage): DynamicEntry[] | undefined | "corrupt" {
  const segment = image.segments.findLast((one) => one.type === segmentType.dynamic);
  if (segment === undefined) return undefined;
  const { file } = image;
  const entryBytes = 2 * file.wordBytes;
  const count = Math.floor(segment.fileBytes / entryBytes);
  if (count > limits.dynamicEntriesMax) return "corrupt";
  const offset = locate(image, segment.address)?.offset ?? segment.offset;
  const table = file.bytes(offset, count * entryBytes);
  if (table === undefined) return "corrupt";
  const entries: DynamicEntry[] = [];
  for (let at = 0; at < table.length; at += entryBytes) {
    const key = file.number(table, at, file.wordBytes);
    if (key === 0) break;
    entries.push([key, file.number(table, at + file.wordBytes, file.wordBytes)]);
  }
  return entries;
}

function stringTable(image: ElfImage, address: number | undefined, sizeBytes: number | undefined): Strings {
  const place = address === undefined ? undefined : locate(image, address);
  if (place === undefined) return () => undefined;
  const end = Math.min(sizeBytes ?? place.sizeBytes, place.sizeBytes, image.file.sizeBytes - place.offset);
  const known = new Map<number, string | undefined>();
  // Strings may overlap: what they add up to isn't bounded by the table's size.
  let room: number = limits.elfNamesBytesMax;
  return (index) => {
    if (known.has(index)) return known.get(index);
    const string = readString(image, place.offset + index, Math.min(end - index, room));
    room -= string?.length ?? 0;
    known.set(index, string);
    return string;
  };
}

/** The string at a file offset, ended by a NUL within `room` bytes and limits.stringBytesMax. */
export function readString(image: ElfImage, offset: number, room: number): string | undefined {
  const most = Math.min(room, limits.stringBytesMax);
  for (let length = Math.min(stringPieceBytes, most); length > 0; length = Math.min(length * 4, most)) {
    const bytes = image.file.bytes(offset, length);
    if (bytes === undefined) return undefined;
    const end = bytes.indexOf(0);
    if (end >= 0) return decodeName(bytes.subarray(0, end));
    if (length === most) return undefined;
  }
  return undefined;
}

/** Elf_Verneed and Elf_Vernaux, linked by relative offsets. What can't be read ends the list. */
function versionsNeeded(
  image: ElfImage,
  address: number | undefined,
  count: number | undefined,
  strings: Strings,
): ElfFacts["versionsNeeded"] {
  const found: ElfFacts["versionsNeeded"][number][] = [];
  const { file } = image;
  for (const { bytes, offset } of versionRecords(image, address, count, 12)) {
    const name = strings(file.number(bytes, 4, 4));
    const auxiliaries = file.number(bytes, 2, 2);
    let at = offset + file.number(bytes, 8, 4);
    for (let index = 0; index < auxiliaries && found.length < limits.symbolVersionsMax; index++) {
      const aux = file.bytes(at, 16);
      const version = aux === undefined ? undefined : strings(file.number(aux, 8, 4));
      if (aux === undefined || version === undefined || name === undefined) break;
      found.push({ file: name, version, weak: (file.number(aux, 4, 2) & versionWeak) !== 0 });
      const next = file.number(aux, 12, 4);
      if (next === 0) break;
      at += next;
    }
  }
  return found;
}

/** Elf_Verdef; a definition's first Elf_Verdaux is its name. The base definition, which is the file itself, is left out. */
function versionsDefined(
  image: ElfImage,
  address: number | undefined,
  count: number | undefined,
  strings: Strings,
): string[] {
  const found: string[] = [];
  const { file } = image;
  for (const { bytes, offset } of versionRecords(image, address, count, 16)) {
    const aux = file.bytes(offset + file.number(bytes, 12, 4), 8);
    const version = aux === undefined ? undefined : strings(file.number(aux, 0, 4));
    if (version !== undefined && (file.number(bytes, 2, 2) & versionBase) === 0) found.push(version);
    if (found.length >= limits.symbolVersionsMax) break;
  }
  return [...new Set(found)];
}

/** A table's linked records with their file offsets. The last four bytes of a record are the distance to the next. */
function* versionRecords(
  image: ElfImage,
  address: number | undefined,
  count: number | undefined,
  recordLinkAt: 12 | 16,
): Generator<{ readonly bytes: Buffer; readonly offset: number }> {
  let offset = address === undefined ? undefined : locate(image, address)?.offset;
  const most = Math.min(count ?? 0, limits.symbolVersionsMax);
  for (let index = 0; index < most && offset !== undefined; index++) {
    const bytes = image.file.bytes(offset, recordLinkAt + 4);
    if (bytes === undefined) return;
    yield { bytes, offset };
    const next = image.file.number(bytes, recordLinkAt, 4);
    if (next === 0) return;
    offset += next;
  }
}
