// Programs whose content is hidden: packed ones that unpack themselves when they run, and files that claim to be ELF and can't
// be read. A packer's name is the smaller part of it: packed bytes look drawn at random, a processor's instructions don't.
import type { ElfFacts } from "../formats/elf.ts";
import { type ElfImage, openElf, type Segment, segmentType } from "../formats/elf-image.ts";
import type { RandomAccess } from "../formats/random-access.ts";
import { codeSection, elfSections, noBits } from "./elf-sections.ts";
import { countBytes, entropyOf } from "./entropy.ts";
import type { Magic } from "./facts.ts";
import type { Evidence, Hidden } from "./identity.ts";

const executable = 1;
/** A code segment is sampled in windows spread over it; more is read only of what looks suspicious. */
const windowBytes = 1024;
const windows = 8;
const suspicious = 7;
const fullBytesMax = 1_048_576;
/** Below this, a few tables make any code look dense. */
const codeBytesMin = 4096;
/**
 * Bits per byte of executable segments. Measured over 5,100 ELF files of Debian, of two JDKs, of Go's, Rust's and Node's programs:
 * median 5.9, the densest 6.71 (MD5 unrolled); what UPX packs, 7.8 and above.
 */
const packedEntropyMin = 7.2;

/** Why nobody can tell what the program does; undefined where it can be told. Never throws on content. */
export function hiddenIn(source: RandomAccess, magic: Magic, elf: ElfFacts | undefined): Hidden | undefined {
  if (magic !== "elf") return undefined;
  if (elf === undefined) {
    if (isDebugFile(source)) return undefined;
    return {
      kind: "corrupt",
      why: "it claims to be an ELF file and can't be read as one",
      evidence: [
        { what: "the ELF magic at byte 0, and no readable program headers", check: "readelf -lW FILE" },
      ],
    };
  }
  const image = openElf(source);
  if (image === undefined || image.type === 1) return undefined;
  return upx(source, image) ?? dense(source, image);
}

/** What objcopy --only-keep-debug leaves: all code is in another file (NOBITS here), so that this one can't run. */
function isDebugFile(source: RandomAccess): boolean {
  const image = openElf(source);
  const code = image === undefined ? [] : elfSections(image).filter((one) => (one.flags & codeSection) !== 0);
  return code.length > 0 && code.every((one) => one.type === noBits);
}

const upxMagic = Buffer.from("UPX!");
const headersEndBytes = 64;

/** UPX's own marks: l_info behind the program headers, the pack header at the end. */
function upx(source: RandomAccess, image: ElfImage): Hidden | undefined {
  const header = image.file.bytes(0, image.class === 64 ? 64 : 52);
  if (header === undefined) return undefined;
  const tableAt = image.file.number(header, image.class === 64 ? 32 : 28, image.file.wordBytes);
  const headersEnd = tableAt + image.segments.length * (image.class === 64 ? 56 : 32);
  const infoAt = bufferOf(source.read(headersEnd, headersEndBytes)).indexOf(upxMagic);
  const tailAt = Math.max(0, source.sizeBytes - headersEndBytes);
  const packAt = bufferOf(source.read(tailAt, headersEndBytes)).indexOf(upxMagic);
  if (infoAt < 0 && packAt < 0) return undefined;
  // Anything may hold four letters; what UPX made has few segments and no dynamic needs worth the name.
  if (image.segments.filter((one) => one.type === segmentType.load).length > 6) return undefined;
  const places = [infoAt < 0 ? [] : [headersEnd + infoAt], packAt < 0 ? [] : [tailAt + packAt]].flat();
  const entropy = codeEntropy(source, image);
  if (places.length < 2 && entropy < suspicious) return undefined;
  const version = upxVersion(source);
  return {
    kind: "packed",
    why: version === undefined ? "packed with UPX" : `packed with UPX ${version}`,
    evidence: places.map((at) => ({ what: `UPX's magic at byte ${at}`, check: "grep -abo 'UPX!' FILE" })),
  };
}

const stubBytesMax = 65_536;

/** The unpacker carries its version: "$Id: UPX 3.96 Copyright". It lies behind what is packed. */
function upxVersion(source: RandomAccess): string | undefined {
  for (const at of [Math.max(0, source.sizeBytes - stubBytesMax), 0]) {
    const found = /\$Id: UPX (\d{1,2}\.\d{1,3}) /.exec(
      bufferOf(source.read(at, stubBytesMax)).toString("latin1"),
    );
    if (found?.[1] !== undefined) return found[1];
  }
  return undefined;
}

/** Code that looks drawn at random: packed or encrypted, by whatever. */
function dense(source: RandomAccess, image: ElfImage): Hidden | undefined {
  const entropy = codeEntropy(source, image);
  if (entropy < packedEntropyMin) return undefined;
  const evidence: Evidence[] = [
    {
      what: `its executable segments have ${entropy.toFixed(2)} bits of entropy per byte; code has about 6`,
      check: "ent FILE",
    },
  ];
  if (elfSections(image).length === 0)
    evidence.push({ what: "it has no section headers", check: "readelf -SW FILE" });
  return { kind: "packed", why: "packed or encrypted: its code is no code before it runs", evidence };
}

/** Bits per byte of the executable segments, by samples, and by more of them where the samples are suspicious. */
export function codeEntropy(source: RandomAccess, image: ElfImage): number {
  const code = image.segments.filter(
    (one) => one.type === segmentType.load && (one.flags & executable) !== 0 && one.offset < source.sizeBytes,
  );
  const largest = code.reduce<Segment | undefined>(
    (best, one) => (best === undefined || one.fileBytes > best.fileBytes ? one : best),
    undefined,
  );
  if (largest === undefined) return 0;
  const size = Math.min(largest.fileBytes, source.sizeBytes - largest.offset);
  if (size < codeBytesMin) return 0;
  const counts = new Uint32Array(256);
  const step = Math.floor((size - windowBytes) / (windows - 1));
  for (let index = 0; index < windows; index++)
    countBytes(counts, source.read(largest.offset + index * step, windowBytes));
  const sampled = entropyOf(counts);
  if (sampled < suspicious) return sampled;
  counts.fill(0);
  countBytes(counts, source.read(largest.offset, Math.min(size, fullBytesMax)));
  return entropyOf(counts);
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}
