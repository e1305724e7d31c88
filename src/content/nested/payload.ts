// Where a file ends and what it carries begins: self-extracting archives (makeself, installers) are a shell script, a line end,
// and an archive; others are a program with an archive behind its last section.

import { bufferOf } from "../../base/bytes.ts";
import { openElf } from "../../formats/elf-image.ts";
import { elfEnd } from "../../formats/elf-sections.ts";
import type { RandomAccess } from "../../formats/random-access.ts";
import { blockBytes } from "../../formats/tar-header.ts";
import { countBytes, entropyOf } from "../entropy.ts";
import { between, type Region } from "../regions.ts";

import { containerOf, unreadFormat } from "./signatures.ts";

const chunkBytes = 262_144;
/** A payload's first NUL is in its header, or soon after: in a tar archive's first block, in a compressed stream within a few hundred bytes. */
const distanceMax = 65_536;

/** Where a container begins, at the start of a line before the first NUL of a text; undefined where there is none. */
export function payloadAt(source: RandomAccess): number | undefined {
  const nul = firstNul(source);
  if (nul === undefined) return undefined;
  const start = Math.max(0, nul - distanceMax);
  const bytes = bufferOf(source.read(start, nul - start + blockBytes));
  for (
    let line = bytes.lastIndexOf(0x0a, nul - start);
    line >= 0;
    line = line === 0 ? -1 : bytes.lastIndexOf(0x0a, line - 1)
  ) {
    const head = bytes.subarray(line + 1, line + 1 + blockBytes);
    if (
      containerOf(head, source.sizeBytes - start - line - 1) !== undefined ||
      unreadFormat(head) !== undefined
    )
      return start + line + 1;
  }
  return undefined;
}

/** Where a container, or whatever else is known, begins behind an ELF file's own bytes; undefined where none does. */
export function overlayAt(source: RandomAccess): number | undefined {
  const image = openElf(source);
  const end = image === undefined ? source.sizeBytes : elfEnd(image);
  if (end >= source.sizeBytes) return undefined;
  // Writers align what they append.
  for (const at of [
    end,
    Math.ceil(end / 16) * 16,
    Math.ceil(end / 512) * 512,
    Math.ceil(end / 4096) * 4096,
  ]) {
    const head = bufferOf(source.read(at, blockBytes));
    if (containerOf(head, source.sizeBytes - at) !== undefined || unreadFormat(head) !== undefined) return at;
  }
  return undefined;
}

/** Signatures of kernel modules and the like are shorter. */
const strangeBytesMin = 4096;
const strangeWindowBytes = 16_384;
const strangeEntropyMin = 7.5;

/**
 * Bytes behind an ELF file's own, of those that nothing accounts for, of which some look compressed or encrypted; undefined
 * where there are none.
 */
export function strangeOverlay(
  source: RandomAccess,
  accounted: readonly Region[],
): { readonly at: number; readonly sizeBytes: number } | undefined {
  const image = openElf(source);
  const from = image === undefined ? source.sizeBytes : elfEnd(image);
  const counts = new Uint32Array(256);
  for (const { end, start } of between(accounted, from, source.sizeBytes)) {
    for (let at = start; at + strangeBytesMin <= end; at += strangeWindowBytes) {
      counts.fill(0);
      countBytes(counts, source.read(at, Math.min(strangeWindowBytes, end - at)));
      if (entropyOf(counts) >= strangeEntropyMin) return { at: start, sizeBytes: end - start };
    }
  }
  return undefined;
}

function firstNul(source: RandomAccess): number | undefined {
  for (let at = 0; at < source.sizeBytes; at += chunkBytes) {
    const index = source.read(at, chunkBytes).indexOf(0);
    if (index >= 0) return at + index;
  }
  return undefined;
}
