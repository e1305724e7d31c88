// The closure while it grows: what is kept so far with its reasons, what is still to be looked at, what was not found.
// One `Work` per run of `close`; nothing here outlives it.
import { limits } from "../base/limits.ts";
import type { Facts } from "../content/facts.ts";
import type { Entry, FileEntry } from "../tree/entry.ts";
import { compileGlob, type Glob } from "../tree/glob.ts";
import { baseName, joinPath, parentOf, root, type TreePath, treePath } from "../tree/path.ts";
import { type Resolution, resolve } from "../tree/resolve.ts";
import type { ClosureInput, Mention, Missing, Reason, Unproven } from "./closure.ts";
import { deferPath } from "./pending.ts";
import type { LoaderSettings } from "./search-path.ts";

/** `run`: it is started or loaded, so a script brings its interpreter. `ship`: it only has to be there. */
export type Use = "run" | "ship";

export interface Work {
  readonly input: ClosureInput;
  readonly reasons: Map<TreePath, Reason[]>;
  /** Kept files not looked at yet. */
  readonly queue: TreePath[];
  /** Files kept to be run. */
  readonly runs: Set<TreePath>;
  readonly findings: Findings;
  readonly memo: Memo;
}

/** Answers that the tree gave before. */
interface Memo {
  /** The real place of a folder, by its written path. */
  readonly folders: Map<TreePath, Resolution | undefined>;
  /** By machine and class. */
  readonly loaderSettings: Map<string, LoaderSettings>;
  /** The reasons of a path that has many of them, as keys. */
  readonly reasonKeys: Map<TreePath, Set<string>>;
  /** A folder that is kept already: neighbours come one after the other. */
  lastFolder: string;
}

export interface Findings {
  readonly missing: Map<string, Missing>;
  readonly deferred: Set<string>;
  readonly mentioned: Map<TreePath, Mention>;
  readonly unproven: Map<TreePath, Unproven>;
  /** What a `drop` left out although something asked for it. */
  readonly dropped: Map<TreePath, string>;
  readonly drops: readonly { readonly glob: Glob; readonly source: string }[];
}

export function startWork(input: ClosureInput): Work {
  return {
    input,
    reasons: new Map(),
    queue: [],
    runs: new Set(),
    memo: { folders: new Map(), loaderSettings: new Map(), reasonKeys: new Map(), lastFolder: "" },
    findings: {
      missing: new Map(),
      deferred: new Set(),
      mentioned: new Map(),
      unproven: new Map(),
      dropped: new Map(),
      drops: input.drop.map(({ glob, source }) => ({ glob: compileGlob(glob), source })),
    },
  };
}

/** The facts of a regular file at exactly this path. */
export function factsAt(work: Work, path: TreePath): Facts | undefined {
  const entry = work.input.tree.lookup(path);
  return entry?.kind === "file" ? work.input.facts(entry) : undefined;
}

/** Whether the entry is code: an ELF file or a script, by content. */
export function isCode(work: Work, entry: Entry): entry is FileEntry {
  if (entry.kind !== "file") return false;
  const { magic } = work.input.facts(entry);
  return magic === "elf" || magic === "script";
}

/**
 * Keeps what a path leads to: the entry itself, every link on the way, and the folders that hold them. Gives the real path
 * of the entry; undefined where there is nothing (what a pending package may hold is then deferred) or a `drop` forbids it.
 */
export function keepPath(work: Work, path: TreePath, reason: Reason, use: Use): TreePath | undefined {
  let at = path;
  let why = reason;
  for (let followed = 0; followed <= limits.symlinksFollowedMax; followed++) {
    const folder = realFolder(work, parentOf(at));
    const real = folder === undefined ? at : at === root ? root : joinPath(folder.path, baseName(at));
    const entry = work.input.tree.lookup(real);
    if (folder === undefined || entry === undefined) {
      if (!deferPath(work, at)) deferPath(work, real);
      return undefined;
    }
    if (forbidden(work, real, why)) return undefined;
    addReason(work, real, why, use);
    for (const one of [...folder.links, ...folder.left]) keepOnTheWay(work, one, real);
    if (entry.kind !== "symlink") return real;
    const target = targetOf(real, entry.target);
    if (target === undefined) return undefined;
    why = { from: real, kind: "link", evidence: `link to ${entry.target}`, confidence: why.confidence };
    if (climbs(entry.target)) return keepClimbing(work, real, target, why, use);
    at = target;
  }
  return undefined;
}

/** Keeps what a link leads to whose target goes up again: from where the folders before really are, not as it is written. */
function keepClimbing(
  work: Work,
  link: TreePath,
  written: TreePath,
  why: Reason,
  use: Use,
): TreePath | undefined {
  const found = resolve(work.input.tree, link);
  if (found === undefined) {
    deferPath(work, written);
    return undefined;
  }
  const between = found.links.slice(1);
  if ([...between, found.path].some((one) => forbidden(work, one, why))) return undefined;
  addReason(work, found.path, why, use);
  for (const one of [...between, ...found.left]) keepOnTheWay(work, one, found.path);
  return found.path;
}

