// The frame of an ELF file: header, program headers, and reading by file offset or address (gABI ch. 4 "ELF Header", ch. 5
// "Program Header"). Reads go through a few cached windows, so that a large library is never loaded whole.
import { bufferOf } from "../base/bytes.ts";
import { limits } from "../base/limits.ts";
import type { RandomAccess } from "./random-access.ts";

export const segmentType = { load: 1, dynamic: 2, interpreter: 3, note: 4, gnuProperty: 0x6474e553 } as const;

export interface Segment {
  readonly type: number;
  /** PF_X 1, PF_W 2, PF_R 4 */
  readonly flags: number;
  readonly offset: number;
  readonly address: number;
  readonly fileBytes: number;
  readonly align: number;
}

export interface ElfImage {
  readonly class: 32 | 64;
  readonly osAbi: number;
  /** e_type and e_machine */
  readonly type: number;
  readonly machine: number;
  /** e_entry: an address */
  readonly entry: number;
  readonly segments: readonly Segment[];
  readonly file: FileView;
}

/** A file's bytes with the ELF file's word size and byte order. */
interface FileView {
  readonly sizeBytes: number;
  readonly wordBytes: 4 | 8;
  /** At least `length` bytes at `offset`, or undefined where the file ends before. */
  bytes(offset: number, length: number): Buffer | undefined;
  /** An unsigned number of 2, 4 or 8 bytes in `bytes`. One of 8 bytes past 2^53 loses precision and fits no file. */
  number(bytes: Buffer, at: number, size: 2 | 4 | 8): number;
}

const windowBytes = 16_384;
const windowsMax = 16;

/** The image, or undefined where the file is no ELF file or its program headers can't be read. */
export function openElf(source: RandomAccess): ElfImage | undefined {
  const ident = source.read(0, 64);
  if (ident.length < 52 || ident[0] !== 0x7f || ident[1] !== 0x45 || ident[2] !== 0x4c || ident[3] !== 0x46) {
    return undefined;
  }
  const layout = layoutOf(bufferOf(ident));
  if (layout === undefined) return undefined;
  const { little, wide } = layout;
  const file = fileView(source, wide ? 8 : 4, little);
  const header = file.bytes(0, wide ? 64 : 52);
  if (header === undefined) return undefined;
  const segments = readSegments(file, header);
  if (segments === undefined) return undefined;
  return {
    class: wide ? 64 : 32,
    osAbi: ident[7] ?? 0,
    type: file.number(header, 16, 2),
    machine: file.number(header, 18, 2),
    entry: file.number(header, 24, file.wordBytes),
    segments,
    file,
  };
}

interface Layout {
  readonly wide: boolean;
  readonly little: boolean;
}

/** e_machine of those that Linux runs most: x86-64 and AArch64, i386 and ARM. */
const machines: ReadonlyMap<number, { readonly wide: boolean }> = new Map([
  [62, { wide: true }],
  [183, { wide: true }],
  [3, { wide: false }],
  [40, { wide: false }],
]);

/**
 * Word size and byte order. Linux doesn't read what the identification says of them, but e_machine and e_phentsize: where these
 * fit, they hold.
 */
function layoutOf(ident: Buffer): Layout | undefined {
  const machine = machines.get(ident.readUInt16LE(18));
  const fits = (wide: boolean): boolean =>
    wide ? ident.length >= 64 && ident.readUInt16LE(54) === 56 : ident.readUInt16LE(42) === 32;
  if (machine !== undefined && fits(machine.wide)) return { wide: machine.wide, little: true };
  const [wordClass, order] = [ident[4], ident[5]];
  if ((wordClass !== 1 && wordClass !== 2) || (order !== 1 && order !== 2)) return undefined;
  return { wide: wordClass === 2, little: order === 1 };
}

/**
 * The file offset of an address, with how many bytes of the file follow it in its segment; undefined where unmapped. Segments are
 * mapped one over the other: the last that has the address is what a program finds there.
 */
export function locate(
  image: ElfImage,
  address: number,
): { readonly offset: number; readonly sizeBytes: number } | undefined {
  const segment = image.segments.findLast(
    (one) => one.type === segmentType.load && address >= one.address && address - one.address < one.fileBytes,
  );
  if (segment === undefined) return undefined;
  const distance = address - segment.address;
  return { offset: segment.offset + distance, sizeBytes: segment.fileBytes - distance };
}

/** Whether a kernel finds code of the file at its entry point. Libraries mostly have none, which is told as address 0. */
export function startsInCode(image: ElfImage): boolean {
  const { entry, segments } = image;
  return (
    entry !== 0 &&
    segments.some(
      ({ address, fileBytes, flags, type }) =>
        type === segmentType.load &&
        (flags & executable) !== 0 &&
        entry >= address &&
        entry - address < fileBytes,
    )
  );
}

const executable = 1;

function fileView(source: RandomAccess, wordBytes: 4 | 8, little: boolean): FileView {
  const windows = new Map<number, Buffer>();
  const window = (index: number): Buffer => {
    const known = windows.get(index);
    if (known !== undefined) return known;
    if (windows.size >= windowsMax) windows.clear();
    const made = bufferOf(source.read(index * windowBytes, windowBytes));
    windows.set(index, made);
    return made;
  };
  return {
    sizeBytes: source.sizeBytes,
    wordBytes,
    bytes: (offset, length) => {
      if (!Number.isSafeInteger(offset) || offset < 0 || offset + length > source.sizeBytes) return undefined;
      const start = offset % windowBytes;
      if (start + length <= windowBytes) {
        const found = window((offset - start) / windowBytes).subarray(start, start + length);
        return found.length === length ? found : undefined;
      }
      const read = bufferOf(source.read(offset, length));
      return read.length === length ? read : undefined;
    },
    number: (bytes, at, size) => {
      if (size === 8) return Number(little ? bytes.readBigUInt64LE(at) : bytes.readBigUInt64BE(at));
      return little ? bytes.readUIntLE(at, size) : bytes.readUIntBE(at, size);
    },
  };
}

function readSegments(file: FileView, header: Buffer): Segment[] | undefined {
  const wide = file.wordBytes === 8;
  const offset = file.number(header, wide ? 32 : 28, file.wordBytes);
  const entryBytes = file.number(header, wide ? 54 : 42, 2);
  const count = file.number(header, wide ? 56 : 44, 2);
  if (count === 0) return [];
  const least = wide ? 56 : 32;
  if (entryBytes < least || count > limits.programHeadersMax) return undefined;
  const table = file.bytes(offset, entryBytes * count);
  if (table === undefined) return undefined;
  return Array.from({ length: count }, (_, index) => readSegment(file, table, index * entryBytes));
}

function readSegment(file: FileView, table: Buffer, at: number): Segment {
  const word = (narrow: number, wide: number): number =>
    file.number(table, at + (file.wordBytes === 8 ? wide : narrow), file.wordBytes);
  return {
    type: file.number(table, at, 4),
    flags: file.number(table, at + (file.wordBytes === 8 ? 4 : 24), 4),
    offset: word(4, 8),
    address: word(8, 16),
    fileBytes: word(16, 32),
    align: word(28, 48),
  };
}
