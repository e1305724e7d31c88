// Packages.db, rpm's own format (SUSE): a header of two slots, pages of slots, blobs in blocks of 16 bytes. Numbers are little-endian.
//
//   header  "RpmP", version, generation, pages of slots
//   slot    "Slot", package number (0: free), first block, blocks
//   blob    "BlbS", package number, generation, length; the bytes; a tail with a checksum that ends in "BlbE"
import { byteView } from "../byte-view.ts";
import { malformed } from "../claim.ts";
import type { RpmRecord } from "./record.ts";

const slotBytes = 16;
const headerSlots = 2;
const pageBytes = 4096;
const blockBytes = 16;
const blobHeaderBytes = 16;

const magics = { database: magic("RpmP"), slot: magic("Slot"), blob: magic("BlbS") };

export function isNdb(bytes: Uint8Array): boolean {
  return Buffer.from(bytes.subarray(0, 4)).toString("latin1") === "RpmP";
}

export function* ndbRecords(bytes: Uint8Array, what: string): Generator<RpmRecord> {
  const view = byteView(bytes, "little", what);
  if (view.u32(0) !== magics.database) throw malformed(what, 'byte 0: expected "RpmP"');
  const version = view.u32(4);
  if (version !== 0) throw malformed(what, `byte 4: format version ${version} is not known`);
  const slotsEnd = view.u32(12) * pageBytes;
  if (slotsEnd > bytes.length)
    throw malformed(what, `byte 12: its slots end at byte ${slotsEnd}, the file at ${bytes.length}`);
  for (let at = headerSlots * slotBytes; at < slotsEnd; at += slotBytes) {
    if (view.u32(at) !== magics.slot) throw malformed(what, `byte ${at}: expected "Slot"`);
    const number = view.u32(at + 4);
    if (number === 0) continue;
    const blob = view.u32(at + 8) * blockBytes;
    if (view.u32(blob) !== magics.blob) throw malformed(what, `byte ${blob}: expected "BlbS"`);
    if (view.u32(blob + 4) !== number)
      throw malformed(what, `byte ${blob}: the blob of package ${view.u32(blob + 4)}, not of ${number}`);
    const length = view.u32(blob + 12);
    if (length > view.u32(at + 12) * blockBytes)
      throw malformed(what, `byte ${blob + 12}: the blob is longer than its blocks`);
    yield { header: view.slice(blob + blobHeaderBytes, length), at: `byte ${blob + blobHeaderBytes}` };
  }
}

function magic(text: string): number {
  return Buffer.from(text, "latin1").readUInt32LE(0);
}
