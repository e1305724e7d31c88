// Which containers there are, by their first bytes; those that are read, and those that are only known.
import type { RandomAccess } from "../../formats/random-access.ts";
import { blockBytes, hasValidChecksum, isZeroBlock } from "../../formats/tar-header.ts";
import type { Hidden } from "../identity.ts";

export type Container = "zip" | "tar" | "ar" | "cpio" | "gzip" | "zstd" | "xz";

const signatures: readonly (readonly [Container, string])[] = [
  // With the method, the only one that there is: two bytes alone begin other files too.
  ["gzip", "\x1f\x8b\x08"],
  ["zstd", "\x28\xb5\x2f\xfd"],
  ["xz", "\xfd7zXZ\0"],
  ["zip", "PK\x03\x04"],
  ["zip", "PK\x05\x06"],
  ["ar", "!<arch>\n"],
];
/** Six digits alone begin texts too: thirteen numbers follow them. */
const cpioHead = /^07070[12][0-9A-Fa-f]{104}/;
/** Skippable frames (RFC 8878, 3.1.2), which pzstd begins with. */
const skippableHead = "*M\x18";

/** What a file that begins so, and has this size, is. `head` has the first block of a tar archive. */
export function containerOf(head: Buffer, sizeBytes: number): Container | undefined {
  const text = head.toString("latin1", 0, 110);
  const found = signatures.find(([, signature]) => text.startsWith(signature));
  if (found !== undefined) return found[0];
  if (cpioHead.test(text)) return "cpio";
  if (text.startsWith(skippableHead, 1) && (head[0] ?? 0) >> 4 === 5) return "zstd";
  const isTar =
    head.length === blockBytes && sizeBytes >= blockBytes && !isZeroBlock(head) && hasValidChecksum(head);
  return isTar ? "tar" : undefined;
}

interface UnreadFormat {
  readonly kind: Hidden["kind"];
  readonly why: string;
}

const unread: readonly (readonly [signature: string, kind: Hidden["kind"], name: string])[] = [
  ["BZh", "limit", "a bzip2 stream"],
  ["\x04\x22\x4d\x18", "limit", "an lz4 stream"],
  ["LZIP\x01", "limit", "an lzip stream"],
  ["\x89LZO\0\r\n\x1a\n", "limit", "an lzop stream"],
  ["\x1f\x9d", "limit", "a stream of compress(1)"],
  ["7z\xbc\xaf\x27\x1c", "limit", "a 7-Zip archive"],
  ["Rar!\x1a\x07", "limit", "a RAR archive"],
  ["MSCF\0\0\0\0", "limit", "a cabinet archive"],
  ["xar!", "limit", "a xar archive"],
  ["\xed\xab\xee\xdb", "limit", "an RPM package"],
  ["070707", "limit", "a cpio archive in the old format"],
  ["hsqs", "limit", "a squashfs file system"],
  ["sqsh", "limit", "a squashfs file system"],
  ["\x45\x3d\xcd\x28", "limit", "a cramfs file system"],
  ["\x28\xcd\x3d\x45", "limit", "a cramfs file system"],
  ["QFI\xfb", "limit", "a disk image (qcow)"],
  ["LUKS\xba\xbe", "encrypted", "an encrypted disk (LUKS)"],
  ["Salted__", "encrypted", "a file encrypted by openssl"],
  ["age-encryption.org/v1", "encrypted", "a file encrypted by age"],
];

const bzip2Marks: readonly string[] = ["1AY&SY", "\x17rE8P\x90"];

/** A container that is known and not read, with what to say of it. */
export function unreadFormat(head: Buffer): UnreadFormat | undefined {
  const text = head.toString("latin1", 0, 32);
  const found = unread.find(([signature]) => text.startsWith(signature));
  if (found === undefined) return isLzma(head) ? notFollowed("an lzma stream") : undefined;
  const [signature, kind, name] = found;
  // Three letters begin many texts: a block's or the end's mark follows them.
  if (signature === "BZh" && !bzip2Marks.includes(text.slice(4, 10))) return undefined;
  return kind === "encrypted" ? { kind, why: name } : notFollowed(name);
}

function notFollowed(name: string): UnreadFormat {
  return { kind: "limit", why: `${name}, which is not followed` };
}

/** LZMA_alone has no magic number: its usual parameters, a dictionary of 2^n or 2^n + 2^(n-1), a size that is unknown or sane. */
function isLzma(head: Buffer): boolean {
  if (head.length < 14 || head[0] !== 0x5d || head[13] !== 0) return false;
  const dictionaryBytes = head.readUInt32LE(1);
  const exponent = 31 - Math.clz32(dictionaryBytes);
  const rest = dictionaryBytes - 2 ** exponent;
  if (exponent < 12 || exponent > 30 || (rest !== 0 && rest !== 2 ** (exponent - 1))) return false;
  const sizeBytes = head.readBigUInt64LE(5);
  return sizeBytes === 0xffff_ffff_ffff_ffffn || (sizeBytes > 0n && sizeBytes < 2n ** 38n);
}

/** File systems whose magic number isn't at their beginning. */
const images: readonly (readonly [at: number, signature: string, name: string])[] = [
  [1024, "\xe2\xe1\xf5\xe0", "an EROFS file system"],
  [32_769, "CD001", "an ISO 9660 file system"],
];

/** As `unreadFormat`, of what is told only further on in the source. */
export function unreadImage(source: RandomAccess): UnreadFormat | undefined {
  const found = images.find(([at, signature]) => {
    if (source.sizeBytes < at + blockBytes) return false;
    return Buffer.from(source.read(at, signature.length)).toString("latin1") === signature;
  });
  return found === undefined ? undefined : notFollowed(found[2]);
}
