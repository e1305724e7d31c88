// Containers in the middle of other bytes: behind a picture, in a gap of an archive, in a section or the data of a program.
// Found by the beginnings of the formats that compress, since what isn't compressed is seen in the bytes as they are.

import { bufferOf } from "../../base/bytes.ts";
import { lazy } from "../../base/lazy.ts";
import { limits } from "../../base/limits.ts";
import { between, type Region } from "../regions.ts";

import { gatherStream } from "./archives.ts";
import { type Gatherer, type Part, partOf } from "./gather.ts";
import { gzipContentAt } from "./gzip.ts";
import { inflatedHead } from "./inflate.ts";
import { counts, deeper } from "./outcome.ts";
import { zipDirectoryAt } from "./zip.ts";
import { gatherLooseMember, gatherZip } from "./zip-members.ts";

type Start = "gzip" | "zstd" | "xz" | "zip-member" | "zip-end";

/** Three bytes of each, and where the start is from them: the rarest in programs are found fastest. */
const needles: readonly { readonly start: Start; readonly bytes: Buffer; readonly from: number }[] = [
  { start: "gzip", bytes: Buffer.from([0x1f, 0x8b, 0x08]), from: 0 },
  { start: "zstd", bytes: Buffer.from([0xb5, 0x2f, 0xfd]), from: 1 },
  { start: "xz", bytes: Buffer.from("\xfd7zXZ\0", "latin1"), from: 0 },
  { start: "zip-member", bytes: Buffer.from("K\x03\x04"), from: 1 },
  { start: "zip-end", bytes: Buffer.from("K\x05\x06"), from: 1 },
];
const before: Readonly<Partial<Record<Start, number>>> = {
  zstd: 0x28,
  "zip-member": 0x50,
  "zip-end": 0x50,
};

const chunkBytes = 262_144;
const startBytesMax = 6;
const scratch = lazy(() => Buffer.allocUnsafe(chunkBytes + startBytesMax));

interface Candidate {
  readonly start: Start;
  /** In the file. */
  readonly at: number;
}

/** Looks into what begins in bytes that nothing accounted for. What can't be read as what it begins like is no container. */
export function gatherEmbedded(whole: Part, found: Gatherer): void {
  const regions = between(found.accounted(), 0, whole.sizeBytes);
  const candidates = candidatesIn(whole, regions, found);
  if (candidates.length === 0) return;
  // From their ends: the last archive may hold others, and says where its members are.
  for (const { at, start } of candidates.toReversed()) {
    if (start === "zip-end") gatherZipEnd(whole, at, found);
  }
  const accounted = found.accounted();
  let index = 0;
  let until = 0;
  for (const { at, start } of candidates) {
    while ((accounted[index]?.end ?? Number.POSITIVE_INFINITY) <= at) index += 1;
    const isAccounted = (accounted[index]?.start ?? Number.POSITIVE_INFINITY) <= at;
    if (start === "zip-end" || isAccounted || at < until) continue;
    until = gatherAt(whole, start, at, found) ?? until;
  }
}

function candidatesIn(whole: Part, regions: readonly Region[], found: Gatherer): readonly Candidate[] {
  const candidates: Candidate[] = [];
  for (const { start, end } of regions) {
    for (let base = start; base < end; base += chunkBytes) {
      const chunk = bufferOf(whole.read(base, Math.min(chunkBytes + startBytesMax, end - base), scratch()));
      // Text without a NUL is most of what there is: a stream's header or length has one.
      if (chunk.indexOf(0) < 0) continue;
      const here = startsIn(chunk).sort((one, other) => one.at - other.at);
      found.budget.candidates -= here.length;
      candidates.push(...here.map((one) => ({ start: one.start, at: base + one.at })));
      if (found.budget.candidates > 0) continue;
      found.hide(
        "limit",
        `more places that begin like a compressed stream than nestedCandidatesMax (${limits.nestedCandidatesMax})`,
      );
      return candidates;
    }
  }
  return candidates;
}

/** The starts in a chunk, those in its overlap with the next apart. */
function startsIn(chunk: Buffer): Candidate[] {
  const found: Candidate[] = [];
  for (const { bytes, from, start } of needles) {
    const first = before[start];
    for (let at = chunk.indexOf(bytes); at >= 0; at = chunk.indexOf(bytes, at + 1)) {
      const begins = at - from;
      if (begins < 0 || begins >= chunkBytes) continue;
      if (first === undefined || chunk[begins] === first) found.push({ start, at: begins });
    }
  }
  return found;
}

/** Archives that overlap may have each other's directories: reading one costs several times its bytes. */
const directoryCost = 8;

function gatherZipEnd(whole: Part, at: number, found: Gatherer): void {
  if (found.budget.bytes <= 0) return;
  const directory = zipDirectoryAt(whole, at);
  if (directory === undefined || directory.members.length === 0) return;
  found.budget.bytes -= directoryCost * (directory.end - directory.start);
  if (between(found.accounted(), at, at + 1).length === 0) return;
  deeper(found, whole, "a zip archive", () => gatherZip(whole, directory, found));
}

const peekBytes = 256;
/** Deflated noise rarely gets so far. */
const probeBytes = 16_384;

/** Where it ends, as far as that is known; undefined for what is none. */
function gatherAt(
  whole: Part,
  start: Exclude<Start, "zip-end">,
  at: number,
  found: Gatherer,
): number | undefined {
  if (start === "gzip" && ![peekBytes, probeBytes].every((bytes) => beginsGzip(whole, at, bytes)))
    return undefined;
  let end: number | undefined;
  deeper(found, partOf(whole, at, whole.sizeBytes), `a compressed stream at byte ${at}`, () => {
    if (start === "zip-member") {
      end = gatherLooseMember(whole, at, found);
      return;
    }
    if (!counts(found)) return;
    const part = partOf(whole, at, limits.nestedMemberBytesMax);
    const { consumed, failure } = gatherStream(part, start, `the ${start} stream at byte ${at}`, found);
    if (consumed > 0) end = at + consumed;
    if (failure === "limit")
      found.hide(
        "limit",
        `the ${start} stream at byte ${at} is larger than is followed (nestedMemberBytesMax, nestedBytesMax)`,
        `tail -c +${at + 1} FILE | file -`,
      );
  });
  return end;
}

function beginsGzip(whole: Part, at: number, bytes: number): boolean {
  const head = bufferOf(whole.read(at, bytes));
  // A name or comment may fill all that was read: what is behind them decides.
  if (((head[3] ?? 0) & 0x1c) !== 0 && head[3] !== undefined && head[3] < 32 && bytes < probeBytes)
    return true;
  const contentAt = gzipContentAt(head, 0);
  return contentAt !== undefined && inflatedHead(head.subarray(contentAt)).length > 0;
}
