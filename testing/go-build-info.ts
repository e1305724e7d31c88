// What Go's linker writes about a program (debug/buildinfo), in both of its forms.

export interface GoBuild {
  readonly version: string;
  readonly path: string;
  readonly modules?: readonly (readonly string[])[];
}

const magic = Buffer.from("\xff Go buildinf:", "latin1");
const sentinels = [
  Buffer.from("3077af0c9274080241e1c107e6d618e6", "hex"),
  Buffer.from("f932433186182072008242104116d8f2", "hex"),
];

/** The module list as text, between the marks that tools find it by. */
export function goModules({ path, modules = [] }: GoBuild): Buffer {
  const lines = [["path", path], ...modules, ["build", "-compiler=gc"]].map((line) => `${line.join("\t")}\n`);
  return Buffer.concat(
    [sentinels[0] ?? "", Buffer.from(lines.join("")), sentinels[1] ?? ""].map((part) => Buffer.from(part)),
  );
}

/** The header with the texts in it, as since Go 1.18. */
export function goBuildInfo(build: GoBuild): Buffer {
  const header = Buffer.alloc(32);
  magic.copy(header);
  header.set([8, 2], 14);
  const version = Buffer.from(build.version);
  const modules = goModules(build);
  return Buffer.concat([header, varint(version.length), version, varint(modules.length), modules]);
}

/** The header of a program before Go 1.18: addresses of two strings. */
export function goBuildPointers(
  wordBytes: 4 | 8,
  order: "little" | "big",
  addresses: readonly [version: number, modules: number],
): Buffer {
  const header = Buffer.alloc(32);
  magic.copy(header);
  header.set([wordBytes, order === "big" ? 1 : 0], 14);
  for (const [index, address] of addresses.entries())
    goWord(wordBytes, order, address).copy(header, 16 + index * wordBytes);
  return header;
}

/** A word of a Go program. */
export function goWord(wordBytes: 4 | 8, order: "little" | "big", value: number): Buffer {
  const word = Buffer.alloc(wordBytes);
  if (wordBytes === 8) {
    if (order === "big") word.writeBigUInt64BE(BigInt(value));
    else word.writeBigUInt64LE(BigInt(value));
  } else if (order === "big") word.writeUInt32BE(value);
  else word.writeUInt32LE(value);
  return word;
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 0x80) {
    bytes.push((rest & 0x7f) | 0x80);
    rest = Math.floor(rest / 128);
  }
  return Buffer.from([...bytes, rest]);
}
