// Programs whose content is hidden: packed ones that unpack themselves when they run, and files that claim to be ELF and can't
// be read. A packer's name is the smaller part of it: packed bytes look drawn at random, a processor's instructions don't.

import { bufferOf } from "../base/bytes.ts";
import { lazy } from "../base/lazy.ts";
import type { ElfFacts } from "../formats/elf.ts";
import {
  type ElfImage,
  locate,
  openElf,
  type Segment,
  segmentType,
  startsInCode,
} from "../formats/elf-image.ts";
import { codeSection, elfSections, noBits } from "../formats/elf-sections.ts";
import type { RandomAccess } from "../formats/random-access.ts";
import { countBytes, entropyOf } from "./entropy.ts";
import type { Magic } from "./facts.ts";
import { regionsOf } from "./fingerprints/regions.ts";
import type { Evidence, Hidden } from "./identity.ts";
import type { Region } from "./regions.ts";

const executable = 1;
/** Segments are looked at in blocks, so that what is packed shows beside what isn't. */
const blockBytes = 16_384;
/** Of a block every so many bytes are counted: odd, so that no column of fixed-size instructions is met alone. */
const stride = 5;
/** First fewer are, and a block that doesn't look dense by them is done: 8 bits look like 7.5 by so few. */
const roughStride = 33;
const roughEntropyMin = 6.5;
/** Padding, and tables of zeros: as code they count for nothing. */
const emptyEntropyMax = 3;
/**
 * Bits per byte of a block. Of Debian's programs, of two JDKs, of Go's, Rust's and Node's, code has 5.9 in the median and 6.71 at
 * most (MD5 unrolled); what UPX packs, 7.8 and above.
 */
const denseEntropyMin = 7.2;
/** Below this, a few tables make any code look dense. */
const codeBytesMin = 4096;
/**
 * Dense blocks are half of the code, or more than anybody's tables: those of elliptic curves take 147 KB of a program's code, and
 * 720 KB were the most that was met.
 */
const denseShareMin = 0.5;
const denseCodeBytesMin = 2_097_152;
/** Data that is worth an unpacker. */
const denseDataBytesMin = 32_768;
/** Code that is no larger than an unpacker, and this many times as many dense bytes for it. */
const stubBytesMax = 65_536;
const stubFactor = 4;

/** Why nobody can tell what the program does; undefined where it can be told. Never throws on content. */
export function hiddenIn(source: RandomAccess, magic: Magic, elf: ElfFacts | undefined): Hidden | undefined {
  if (magic !== "elf") return undefined;
  const image = openElf(source);
  if (image !== undefined && (image.type === relocatable || (elf === undefined && isDebugFile(image))))
    return undefined;
  const packed = image === undefined ? undefined : (upx(source, image, elf) ?? dense(source, image, elf));
  return packed ?? (elf === undefined ? corrupt : undefined);
}

const relocatable = 1;
const corrupt: Hidden = {
  kind: "corrupt",
  why: "it claims to be an ELF file and can't be read as one",
  evidence: [{ what: "the ELF magic at byte 0, and no readable program headers", check: "readelf -lW FILE" }],
};

/**
 * What objcopy --only-keep-debug leaves: all code is in another file (NOBITS here). Sections may say anything, and a kernel reads
 * none; so nothing may be mapped where the program would start either.
 */
function isDebugFile(image: ElfImage): boolean {
  const code = elfSections(image).filter((one) => (one.flags & codeSection) !== 0);
  return code.length > 0 && code.every((one) => one.type === noBits) && !startsInFile(image);
}

/** Whether the entry point's bytes are in the file. Libraries have none, which is told as address 0. */
function startsInFile(image: ElfImage): boolean {
  return image.entry !== 0 && locate(image, image.entry) !== undefined;
}

const upxMagic = Buffer.from("UPX!");
const headersEndBytes = 64;

/** UPX's own marks: l_info behind the program headers, the pack header at the end. */
function upx(source: RandomAccess, image: ElfImage, elf: ElfFacts | undefined): Hidden | undefined {
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
  if (places.length < 2 && dense(source, image, elf) === undefined) return undefined;
  const version = upxVersion(source);
  return {
    kind: "packed",
    why: version === undefined ? "packed with UPX" : `packed with UPX ${version}`,
    evidence: places.map((at) => ({ what: `UPX's magic at byte ${at}`, check: "grep -abo 'UPX!' FILE" })),
  };
}

