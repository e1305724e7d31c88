// Entries and trees in a few words, for tests.
import { bytesOf } from "../src/base/bytes.ts";
import { digestOf } from "../src/base/digest.ts";
import type { Attributes, DirectoryEntry, FileEntry, Origin, SymlinkEntry } from "../src/tree/entry.ts";
import { path } from "../src/tree/path.ts";

type Options = Partial<Attributes> & { readonly origins?: readonly Origin[]; readonly link?: string };

const plain = { uid: 0, gid: 0, mtime: 0, origins: [] };

export function file(name: string, content: string | Uint8Array = "", options: Options = {}): FileEntry {
  const bytes = typeof content === "string" ? Buffer.from(content) : content;
  return {
    ...plain,
    kind: "file",
    path: path(name),
    mode: 0o644,
    sizeBytes: bytes.length,
    digest: digestOf(bytes),
    content: bytesOf(bytes),
    ...options,
  };
}

export function directory(name: string, options: Options = {}): DirectoryEntry {
  return { ...plain, kind: "directory", path: path(name), mode: 0o755, ...options };
}

export function symlink(name: string, target: string, options: Options = {}): SymlinkEntry {
  return { ...plain, kind: "symlink", path: path(name), mode: 0o777, target, ...options };
}

/** The origin of a package's file. */
export function fromPackage(name: string): { readonly origins: readonly Origin[] } {
  return { origins: [{ kind: "package", package: `${name}:amd64`, version: "1" }] };
}

/** The origin of a layer's file. */
export function fromLayer(index: number): { readonly origins: readonly Origin[] } {
  return { origins: [{ kind: "layer", index, digest: digestOf(`layer ${index}`) }] };
}
