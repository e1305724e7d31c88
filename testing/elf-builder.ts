// Small ELF files built in memory, loadable as far as a dynamic loader reads them: header, program headers, dynamic section,
// strings, symbol versions, notes. There is no code in them.

export interface ElfContent {
  /** 64 and little-endian if not given. */
  readonly class?: 32 | 64;
  readonly order?: "little" | "big";
  /** e_machine; 62 (x86-64) if not given. AArch64 is 183. */
  readonly machine?: number;
  readonly type?: "executable" | "shared";
  readonly osAbi?: number;
  readonly needed?: readonly string[];
  readonly soname?: string;
  readonly rpath?: string;
  readonly runpath?: string;
  readonly interpreter?: string;
  readonly versionsNeeded?: readonly {
    readonly file: string;
    readonly version: string;
    readonly weak?: boolean;
  }[];
  /** The base definition (the soname) is added. */
  readonly versionsDefined?: readonly string[];
  readonly pie?: boolean;
  readonly dlopen?: readonly unknown[];
  readonly kernelAbi?: readonly [number, number, number];
  /** GNU_PROPERTY_X86_ISA_1_NEEDED's bits. */
  readonly isaNeededBits?: number;
  /** Hexadecimal. */
  readonly buildId?: string;
  /** Strings of read-only data, each ended by a NUL. */
  readonly strings?: readonly string[];
  /** Read-only data as it is, after the strings. */
  readonly data?: Buffer;
  /** Dynamic symbols: functions that it takes from elsewhere, and that it defines. */
  readonly imports?: readonly string[];
  readonly exports?: readonly string[];
  /** No dynamic section at all. */
  readonly static?: boolean;
}

const base = 0x10000;
const page = 0x1000;

interface Writer {
  readonly wide: boolean;
  readonly number: (value: number, size: number) => Buffer;
  readonly word: (value: number) => Buffer;
}

interface Part {
  readonly segment: number;
  readonly content: Buffer;
  readonly align: number;
}

/** The bytes of an ELF file: a shared library on x86-64 unless said otherwise. */
export function elfOf(elf: ElfContent = {}): Buffer {
  const writer = writerFor(elf);
  const names = stringTable();
  const parts: Part[] = [];
  if (elf.interpreter !== undefined) parts.push({ segment: 3, content: cString(elf.interpreter), align: 1 });
  for (const note of notesOf(elf, writer))
    parts.push({ segment: 4, content: note, align: writer.wide ? 8 : 4 });
  const isDynamic = elf.static !== true;
  const versions = isDynamic ? versionTables(elf, writer, names) : [];
  const tags = isDynamic ? dynamicTags(elf, names) : [];
  const headerBytes = writer.wide ? 64 : 52;
  const segmentBytes = writer.wide ? 56 : 32;
  const segmentCount = parts.length + 2 + (isDynamic ? 1 : 0);
  const body: Buffer[] = [];
  let at = headerBytes + segmentBytes * segmentCount;
  const place = (content: Buffer): number => {
    const start = Math.ceil(at / 8) * 8;
    body.push(Buffer.alloc(start - at), content);
    at = start + content.length;
    return start;
  };
  const segments: Buffer[] = parts.map((part) =>
    segment(writer, {
      type: part.segment,
      flags: 4,
      offset: place(part.content),
      bytes: part.content.length,
      align: part.align,
    }),
  );
  if ((elf.strings ?? []).length > 0) place(Buffer.concat((elf.strings ?? []).map(cString)));
  if (elf.data !== undefined) place(elf.data);
  for (const table of versions)
    tags.push([table.tag, base + place(table.content)], [table.countTag, table.count]);
  for (const { tag, content } of isDynamic ? symbolTables(elf, writer, names) : [])
    tags.push([tag, base + place(content)]);
  const strings = names.bytes();
  if (isDynamic) tags.push([5, base + place(strings)], [10, strings.length]);
  const readOnlyEnd = at;
  const dynamic = Buffer.concat(
    [...tags, [0, 0] as const].map(([key, value]) => Buffer.concat([writer.word(key), writer.word(value)])),
  );
  const dynamicAt = place(dynamic);
  segments.push(segment(writer, { type: 1, flags: 4, offset: 0, bytes: readOnlyEnd, align: page }));
  segments.push(
    segment(writer, { type: 1, flags: 6, offset: dynamicAt, bytes: dynamic.length, align: page }),
  );
  if (isDynamic)
    segments.push(segment(writer, { type: 2, flags: 6, offset: dynamicAt, bytes: dynamic.length, align: 8 }));
  return Buffer.concat([header(elf, writer, segmentCount), ...segments, ...body]);
}

