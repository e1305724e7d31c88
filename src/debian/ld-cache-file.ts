// The format of /etc/ld.so.cache (glibc: sysdeps/generic/dl-cache.h, elf/cache.c, elf/stringtable.c), byte for byte as
// ldconfig of that glibc writes it on a little-endian or big-endian 64-bit machine.
//
// Debian's glibc 2.31 (Debian 11) writes the format "glibc-ld.so.cache1.1" with plain strings; >= 2.33 with shared strings,
// glibc-hwcaps and a note of its generator. The older format "ld.so-1.7.0" is written by neither.

export interface CacheEntry {
  readonly soname: string;
  /** Spelled as the loader will open it. */
  readonly path: string;
  /** Class and machine (FLAG_ELF_LIBC6 and FLAG_*_LIB64). */
  readonly flags: number;
  /** Minimum kernel as NT_GNU_ABI_TAG gives it, packed one byte each; 0 where none. */
  readonly osVersion: number;
  /** For a library below glibc-hwcaps/: the subfolder, and the x86 ISA level its note asks for. */
  readonly hwcaps?: { readonly name: string; readonly isaLevel: number };
}

export interface CacheFormat {
  /** "2.36-9+deb12u14": Debian's version of glibc, which ldconfig names in its note. */
  readonly glibcVersion: string;
  readonly bigEndian: boolean;
  /** Names of all glibc-hwcaps subfolders met, whether or not one has a library. */
  readonly hwcapsNames: readonly string[];
}

const magic = "glibc-ld.so.cache1.1";
const headerBytes = 48;
const entryBytes = 24;
const extensionMagic = 0xea_a4_21_74;
const extensionHeaderBytes = 8;
const extensionSectionBytes = 16;
const hwcapExtensionBit = 1n << 62n;

/** The cache's bytes. The entries may come in any order, except that equal ones stay in theirs. */
export function encodeLdCache(entries: readonly CacheEntry[], format: CacheFormat): Buffer {
  const sorted = entries.toSorted(compareEntries);
  return isBefore(format.glibcVersion, 33) ? encodePlain(sorted, format) : encodeShared(sorted, format);
}

/** glibc-hwcaps/ came with 2.33; before it, ldconfig doesn't look there. */
export function knowsHwcaps(glibcVersion: string): boolean {
  return !isBefore(glibcVersion, 33);
}

/** Whether a version "2.N..." of glibc comes before 2.`minor`. */
function isBefore(glibcVersion: string, minor: number): boolean {
  const match = /^(?:\d+:)?2\.(\d+)/.exec(glibcVersion);
  return match?.[1] !== undefined && Number(match[1]) < minor;
}

/** ldconfig's order: descending by name with numbers as numbers, then by flags; hwcaps variants before the base. */
function compareEntries(a: CacheEntry, b: CacheEntry): number {
  const byName = compareLibraries(b.soname, a.soname);
  if (byName !== 0) return byName;
  if (a.flags !== b.flags) return b.flags - a.flags;
  if (a.hwcaps === undefined || b.hwcaps === undefined) {
    return (a.hwcaps === undefined ? 1 : 0) - (b.hwcaps === undefined ? 1 : 0);
  }
  return a.hwcaps.name < b.hwcaps.name ? -1 : a.hwcaps.name > b.hwcaps.name ? 1 : 0;
}

/**
 * _dl_cache_libcmp of glibc: digits count as numbers and come after everything else. The loader searches the cache by
 * halving with this very order, so a cache that is sorted otherwise hides libraries.
 */
export function compareLibraries(left: string, right: string): number {
  const a = Buffer.from(left, "utf8");
  const b = Buffer.from(right, "utf8");
  let i = 0;
  let j = 0;
  while (i < a.length) {
    const x = a[i] ?? 0;
    const y = b[j] ?? 0;
    if (isDigit(x) && isDigit(y)) {
      let m = 0;
      let n = 0;
      for (; isDigit(a[i] ?? 0); i++) m = (Math.imul(m, 10) + (a[i] ?? 0) - 0x30) | 0;
      for (; isDigit(b[j] ?? 0); j++) n = (Math.imul(n, 10) + (b[j] ?? 0) - 0x30) | 0;
      if (m !== n) return m - n;
    } else if (isDigit(x)) return 1;
    else if (isDigit(y)) return -1;
    else if (x !== y) return signed(x) - signed(y);
    else {
      i += 1;
      j += 1;
    }
  }
  return 0 - signed(b[j] ?? 0);
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}

/** `char` is signed on the machines whose caches hold such names. */
function signed(byte: number): number {
  return (byte << 24) >> 24;
}

interface Writer {
  readonly bytes: Buffer;
  u32(offset: number, value: number): void;
  u64(offset: number, value: bigint): void;
}

function writerOf(sizeBytes: number, bigEndian: boolean): Writer {
  const bytes = Buffer.alloc(sizeBytes);
  return {
    bytes,
    u32: (offset, value) =>
      bigEndian ? bytes.writeUInt32BE(value >>> 0, offset) : bytes.writeUInt32LE(value >>> 0, offset),
    u64: (offset, value) =>
      bigEndian ? bytes.writeBigUInt64BE(value, offset) : bytes.writeBigUInt64LE(value, offset),
  };
}

