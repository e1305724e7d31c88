// The members of tar, ar and cpio archives and of compressed streams, each looked at as a file.
import { bufferOf } from "../../base/bytes.ts";
import { ToolError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import { arMembers } from "../../formats/ar.ts";
import { inMemory } from "../../formats/random-access.ts";
import { blockBytes, hasValidChecksum, isZeroBlock } from "../../formats/tar-header.ts";
import { createTarReader } from "../../formats/tar-reader.ts";
import { readCpio } from "./cpio.ts";
import { type CompressedFormat, type Expanded, expand } from "./expand.ts";
import { type Gatherer, type Part, partOf } from "./gather.ts";
import { archiveOutcome, counts, fail } from "./outcome.ts";

const feedBytes = 262_144;

export function gatherTar(source: Part, found: Gatherer): void {
  let fed: { readonly at: number; readonly chunk: Buffer } | undefined;
  /** Where in the source these bytes lie, which are part of those that the reader was fed with; undefined for a hole's zeros. */
  const placeOf = (bytes: Uint8Array): number | undefined =>
    fed === undefined || bytes.buffer !== fed.chunk.buffer
      ? undefined
      : fed.at + bytes.byteOffset - fed.chunk.byteOffset;
  const tar = tarGatherer(found, (bytes, sizeBytes) => {
    const at = placeOf(bytes);
    return at === undefined ? undefined : partOf(source, at, sizeBytes);
  });
  const failure = archiveOutcome(() => {
    for (let at = 0; at < source.sizeBytes && !tar.isDone(); at += feedBytes) {
      fed = { at, chunk: bufferOf(source.read(at, feedBytes)) };
      tar.write(fed.chunk);
    }
    tar.finish();
  });
  if (failure !== undefined) fail(found, failure, "the tar archive", "tar -tf FILE");
}

interface TarGatherer {
  write(chunk: Buffer): void;
  finish(): void;
  /** Whether no more members are taken. */
  isDone(): boolean;
}

/**
 * Members up to limits.nestedMemberBytesMax are held one at a time. `partAt` tells where in the file one lies that begins with
 * these bytes, if it does.
 */
function tarGatherer(
  found: Gatherer,
  partAt: (beginning: Uint8Array, sizeBytes: number) => Part | undefined = () => undefined,
): TarGatherer {
  let parts: Buffer[] | undefined;
  let stored: Part | undefined;
  let place = "";
  let sizeBytes = 0;
  let done = false;
  const reader = createTarReader(
    {
      entry: (header) => {
        parts = undefined;
        stored = undefined;
        if (done || header.kind !== "file" || header.sizeBytes === 0) return;
        ({ sizeBytes } = header);
        place = `member ${header.name} of the tar archive`;
        done = !counts(found);
        if (done) return;
        if (sizeBytes > limits.nestedMemberBytesMax) fail(found, "limit", place, "tar -tvf FILE");
        else parts = [];
      },
      data: (chunk) => {
        if (parts === undefined) return;
        if (parts.length === 0) stored = partAt(chunk, sizeBytes);
        parts.push(Buffer.from(chunk));
      },
      end: () => {
        if (parts === undefined) return;
        const content = joined(parts);
        // A sparse member isn't what lies there.
        if (stored !== undefined && bufferOf(stored.read(0, sizeBytes)).equals(content))
          found.memberAt(place, stored);
        else found.member(place, inMemory(content));
        parts = undefined;
      },
    },
    "a tar archive",
  );
  return {
    write: (chunk) => reader.write(chunk),
    finish: () => {
      if (!done) reader.finish();
    },
    isDone: () => done,
  };
}

function joined(parts: readonly Buffer[]): Buffer {
  return parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts);
}

export function gatherAr(source: Part, found: Gatherer): void {
  const failure = archiveOutcome(() => {
    for (const { name, offset, sizeBytes } of arMembers(source)) {
      // Objects have no program in them; their bytes are looked at as the archive's.
      if (isObject(source, offset) || sizeBytes === 0) continue;
      if (!counts(found)) return;
      found.memberAt(`member ${name} of the ar archive`, partOf(source, offset, sizeBytes));
    }
  });
  if (failure !== undefined) fail(found, failure, "the ar archive", "ar -t FILE");
}

/** ET_REL: a static library's part, which no kernel starts. */
function isObject(source: Part, at: number): boolean {
  const head = bufferOf(source.read(at, 18));
  return (
    head.length === 18 &&
    head.readUInt32BE(0) === 0x7f454c46 &&
    (head[5] === 2 ? head.readUInt16BE(16) : head.readUInt16LE(16)) === 1
  );
}

/** Returns where what follows the archive begins, behind the zeros that separate it. */
export function gatherCpio(source: Part, found: Gatherer): number {
  const { members, end } = readCpio(source);
  for (const { name, offset, sizeBytes } of members) {
    if (!counts(found)) return source.sizeBytes;
    found.memberAt(`member ${name} of the cpio archive`, partOf(source, offset, sizeBytes));
  }
  if (typeof end === "number") return afterZeros(source, end);
  fail(found, end, "the cpio archive", "cpio -tv < FILE");
  return source.sizeBytes;
}

function afterZeros(source: Part, from: number): number {
  for (let at = from; at < source.sizeBytes; at += feedBytes) {
    const index = source.read(at, feedBytes).findIndex((byte) => byte !== 0);
    if (index >= 0) return at + index;
  }
  return source.sizeBytes;
}

/** Looks at what comes out of a stream, and tells how far that went; what came before a failure is looked at as well. */
export function gatherStream(
  source: Part,
  format: CompressedFormat,
  place: string,
  found: Gatherer,
): Expanded {
  const pieces: Buffer[] = [];
  let held = 0;
  let tar: TarGatherer | undefined;
  const expanded = expand(source, format, found.budget, (piece) => {
    if (tar === undefined && held === 0 && startsTar(piece)) tar = tarGatherer(found);
    if (tar !== undefined) {
      tar.write(piece);
      return;
    }
    held += piece.length;
    if (held > limits.nestedMemberBytesMax)
      throw new ToolError("limit", {
        what: "decompressing a member",
        why: "it is larger than nestedMemberBytesMax",
      });
    pieces.push(format === "xz" ? Buffer.from(piece) : piece);
  });
  if (held > 0) found.member(place, inMemory(joined(pieces)));
  const failure = expanded.failure ?? (tar === undefined ? undefined : archiveOutcome(() => tar?.finish()));
  return { consumed: expanded.consumed, ...(failure === undefined ? {} : { failure }) };
}

function startsTar(piece: Buffer): boolean {
  const block = piece.subarray(0, blockBytes);
  return block.length === blockBytes && !isZeroBlock(block) && hasValidChecksum(block);
}
