// What of a closure counts in an audit. A build keeps whatever is named, so that an image works; an image that somebody else made
// may name what it wants. Invariant: a program is needed only where something starts it, and never because an argument, a
// preload, a pattern of a rule or a package names it.
import type { Closure, EdgeKind, Reason, Role, Unproven, Weakness } from "../closure/closure.ts";
import { roleOfReason } from "../closure/role.ts";
import type { Facts } from "../content/facts.ts";
import type { FileEntry } from "../tree/entry.ts";
import type { TreePath } from "../tree/path.ts";
import type { Tree } from "../tree/tree.ts";

/** Whether the role is a reason to be there. `unproven` isn't one: what no rule tells is not vouched for. */
export function isExplained(role: Role): boolean {
  return role !== "foreign" && role !== "unproven";
}

/** Whether the entrypoint's closure needs it: package data and declared files have their reasons, but nothing runs them. */
export function isNeeded(role: Role): boolean {
  return role === "entrypoint-runtime" || role === "closure";
}

/**
 * The closure with the reasons that count, and the roles that they leave. Code with other reasons is `unproven`. Reasons count from
 * a root onward: what only a program asks for that isn't needed itself isn't needed either.
 */
export function auditedClosure(closure: Closure, tree: Tree, facts: (file: FileEntry) => Facts): Closure {
  const targets = targetsOf(closure, tree, facts);
  const reached = reachedBy(closure, targets);
  const reasons = countedReasons(closure, targets, reached);
  if (reasons === undefined) return closure;
  const unproven = [...closure.unproven, ...unprovenCode(closure, targets, reasons)];
  return {
    ...closure,
    reasons,
    unproven,
    role: (path) => {
      const before = closure.role(path);
      const counted = reasons.get(path);
      if (counted !== undefined) return before === "entrypoint-runtime" ? before : roleOfReason(counted);
      if (!closure.reasons.has(path)) return before;
      return targets.has(path) ? "unproven" : "foreign";
    },
  };
}

/** Code among what is kept, and links that may lead to some: what decides which reasons count for it. */
interface Target {
  /**
   * `script`: not recognised as a program. `library`: it has no entry point, and isn't recognised either. `program`: it runs by
   * itself, or was recognised as something that does.
   */
  readonly is: "link" | "script" | "library" | "program";
  /** A loader refuses it (DF_1_PIE, an executable type), whoever names it as a library. */
  readonly isUnloadable: boolean;
  readonly isRecognised: boolean;
  readonly hasLoader: boolean;
}

type Targets = ReadonlyMap<TreePath, Target>;

function targetsOf(closure: Closure, tree: Tree, facts: (file: FileEntry) => Facts): Targets {
  const targets = new Map<TreePath, Target>();
  for (const path of closure.reasons.keys()) {
    const entry = tree.lookup(path);
    const target = entry?.kind === "file" ? codeOf(facts(entry)) : undefined;
    if (target !== undefined) targets.set(path, target);
    else if (entry?.kind === "symlink") targets.set(path, link);
  }
  return targets;
}

const link: Target = { is: "link", isUnloadable: false, isRecognised: false, hasLoader: false };

function codeOf({ elf, identities, magic }: Facts): Target | undefined {
  const isRecognised = identities?.some((one) => one.within === undefined && one.embedded !== true) === true;
  if (!isRecognised && magic !== "elf" && magic !== "script") return undefined;
  const hasLoader = elf?.interpreter !== undefined;
  const isUnloadable = elf?.program === true;
  const isLibrary = elf?.type === "shared" && !hasLoader && !isUnloadable;
  return {
    is: isRecognised ? "program" : magic === "script" ? "script" : isLibrary ? "library" : "program",
    isUnloadable,
    isRecognised,
    hasLoader,
  };
}

/** Kinds of reasons that lead to a program: something starts it, or whoever may say so does. */
const starting: ReadonlySet<EdgeKind> = new Set(["root", "interpreter", "link", "declared", "knowledge"]);
/** Kinds of reasons by which something loads a library. */
const loading: ReadonlySet<EdgeKind> = new Set(["interpreter", "needed", "dlopen-note", "soname-string"]);

/** Whether a reason of something needed makes this needed. `isLoaded`: something that is needed loads libraries. */
function counts({ kind, weak }: Reason, target: Target | undefined, isLoaded: boolean): boolean {
  switch (target?.is) {
    case undefined:
      return weak !== "unrecognised";
    case "link":
      return true;
    case "script":
      return weak !== "unrecognised";
    case "library":
      return weak === undefined && kind !== "knowledge" ? true : isLoaded && weak !== "unrecognised";
    case "program":
      if (kind === "needed") return !target.isUnloadable;
      // A library may have an entry point too (libc.so.6); what is recognised as a program is none that a name leads to.
      if (loading.has(kind) && kind !== "interpreter") return !target.isUnloadable && !target.isRecognised;
      return weak === undefined && starting.has(kind);
  }
}