/** Up to 2.32: each entry's two strings in a row, nothing shared. */
function encodePlain(entries: readonly CacheEntry[], format: CacheFormat): Buffer {
  const strings = Buffer.concat(
    entries.flatMap((entry) => [Buffer.from(`${entry.soname}\0`), Buffer.from(`${entry.path}\0`)]),
  );
  const entriesEnd = headerBytes + entryBytes * entries.length;
  const out = writerOf(entriesEnd + strings.length, format.bigEndian);
  writeHeader(out, entries.length, strings.length, format);
  let at = entriesEnd;
  for (const [index, entry] of entries.entries()) {
    const key = at;
    const value = key + Buffer.byteLength(entry.soname) + 1;
    at = value + Buffer.byteLength(entry.path) + 1;
    const place = { key, value, osVersion: entry.osVersion, hwcap: 0n };
    writeEntry(out, headerBytes + entryBytes * index, entry.flags, place);
  }
  strings.copy(out.bytes, entriesEnd);
  return out.bytes;
}

/** Since 2.33: strings are unique and share tails; what the fixed fields can't say follows as extensions. */
function encodeShared(entries: readonly CacheEntry[], format: CacheFormat): Buffer {
  const entriesEnd = headerBytes + entryBytes * entries.length;
  const table = stringTable([
    ...entries.flatMap((entry) => [entry.soname, entry.path]),
    ...format.hwcapsNames,
  ]);
  const used = [...new Set(entries.flatMap((entry) => entry.hwcaps?.name ?? []))].sort();
  const generator = Buffer.from(generatorNote(format.glibcVersion));
  const sections = used.length > 0 ? 2 : 1;
  const extension = align(entriesEnd + table.bytes.length, 4);
  const hwcapsAt = extension + extensionHeaderBytes + extensionSectionBytes * sections;
  const generatorAt = hwcapsAt + 4 * used.length;
  const out = writerOf(generatorAt + generator.length, format.bigEndian);

  writeHeader(out, entries.length, table.bytes.length, format);
  out.u32(32, extension);
  for (const [index, entry] of entries.entries()) {
    writeEntry(out, headerBytes + entryBytes * index, entry.flags, {
      key: entriesEnd + table.offsetOf(entry.soname),
      value: entriesEnd + table.offsetOf(entry.path),
      osVersion: isBefore(format.glibcVersion, 36) ? entry.osVersion : 0,
      hwcap: hwcapOf(entry, used),
    });
  }
  table.bytes.copy(out.bytes, entriesEnd);

  out.u32(extension, extensionMagic);
  out.u32(extension + 4, sections);
  writeSection(out, extension + extensionHeaderBytes, {
    tag: 0,
    at: generatorAt,
    sizeBytes: generator.length,
  });
  if (used.length > 0) {
    const section = extension + extensionHeaderBytes + extensionSectionBytes;
    writeSection(out, section, { tag: 1, at: hwcapsAt, sizeBytes: 4 * used.length });
  }
  for (const [index, name] of used.entries())
    out.u32(hwcapsAt + 4 * index, entriesEnd + table.offsetOf(name));
  generator.copy(out.bytes, generatorAt);
  return out.bytes;
}

/** A binary NMU's suffix is of the package, not of the source that ldconfig was built from. */
function generatorNote(glibcVersion: string): string {
  const version = glibcVersion.replace(/^\d+:/, "").replace(/\+b\d+$/, "");
  const upstream = version.replace(/-[^-]*$/, "");
  return `ldconfig (Debian GLIBC ${version}) stable release version ${upstream}`;
}

function hwcapOf(entry: CacheEntry, used: readonly string[]): bigint {
  if (entry.hwcaps === undefined) return 0n;
  return hwcapExtensionBit | (BigInt(entry.hwcaps.isaLevel) << 32n) | BigInt(used.indexOf(entry.hwcaps.name));
}

function writeHeader(out: Writer, count: number, stringsBytes: number, format: CacheFormat): void {
  out.bytes.write(magic, 0, "latin1");
  out.u32(20, count);
  out.u32(24, stringsBytes);
  out.bytes[28] = format.bigEndian ? 3 : 2;
}

function writeEntry(
  out: Writer,
  at: number,
  flags: number,
  place: { readonly key: number; readonly value: number; readonly osVersion: number; readonly hwcap: bigint },
): void {
  out.u32(at, flags);
  out.u32(at + 4, place.key);
  out.u32(at + 8, place.value);
  out.u32(at + 12, place.osVersion);
  out.u64(at + 16, place.hwcap);
}

function writeSection(
  out: Writer,
  at: number,
  section: { readonly tag: number; readonly at: number; readonly sizeBytes: number },
): void {
  out.u32(at, section.tag);
  out.u32(at + 8, section.at);
  out.u32(at + 12, section.sizeBytes);
}

/** elf/stringtable.c: ordered by their reversals, descending, so that a string that ends another one shares its bytes. */
function stringTable(strings: readonly string[]): { bytes: Buffer; offsetOf(text: string): number } {
  const sorted = [...new Set(strings)]
    .map((text) => ({ text, bytes: Buffer.from(text), reversed: Buffer.from(text).reverse() }))
    .sort((a, b) => Buffer.compare(b.reversed, a.reversed));
  const offsets = new Map<string, number>();
  const parts: Buffer[] = [];
  let end = 0;
  let before: Buffer | undefined;
  for (const { text, bytes } of sorted) {
    if (before?.subarray(-bytes.length).equals(bytes) === true && bytes.length > 0) {
      offsets.set(text, end - 1 - bytes.length);
    } else {
      offsets.set(text, end);
      parts.push(bytes, Buffer.alloc(1));
      end += bytes.length + 1;
    }
    before = bytes;
  }
  return { bytes: Buffer.concat(parts), offsetOf: (text) => offsets.get(text) ?? 0 };
}

function align(offset: number, to: number): number {
  return Math.ceil(offset / to) * to;
}
