// data.tar of one .deb, streamed: the .deb's digest is verified on the way, file contents go to a pack file, and what they
// are to an index. Memory doesn't grow with the package. Runs in a worker thread, so reads and writes are synchronous.
import { createHash } from "node:crypto";
import { closeSync, mkdirSync, readSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Digest, finishDigest } from "../base/digest.ts";
import { systemCode, ToolError } from "../base/errors.ts";
import { diskError } from "../base/files.ts";
import { lazy } from "../base/lazy.ts";
import { limits } from "../base/limits.ts";
import { type Facts, factsOf } from "../content/facts.ts";
import { decompress } from "../formats/compression.ts";
import { createTarReader } from "../formats/tar-reader.ts";
import { createXzDecoder, type XzMemory } from "../formats/xz.ts";
import { type DebFile, type DebMember, debMembers, openDeb, requireDigest } from "./deb.ts";
import { createPack, type Pack } from "./pack.ts";
import { createPlacement, type FileContent } from "./placement.ts";
import { indexName, indexText, packName, type UnpackedIndex } from "./unpacked.ts";

const readBytes = 1 << 18;

/** What is unpacked, and with what. */
interface Unpacking {
  readonly deb: DebFile;
  /** Names the package in errors. */
  readonly what: string;
  readonly xzMemory: XzMemory;
}

/**
 * Unpacks `deb` into `folder`, which is made, and removed again on failure. Returns the number of bytes in the pack.
 * `xzMemory` serves one package after the other.
 * @throws ToolError "digest-mismatch", "malformed", "limit", "disk"
 */
export async function unpackDeb(
  deb: DebFile,
  folder: string,
  what: string,
  xzMemory: XzMemory,
): Promise<number> {
  const { fd, source } = openDeb(deb.file, what);
  const reader = createHashedReader(fd, source.sizeBytes);
  try {
    const { data } = debMembers(source, what);
    mkdirSync(folder);
    return await unpackMember(reader, data, folder, { deb, what, xzMemory });
  } catch (thrown) {
    rmSync(folder, { recursive: true, force: true });
    // Whatever is wrong with its content: a file that isn't the one that was named comes first.
    if (thrown instanceof ToolError) requireDigest(reader.digest(), deb.digest, what);
    if (systemCode(thrown)?.startsWith("E") === true) throw diskError(`unpacking ${what}`, thrown);
    throw thrown;
  } finally {
    closeSync(fd);
  }
}

async function unpackMember(
  reader: HashedReader,
  data: DebMember,
  folder: string,
  unpacking: Unpacking,
): Promise<number> {
  const pack = createPack(join(folder, packName));
  try {
    const index = await unpackTar(reader, data, pack, unpacking);
    requireDigest(reader.digest(), unpacking.deb.digest, unpacking.what);
    pack.flush();
    writeFileSync(join(folder, indexName), indexText(index));
    return pack.sizeBytes();
  } finally {
    pack.close();
  }
}

async function unpackTar(
  reader: HashedReader,
  data: DebMember,
  pack: Pack,
  unpacking: Unpacking,
): Promise<UnpackedIndex> {
  const { what } = unpacking;
  const placement = createPlacement(what);
  const facts: Record<Digest, Facts> = {};
  let complete: ((content: FileContent) => void) | undefined;
  const tar = createTarReader(
    {
      entry(header): void {
        complete = placement.place(header);
        pack.begin();
      },
      data: (chunk) => pack.append(chunk),
      end(): void {
        if (complete === undefined) return;
        const { content, ...file } = pack.end();
        facts[file.digest] ??= factsOf(content);
        complete(file);
      },
    },
    what,
  );
  await decode(reader, data, unpacking, (chunk) => tar.write(chunk));
  tar.finish();
  return { entries: placement.entries(), facts };
}

/**
 * Decodes a member. xz, which nearly all packages use, is decoded without a copy or a turn of the event loop; the chunks
 * hold only during the call.
 */
async function decode(
  reader: HashedReader,
  data: DebMember,
  { what, xzMemory }: Unpacking,
  output: (chunk: Uint8Array) => void,
): Promise<void> {
  if (data.compression !== "xz") {
    const bounds = { outputBytesMax: limits.debDataBytesMax, what };
    const input = bytesFrom(reader, data);
    for await (const chunk of decompress(input, data.compression, bounds)) output(chunk);
    return;
  }
  let inputBytes = 0;
  let outputBytes = 0;
  const decoder = createXzDecoder(
    (chunk) => {
      outputBytes += chunk.length;
      requireWithin(inputBytes, outputBytes, what);
      output(chunk);
    },
    what,
    xzMemory,
  );
  for (const chunk of reader.chunks(data)) {
    inputBytes += chunk.length;
    decoder.write(chunk);
  }
  decoder.finish();
}

/** The bounds that `decompress` sets, for what is decoded without it. */
function requireWithin(inputBytes: number, outputBytes: number, what: string): void {
  const why =
    outputBytes > limits.debDataBytesMax
      ? `it holds more than ${limits.debDataBytesMax} bytes (debDataBytesMax)`
      : outputBytes > limits.expansionFreeBytes + limits.expansionRatioMax * inputBytes
        ? `it expands more than ${limits.expansionRatioMax} times (expansionRatioMax)`
        : undefined;
  if (why !== undefined) throw new ToolError("limit", { what: `decompressing ${what}`, why });
}

async function* bytesFrom(reader: HashedReader, part: DebMember): AsyncGenerator<Uint8Array> {
  for (const chunk of reader.chunks(part)) yield Uint8Array.prototype.slice.call(chunk);
}

/** Reads a file once, from its beginning to its end, hashing all of it and handing out a part of it. */
interface HashedReader {
  /** The part's bytes. A chunk holds until the next is asked for. */
  chunks(part: { readonly offset: number; readonly sizeBytes: number }): Iterable<Uint8Array>;
  /** Of the whole file: reads what is left. */
  digest(): Digest;
}

function createHashedReader(fd: number, sizeBytes: number): HashedReader {
  const hash = createHash("sha256");
  const buffer = Buffer.allocUnsafe(readBytes);
  const whole = lazy(() => finishDigest(hash));
  let position = 0;
  const next = (end: number): Uint8Array => {
    const length = readSync(fd, buffer, 0, Math.min(readBytes, end - position), position);
    const chunk = buffer.subarray(0, length);
    hash.update(chunk);
    position = length === 0 ? end : position + length;
    return chunk;
  };
  return {
    *chunks({ offset, sizeBytes: partBytes }): Generator<Uint8Array> {
      while (position < offset) next(offset);
      while (position < offset + partBytes) yield next(offset + partBytes);
    },
    digest(): Digest {
      while (position < sizeBytes) next(sizeBytes);
      return whole();
    },
  };
}