function writerFor(elf: ElfContent): Writer {
  const wide = elf.class !== 32;
  const number = (value: number, size: number): Buffer => {
    const bytes = Buffer.alloc(size);
    for (let index = 0; index < size; index++) {
      bytes[elf.order === "big" ? size - 1 - index : index] = Math.floor(value / 256 ** index) % 256;
    }
    return bytes;
  };
  return { wide, number, word: (value) => number(value, wide ? 8 : 4) };
}

function header(elf: ElfContent, writer: Writer, segmentCount: number): Buffer {
  const { number, word, wide } = writer;
  const ident = Buffer.alloc(16);
  ident.set([0x7f, 0x45, 0x4c, 0x46, wide ? 2 : 1, elf.order === "big" ? 2 : 1, 1, elf.osAbi ?? 0]);
  const bytes = wide ? 64 : 52;
  return Buffer.concat([
    ident,
    number(elf.type === "executable" ? 2 : 3, 2),
    number(elf.machine ?? 62, 2),
    number(1, 4),
    word(0),
    word(bytes),
    word(0),
    number(0, 4),
    number(bytes, 2),
    number(wide ? 56 : 32, 2),
    number(segmentCount, 2),
    number(wide ? 64 : 40, 2),
    number(0, 2),
    number(0, 2),
  ]);
}

function segment(
  { number, word, wide }: Writer,
  of: { type: number; flags: number; offset: number; bytes: number; align: number },
): Buffer {
  const place = [
    word(of.offset),
    word(base + of.offset),
    word(base + of.offset),
    word(of.bytes),
    word(of.bytes),
  ];
  const flags = number(of.flags, 4);
  return wide
    ? Buffer.concat([number(of.type, 4), flags, ...place, word(of.align)])
    : Buffer.concat([number(of.type, 4), ...place, flags, word(of.align)]);
}

function stringTable(): { index(name: string): number; bytes(): Buffer } {
  const known = new Map<string, number>([["", 0]]);
  const parts = [cString("")];
  let sizeBytes = 1;
  return {
    index: (name) => {
      const found = known.get(name);
      if (found !== undefined) return found;
      const content = cString(name);
      known.set(name, sizeBytes);
      parts.push(content);
      sizeBytes += content.length;
      return sizeBytes - content.length;
    },
    bytes: () => Buffer.concat(parts),
  };
}

function dynamicTags(elf: ElfContent, names: ReturnType<typeof stringTable>): (readonly [number, number])[] {
  const tags: (readonly [number, number])[] = (elf.needed ?? []).map(
    (name) => [1, names.index(name)] as const,
  );
  for (const [tag, name] of [
    [14, elf.soname],
    [15, elf.rpath],
    [29, elf.runpath],
  ] as const) {
    if (name !== undefined) tags.push([tag, names.index(name)]);
  }
  if (elf.pie === true) tags.push([0x6ffffffb, 0x08000000]);
  return tags;
}

/** DT_SYMTAB and DT_HASH of one bucket; none where there are no symbols. */
function symbolTables(
  elf: ElfContent,
  { wide, number, word }: Writer,
  names: ReturnType<typeof stringTable>,
): readonly { readonly tag: number; readonly content: Buffer }[] {
  const symbols = [
    { name: "", section: 0 },
    ...(elf.imports ?? []).map((name) => ({ name, section: 0 })),
    ...(elf.exports ?? []).map((name) => ({ name, section: 1 })),
  ];
  if (symbols.length === 1) return [];
  const globalFunction = 0x12;
  const table = symbols.map(({ name, section }) => {
    const kind = [number(name === "" ? 0 : globalFunction, 1), number(0, 1), number(section, 2)];
    const value = [word(0), word(0)];
    return Buffer.concat([
      number(names.index(name), 4),
      ...(wide ? [...kind, ...value] : [...value, ...kind]),
    ]);
  });
  const chain = symbols.map((_, index) => (index === 0 || index === symbols.length - 1 ? 0 : index + 1));
  const hash = [1, symbols.length, 1, ...chain].map((value) => number(value, 4));
  return [
    { tag: 6, content: Buffer.concat(table) },
    { tag: 4, content: Buffer.concat(hash) },
  ];
}

