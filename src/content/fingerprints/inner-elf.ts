// ELF files inside other files: appended to a picture, carried in another program's data. Found by their magic number, told from
// mere mentions of it by a header that can be one (gABI ch. 4 "ELF Header").

import { bufferOf } from "../../base/bytes.ts";
import { lazy } from "../../base/lazy.ts";
import type { RandomAccess } from "../../formats/random-access.ts";
import type { Region } from "../regions.ts";
import { elfHeaderBytes, elfHeadersIn } from "./anchors.ts";

const chunkBytes = 1024 * 1024;
const scratch = lazy(() => Buffer.allocUnsafe(chunkBytes + elfHeaderBytes));

/** The candidates and what these regions hold, as file offsets in order. The file's own beginning is none. */
export function innerElfs(
  source: RandomAccess,
  regions: readonly Region[],
  candidates: readonly number[],
): readonly number[] {
  const headers: number[] = [];
  for (const { start, end } of regions) {
    for (let at = start; at < end; at += chunkBytes) {
      const bytes = source.read(at, Math.min(chunkBytes + elfHeaderBytes, end - at), scratch());
      elfHeadersIn(bufferOf(bytes), at, headers);
    }
  }
  return [...new Set([...candidates, ...headers])].filter((at) => at > 0).sort((a, b) => a - b);
}
