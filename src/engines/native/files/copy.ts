// COPY on trees, as BuildKit's does it (moby/buildkit solver/llbsolver/file, tonistiigi/fsutil copy): where things go, what gives
// way, and which attributes they get. What is copied is selection.ts's to say.
import type { CopyAction } from "../../../graph/operation.ts";
import type { DirectoryEntry, Entry } from "../../../tree/entry.ts";
import { joinPath, parentOf, type TreePath, treePath } from "../../../tree/path.ts";
import type { ModeChange } from "./mode.ts";
import type { OwnerIds } from "./owners.ts";
import { refuse } from "./refuse.ts";
import type { SelectedItem, SelectedSource } from "./selection.ts";
import { makeFolders, placeIn, putEntry, refuseObstacle, type WorkingTree } from "./working-tree.ts";

/** What an action says of the attributes of what it makes. */
export interface CopyAttributes {
  readonly owner: OwnerIds | undefined;
  readonly mode: ModeChange | undefined;
  /** Seconds since the epoch, of folders that are made. */
  readonly mtime: number;
}

/**
 * Copies one selected source. `link` tells its hard links from those of other copies.
 * @throws InvalidInput where something is in the way, or a name can't be in a layer; ToolError "limit"
 */
export function copySource(
  work: WorkingTree,
  action: CopyAction,
  source: SelectedSource,
  attributes: CopyAttributes,
  link: string,
): void {
  const folder = madeFolder(attributes);
  // Folders of the target are made whatever is copied.
  const wanted = targetPath(work, action.target);
  const holder = /(^|\/)\.?$/.test(action.target) ? wanted : parentOf(wanted);
  makeFolders(work, placeIn(work, holder), folder);
  let target = placeIn(work, wanted);
  const isFolder = source.entry.kind === "directory";
  const present = work.lookup(target);
  const goesInside = isFolder ? !action.contentsOnly && present !== undefined : present?.kind === "directory";
  if (goesInside && source.name !== "") target = joinPath(target, source.name);
  const isNew = action.contentsOnly && isFolder && present === undefined;
  makeFolders(work, isNew ? target : parentOf(target), folder);
  const made = work.put.get(target);
  for (const item of source.items) {
    const at = item.below === "" ? target : joinPath(target, item.below);
    if (item.passing) passFolder(work, item, at, attributes);
    else if (item.entry.kind === "directory") copyFolder(work, item, item.entry, at, attributes);
    else copyFile(work, item.entry, at, attributes, link);
  }
  // A folder that was made for this content is as old as the content's own.
  if (made?.kind === "directory" && isFolder) putEntry(work, { ...made, mtime: source.entry.mtime });
}

/** The attributes of folders that are made for a target: --chmod's digits count for them, too, its symbols don't. */
export function madeFolder({ mode, mtime, owner }: CopyAttributes): {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly mtime: number;
} {
  return {
    mode: mode?.kind === "octal" ? mode.mode & 0o777 : 0o755,
    uid: owner?.uid ?? 0,
    gid: owner?.gid ?? 0,
    mtime,
  };
}

/** A path that an action names. @throws InvalidInput where it is none */
export function targetPath(work: WorkingTree, text: string): TreePath {
  const path = treePath(text);
  if (path !== undefined) return path;
  const message = `not a path: ${JSON.stringify(text.slice(0, 100))}`;
  return refuse(
    { rule: "file-in-the-way", message, hint: "a path is neither too long nor holds a NUL" },
    work.span,
  );
}

function copyFolder(
  work: WorkingTree,
  { below }: SelectedItem,
  entry: DirectoryEntry,
  at: TreePath,
  attributes: CopyAttributes,
): void {
  const present = work.lookup(at);
  if (present !== undefined && present.kind !== "directory") refuseObstacle(work, at, at, "a folder");
  // The target itself stays what it was where it is there; folders further down become those of the source.
  if (present !== undefined && below === "") return;
  const copied = withAttributes(entry, at, attributes);
  const xattrs =
    present?.xattrs === undefined ? copied.xattrs : new Map([...present.xattrs, ...(copied.xattrs ?? [])]);
  putEntry(work, xattrs === undefined ? copied : { ...copied, xattrs });
}

/** A folder that isn't selected itself: one that is there keeps all but its mode. */
function passFolder(
  work: WorkingTree,
  { entry }: SelectedItem,
  at: TreePath,
  attributes: CopyAttributes,
): void {
  const present = work.lookup(at);
  if (present === undefined) putEntry(work, withAttributes(entry, at, attributes));
  else if (present.kind !== "directory") refuseObstacle(work, at, at, "a folder");
  else if (present.mode !== entry.mode) putEntry(work, { ...present, mode: entry.mode });
}

function copyFile(
  work: WorkingTree,
  entry: Entry,
  at: TreePath,
  attributes: CopyAttributes,
  link: string,
): void {
  if (work.lookup(at)?.kind === "directory") refuseObstacle(work, at, at, "a file");
  const copied = withAttributes(entry, at, attributes);
  const isLinked = copied.kind === "file" && copied.link !== undefined;
  putEntry(work, isLinked ? { ...copied, link: `${link}/${copied.link}` } : copied);
}

function withAttributes<E extends Entry>(entry: E, path: TreePath, { mode, owner }: CopyAttributes): E {
  const changed = { ...entry, path, origins: [], ...owner };
  if (mode === undefined || entry.kind === "symlink") return changed;
  const isFolder = entry.kind === "directory";
  return { ...changed, mode: mode.kind === "octal" ? mode.mode : mode.apply(entry.mode, isFolder) };
}
