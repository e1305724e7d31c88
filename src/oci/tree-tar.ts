// Tree entries as a tar stream: names relative, a folder's with a final slash, hard links to the first name of their file.
// Invariant: equal entries in equal order give equal bytes.
import type { Bytes } from "../base/bytes.ts";
import type { TarHeader } from "../formats/tar-reader.ts";
import { writeTar } from "../formats/tar-writer.ts";
import type { HardLink, LayerEntry } from "../tree/layers.ts";
import { root } from "../tree/path.ts";
import type { Tree } from "../tree/tree.ts";
import { abortable } from "./blob.ts";

interface TarEntry {
  readonly header: TarHeader;
  readonly content?: Bytes;
}

/** The tree as one tar: what `docker export` would give. @throws whatever the contents throw */
export function tarOfTree(tree: Tree, signal?: AbortSignal): Bytes {
  return tarOfEntries(tree.walk(), signal);
}

/**
 * Entries as one tar, in their order.
 * @throws ToolError "malformed" where a content is not as long as its entry says; whatever the contents throw
 */
export function tarOfEntries(entries: Iterable<LayerEntry>, signal?: AbortSignal): Bytes {
  return abortable({ [Symbol.asyncIterator]: () => gathered(writeTar(tarEntriesOf(entries))) }, signal);
}

/** Small pieces are put together, so that 10,000 headers don't make 10,000 writes. */
const gatheredBytes = 262_144;

async function* gathered(stream: Bytes): AsyncGenerator<Uint8Array> {
  let pieces: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const piece of stream) {
    pieces.push(piece);
    sizeBytes += piece.length;
    if (sizeBytes < gatheredBytes) continue;
    yield Buffer.concat(pieces, sizeBytes);
    pieces = [];
    sizeBytes = 0;
  }
  if (sizeBytes > 0) yield Buffer.concat(pieces, sizeBytes);
}

async function* tarEntriesOf(entries: Iterable<LayerEntry>): AsyncGenerator<TarEntry> {
  /** The first name of each inode; later ones become hard links to it. */
  const names = new Map<string, string>();
  for (const entry of entries) {
    const link = entry.kind === "file" ? entry.link : undefined;
    const first = link === undefined ? undefined : names.get(link);
    yield tarEntryOf(entry, first);
    if (link !== undefined && first === undefined) names.set(link, entry.path.slice(1));
  }
}

function tarEntryOf(entry: LayerEntry, hardLinkTo: string | undefined): TarEntry {
  if (entry.kind === "hardlink") return furtherName(entry);
  const { gid, mode, mtime, path, uid, xattrs } = entry;
  const attributes = { mode, uid, gid, mtime, ...(xattrs === undefined ? {} : { xattrs }) };
  const plain = {
    ...attributes,
    name: path.slice(1),
    sizeBytes: 0,
    linkName: "",
    deviceMajor: 0,
    deviceMinor: 0,
  };
  switch (entry.kind) {
    case "directory":
      return { header: { ...plain, kind: "directory", name: entry.path === root ? "./" : `${plain.name}/` } };
    case "symlink":
      return { header: { ...plain, kind: "symlink", linkName: entry.target } };
    case "file":
      return hardLinkTo === undefined
        ? { header: { ...plain, kind: "file", sizeBytes: entry.sizeBytes }, content: entry.content }
        : { header: { ...plain, kind: "hardlink", linkName: hardLinkTo } };
    default:
      return {
        header: {
          ...plain,
          kind: entry.kind,
          deviceMajor: entry.deviceMajor,
          deviceMinor: entry.deviceMinor,
        },
      };
  }
}

/** A name for a file of a lower layer; the attributes are that file's, and a reader takes none of these. */
function furtherName({ path, target }: HardLink): TarEntry {
  const nothing = { mode: 0o644, uid: 0, gid: 0, mtime: 0, sizeBytes: 0, deviceMajor: 0, deviceMinor: 0 };
  return { header: { ...nothing, kind: "hardlink", name: path.slice(1), linkName: target.slice(1) } };
}
