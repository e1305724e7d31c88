// The state of one application of effects: a tree under construction, its accounts, and the helpers that every action uses.
import { bytesOf } from "../../base/bytes.ts";
import { type Digest, digestOf } from "../../base/digest.ts";
import { inMemory } from "../../formats/random-access.ts";
import type { Entry, Origin } from "../../tree/entry.ts";
import { type Facts, factsOf } from "../../tree/facts.ts";
import { addEntry, type TreeBuilder } from "../../tree/memory-tree.ts";
import { placeOf } from "../../tree/merged-usr.ts";
import { type TreePath, treePath } from "../../tree/path.ts";
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

/** An entry with other attributes. Names that no account has are left as they were: chown would fail, and the script with it. */
export function withAttributes(state: Applying, entry: Entry, wanted: Wanted): Entry {
  const { mode, user, group } = wanted;
  const uid = user === undefined ? undefined : findUserId(state.accounts, user);
  const gid = group === undefined ? undefined : findGroupId(state.accounts, group);
  const bits = mode === undefined ? undefined : applyMode(mode, entry.mode, entry.kind === "directory");
  return { ...entry, uid: uid ?? entry.uid, gid: gid ?? entry.gid, mode: bits ?? entry.mode };
}

/** Makes a folder with its parents where absent; the folder that the path leads to. */
export function makeFolder(state: Applying, path: TreePath, origin: Origin): Entry | undefined {
  const present = found(state, path);
  if (present !== undefined) return present.kind === "directory" ? present : undefined;
  const at = placeOf(state.builder, path);
  const standing = state.builder.entries.get(at);
  if (standing?.kind === "symlink") {
    // The link leads where nothing is yet: the folder is made there.
    const target = treePath(
      standing.target.startsWith("/") ? standing.target : `${at}/../${standing.target}`,
    );
    return target === undefined || target === at ? undefined : makeFolder(state, target, origin);
  }
  const made: Entry = {
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

/** Puts a file of these bytes at a path; what a link there leads to is replaced, not the link. */
export function makeFile(
  state: Applying,
  path: TreePath,
  content: Uint8Array,
  attributes: Entry | undefined,
  origin: Origin,
): Entry {
  const target = resolve(state.view, path)?.path ?? placeOf(state.builder, path);
  const digest = digestOf(content);
  state.facts.set(digest, factsOf(inMemory(content)));
  const made: Entry = {
    kind: "file",
    path: target,
    mode: attributes?.mode ?? 0o644,
    uid: attributes?.uid ?? 0,
    gid: attributes?.gid ?? 0,
    mtime: state.mtime,
    origins: [origin],
    sizeBytes: content.length,
    digest,
    content: bytesOf(content),
  };
  addEntry(state.builder, made);
  return made;
}
