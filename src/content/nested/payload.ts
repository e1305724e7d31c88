// Where a script ends and what it carries begins: self-extracting archives (makeself, shar with binary, installers) are a shell
// script, a line end, and an archive.
import type { RandomAccess } from "../../formats/random-access.ts";
import { blockBytes } from "../../formats/tar-header.ts";
import { bufferOf } from "./gather.ts";
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

function firstNul(source: RandomAccess): number | undefined {
  for (let at = 0; at < source.sizeBytes; at += chunkBytes) {
    const index = source.read(at, chunkBytes).indexOf(0);
    if (index >= 0) return at + index;
  }
  return undefined;
}
