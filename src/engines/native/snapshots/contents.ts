// Contents of files that lie in the cache's layers, as entries carry them: opened when they are read, and verified as they are.
import { createHash } from "node:crypto";
import { closeSync, constants, createReadStream, openSync, readFileSync } from "node:fs";
import { type Bytes, bytesOf } from "../../../base/bytes.ts";
import { type Digest, finishDigest } from "../../../base/digest.ts";
import { systemCode } from "../../../base/errors.ts";
import { diskError } from "../../../base/files.ts";
import { encodeName } from "../../../base/names.ts";
import { fileRange } from "../../../oci/store.ts";
import type { FolderReader } from "./packer.ts";

/** A content in one of the files that hold many. The helper program can copy it from there. */
export interface StoredContent extends Bytes {
  readonly file: string;
  readonly offset: number;
}

/** Whether a content says where it lies. */
export function isStored(content: Bytes): content is StoredContent {
  return "file" in content && "offset" in content;
}

/** What is known of a content, and what to throw where it isn't so any more. */
export interface Expected {
  readonly digest: Digest;
  readonly sizeBytes: number;
  readonly damaged: (why: string) => Promise<Error>;
}

/** A part of a file of contents. */
export function storedContent(file: string, offset: number, expected: Expected): StoredContent {
  const bytes = verifiedContent(fileRange(file, offset, expected.sizeBytes), expected);
  return { file, offset, [Symbol.asyncIterator]: () => bytes[Symbol.asyncIterator]() };
}

/** A file of a layer's folder. */
export function folderContent(
  readers: FolderReaders,
  folder: string,
  path: string,
  expected: Expected,
): Bytes {
  if (expected.sizeBytes === 0) return bytesOf(new Uint8Array(0));
  return verifiedContent(
    { [Symbol.asyncIterator]: () => readFile(readers, folder, path, expected.sizeBytes) },
    expected,
  );
}

function verifiedContent(content: Bytes, { damaged, digest, sizeBytes }: Expected): Bytes {
  return {
    async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
      const hash = createHash("sha256");
      let read = 0;
      for await (const chunk of content) {
        hash.update(chunk);
        read += chunk.length;
        if (read > sizeBytes) throw await damaged("a file became longer");
        yield chunk;
      }
      if (read !== sizeBytes || finishDigest(hash) !== digest) {
        throw await damaged("a file's content does not match its digest");
      }
    },
  };
}

/** Readers of folders that are open, one for each content that is read at the time. */
export interface FolderReaders {
  /** One that nobody uses. */
  take(folder: string): FolderReader;
  /** For whoever comes next. */
  giveBack(folder: string, reader: FolderReader): Promise<void>;
  close(): Promise<void>;
}

/** Readers that nobody uses and are kept, of all folders. */
const idleReadersMax = 4;

export function folderReaders(openReader: (folder: string) => FolderReader): FolderReaders {
  const idle: { readonly folder: string; readonly reader: FolderReader }[] = [];
  return {
    take: (folder) => {
      const at = idle.findLastIndex((one) => one.folder === folder);
      return idle.splice(at, at < 0 ? 0 : 1)[0]?.reader ?? openReader(folder);
    },
    giveBack: async (folder, reader) => {
      idle.push({ folder, reader });
      if (idle.length > idleReadersMax) await idle.shift()?.reader.close();
    },
    close: async () => {
      await Promise.all(idle.splice(0).map(({ reader }) => reader.close()));
    },
  };
}

/** Up to here one read is cheaper than a stream: a layer has thousands of small files. */
const oneReadBytesMax = 262_144;

/** Straight from the file where this process may, else through the helper program: a step's files may be for its users alone. */
async function* readFile(
  readers: FolderReaders,
  folder: string,
  path: string,
  sizeBytes: number,
): AsyncGenerator<Uint8Array> {
  const fd = openAllowed(folder, path);
  if (fd === undefined) {
    yield* readThrough(readers, folder, path);
    return;
  }
  try {
    if (sizeBytes <= oneReadBytesMax) yield readFileSync(fd);
    else
      yield* createReadStream("", { fd, autoClose: false, highWaterMark: 1 << 20 }) as AsyncIterable<Buffer>;
  } catch (thrown) {
    if (systemCode(thrown) === undefined) throw thrown;
    throw diskError(`reading ${path} in ${folder}`, thrown);
  } finally {
    closeSync(fd);
  }
}

/** Undefined where this process may not. The file's folders are no links, and a layer doesn't change. */
function openAllowed(folder: string, path: string): number | undefined {
  const place = Buffer.concat([Buffer.from(`${folder}/`), encodeName(path)]);
  try {
    return openSync(place, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (thrown) {
    const code = systemCode(thrown);
    if (code === "EACCES" || code === "EPERM") return undefined;
    throw diskError(`reading ${path} in ${folder}`, thrown);
  }
}

async function* readThrough(
  readers: FolderReaders,
  folder: string,
  path: string,
): AsyncGenerator<Uint8Array> {
  const reader = readers.take(folder);
  let isWhole = false;
  try {
    yield* reader.read(path);
    isWhole = true;
  } finally {
    // What was left unread would be taken for the next answer.
    await (isWhole ? readers.giveBack(folder, reader) : reader.close());
  }
}
