// Where the members of a data.tar come to lie: safe paths, merged /usr, hard links. Pure.
// Invariants: no path leaves the root; nothing lies below what isn't a folder; no path is there twice.
import type { Digest } from "../base/digest.ts";
import { ToolError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import type { TarHeader } from "../formats/tar-reader.ts";
import { parentOf, root, type TreePath, treePath } from "../tree/path.ts";
import { malformed } from "./deb.ts";
import { isMergedLink, mergedPath } from "./merged-usr.ts";
import type { IndexedEntry } from "./unpacked.ts";

export interface FileContent {
  readonly offset: number;
  readonly sizeBytes: number;
  readonly digest: Digest;
}

export interface Placement {
  /** Places a member. For a regular file the returned function is to be called with its content once that is known. */
  place(header: TarHeader): ((content: FileContent) => void) | undefined;
  /** All entries, in the order of the archive. Nothing may be placed afterwards. */
  entries(): readonly IndexedEntry[];
}

/**
 * An empty placement; `what` names the package in errors.
 * @throws ToolError "malformed", "limit" (the functions of the result)
 */
export function createPlacement(what: string): Placement {
  const placed = new Map<TreePath, IndexedEntry>();
  // Which file member each name stands for: a later member may take a name over from a file that has others.
  const members = new Map<TreePath, number>();
  let membersPlaced = 0;
  const add = (entry: IndexedEntry): void => {
    const before = placed.get(entry.path);
    if (before !== undefined && before.kind !== entry.kind) {
      throw malformed(what, `${entry.path} is there twice: as a ${before.kind} and as a ${entry.kind}`);
    }
    if (placed.size >= limits.entriesMax) {
      throw new ToolError("limit", {
        what: `reading ${what}`,
        why: `it has more than ${limits.entriesMax} entries`,
      });
    }
    placed.set(entry.path, entry);
  };
  const addHardLink = (path: TreePath, linkName: string): void => {
    const target = placed.get(mergedPath(safePath(linkName, what)));
    const member = target === undefined ? undefined : members.get(target.path);
    if (target?.kind !== "file" || member === undefined) {
      throw malformed(
        what,
        `${path} is a hard link to ${JSON.stringify(linkName)}, which is no file before it`,
      );
    }
    add({ ...target, path });
    members.set(path, member);
  };
  return {
    place(header): ((content: FileContent) => void) | undefined {
      const path = placeOf(header, what);
      if (path === root || path === undefined) return undefined;
      const { mode, uid, gid, mtime } = header;
      const common = { path, mode: mode & 0o7777, uid, gid, mtime };
      switch (header.kind) {
        case "directory":
        case "fifo":
          add({ ...common, kind: header.kind });
          return undefined;
        case "symlink":
          if (header.linkName === "") throw malformed(what, `the symbolic link ${path} has no target`);
          add({ ...common, kind: "symlink", target: header.linkName });
          return undefined;
        case "hardlink":
          addHardLink(path, header.linkName);
          return undefined;
        case "file":
          return (content) => {
            add({ ...common, kind: "file", ...content });
            members.set(path, membersPlaced++);
          };
        case "character-device":
        case "block-device":
          throw malformed(what, `${path} is a device node; a package has no business making one`);
      }
    },
    entries() {
      for (const { path } of placed.values()) requireFolders(placed, path, what);
      return withLinks([...placed.values()], members);
    },
  };
}

/** The member's place, or undefined for the links of merged /usr themselves, which the base recipe makes. */
function placeOf(header: TarHeader, what: string): TreePath | undefined {
  const path = safePath(header.name, what);
  if (!isMergedLink(path) || header.kind === "directory") return mergedPath(path);
  if (header.kind !== "symlink" || treePath(header.linkName) !== mergedPath(path)) {
    throw malformed(what, `${path} is neither a folder nor the link to ${mergedPath(path)}`);
  }
  return undefined;
}

/** dpkg takes an absolute name as one below the root; `..` has no use in a package and is refused. */
function safePath(name: string, what: string): TreePath {
  const path = name.split("/").includes("..") ? undefined : treePath(name);
  if (path === undefined)
    throw malformed(what, `it has an entry named ${JSON.stringify(name.slice(0, 200))}`);
  return path;
}

/** The entries, where each name of a file with several has the first of them as its link. */
function withLinks(
  entries: readonly IndexedEntry[],
  members: ReadonlyMap<TreePath, number>,
): readonly IndexedEntry[] {
  const names = Map.groupBy(entries, ({ path }) => members.get(path));
  return entries.map((entry) => {
    if (entry.kind !== "file") return entry;
    const [first, second] = names.get(members.get(entry.path)) ?? [];
    return first === undefined || second === undefined ? entry : { ...entry, link: first.path };
  });
}

/** Refuses an entry below a link or file of the same package, which could lead anywhere. */
function requireFolders(placed: ReadonlyMap<TreePath, IndexedEntry>, path: TreePath, what: string): void {
  for (let folder = parentOf(path); folder !== root; folder = parentOf(folder)) {
    const entry = placed.get(folder);
    if (entry !== undefined && entry.kind !== "directory") {
      throw malformed(what, `${path} lies below ${folder}, which is a ${entry.kind}`);
    }
  }
}
