// A tree as `overlayOf` tells stacked folders.
import { collect } from "../../src/base/bytes.ts";
import type { Entry } from "../../src/tree/entry.ts";
import type { Tree } from "../../src/tree/tree.ts";

/** "/dir/file": kind, mode, owner, time, content, attributes. */
export async function linesOfTree(tree: Tree): Promise<Record<string, string>> {
  const lines: Record<string, string> = {};
  for (const entry of tree.walk()) lines[entry.path] = await lineOf(entry);
  return lines;
}

async function lineOf(entry: Entry): Promise<string> {
  const words: string[] = [
    entry.kind,
    entry.mode.toString(8),
    `${entry.uid}:${entry.gid}`,
    String(entry.mtime),
  ];
  if (entry.kind === "file") {
    words.push(Buffer.from(await collect(entry.content, entry.sizeBytes, entry.path)).toString("latin1"));
  }
  if (entry.kind === "symlink") words.push(`-> ${entry.target}`);
  if (entry.kind.endsWith("device") && "deviceMajor" in entry) {
    words.push(`${entry.deviceMajor},${entry.deviceMinor}`);
  }
  for (const [name, value] of [...(entry.xattrs ?? [])].toSorted()) {
    words.push(`${name}=${Buffer.from(value).toString("hex")}`);
  }
  return words.join(" ");
}