/** How far a path is reached: in full, or by reasons that prove little, which what it leads to inherits. */
type Reach = "needed" | Weakness;

const reaches: readonly Reach[] = ["unrecognised", "named", "needed"];

interface Reached {
  readonly paths: ReadonlyMap<string, Reach>;
  readonly isLoaded: boolean;
}

/** Follows the reasons that count from the roots on; those that wait for a loader, once there is one. */
function reachedBy(closure: Closure, targets: Targets): Reached {
  const { onward, pending } = edgesOf(closure);
  const paths = new Map<string, Reach>();
  const waiting: Edge[] = [];
  let isLoaded = false;
  for (let edge = pending.pop(); edge !== undefined; edge = pending.pop()) {
    const { to } = edge;
    const target = targets.get(to);
    const reason = inherited(edge.reason, paths);
    if (!counts(reason, target, isLoaded)) {
      if (counts(reason, target, true)) waiting.push(edge);
      continue;
    }
    const reach = reachOf(reason, target);
    const before = paths.get(to);
    if (before !== undefined && reaches.indexOf(before) >= reaches.indexOf(reach)) continue;
    paths.set(to, reach);
    for (const next of onward.get(to) ?? []) pending.push(next);
    if (isLoaded || target === undefined || !loads(target, reason)) continue;
    isLoaded = true;
    pending.push(...waiting.splice(0));
  }
  return { paths, isLoaded };
}

interface Edge {
  readonly to: TreePath;
  readonly reason: Reason;
}

/** The edges out of each path, and those out of the roots. */
function edgesOf({ reasons }: Closure): { onward: ReadonlyMap<string, readonly Edge[]>; pending: Edge[] } {
  const onward = new Map<string, Edge[]>();
  const pending: Edge[] = [];
  for (const [to, list] of reasons) {
    for (const reason of list) {
      const edge = { to, reason };
      const others = onward.get(reason.from);
      if (!reasons.has(reason.from as TreePath)) pending.push(edge);
      else if (others === undefined) onward.set(reason.from, [edge]);
      else others.push(edge);
    }
  }
  return { onward, pending };
}

/** A reason of something that is itself only named proves no more than that. */
function inherited(reason: Reason, paths: ReadonlyMap<string, Reach>): Reason {
  const from = paths.get(reason.from);
  return from === undefined || from === "needed" ? reason : { ...reason, weak: from };
}

/** Links and scripts that are only named lead on to no program. */
function reachOf({ kind, weak }: Reason, target: Target | undefined): Reach {
  if (target?.is !== "link" && target?.is !== "script") return "needed";
  return weak ?? (starting.has(kind) || loading.has(kind) ? "needed" : "named");
}

/** Whether it is, or comes with, something that loads libraries. */
function loads({ hasLoader, is }: Target, { kind }: Reason): boolean {
  return hasLoader || (is === "library" && loading.has(kind));
}

/** The reasons that count, in their order; undefined where all do. */
function countedReasons(
  closure: Closure,
  targets: Targets,
  { isLoaded, paths }: Reached,
): ReadonlyMap<TreePath, readonly Reason[]> | undefined {
  const counted = new Map<TreePath, readonly Reason[]>();
  let isLess = false;
  for (const [to, list] of closure.reasons) {
    const target = targets.get(to);
    const kept = list.filter((reason) => {
      if (closure.reasons.has(reason.from as TreePath) && !paths.has(reason.from)) return false;
      return counts(inherited(reason, paths), target, isLoaded);
    });
    if (kept.length < list.length) isLess = true;
    if (kept.length > 0) counted.set(to, kept.length < list.length ? kept : list);
  }
  return isLess ? counted : undefined;
}

function unprovenCode(
  closure: Closure,
  targets: Targets,
  counted: ReadonlyMap<TreePath, readonly Reason[]>,
): Unproven[] {
  const found: Unproven[] = [];
  for (const [path, { is }] of targets) {
    const [first] = closure.reasons.get(path) ?? [];
    if (is === "link" || counted.has(path) || first === undefined) continue;
    const why = `${first.from} names it, and that it is used is not known (${first.evidence})`;
    found.push({ path, kind: "named", why });
  }
  return found;
}