const stubReadBytes = 65_536;

/** The unpacker carries its version: "$Id: UPX 3.96 Copyright". It lies behind what is packed. */
function upxVersion(source: RandomAccess): string | undefined {
  for (const at of [Math.max(0, source.sizeBytes - stubReadBytes), 0]) {
    const found = /\$Id: UPX (\d{1,2}\.\d{1,3}) /.exec(
      bufferOf(source.read(at, stubReadBytes)).toString("latin1"),
    );
    if (found?.[1] !== undefined) return found[1];
  }
  return undefined;
}

/**
 * Whether it is loaded, and started by nobody: it needs other libraries and names no loader. Linkers of old gave libraries an entry
 * point as well, and tables of character sets (gconv's) are dense data beside hardly any code.
 */
function isLibrary(elf: ElfFacts | undefined): boolean {
  return elf !== undefined && !elf.program && elf.interpreter === undefined && elf.needed.length > 0;
}

/** Code that looks drawn at random, or hardly any code and much such data: packed or encrypted, by whatever. */
function dense(source: RandomAccess, image: ElfImage, elf: ElfFacts | undefined): Hidden | undefined {
  const loads = image.segments.filter((one) => one.type === segmentType.load);
  const isCode = (one: Segment): boolean => (one.flags & executable) !== 0;
  const code = regionsOf(loads.filter(isCode), source.sizeBytes);
  const inCode = densityOf(source, code);
  const { codeBytes } = inCode;
  if (
    codeBytes >= codeBytesMin &&
    inCode.denseBytes >= Math.min(denseCodeBytesMin, denseShareMin * codeBytes)
  )
    return packed(image, "executable segments", inCode, "its code is no code before it runs");
  if (codeBytes > stubBytesMax || !startsInCode(image) || isLibrary(elf)) return undefined;
  const inData = densityOf(
    source,
    regionsOf(
      loads.filter((one) => !isCode(one)),
      source.sizeBytes,
    ),
  );
  if (inData.denseBytes < Math.max(denseDataBytesMin, stubFactor * codeBytes)) return undefined;
  return packed(image, "data segments", inData, "hardly any code, and much that only it can read");
}

function packed(image: ElfImage, where: string, { denseBytes, entropy }: Density, why: string): Hidden {
  const evidence: Evidence[] = [
    {
      what: `${denseBytes} bytes of its ${where} have ${entropy.toFixed(2)} bits of entropy per byte; code has about 6`,
      check: "ent FILE",
    },
  ];
  if (elfSections(image).length === 0)
    evidence.push({ what: "it has no section headers", check: "readelf -SW FILE" });
  return { kind: "packed", why: `packed or encrypted: ${why}`, evidence };
}

interface Density {
  /** Of blocks that are no padding. */
  readonly codeBytes: number;
  readonly denseBytes: number;
  /** Of the dense blocks, in bits per byte. */
  readonly entropy: number;
}

/** How much of these regions looks drawn at random, block by block. */
function densityOf(source: RandomAccess, regions: readonly Region[]): Density {
  let [codeBytes, denseBytes, entropies] = [0, 0, 0];
  for (const { start, end } of regions) {
    for (let base = start; base < end; base += chunkBytes) {
      const chunk = source.read(base, Math.min(chunkBytes, end - base), scratch());
      for (let at = 0; at < chunk.length; at += blockBytes) {
        const block = chunk.subarray(at, at + blockBytes);
        const entropy = blockEntropy(block);
        if (entropy > emptyEntropyMax) codeBytes += block.length;
        if (entropy < denseEntropyMin) continue;
        denseBytes += block.length;
        entropies += entropy * block.length;
      }
    }
  }
  return { codeBytes, denseBytes, entropy: denseBytes === 0 ? 0 : entropies / denseBytes };
}

/** Used for every block: each is counted by itself. */
const counts = new Uint32Array(256);

/** In bits per byte; of a block that is not dense a rough figure. */
function blockEntropy(block: Uint8Array): number {
  if (block.length === blockBytes) {
    const rough = entropyOf(countBytes(counts.fill(0), block, roughStride));
    if (rough < roughEntropyMin) return rough;
  }
  return entropyOf(countBytes(counts.fill(0), block, block.length === blockBytes ? stride : 1));
}

const chunkBytes = 1_048_576;
const scratch = lazy(() => Buffer.allocUnsafe(chunkBytes));
