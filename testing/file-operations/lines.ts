// Trees as lines of text, both ways: "/a/b": "file 0644 text", "directory 0755 10:20", "symlink -> target", "fifo 0644",
// "character-device 0666 1,3"; "link /a/b" is a further name of a file that stands above. An owner that isn't root follows the
// mode. An archive is a file, too: {archive: "gzip", of: lines}.
import { gzipSync, zstdCompressSync } from "node:zlib";
import { bytesOf, collect } from "../../src/base/bytes.ts";
import { digestOf } from "../../src/base/digest.ts";
import { tarOfEntries } from "../../src/oci/tree-tar.ts";
import type { Entry, FileEntry } from "../../src/tree/entry.ts";
import { treeOf } from "../../src/tree/memory-tree.ts";
import { path } from "../../src/tree/path.ts";
import type { Tree } from "../../src/tree/tree.ts";

export type TreeLine = string | { readonly archive: keyof typeof packers; readonly of: TreeLines };
export type TreeLines = Readonly<Record<string, TreeLine>>;

const packers = {
  none: (tar: Uint8Array): Uint8Array => tar,
  gzip: (tar: Uint8Array): Uint8Array => gzipSync(tar),
  zstd: (tar: Uint8Array): Uint8Array => zstdCompressSync(tar),
};

const linePattern =
  /^(directory|file|symlink|fifo|character-device|link)(?: ([0-7]{4}))?(?: (\d+):(\d+))?(?: (.*))?$/s;

/** The entries of lines, in their order. Every one is of the same time. */
export async function entriesOf(lines: TreeLines): Promise<readonly Entry[]> {
  const entries = new Map<string, Entry>();
  for (const [name, line] of Object.entries(lines)) {
    if (typeof line !== "string") {
      const tar = await collect(tarOfEntries(await entriesOf(line.of)), 1 << 24, "an archive");
      entries.set(name, fileEntry(name, packers[line.archive](tar), { mode: 0o644, uid: 0, gid: 0 }));
      continue;
    }
    const [, kind, mode, uid = "0", gid = "0", rest = ""] = linePattern.exec(line) ?? [];
    const attributes = { mode: Number.parseInt(mode ?? "0777", 8), uid: Number(uid), gid: Number(gid) };
    const common = { ...attributes, path: path(name), mtime: linesTime, origins: [] };
    switch (kind) {
      case "directory":
        entries.set(name, { ...common, kind });
        break;
      case "file":
        entries.set(name, fileEntry(name, Buffer.from(rest), attributes));
        break;
      case "symlink":
        entries.set(name, { ...common, kind, target: rest.replace(/^-> /, "") });
        break;
      case "fifo":
      case "character-device": {
        const [deviceMajor = 0, deviceMinor = 0] = rest.split(",").map(Number);
        entries.set(name, { ...common, kind, deviceMajor, deviceMinor });
        break;
      }
      default: {
        const file = entries.get(rest);
        if (file?.kind !== "file") throw new Error(`no line: ${name}: ${line}`);
        entries.set(rest, { ...file, link: rest });
        entries.set(name, { ...file, path: path(name), link: rest });
      }
    }
  }
  return [...entries.values()];
}

/** Seconds since the epoch, of every line's entry. */
export const linesTime = 1_600_000_000;

export async function treeOfLines(lines: TreeLines): Promise<Tree> {
  return treeOf(await entriesOf(lines));
}

/** The lines of a tree, names in order. */
export async function linesOf(tree: Tree): Promise<Record<string, string>> {
  const lines: Record<string, string> = {};
  const names = new Map<string, string>();
  for (const entry of tree.walk()) {
    if (entry.kind === "file" && entry.link !== undefined) {
      const first = names.get(entry.link);
      names.set(entry.link, first ?? entry.path);
      if (first !== undefined) {
        lines[entry.path] = `link ${first}`;
        continue;
      }
    }
    const words: string[] = [entry.kind];
    if (entry.kind !== "symlink") words.push(entry.mode.toString(8).padStart(4, "0"));
    if (entry.uid !== 0 || entry.gid !== 0) words.push(`${entry.uid}:${entry.gid}`);
    if (entry.kind === "symlink") words.push("->", entry.target);
    if (entry.kind === "character-device") words.push(`${entry.deviceMajor},${entry.deviceMinor}`);
    if (entry.kind === "file" && entry.sizeBytes > 0) {
      words.push(Buffer.from(await collect(entry.content, 1 << 20, entry.path)).toString());
    }
    lines[entry.path] = words.join(" ");
  }
  return lines;
}

function fileEntry(
  name: string,
  bytes: Uint8Array,
  attributes: { readonly mode: number; readonly uid: number; readonly gid: number },
): FileEntry {
  return {
    ...attributes,
    kind: "file",
    path: path(name),
    mtime: linesTime,
    origins: [],
    sizeBytes: bytes.length,
    digest: digestOf(bytes),
    content: bytesOf(bytes),
  };
}
