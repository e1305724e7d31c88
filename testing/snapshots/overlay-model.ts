// What overlayfs shows of stacked folders (the kernel's Documentation/filesystems/overlayfs.rst), over record streams in place of
// folders, for tests: "/dir/file": a line as testing dumps of trees have them.
import type { Bytes } from "../../src/base/bytes.ts";
import { assert } from "../../src/base/errors.ts";
import { createRecordReader, type TreeRecord } from "../../src/engines/native/snapshots/records.ts";

/** A record with its content's text, wherever that is. */
export interface WholeRecord {
  readonly record: TreeRecord;
  readonly content: Buffer;
}

/** The records of a stream but its end; `stored` reads contents that lie elsewhere. */
export async function recordsOf(
  stream: Bytes,
  stored: (source: number, offset: number, sizeBytes: number) => Buffer,
): Promise<readonly WholeRecord[]> {
  const found: WholeRecord[] = [];
  let pieces: Buffer[] = [];
  let current: TreeRecord | undefined;
  const reader = createRecordReader(
    {
      record: (record) => {
        current = record;
        pieces = [];
        const { content, sizeBytes } = record;
        if (content.kind === "inline" || record.kind === "end") return;
        const bytes =
          content.kind === "stored" ? stored(content.source, content.offset, sizeBytes) : Buffer.alloc(0);
        found.push({ record, content: bytes });
      },
      data: (chunk) => pieces.push(Buffer.from(chunk)),
      contentEnd: () => {
        assert(current !== undefined, "content follows a record");
        found.push({ record: current, content: Buffer.concat(pieces) });
      },
    },
    "records",
  );
  for await (const chunk of stream) reader.write(chunk);
  reader.finish();
  return found;
}

interface Node {
  readonly made: WholeRecord;
  readonly children: Map<string, Node>;
}

/** Folders, lowest first, laid over each other; files of one inode of one folder name the first of them. */
export function overlayOf(folders: readonly (readonly WholeRecord[])[]): Record<string, string> {
  const lines: Record<string, string> = {};
  const show = (path: string, nodes: readonly Node[]): void => {
    const names = new Set(nodes.flatMap(({ children }) => [...children.keys()]));
    for (const name of [...names].sort()) {
      const folders: Node[] = [];
      for (const node of nodes) {
        const child = node.children.get(name);
        if (child === undefined) continue;
        const { kind, opaque } = child.made.record;
        if (kind === "whiteout") break;
        if (folders.length === 0) lines[`${path}/${name}`] = lineOf(child.made);
        if (kind !== "directory") break;
        folders.push(child);
        if (opaque) break;
      }
      if (folders[0] !== undefined) show(`${path}/${name}`, folders);
    }
  };
  show("", folders.map(nodeOf).reverse());
  return lines;
}

function nodeOf(records: readonly WholeRecord[]): Node {
  const [top, ...rest] = records;
  assert(top !== undefined && top.record.path === "", "a folder's first record is its own");
  const node: Node = { made: top, children: new Map() };
  for (const one of rest) {
    const names = one.record.path.split("/");
    const last = names.pop() ?? "";
    let at = node;
    for (const name of names) {
      const child = at.children.get(name);
      assert(child?.made.record.kind === "directory", `${one.record.path} comes after its folder`);
      at = child;
    }
    const first = one.record.kind === "hardlink" ? find(node, one.record.target) : one;
    at.children.set(last, { made: first, children: new Map() });
  }
  return node;
}

function find(top: Node, path: string): WholeRecord {
  let at: Node | undefined = top;
  for (const name of path.split("/")) at = at?.children.get(name);
  assert(at !== undefined, `${path} is there before a link to it`);
  return at.made;
}

function lineOf({ content, record }: WholeRecord): string {
  const { deviceMajor, deviceMinor, gid, kind, mode, mtime, target, uid, xattrs } = record;
  const words = [kind, mode.toString(8), `${uid}:${gid}`, String(mtime)];
  if (kind === "file") words.push(content.toString("latin1"));
  if (kind === "symlink") words.push(`-> ${target}`);
  if (kind.endsWith("device")) words.push(`${deviceMajor},${deviceMinor}`);
  for (const [name, value] of xattrs ?? []) words.push(`${name}=${Buffer.from(value).toString("hex")}`);
  return words.join(" ");
}