/** Adds a reason to an entry that exists at exactly this path, and keeps its folders. */
export function addReason(work: Work, path: TreePath, reason: Reason, use: Use): void {
  const present = work.reasons.get(path);
  if (present === undefined) {
    work.reasons.set(path, [reason]);
    work.queue.push(path);
    keepFolders(work, path);
  } else if (!isKnown(work, path, present, reason)) {
    present.push(reason);
  }
  if (use === "run" && !work.runs.has(path)) {
    work.runs.add(path);
    if (present !== undefined) work.queue.push(path);
  }
}

/** Keeps an entry that can't lead anywhere: data, at exactly this path. A `drop` is honoured. */
export function addData(work: Work, path: TreePath, reason: Reason): void {
  if (work.findings.drops.length > 0 && forbidden(work, path, reason)) return;
  work.reasons.set(path, [reason]);
  keepFolders(work, path);
}

export function addMissing(work: Work, missing: Missing): void {
  const key = `${missing.kind}\0${missing.what}\0${missing.neededBy}`;
  if (!work.findings.missing.has(key)) work.findings.missing.set(key, missing);
}

export function addUnproven(work: Work, unproven: Unproven): void {
  work.findings.unproven.set(unproven.path, unproven);
}

/** The path that a link's target names, seen from where the link is; of one that `climbs`, only as it is written. */
function targetOf(link: TreePath, target: string): TreePath | undefined {
  return treePath(target.startsWith("/") ? target : `${parentOf(link)}/${target}`);
}

/** Whether `..` follows a name, which may be a link: then text alone doesn't tell where it leads. */
function climbs(target: string): boolean {
  return /(?:^|\/)\.\.(?:\/|$)/.test(target.replace(/^(?:\.\.?\/)+/, ""));
}

/** Where a folder really is, with the links met. */
export function realFolder(work: Work, folder: TreePath): Resolution | undefined {
  const { folders } = work.memo;
  if (folders.has(folder)) return folders.get(folder);
  const found = resolve(work.input.tree, folder);
  const real = found?.entry.kind === "directory" ? found : undefined;
  folders.set(folder, real);
  return real;
}

/** What a path leads to, as `resolve` tells it; folders are remembered, since most paths asked for share theirs. */
export function find(work: Work, path: TreePath): Pick<Resolution, "path" | "entry"> | undefined {
  const folder = realFolder(work, parentOf(path));
  if (folder === undefined) return undefined;
  const real =
    path === root ? root : folder.path === parentOf(path) ? path : joinPath(folder.path, baseName(path));
  const entry = work.input.tree.lookup(real);
  if (entry === undefined) return undefined;
  return entry.kind === "symlink" ? resolve(work.input.tree, real) : { path: real, entry };
}

/** Keeps a link, or a folder left again, that a path goes through. */
function keepOnTheWay(work: Work, through: TreePath, to: TreePath): void {
  if (work.reasons.has(through)) return;
  addReason(
    work,
    through,
    { from: to, kind: "link", evidence: `on the way to ${to}`, confidence: "certain" },
    "ship",
  );
}

function keepFolders(work: Work, path: TreePath): void {
  const { memo } = work;
  if (path.lastIndexOf("/") === memo.lastFolder.length && path.startsWith(memo.lastFolder)) return;
  memo.lastFolder = parentOf(path) === root ? "" : parentOf(path);
  let inner = path;
  for (let folder = parentOf(path); inner !== root; folder = parentOf(folder)) {
    if (folder === root || work.reasons.has(folder)) return;
    work.reasons.set(folder, [
      { from: inner, kind: "folder", evidence: `holds ${baseName(inner)}`, confidence: "certain" },
    ]);
    inner = folder;
  }
}

/** Whether a `drop` names the path. What is certainly needed is then missing; anything else is left out in silence. */
function forbidden(work: Work, path: TreePath, reason: Reason): boolean {
  const { drops, dropped } = work.findings;
  const drop = drops.find((one) => one.glob.matches(path));
  if (drop === undefined || work.input.tree.lookup(path)?.kind === "directory") return false;
  dropped.set(path, `dropped by ${drop.source}`);
  if (reason.confidence === "certain") {
    addMissing(work, {
      what: path,
      kind: missingKind(reason),
      neededBy: reason.from,
      evidence: `${reason.evidence}; ${drop.source} drops it`,
    });
  }
  return true;
}

function missingKind(reason: Reason): Missing["kind"] {
  if (reason.kind === "interpreter") return "interpreter";
  return reason.kind === "root" ? "program" : "library";
}

/** A list of so many is searched by keys: thousands of links can lead to one file. */
const fewReasons = 16;

/** Whether a path has the reason already; of many the new one is noted. */
function isKnown(work: Work, path: TreePath, present: readonly Reason[], reason: Reason): boolean {
  if (present.length < fewReasons) return present.some((one) => reasonKey(one) === reasonKey(reason));
  const { reasonKeys } = work.memo;
  const keys = reasonKeys.get(path) ?? new Set(present.map(reasonKey));
  reasonKeys.set(path, keys);
  const key = reasonKey(reason);
  if (keys.has(key)) return true;
  keys.add(key);
  return false;
}

function reasonKey({ evidence, from, kind, weak }: Reason): string {
  return [kind, from, evidence, weak ?? ""].join("\0");
}
