// A tree as short lines, for tests: "/dir/file": "file 0644 cc55e2ec". Root's ownership goes without saying.
import { hexOf } from "../base/digest.ts";
import type { Entry } from "./entry.ts";
import type { Tree } from "./tree.ts";

/** Every entry by path: kind, mode, owner where it isn't root, and content (the first 8 digits of a digest, a link's target, a device's numbers). */
export function dumpTree(tree: Tree): Record<string, string> {
  const lines: Record<string, string> = {};
  for (const entry of tree.walk()) lines[entry.path] = dumpEntry(entry);
  return lines;
}

/** One entry as a line. */
export function dumpEntry(entry: Entry): string {
  const words: string[] = [entry.kind, entry.mode.toString(8).padStart(4, "0")];
  if (entry.uid !== 0 || entry.gid !== 0) words.push(`${entry.uid}:${entry.gid}`);
  if (entry.kind === "file") words.push(entry.sizeBytes === 0 ? "empty" : hexOf(entry.digest).slice(0, 8));
  if (entry.kind === "symlink") words.push(`-> ${entry.target}`);
  if (entry.kind === "character-device" || entry.kind === "block-device") {
    words.push(`${entry.deviceMajor},${entry.deviceMinor}`);
  }
  return words.join(" ");
}
