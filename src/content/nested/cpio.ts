// The members of a cpio archive in the "new" formats (cpio(5): newc and its variant with checksums), as an initramfs has them.

import { bufferOf } from "../../base/bytes.ts";
import { limits } from "../../base/limits.ts";
import { decodeName } from "../../base/names.ts";
import type { RandomAccess } from "../../formats/random-access.ts";

export interface CpioMember {
  readonly name: string;
  readonly offset: number;
  readonly sizeBytes: number;
}

export interface CpioArchive {
  readonly members: readonly CpioMember[];
  /** Where the archive's trailer ends; others may follow. Or why that can't be told. */
  readonly end: number | "corrupt" | "limit";
}

const headerBytes = 110;

/** Regular files with content, in archive order. */
export function readCpio(source: RandomAccess): CpioArchive {
  const members: CpioMember[] = [];
  for (let at = 0; members.length < limits.nestedMembersMax; ) {
    const header = bufferOf(source.read(at, headerBytes)).toString("latin1");
    if (!/^07070[12][0-9A-Fa-f]{104}$/.test(header)) return { members, end: "corrupt" };
    const field = (index: number): number => Number.parseInt(header.slice(6 + 8 * index, 14 + 8 * index), 16);
    const nameBytes = field(11);
    if (nameBytes < 1 || nameBytes > limits.pathBytesMax) return { members, end: "corrupt" };
    const name = decodeName(source.read(at + headerBytes, nameBytes - 1));
    const offset = padded(at + headerBytes + nameBytes);
    const sizeBytes = field(6);
    if (offset + sizeBytes > source.sizeBytes) return { members, end: "corrupt" };
    if (name === "TRAILER!!!") return { members, end: offset };
    if ((field(1) & 0o170000) === 0o100000 && sizeBytes > 0) members.push({ name, offset, sizeBytes });
    at = padded(offset + sizeBytes);
  }
  return { members, end: "limit" };
}

function padded(at: number): number {
  return Math.ceil(at / 4) * 4;
}
