// A root folder read once: what is unpacked somewhere, without manifest or config. A file is opened without following a link, so
// that one that takes a file's place meanwhile leads nowhere.
import { closeSync, constants, fstatSync, openSync, readSync, realpathSync } from "node:fs";
import type { Bytes } from "../../base/bytes.ts";
import type { Digest } from "../../base/digest.ts";
import { assert, systemCode, ToolError } from "../../base/errors.ts";
import { diskError } from "../../base/files.ts";
import { limits } from "../../base/limits.ts";
import type { Facts } from "../../content/facts.ts";
import { type FoundInFolder, folderEntryOf, walkFolder } from "../../oci/folder-reader.ts";
import type { Entry, FileEntry, Origin } from "../../tree/entry.ts";
import { treeOf } from "../../tree/memory-tree.ts";
import type { Tree } from "../../tree/tree.ts";
import { verifiedContent } from "./contents.ts";
import { createGatherer, type Gatherer, type ScanTools } from "./gatherer.ts";

export interface FolderScan {
  readonly tree: Tree;
  readonly facts: (file: FileEntry) => Facts;
}

interface FolderState {
  readonly folder: string;
  readonly gatherer: Gatherer;
  readonly origins: readonly Origin[];
  readonly entries: (Entry | undefined)[];
  readonly facts: Map<Digest, Facts>;
  /** Facts by their text: most files have the same few. */
  readonly shared: Map<string, Facts>;
  readonly buffer: Buffer;
}

/** @throws ToolError "disk", "limit" */
export async function readFolder(folder: string, tools: ScanTools): Promise<FolderScan> {
  const state: FolderState = {
    folder,
    gatherer: createGatherer(tools),
    // A declared origin would explain every file to the closure.
    origins: [],
    entries: [],
    facts: new Map(),
    shared: new Map(),
    buffer: Buffer.allocUnsafe(1 << 20),
  };
  try {
    for (const found of walkFolder(Buffer.from(realpathSync(folder)))) {
      tools.signal.throwIfAborted();
      if (found.status.isFile()) await readFile(state, found);
      else state.entries.push(folderEntryOf(found, undefined, state.origins));
      if (state.entries.length > limits.entriesMax) throw tooMany(folder);
    }
    await state.gatherer.finish();
  } catch (thrown) {
    await state.gatherer.abandon();
    if (systemCode(thrown) === undefined) throw thrown;
    throw diskError(`reading the folder ${folder}`, thrown);
  }
  const { facts } = state;
  return {
    tree: treeOf(state.entries.filter((entry) => entry !== undefined)),
    facts: (file) => {
      const found = facts.get(file.digest);
      assert(found !== undefined, `${file.path} is of the scanned folder`);
      return found;
    },
  };
}

async function readFile(state: FolderState, found: FoundInFolder): Promise<void> {
  const { buffer, facts, gatherer, origins } = state;
  const fd = openRegular(found.place);
  try {
    const sizeBytes = fstatSync(fd).size;
    const number = state.entries.push(undefined) - 1;
    await gatherer.start(sizeBytes, (examined) => {
      const { digest } = examined;
      if (!facts.has(digest)) facts.set(digest, parsed(state, examined.facts));
      const content = contentOf(found.place, digest);
      state.entries[number] = folderEntryOf(found, { digest, sizeBytes, content }, origins);
    });
    for (let left = sizeBytes; left > 0; ) {
      const count = readSync(fd, buffer, 0, Math.min(left, buffer.length), null);
      if (count === 0) throw changed(found);
      gatherer.write(buffer.subarray(0, count));
      left -= count;
    }
    gatherer.end();
  } finally {
    closeSync(fd);
  }
}

function parsed({ shared }: FolderState, text: string): Facts {
  const facts = shared.get(text) ?? (JSON.parse(text) as Facts);
  shared.set(text, facts);
  return facts;
}

/** Not to follow a link, nor to wait for a pipe, that took the file's place. */
function openRegular(place: Buffer): number {
  return openSync(place, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
}

function contentOf(place: Buffer, digest: Digest): Bytes {
  return { [Symbol.asyncIterator]: () => verifiedContent(readRegular(place), digest) };
}

async function* readRegular(place: Buffer): AsyncGenerator<Uint8Array> {
  const fd = openRegular(place);
  try {
    for (;;) {
      const bytes = Buffer.allocUnsafe(1 << 18);
      const count = readSync(fd, bytes, 0, bytes.length, null);
      if (count === 0) return;
      yield bytes.subarray(0, count);
    }
  } finally {
    closeSync(fd);
  }
}

function changed(found: FoundInFolder): ToolError {
  return new ToolError("disk", {
    what: `reading ${found.place.toString()}`,
    why: "it became shorter while it was read",
    hint: "run the command again, with nothing else writing to the folder",
  });
}

function tooMany(folder: string): ToolError {
  return new ToolError("limit", {
    what: `reading the folder ${folder}`,
    why: `it has more than ${limits.entriesMax} entries (entriesMax)`,
  });
}
