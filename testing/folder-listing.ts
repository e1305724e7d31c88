// An unpacked folder as lines, to compare what two programs made of one image.
import { createHash } from "node:crypto";
import { lstatSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";

/** "/dir/file": kind, mode, and what it holds; files of one inode carry the first one's name. Times are left out. */
export function listFolder(folder: string): Record<string, string> {
  const lines: Record<string, string> = {};
  const inodes = new Map<number, string>();
  for (const name of namesIn(folder, "")) lines[name] = lineOf(folder, name, inodes);
  return lines;
}

/** Links are not followed, as readdir's own `recursive` would. */
function* namesIn(folder: string, below: string): Generator<string> {
  for (const entry of readdirSync(join(folder, below), { withFileTypes: true })) {
    const name = `${below}/${entry.name}`;
    yield name;
    if (entry.isDirectory()) yield* namesIn(folder, name);
  }
}

function lineOf(folder: string, name: string, inodes: Map<number, string>): string {
  const place = join(folder, name);
  const status = lstatSync(place);
  const mode = (status.mode & 0o7777).toString(8).padStart(4, "0");
  if (status.isDirectory()) return `directory ${mode}`;
  if (status.isSymbolicLink()) return `symlink -> ${readlinkSync(place)}`;
  if (!status.isFile()) return `special ${mode}`;
  const digest = createHash("sha256").update(readFileSync(place)).digest("hex").slice(0, 16);
  if (status.nlink === 1) return `file ${mode} ${digest}`;
  const first = inodes.get(status.ino) ?? name;
  inodes.set(status.ino, first);
  return `file ${mode} ${digest} linked ${first}`;
}
