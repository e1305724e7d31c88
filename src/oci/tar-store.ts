// A tar archive as a store of files: one pass over its headers finds where each member lies; contents are read by offset.
// Invariants: no member is there twice under one name; links are followed inside the archive, a bounded number of times.
import { closeSync, existsSync, openSync } from "node:fs";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { digestOf, hexOf } from "../base/digest.ts";
import { systemCode, ToolError } from "../base/errors.ts";
import { diskError, writeFileAtomically } from "../base/files.ts";
import { limits } from "../base/limits.ts";
import { type Compression, decompress, detectCompression } from "../formats/compression.ts";
import { ofFile, type RandomAccess } from "../formats/random-access.ts";
import { createTarParser } from "../formats/tar-parser.ts";
import type { TarHeader } from "../formats/tar-reader.ts";
import { abortable } from "./blob.ts";
import { malformed } from "./json.ts";
import { type FileStore, fileRange } from "./store.ts";

interface Member {
  readonly header: TarHeader;
  readonly offset: number;
}

/**
 * The store that the tar `file` is. A compressed one is first decompressed into `scratchFolder`, which is the caller's to
 * remove.
 * @throws ToolError "malformed", "limit", "disk"
 */
export async function tarStore(
  file: string,
  scratchFolder: string,
  signal?: AbortSignal,
): Promise<FileStore> {
  const what = `the archive ${file}`;
  try {
    const plain = await decompressed(file, scratchFolder, what, signal);
    const { size } = await stat(plain);
    const fd = openSync(plain, "r");
    try {
      return storeOf(plain, membersOf(ofFile(fd, 0, size), what), what);
    } finally {
      closeSync(fd);
    }
  } catch (thrown) {
    if (systemCode(thrown) === undefined) throw thrown;
    throw diskError(`reading ${what}`, thrown);
  }
}

function storeOf(file: string, members: ReadonlyMap<string, Member>, what: string): FileStore {
  return {
    what,
    async find(name) {
      const member = followLinks(members, name, what);
      if (member === undefined) return undefined;
      const { offset, header } = member;
      const { sizeBytes } = header;
      return { sizeBytes, within: file, open: () => fileRange(file, offset, sizeBytes) };
    },
  };
}

function followLinks(members: ReadonlyMap<string, Member>, name: string, what: string): Member | undefined {
  let at = memberName(name, what);
  for (let count = 0; count <= limits.symlinksFollowedMax; count++) {
    const member = members.get(at);
    if (member === undefined) return undefined;
    const { kind, linkName } = member.header;
    if (kind === "file") return member;
    if (kind === "symlink") {
      const folder = at.slice(0, at.lastIndexOf("/") + 1);
      at = memberName(linkName.startsWith("/") ? linkName : folder + linkName, what);
    } else if (kind === "hardlink") {
      at = memberName(linkName, what);
    } else {
      throw malformed(what, `${name} is not a regular file`);
    }
  }
  throw malformed(what, `${name} is a link to itself`);
}

/** Every member by its normalised name. */
function membersOf(archive: RandomAccess, what: string): ReadonlyMap<string, Member> {
  const members = new Map<string, Member>();
  let ends = 0;
  let found: TarHeader | undefined;
  let name = "";
  const reader = createTarParser(
    {
      entry: (header) => {
        found = header;
        name = header.name;
      },
      data: () => undefined,
      // What lies in the archive for a sparse file is neither as long as the file nor the file.
      hole: () => {
        throw malformed(what, `${name} is a sparse file`);
      },
      end: () => {
        ends += 1;
      },
    },
    what,
  );
  for (let at = 0; at < archive.sizeBytes; ) {
    reader.write(archive.read(at, blockBytes));
    at += blockBytes;
    if (found === undefined) continue;
    const header: TarHeader = found;
    found = undefined;
    addMember(members, { header, offset: at }, what);
    const before = ends;
    at += skipContent(reader, header, archive.sizeBytes - at);
    if (header.sizeBytes > 0 && ends === before) throw malformed(what, `${header.name} is cut short`);
  }
  reader.finish();
  return members;
}

const blockBytes = 512;
const nothing = Buffer.alloc(1 << 20);

/** Feeds the reader zeros in place of a content that nobody looks at here, so that it needn't be read. */
function skipContent(
  reader: { write(chunk: Uint8Array): void },
  header: TarHeader,
  restBytes: number,
): number {
  if (header.kind !== "file") return 0;
  const paddedBytes = Math.ceil(header.sizeBytes / blockBytes) * blockBytes;
  const length = Math.min(paddedBytes, restBytes);
  for (let left = length; left > 0; left -= nothing.length) {
    reader.write(left >= nothing.length ? nothing : nothing.subarray(0, left));
  }
  return length;
}

function addMember(members: Map<string, Member>, member: Member, what: string): void {
  const name = memberName(member.header.name, what);
  const known = members.get(name);
  if (known !== undefined && !(known.header.kind === "directory" && member.header.kind === "directory")) {
    throw malformed(what, `it has the member ${name} twice`);
  }
  members.set(name, member);
  if (members.size > limits.archiveMembersMax) {
    throw new ToolError("limit", {
      what: `reading ${what}`,
      why: `it has more than ${limits.archiveMembersMax} members`,
    });
  }
}

/** "./blobs//sha256/x" is "blobs/sha256/x". @throws ToolError "malformed" for a name that leads out of the archive */
function memberName(name: string, what: string): string {
  const parts: string[] = [];
  if (name.startsWith("/")) throw malformed(what, `the name ${JSON.stringify(name)} leads out of it`);
  for (const part of name.split("/")) {
    if (part === "" || part === ".") continue;
    if (part !== "..") parts.push(part);
    else if (parts.pop() === undefined) {
      throw malformed(what, `the name ${JSON.stringify(name)} leads out of it`);
    }
  }
  return parts.join("/");
}

/**
 * The archive without its compression. It is spooled once: its name there says which file it is of, so that recognising an
 * archive and then opening it costs one decompression.
 */
async function decompressed(
  file: string,
  scratchFolder: string,
  what: string,
  signal: AbortSignal | undefined,
): Promise<string> {
  const status = await stat(file);
  const compression = await compressionOf(file, status.size);
  if (compression === "none") return file;
  const identity = digestOf(`${status.dev} ${status.ino} ${status.size} ${status.mtimeMs}`);
  const plain = join(scratchFolder, `archive-${hexOf(identity)}.tar`);
  if (existsSync(plain)) return plain;
  const bounds = { outputBytesMax: limits.layerBytesMax, what };
  await writeFileAtomically(
    plain,
    abortable(decompress(fileRange(file, 0, status.size), compression, bounds), signal),
  );
  return plain;
}

async function compressionOf(file: string, sizeBytes: number): Promise<Compression> {
  for await (const head of fileRange(file, 0, Math.min(sizeBytes, blockBytes)))
    return detectCompression(head);
  return "none";
}
