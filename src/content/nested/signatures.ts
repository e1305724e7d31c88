// Which containers there are, by their first bytes; those that are read, and those that are only known.
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
  ["\x5d\0\0\x80\0\xff\xff\xff", "limit", "an lzma stream"],
  ["\x1f\x9d", "limit", "a stream of compress(1)"],
  ["7z\xbc\xaf\x27\x1c", "limit", "a 7-Zip archive"],
  ["Rar!\x1a\x07", "limit", "a RAR archive"],
  ["MSCF\0\0\0\0", "limit", "a cabinet archive"],
  ["xar!", "limit", "a xar archive"],
  ["\xed\xab\xee\xdb", "limit", "an RPM package"],
  ["070707", "limit", "a cpio archive in the old format"],
  ["hsqs", "limit", "a squashfs file system"],
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
  if (found === undefined) return undefined;
  const [signature, kind, name] = found;
  // Three letters begin many texts: a block's or the end's mark follows them.
  if (signature === "BZh" && !bzip2Marks.includes(text.slice(4, 10))) return undefined;
  return { kind, why: kind === "encrypted" ? name : `${name}, which is not followed` };
}
