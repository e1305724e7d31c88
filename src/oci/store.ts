// Files by name, as a layout or an archive holds them: a folder, or a tar that is read by offsets, never unpacked.
// Invariant: a name never leads out of the store, whatever `..`, symbolic or hard links it meets.
import { closeSync, createReadStream, openSync } from "node:fs";
import { readdir, realpath, stat } from "node:fs/promises";
import { basename, dirname, join, sep } from "node:path";
import { type Bytes, collect } from "../base/bytes.ts";
import { systemCode, ToolError } from "../base/errors.ts";
import { diskError } from "../base/files.ts";
import { nearestName } from "../base/nearest.ts";
import { ofFile } from "../formats/random-access.ts";
import { malformed } from "./json.ts";

/** A regular file of a store. `open` reads it as it is then. */
export interface StoredFile {
  readonly sizeBytes: number;
  /** Its path where it is a file of its own. */
  readonly file?: string;
  /** Path of the file that it lies in, among others. */
  readonly within?: string;
  open(): Bytes;
}

export interface FileStore {
  /** For errors: "the archive x.tar". */
  readonly what: string;
  /** The file called `name` ("blobs/sha256/..."), links followed. @throws ToolError "malformed" where it leads out, or nowhere good */
  find(name: string): Promise<StoredFile | undefined>;
}

/** The store that a folder is. @throws ToolError "disk" */
export async function folderStore(folder: string): Promise<FileStore> {
  const root = await realpath(folder);
  const what = `the folder ${folder}`;
  return {
    what,
    async find(name) {
      try {
        const real = await realpath(join(root, name));
        if (!real.startsWith(root.endsWith(sep) ? root : root + sep)) {
          throw malformed(what, `${name} is a link that leads out of it`);
        }
        const status = await stat(real);
        // A pipe or device would block, or never end.
        if (!status.isFile()) throw malformed(what, `${name} is not a regular file`);
        return { sizeBytes: status.size, file: real, open: () => fileRange(real, 0, status.size) };
      } catch (thrown) {
        const code = systemCode(thrown);
        if (code === "ENOENT" || code === "ENOTDIR") return undefined;
        if (code === "ELOOP") throw malformed(what, `${name} is a link to itself`);
        if (code !== undefined) throw diskError(`reading ${name} in ${what}`, thrown);
        throw thrown;
      }
    },
  };
}

/** Up to here one read is cheaper than a stream: an image has thousands of small files. */
const oneReadBytesMax = 262_144;

/** A part of a file, opened at each iteration. It ends early where the file does. @throws ToolError "disk" */
export function fileRange(file: string | Buffer, offset: number, sizeBytes: number): Bytes {
  return {
    async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
      if (sizeBytes === 0) return;
      try {
        if (sizeBytes <= oneReadBytesMax) {
          const bytes = readRange(file, offset, sizeBytes);
          if (bytes.length > 0) yield bytes;
          return;
        }
        const range = { start: offset, end: offset + sizeBytes - 1, highWaterMark: 1 << 20 };
        yield* createReadStream(file, range) as AsyncIterable<Buffer>;
      } catch (thrown) {
        if (systemCode(thrown) === undefined) throw thrown;
        throw diskError(`reading ${String(file)}`, thrown);
      }
    },
  };
}

function readRange(file: string | Buffer, offset: number, sizeBytes: number): Uint8Array {
  const fd = openSync(file, "r");
  try {
    return ofFile(fd, offset, sizeBytes).read(0, sizeBytes);
  } finally {
    closeSync(fd);
  }
}

/** A small file's content. @throws ToolError "malformed" where it isn't there, "limit" where it is larger than `bytesMax` */
export async function readSmall(store: FileStore, name: string, bytesMax: number): Promise<Uint8Array> {
  const found = await store.find(name);
  if (found === undefined) throw malformed(store.what, `${name} is missing`);
  return collect(found.open(), bytesMax, `${name} in ${store.what}`);
}

/** The error for a path where nothing is, with what lies there under a name that is nearly the same. */
export async function nothingThere(path: string, shown: string = path): Promise<ToolError> {
  const name = basename(path);
  // A folder that can't be read has nothing to offer.
  const near = nearestName(name, await readdir(dirname(path)).catch(() => []));
  // As it was written, its end apart: a leading ./ means a path.
  const written = shown.replace(/\/+$/, "");
  return new ToolError("not-found", {
    what: `opening ${shown}`,
    why: "there is no such file or folder",
    hint:
      near === undefined || !written.endsWith(name)
        ? "check the path; a registry image is named without a leading / or ./"
        : `did you mean ${written.slice(0, written.length - name.length)}${near}?`,
  });
}
