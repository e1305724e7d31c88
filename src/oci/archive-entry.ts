// Members of the archives that are written here: owned by root, of no time, so that equal content gives equal bytes.
import { type Bytes, bytesOf } from "../base/bytes.ts";
import type { TarHeader } from "../formats/tar-reader.ts";

export interface ArchiveEntry {
  readonly header: TarHeader;
  readonly content?: Bytes;
}

const plain = { uid: 0, gid: 0, mtime: 0, linkName: "", deviceMajor: 0, deviceMinor: 0 } as const;

/** A folder; `name` without the final slash. */
export function folderEntry(name: string): ArchiveEntry {
  return { header: { ...plain, name: `${name}/`, kind: "directory", mode: 0o755, sizeBytes: 0 } };
}

export function fileEntry(name: string, sizeBytes: number, content: Bytes): ArchiveEntry {
  return { header: { ...plain, name, kind: "file", mode: 0o644, sizeBytes }, content };
}

/** A file of a few bytes. */
export function textEntry(name: string, content: Uint8Array | string): ArchiveEntry {
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  return fileEntry(name, bytes.length, bytesOf(bytes));
}
