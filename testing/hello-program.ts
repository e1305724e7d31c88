// The smallest program that shows an image runs: a static ELF for x86-64 Linux, written by hand.

const base = 0x400000;
const headerBytes = 120;

/** Writes "hello" to standard output and exits with 0. */
export function helloProgram(): Buffer {
  const text = Buffer.from("hello");
  // mov eax,1; mov edi,1; mov esi,TEXT; mov edx,5; syscall (write); mov eax,60; xor edi,edi; syscall (exit)
  const code = Buffer.from("b801000000bf01000000be00000000ba050000000f05b83c00000031ff0f05", "hex");
  code.writeUInt32LE(base + headerBytes + code.length, 11);
  const sizeBytes = BigInt(headerBytes + code.length + text.length);
  return Buffer.concat([header(sizeBytes), code, text]);
}

/** An ELF header and one loadable, executable segment that is the whole file. */
function header(sizeBytes: bigint): Buffer {
  const bytes = Buffer.alloc(headerBytes);
  Buffer.from("7f454c4602010100", "hex").copy(bytes);
  bytes.writeUInt16LE(2, 16);
  bytes.writeUInt16LE(62, 18);
  bytes.writeUInt32LE(1, 20);
  bytes.writeBigUInt64LE(BigInt(base + headerBytes), 24);
  bytes.writeBigUInt64LE(64n, 32);
  bytes.writeUInt16LE(64, 52);
  bytes.writeUInt16LE(56, 54);
  bytes.writeUInt16LE(1, 56);
  bytes.writeUInt32LE(1, 64);
  bytes.writeUInt32LE(5, 68);
  bytes.writeBigUInt64LE(BigInt(base), 80);
  bytes.writeBigUInt64LE(BigInt(base), 88);
  bytes.writeBigUInt64LE(sizeBytes, 96);
  bytes.writeBigUInt64LE(sizeBytes, 104);
  bytes.writeBigUInt64LE(0x1000n, 112);
  return bytes;
}
