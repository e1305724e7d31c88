// A section table for an ELF file of testing/elf-builder.ts, which makes none.

/** The file with one section more, which no segment holds. */
export function withSection(elf: Buffer, name: string, content: Buffer): Buffer {
  const wide = elf[4] === 2;
  const little = elf[5] === 1;
  const number = (value: number, size: number): Buffer => {
    const bytes = Buffer.alloc(size);
    for (let index = 0; index < size; index++) {
      bytes[little ? index : size - 1 - index] = Math.floor(value / 256 ** index) % 256;
    }
    return bytes;
  };
  const word = (value: number): Buffer => number(value, wide ? 8 : 4);
  const names = Buffer.from(`\0${name}\0.shstrtab\0`);
  const namesAt = elf.length + content.length;
  const tableAt = namesAt + names.length;
  const section = (nameAt: number, type: number, at: number, size: number): Buffer =>
    Buffer.concat([
      number(nameAt, 4),
      number(type, 4),
      ...[0, 0, at, size].map(word),
      number(0, 4),
      number(0, 4),
      word(1),
      word(0),
    ]);
  const table = [
    section(0, 0, 0, 0),
    section(1, 1, elf.length, content.length),
    section(name.length + 2, 3, namesAt, names.length),
  ];
  const whole = Buffer.concat([elf, content, names, ...table]);
  word(tableAt).copy(whole, wide ? 40 : 32);
  const counts = [wide ? 64 : 40, table.length, 2].map((value) => number(value, 2));
  Buffer.concat(counts).copy(whole, wide ? 58 : 46);
  return whole;
}