interface VersionTable {
  readonly tag: number;
  readonly countTag: number;
  readonly count: number;
  readonly content: Buffer;
}

function versionTables(
  elf: ElfContent,
  writer: Writer,
  names: ReturnType<typeof stringTable>,
): VersionTable[] {
  const tables: VersionTable[] = [];
  const needed = Map.groupBy(elf.versionsNeeded ?? [], (one) => one.file);
  if (needed.size > 0) {
    const records = [...needed].map(([file, versions], index) =>
      neededRecord(writer, names, file, versions, index === needed.size - 1),
    );
    tables.push({
      tag: 0x6ffffffe,
      countTag: 0x6fffffff,
      count: records.length,
      content: Buffer.concat(records),
    });
  }
  if (elf.versionsDefined !== undefined) {
    const all = [elf.soname ?? "base", ...elf.versionsDefined];
    const { number } = writer;
    const records = all.map((name, index) =>
      Buffer.concat([
        ...[1, index === 0 ? 1 : 0, index + 1, 1].map((value) => number(value, 2)),
        ...[0, 20, index === all.length - 1 ? 0 : 28, names.index(name), 0].map((value) => number(value, 4)),
      ]),
    );
    tables.push({
      tag: 0x6ffffffc,
      countTag: 0x6ffffffd,
      count: records.length,
      content: Buffer.concat(records),
    });
  }
  return tables;
}

function neededRecord(
  { number }: Writer,
  names: ReturnType<typeof stringTable>,
  file: string,
  versions: readonly { readonly version: string; readonly weak?: boolean }[],
  isLast: boolean,
): Buffer {
  const auxiliaries = versions.map(({ version, weak }, index) =>
    Buffer.concat([
      number(0, 4),
      number(weak === true ? 2 : 0, 2),
      number(2, 2),
      number(names.index(version), 4),
      number(index === versions.length - 1 ? 0 : 16, 4),
    ]),
  );
  const next = isLast ? 0 : 16 + 16 * versions.length;
  return Buffer.concat([
    number(1, 2),
    number(versions.length, 2),
    ...[names.index(file), 16, next].map((value) => number(value, 4)),
    ...auxiliaries,
  ]);
}

function notesOf(elf: ElfContent, writer: Writer): Buffer[] {
  const { number } = writer;
  const align = writer.wide ? 8 : 4;
  const padded = (content: Buffer): Buffer =>
    Buffer.concat([content, Buffer.alloc(Math.ceil(content.length / align) * align - content.length)]);
  const note = (owner: string, type: number, content: Buffer): Buffer => {
    const name = cString(owner);
    return padded(
      Buffer.concat([
        padded(Buffer.concat([number(name.length, 4), number(content.length, 4), number(type, 4), name])),
        content,
      ]),
    );
  };
  const notes: Buffer[] = [];
  if (elf.kernelAbi !== undefined) {
    notes.push(note("GNU", 1, Buffer.concat([0, ...elf.kernelAbi].map((value) => number(value, 4)))));
  }
  if (elf.buildId !== undefined) notes.push(note("GNU", 3, Buffer.from(elf.buildId, "hex")));
  if (elf.isaNeededBits !== undefined) {
    const property = [0xc0008002, 4, elf.isaNeededBits].map((value) => number(value, 4));
    notes.push(note("GNU", 5, padded(Buffer.concat(property))));
  }
  if (elf.dlopen !== undefined) notes.push(note("FDO", 0x407c0c0a, cString(JSON.stringify(elf.dlopen))));
  return notes;
}

function cString(text: string): Buffer {
  return Buffer.from(`${text}\0`);
}
