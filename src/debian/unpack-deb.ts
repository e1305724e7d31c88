// data.tar of one .deb, streamed: the .deb's digest is verified on the way, file contents go to a pack file, and what they
// are to an index. Memory doesn't grow with the package. Runs in a worker thread, so reads and writes are synchronous.
import { createHash } from "node:crypto";
import { closeSync, mkdirSync, readSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Bytes } from "../base/bytes.ts";
import { type Digest, finishDigest } from "../base/digest.ts";
import { systemCode } from "../base/errors.ts";
import { diskError } from "../base/files.ts";
import { limits } from "../base/limits.ts";
import { decompress } from "../formats/compression.ts";
import { createTarReader } from "../formats/tar-reader.ts";
import { type Facts, factsOf } from "../tree/facts.ts";
import { type DebFile, type DebMember, debMembers, openDeb, requireDigest } from "./deb.ts";
import { createPack, type Pack } from "./pack.ts";
import { createPlacement, type FileContent } from "./placement.ts";
import { indexName, indexText, packName, type UnpackedIndex } from "./unpacked.ts";

const readBytes = 1 << 18;

/**
 * Unpacks `deb` into `folder`, which is made, and removed again on failure. Returns the number of bytes in the pack.
 * @throws ToolError "digest-mismatch", "malformed", "limit", "disk"
 */
export async function unpackDeb(deb: DebFile, folder: string, what: string): Promise<number> {
  const { fd, source } = openDeb(deb.file, what);
  try {
    const { data } = debMembers(source, what);
    mkdirSync(folder);
    const pack = createPack(join(folder, packName));
    try {
      const reader = createHashedReader(fd, deb.sizeBytes);
      const index = await unpackTar(reader, data, pack, what);
      requireDigest(reader.digest(), deb.digest, what);
      pack.flush();
      writeFileSync(join(folder, indexName), indexText(index));
      return pack.sizeBytes();
    } finally {
      pack.close();
    }
  } catch (thrown) {
    rmSync(folder, { recursive: true, force: true });
    if (systemCode(thrown)?.startsWith("E") === true) throw diskError(`unpacking ${what}`, thrown);
    throw thrown;
  } finally {
    closeSync(fd);
  }
}

async function unpackTar(
  reader: HashedReader,
  data: DebMember,
  pack: Pack,
  what: string,
): Promise<UnpackedIndex> {
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
  const bounds = { outputBytesMax: limits.debDataBytesMax, what };
  for await (const chunk of decompress(reader.bytes(data), data.compression, bounds)) tar.write(chunk);
  tar.finish();
  return { entries: placement.entries(), facts };
}

/** Reads a file once, from its beginning to its end, hashing all of it and handing out a part of it. */
interface HashedReader {
  bytes(part: { readonly offset: number; readonly sizeBytes: number }): Bytes;
  /** Reads what is left. */
  digest(): Digest;
}

function createHashedReader(fd: number, sizeBytes: number): HashedReader {
  const hash = createHash("sha256");
  let position = 0;
  const next = (end: number): Uint8Array => {
    const chunk = Buffer.allocUnsafe(Math.min(readBytes, end - position));
    const read = chunk.subarray(0, readSync(fd, chunk, 0, chunk.length, position));
    hash.update(read);
    position = read.length === 0 ? end : position + read.length;
    return read;
  };
  return {
    async *bytes({ offset, sizeBytes: partBytes }): AsyncGenerator<Uint8Array> {
      while (position < offset) next(offset);
      while (position < offset + partBytes) yield next(offset + partBytes);
    },
    digest(): Digest {
      while (position < sizeBytes) next(sizeBytes);
      return finishDigest(hash);
    },
  };
}
