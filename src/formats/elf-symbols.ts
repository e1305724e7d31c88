// The dynamic symbol table (gABI ch. 4 "Symbol Table"), found by the dynamic section as a loader
// does: section tables may be stripped. Invariant: what can't be read gives less, never an exception.
import { limits } from "../base/limits.ts";
import { dynamicEntries, dynamicValue } from "./elf-dynamic.ts";
import { type ElfImage, locate } from "./elf-image.ts";

const tag = { stringTable: 5, symbolTable: 6, stringBytes: 10 } as const;

export interface DynamicSymbols {
  /** The names' table, in bytes of the file; `end` is the first that is not in it. */
  readonly names: { readonly start: number; readonly end: number };
  /** The file offset of the symbols, and how many may lie there: behind the last is what else a linker put there. */
  readonly start: number;
  readonly count: number;
}

/** Where the dynamic symbols are; undefined for a file without them. */
export function dynamicSymbols(image: ElfImage): DynamicSymbols | undefined {
  const entries = dynamicEntries(image);
  if (entries === undefined || entries === "corrupt") return undefined;
  const place = (wanted: number): ReturnType<typeof locate> => {
    const address = dynamicValue(entries, wanted);
    return address === undefined ? undefined : locate(image, address);
  };
  const strings = place(tag.stringTable);
  if (strings === undefined) return undefined;
  const said = dynamicValue(entries, tag.stringBytes) ?? strings.sizeBytes;
  const end = Math.min(strings.offset + Math.min(said, strings.sizeBytes), image.file.sizeBytes);
  const symbols = place(tag.symbolTable);
  const names = { start: strings.offset, end };
  if (symbols === undefined) return { names, start: 0, count: 0 };
  // Hash tables are for those who look symbols up, and say nothing of imports that holds. Linkers put names behind the symbols.
  const room = strings.offset > symbols.offset ? strings.offset - symbols.offset : symbols.sizeBytes;
  const count = Math.floor(Math.min(room, symbols.sizeBytes) / symbolBytes(image));
  return { names, start: symbols.offset, count: Math.min(count, limits.dynamicSymbolsMax) };
}

/** Names to look for among imports. */
export interface WantedNames {
  /** By the first four bytes, which tell most others apart. */
  readonly byPrefix: ReadonlyMap<number, readonly Buffer[]>;
}

const prefixBytes = 4;

/** Each of four bytes or more. */
export function wantedNames(names: readonly string[]): WantedNames {
  const byPrefix = new Map<number, Buffer[]>();
  for (const name of names) {
    const ended = Buffer.from(`${name}\0`, "latin1");
    const prefix = ended.readUInt32LE(0);
    byPrefix.set(prefix, [...(byPrefix.get(prefix) ?? []), ended]);
  }
  return { byPrefix };
}

/** Those of the names that the file imports: undefined dynamic symbols. */
export function importsAmong(
  image: ElfImage,
  symbols: DynamicSymbols,
  { byPrefix }: WantedNames,
): ReadonlySet<string> {
  const found = new Set<string>();
  const { names } = symbols;
  const strings = image.file.bytes(names.start, names.end - names.start);
  const table = image.file.bytes(symbols.start, symbols.count * symbolBytes(image));
  if (strings === undefined || table === undefined) return found;
  const [infoAt, sectionAt] = image.class === 64 ? [4, 6] : [12, 14];
  for (let at = 0; at < table.length; at += symbolBytes(image)) {
    const name = image.file.number(table, at, 4);
    if (name + prefixBytes > strings.length) continue;
    const candidates = byPrefix.get(strings.readUInt32LE(name));
    if (candidates === undefined || image.file.number(table, at + sectionAt, 2) !== 0) continue;
    if (!isVisible(table[at + infoAt] ?? 0)) continue;
    for (const ended of candidates) {
      if (ended.equals(strings.subarray(name, name + ended.length)))
        found.add(ended.toString("latin1", 0, ended.length - 1));
    }
  }
  return found;
}

/** STB_GLOBAL or STB_WEAK: a local symbol is nobody else's, and what is no symbol mostly has neither. */
function isVisible(info: number): boolean {
  const binding = info >> 4;
  return binding === 1 || binding === 2;
}

function symbolBytes(image: ElfImage): number {
  return image.class === 64 ? 24 : 16;
}
