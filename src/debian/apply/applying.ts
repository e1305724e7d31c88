// The state of one application of effects: a tree under construction, its accounts, and the helpers that every action uses.
import { bytesOf } from "../../base/bytes.ts";
import { type Digest, digestOf } from "../../base/digest.ts";
import { type Facts, factsOf } from "../../content/facts.ts";
import { inMemory } from "../../formats/random-access.ts";
import type { DirectoryEntry, Entry, FileEntry, Origin } from "../../tree/entry.ts";
import { addEntry, type TreeBuilder } from "../../tree/memory-tree.ts";
import { joinPath, parentOf, type TreePath } from "../../tree/path.ts";
import { placeOf } from "../../tree/placing.ts";
import { resolve } from "../../tree/resolve.ts";
import type { Tree } from "../../tree/tree.ts";
import type { Effect, Generator } from "../effects/effect.ts";
import { type Accounts, findGroupId, findUserId } from "./accounts.ts";
import type { AlternativeRequest } from "./alternatives.ts";
import { applyMode } from "./mode.ts";

export interface Applying {
  readonly builder: TreeBuilder;
  /** The builder's entries, for following links. */
  readonly view: Tree;
  readonly accounts: Accounts;
  /** Seconds since the epoch, for all that is made. */
  readonly mtime: number;
  /** Of the files that were made. */
  readonly facts: Map<Digest, Facts>;
  readonly alternatives: AlternativeRequest[];
  /** update-alternatives --set: name to path. */
  readonly choices: Map<string, TreePath>;
  readonly generators: Set<Generator>;
  /** Attributes that are to be set last. */
  readonly overrides: (() => void)[];
}

/** A tree over the entries that a builder has right now. */
export function viewOf(builder: TreeBuilder): Tree {
  return {
    lookup: (path) => builder.entries.get(path),
    children: (folder) => [...(builder.names.get(folder) ?? [])].sort(),
    walk: () => builder.entries.values(),
    size: builder.entries.size,
  };
}

export function originOf(effect: Effect): Origin {
  return { kind: "effect", effect: effect.source.script, package: effect.source.package };
}

/** The entry that a path leads to, with its real path. */
export function found(state: Applying, path: TreePath): Entry | undefined {
  return resolve(state.view, path)?.entry;
}

/** The entry at a path itself, links among its parents followed. */
export function foundItself(state: Applying, path: TreePath): Entry | undefined {
  return state.builder.entries.get(placeOf(state.builder, path));
}

export interface Wanted {
  readonly mode?: string;
  readonly user?: string;
  readonly group?: string;
}

/**
 * Changes an entry's attributes, those of all its names where it has several. Names that no account has change nothing: chown
 * would fail, and the script with it. A file gets neither setuid nor setgid, as those of packages lose them (compose.ts).
 */
export function changeAttributes(state: Applying, entry: Entry, wanted: Wanted): void {
  const { mode, user, group } = wanted;
  const uid = user === undefined ? undefined : findUserId(state.accounts, user);
  const gid = group === undefined ? undefined : findGroupId(state.accounts, group);
  const bits = mode === undefined ? undefined : applyMode(mode, entry.mode, entry.kind === "directory");
  const kept = bits !== undefined && entry.kind === "file" ? bits & ~0o6000 : bits;
  const changed = { uid: uid ?? entry.uid, gid: gid ?? entry.gid, mode: kept ?? entry.mode };
  for (const one of namesOf(state, entry)) addEntry(state.builder, { ...one, ...changed });
}

function namesOf(state: Applying, entry: Entry): readonly Entry[] {
  if (entry.kind !== "file" || entry.link === undefined) return [entry];
  return [...state.builder.entries.values()].filter((one) => one.kind === "file" && one.link === entry.link);
}

/** Where a path leads: links are followed, the last one too, whether or not what they lead to is there. */
export function realPlace(state: Applying, path: TreePath): TreePath {
  return parentOf(placeOf(state.builder, joinPath(path, "_")));
}

/**
 * Makes a folder with its parents where absent; the folder that the path leads to. Undefined where something else is in the
 * way: mkdir would fail.
 */
export function makeFolder(state: Applying, path: TreePath, origin: Origin): DirectoryEntry | undefined {
  const at = realPlace(state, path);
  const present = state.builder.entries.get(at);
  if (present !== undefined) return present.kind === "directory" ? present : undefined;
  if (makeFolder(state, parentOf(at), origin) === undefined) return undefined;
  const made: DirectoryEntry = {
    kind: "directory",
    path: at,
    mode: 0o755,
    uid: 0,
    gid: 0,
    mtime: state.mtime,
    origins: [origin],
  };
  addEntry(state.builder, made);
  return made;
}

/** Makes a link, with the folder that it lies in; nothing where something is in the way of that folder. */
export function makeSymlink(state: Applying, path: TreePath, target: string, origin: Origin): void {
  const at = placeOf(state.builder, path);
  if (makeFolder(state, parentOf(at), origin) === undefined) return;
  addEntry(state.builder, {
    kind: "symlink",
    path: at,
    target,
    mode: 0o777,
    uid: 0,
    gid: 0,
    mtime: state.mtime,
    origins: [origin],
  });
}

/** What a file holds, in memory or in a file that is there. */
export type FileContent = Pick<FileEntry, "content" | "digest" | "sizeBytes">;

/** These bytes as a file's content, their facts noted. */
export function newContent(state: Applying, bytes: Uint8Array): FileContent {
  const digest = digestOf(bytes);
  state.facts.set(digest, factsOf(inMemory(bytes)));
  return { content: bytesOf(bytes), digest, sizeBytes: bytes.length };
}

/** Puts a file at a real place, with the mode and owner of `like`. */
export function makeFile(
  state: Applying,
  at: TreePath,
  content: FileContent,
  like: Entry | undefined,
  origin: Origin,
): FileEntry {
  const { content: bytes, digest, sizeBytes } = content;
  const made: FileEntry = {
    kind: "file",
    path: at,
    mode: like?.mode ?? 0o644,
    uid: like?.uid ?? 0,
    gid: like?.gid ?? 0,
    mtime: state.mtime,
    origins: [origin],
    sizeBytes,
    digest,
    content: bytes,
  };
  addEntry(state.builder, made);
  return made;
}
