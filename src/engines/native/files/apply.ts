// File operations: copies, new folders, files and links, and what is removed. They never touch a disk as trees; what comes of
// one is a list of a layer's entries.
//
// Equal to BuildKit's (moby/buildkit solver/llbsolver/file/backend.go) but for this: an unknown name of --chown is a mistake
// rather than root, names that mean something else in a layer (.wh.*) are refused, and a folder that was there stays as old as
// it was.
import { bytesOf } from "../../../base/bytes.ts";
import type { Span } from "../../../base/diagnostics.ts";
import { digestOf } from "../../../base/digest.ts";
import { assert } from "../../../base/errors.ts";
import type { CopyAction, FileAction, FileOperation, Owner } from "../../../graph/operation.ts";
import type { LayerEntry } from "../../../tree/layers.ts";
import { baseName, joinPath, parentOf, root } from "../../../tree/path.ts";
import type { Tree } from "../../../tree/tree.ts";
import { copySource, madeFolder, targetPath } from "./copy.ts";
import { absentSource } from "./missing.ts";
import { parseMode } from "./mode.ts";
import { type OwnerIds, ownerIds } from "./owners.ts";
import { realPath } from "./real-path.ts";
import { refuse } from "./refuse.ts";
import { type SelectedSource, selectSources } from "./selection.ts";
import { unpackSource } from "./unpack.ts";
import { findMatching } from "./wildcards.ts";
import {
  folderEntry,
  layerOf,
  makeFolders,
  namesIn,
  placeIn,
  putEntry,
  refuseObstacle,
  removeEntry,
  tooManyLinks,
  type WorkingTree,
  workingTree,
} from "./working-tree.ts";

export interface FileSettings {
  /** Seconds since the epoch, of what is made rather than copied. */
  readonly mtime: number;
  readonly signal: AbortSignal;
  /** Where contents of unpacked archives are kept; the caller removes it once it has read the entries. */
  readonly scratchFolder: string;
  /** The instruction. */
  readonly span?: Span;
  /** Why an input lacks a path, where that is known: what `openLocal` gives as `explainAbsent`. */
  readonly explainAbsent?: (input: number, path: string) => Promise<string | undefined>;
}

/**
 * What the operation changes of input 0, in the order of a layer: new and changed entries, whiteouts for what it removes. Names
 * are looked up in input 0's account files; folders that were there and stay as they are, are not part of it.
 * @throws InvalidInput with the span, for what isn't there, is in the way or is malformed; ToolError "malformed" and "limit" for
 *   archives, "disk"; the signal's reason
 */
export async function applyFileOperation(
  operation: FileOperation,
  inputs: readonly Tree[],
  settings: FileSettings,
): Promise<readonly LayerEntry[]> {
  const [base] = inputs;
  assert(base !== undefined, "a file operation has an input");
  const work = workingTree(base, settings.span);
  for (const [index, action] of operation.actions.entries()) {
    settings.signal.throwIfAborted();
    await applyAction({ work, inputs, base, settings, index }, action);
  }
  return layerOf(work);
}

interface Context {
  readonly work: WorkingTree;
  readonly inputs: readonly Tree[];
  readonly base: Tree;
  readonly settings: FileSettings;
  /** Of the action. */
  readonly index: number;
}

async function applyAction(context: Context, action: FileAction): Promise<void> {
  switch (action.kind) {
    case "copy":
      await copy(context, action);
      break;
    case "mkdir":
      makeFolder(context, action, await ownerOf(context, action.owner));
      break;
    case "mkfile":
      makeFile(context, action, await ownerOf(context, action.owner));
      break;
    case "symlink":
      makeLink(context, action, await ownerOf(context, action.owner));
      break;
    case "rm":
      remove(context.work, action);
      break;
  }
}

async function copy(context: Context, action: CopyAction): Promise<void> {
  const { index, inputs, settings, work } = context;
  const tree = inputs[action.input];
  assert(tree !== undefined, "a copy names an input that there is");
  const mode = action.mode === undefined ? undefined : parseMode(action.mode);
  if (action.mode !== undefined && mode === undefined) {
    const hint = "octal digits up to 7777, or symbols as in u=rwX,go=rX";
    refuse({ rule: "file-mode", message: `not a mode: ${JSON.stringify(action.mode)}`, hint }, settings.span);
  }
  const owner = await ownerOf(context, action.owner);
  const attributes = { owner, mode, mtime: settings.mtime };
  const sources = await selected(context, action, tree);
  for (const [number, source] of sources.entries()) {
    settings.signal.throwIfAborted();
    const { entry } = source;
    if (action.unpack && entry.kind === "file") {
      const unpacked = { target: action.target, owner, number: `${index}.${number}`, ...settings };
      if (await unpackSource(work, entry, unpacked)) continue;
    }
    copySource(work, action, source, attributes, `${index}.${number}`);
  }
}

