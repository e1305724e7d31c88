// The loader's cache as an entry of a tree.
import { bytesOf } from "../../../base/bytes.ts";
import { digestOf } from "../../../base/digest.ts";
import type { FileEntry } from "../../../tree/entry.ts";
import { path } from "../../../tree/path.ts";

/** The file that the loader looks into; `content` as ldconfig would write it. */
export function ldCacheEntry(content: Uint8Array, mtime: number): FileEntry {
  return {
    kind: "file",
    path: path("/etc/ld.so.cache"),
    mode: 0o644,
    uid: 0,
    gid: 0,
    mtime,
    origins: [{ kind: "effect", effect: "ldconfig" }],
    sizeBytes: content.length,
    digest: digestOf(content),
    content: bytesOf(content),
  };
}