async function selected(
  context: Context,
  action: CopyAction,
  tree: Tree,
): Promise<readonly SelectedSource[]> {
  const selection = selectSources(action, tree);
  if ("sources" in selection) return selection.sources;
  const { span } = context.settings;
  switch (selection.problem) {
    case "pattern":
      return refusePattern(selection.text, span);
    case "links":
      return refuse(tooManyLinks(selection.at), span);
    case "link-in-parents": {
      const message = `no such file or folder: ${JSON.stringify(action.source)}, since ${selection.at} is a link`;
      return refuse(
        { rule: "file-absent", message, hint: "--parents follows no links: name the folder itself" },
        span,
      );
    }
    case "absent": {
      const reason = await context.settings.explainAbsent?.(action.input, selection.at);
      return refuse(absentSource(action.source, selection.at, tree, reason), span);
    }
  }
}

async function ownerOf({ base, settings }: Context, owner: Owner | undefined): Promise<OwnerIds | undefined> {
  return owner === undefined ? undefined : ownerIds(owner, base, settings.span);
}

type ActionOf<K extends FileAction["kind"]> = Extract<FileAction, { kind: K }>;

function makeFolder(
  { settings, work }: Context,
  action: ActionOf<"mkdir">,
  owner: OwnerIds | undefined,
): void {
  const path = placeIn(work, targetPath(work, action.path));
  const attributes = {
    ...madeFolder({ owner, mode: undefined, mtime: settings.mtime }),
    mode: action.mode & 0o777,
  };
  if (action.parents) makeFolders(work, path, attributes);
  // One that is there stays as it is, and so does anything else.
  else if (work.lookup(path) === undefined) {
    requireFolder(work, path);
    putEntry(work, folderEntry(path, attributes));
  }
}

function makeFile(
  { settings, work }: Context,
  action: ActionOf<"mkfile">,
  owner: OwnerIds | undefined,
): void {
  const path = placeIn(work, targetPath(work, action.path));
  const present = work.lookup(path);
  if (present?.kind === "directory") refuseObstacle(work, path, path, "a file");
  requireFolder(work, path);
  const bytes = Buffer.from(action.data, "base64");
  const kept = present?.kind === "file" ? present : undefined;
  putEntry(work, {
    kind: "file",
    path,
    // Written anew, a file keeps its attributes.
    mode: kept?.mode ?? action.mode & 0o777,
    uid: owner?.uid ?? kept?.uid ?? 0,
    gid: owner?.gid ?? kept?.gid ?? 0,
    mtime: settings.mtime,
    origins: [],
    sizeBytes: bytes.length,
    digest: digestOf(bytes),
    content: bytesOf(bytes),
  });
}

function makeLink(
  { settings, work }: Context,
  action: ActionOf<"symlink">,
  owner: OwnerIds | undefined,
): void {
  const path = placeIn(work, targetPath(work, action.path));
  if (work.lookup(path) !== undefined) refuseObstacle(work, path, path, "a file");
  requireFolder(work, path);
  const { uid, gid } = owner ?? { uid: 0, gid: 0 };
  const { target } = action;
  putEntry(work, {
    kind: "symlink",
    path,
    mode: 0o777,
    uid,
    gid,
    mtime: settings.mtime,
    origins: [],
    target,
  });
}

/** @throws InvalidInput where a path's folder isn't there */
function requireFolder(work: WorkingTree, path: ReturnType<typeof parentOf>): void {
  const folder = parentOf(path);
  if (work.lookup(folder)?.kind !== "directory") refuseObstacle(work, path, folder, "a file");
}

function remove(work: WorkingTree, action: ActionOf<"rm">): void {
  const wanted = targetPath(work, action.path);
  if (!action.allowWildcard) {
    removeOne(work, wanted, action);
    return;
  }
  const found = findMatching(
    { lookup: work.lookup, children: (folder) => namesIn(work, folder) },
    wanted,
    false,
  );
  if ("paths" in found) for (const path of found.paths) removeOne(work, path, action);
  else if (found.problem === "pattern") refusePattern(found.text, work.span);
  else if (found.problem === "links") refuse(tooManyLinks(found.at), work.span);
  else if (!action.allowNotFound) refuseAbsent(work, action.path);
}

function removeOne(work: WorkingTree, wanted: ReturnType<typeof parentOf>, action: ActionOf<"rm">): void {
  if (wanted === root) {
    refuse(
      { rule: "file-in-the-way", message: "the root can't be removed", hint: "name what is in it" },
      work.span,
    );
  }
  const folder = realPath(work.lookup, parentOf(wanted));
  const path = "path" in folder ? joinPath(folder.path, baseName(wanted)) : undefined;
  if (path !== undefined && work.lookup(path) !== undefined) removeEntry(work, path);
  else if (!action.allowNotFound) refuseAbsent(work, action.path);
}

function refuseAbsent(work: WorkingTree, written: string): never {
  refuse({ rule: "file-absent", message: `no such file or folder: ${JSON.stringify(written)}` }, work.span);
}

function refusePattern(text: string, span: Span | undefined): never {
  const hint =
    "* and ? stand for characters of one name, [a-z] for one of a class; \\ takes the meaning away";
  refuse({ rule: "file-pattern", message: `not a pattern: ${JSON.stringify(text)}`, hint }, span);
}
