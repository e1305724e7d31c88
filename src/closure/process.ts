// What a dynamic loader maps for one program or module: DT_NEEDED breadth first, an object only once per process
// (System V gABI ch. 5 "Shared Object Dependencies"; ld.so(8)).
import { baseName, isName, joinPath, parentOf, type TreePath } from "../tree/path.ts";
import type { Reason } from "./closure.ts";
import { deferGlob, deferNearest, deferPath, deferSoname } from "./pending.ts";
import {
  type Libc,
  type Loaded,
  type LoaderSettings,
  loaderSettings,
  neededPaths,
  searchFolders,
} from "./search-path.ts";
import { addMissing, factsAt, find, keepPath, realFolder, type Work } from "./work.ts";

/** The objects of one process. */
interface Process {
  readonly libc: Libc;
  readonly settings: LoaderSettings;
  /** By every name that a NEEDED may match: the name asked for, and the soname. */
  readonly byName: Map<string, Loaded>;
  /** What was loaded into it before: a module comes to a program that runs. */
  readonly before: ReadonlyMap<string, Loaded>;
  muslLoader: Loaded | undefined;
  /** By real path, in load order. */
  readonly objects: Map<TreePath, Loaded>;
}

/** What a module finds loaded already, by soname. */
export interface LoadedNames {
  /** By the programs started so far. */
  readonly started: Map<string, Loaded>;
  /** Kept libraries, wherever they lie: the last resort of a module, whose program may have loaded them by name. */
  readonly kept: Map<string, Loaded>;
  /** Real paths of objects whose needs were followed in some process: a module that needs one finds what it needs as well. */
  readonly followed: Set<TreePath>;
  /** Of the programs started so far. */
  muslLoader: Loaded | undefined;
}

export function noneLoaded(): LoadedNames {
  return { started: new Map(), kept: new Map(), followed: new Set(), muslLoader: undefined };
}

/**
 * Keeps what the loader maps for an ELF file at its real path: its interpreter, its libraries and theirs. A module (no
 * interpreter) is loaded into a process that has `present` already.
 */
export function loadProcess(work: Work, path: TreePath, present: LoadedNames): void {
  const elf = factsAt(work, path)?.elf;
  if (elf === undefined) return;
  const isModule = elf.interpreter === undefined;
  if (isModule && present.followed.has(path)) return;
  const program: Loaded = { path, elf };
  const loader = elf.interpreter === undefined ? undefined : keepInterpreter(work, path, elf.interpreter);
  const process: Process = {
    libc: libcOf(program, present),
    settings: loaderSettings(work.input, elf, work.memo.loaderSettings),
    byName: new Map(),
    before: isModule ? present.started : new Map<string, Loaded>(),
    muslLoader: isModule ? present.muslLoader : undefined,
    objects: new Map([[path, program]]),
  };
  if (loader !== undefined) enter(process, loader, baseName(loader.path));
  followObjects(work, process, present, isModule);
  if (isModule) return;
  present.muslLoader ??= process.muslLoader;
  for (const [name, object] of process.byName) {
    if (!present.started.has(name)) present.started.set(name, object);
  }
}

/** Follows what each object needs, breadth first as the loader does: objects are added while they are walked. */
function followObjects(work: Work, process: Process, present: LoadedNames, isModule: boolean): void {
  const followed: Loaded[] = [];
  for (const object of process.objects.values()) {
    // A run path that is handed down makes a search of its own.
    if (isModule && present.followed.has(object.path) && !inheritsPath(object)) continue;
    present.followed.add(object.path);
    followed.push(object);
    for (const needed of object.elf.needed) need(work, process, object, needed, present);
  }
  for (const object of followed) checkVersions(work, process, object);
}

/** Whether its libraries are also looked for where an object that led to it says so. */
function inheritsPath({ loader }: Loaded): boolean {
  for (let by = loader; by !== undefined; by = by.loader) {
    if (by.elf.rpath !== undefined && by.elf.runpath === undefined) return true;
  }
  return false;
}

/** The kept library for a soname asked for by a note, a rule or a string in `by`; undefined where there is none. */
export function keepLibrary(
  work: Work,
  by: TreePath,
  soname: string,
  reason: Reason,
  present: LoadedNames,
): TreePath | undefined {
  const elf = factsAt(work, by)?.elf;
  if (elf === undefined) return undefined;
  const object: Loaded = { path: by, elf };
  const libc = libcOf(object, present);
  const found =
    present.started.get(soname)?.path ??
    findLibrary(
      work,
      { libc, settings: loaderSettings(work.input, elf, work.memo.loaderSettings) },
      object,
      soname,
    );
  return found === undefined || found === "deferred" ? undefined : keepWithVariants(work, found, reason);
}

function keepInterpreter(work: Work, path: TreePath, interpreter: string): Loaded | undefined {
  const evidence = `PT_INTERP ${interpreter}`;
  const wanted = interpreter.startsWith("/") ? (interpreter as TreePath) : undefined;
  const real =
    wanted === undefined
      ? undefined
      : keepPath(work, wanted, { from: path, kind: "interpreter", evidence, confidence: "certain" }, "run");
  if (real !== undefined) {
    const elf = factsAt(work, real)?.elf;
    return elf === undefined ? undefined : { path: real, elf };
  }
  if (wanted !== undefined && find(work, wanted) !== undefined) return undefined;
  if (wanted !== undefined && (deferPath(work, wanted) || deferSoname(work, baseName(wanted))))
    return undefined;
  if (!deferNearest(work, path)) {
    addMissing(work, { what: interpreter, kind: "interpreter", neededBy: path, evidence });
  }
  return undefined;
}

function need(work: Work, process: Process, object: Loaded, needed: string, names: LoadedNames): void {
  const reason: Reason = {
    from: object.path,
    kind: "needed",
    evidence: `DT_NEEDED ${needed}`,
    confidence: "certain",
  };
  const present = loaded(process, needed) ?? (process.libc === "musl" ? ownName(process, needed) : undefined);
  if (present !== undefined) {
    keepPath(work, present.path, reason, "run");
    return;
  }
  const found = findLibrary(work, process, object, needed);
  if (found === "deferred") return;
  if (found === undefined) {
    const [first] = process.objects.values();
    const kept = first?.elf.interpreter === undefined ? names.kept.get(needed) : undefined;
    if (kept !== undefined) {
      keepPath(work, kept.path, { ...reason, evidence: `${reason.evidence}, loaded by name before` }, "run");
      enter(process, kept, needed);
      return;
    }
    if (deferNearest(work, object.path)) return;
    addMissing(work, { what: needed, kind: "library", neededBy: object.path, evidence: reason.evidence });
    return;
  }
  const real = keepWithVariants(work, found, reason);
  const elf = real === undefined ? undefined : factsAt(work, real)?.elf;
  if (real === undefined || elf === undefined) return;
  // The same file under another name is the same object (the loader compares device and inode).
  enter(process, process.objects.get(real) ?? { path: real, elf, loader: object }, needed);
}

function enter(process: Process, object: Loaded, name: string): void {
  if (!process.objects.has(object.path)) process.objects.set(object.path, object);
  if (isMuslLoader(object)) process.muslLoader ??= object;
  for (const one of [name, object.elf.soname]) {
    if (one !== undefined && loaded(process, one) === undefined) process.byName.set(one, object);
  }
}

/** The object of this name in the process. */
function loaded(process: Process, name: string): Loaded | undefined {
  return process.before.get(name) ?? process.byName.get(name);
}

/** The path by which the loader finds a NEEDED: the first in search order whose class and machine fit. */
function findLibrary(
  work: Work,
  process: Pick<Process, "libc" | "settings">,
  object: Loaded,
  needed: string,
): TreePath | "deferred" | undefined {
  const { tree, launch } = work.input;
  if (!needed.includes("/") && !isName(needed)) return undefined;
  const candidates = needed.includes("/")
    ? neededPaths(tree, needed, object, launch.workingDir)
    : searchFolders(tree, object, process.libc, process.settings).map((folder) => joinPath(folder, needed));
  for (const candidate of candidates) {
    const found = find(work, candidate);
    if (found === undefined) {
      if (deferPath(work, candidate)) return "deferred";
      continue;
    }
    const elf = found.entry.kind === "file" ? work.input.facts(found.entry).elf : undefined;
    if (elf?.machine === object.elf.machine && elf.class === object.elf.class) return candidate;
  }
  return deferLibrary(work, candidates, needed) ? "deferred" : undefined;
}

/**
 * A library that the tree lacks may be in a pending package: one that says it ships the soname, or one that lists a file of
 * that name with a longer version (libz.so.1.3; lists name no links) where the loader would look.
 */
function deferLibrary(work: Work, candidates: readonly TreePath[], needed: string): boolean {
  if (work.input.packages === undefined) return false;
  if (deferSoname(work, needed)) return true;
  if (!/^[\w.+-]+$/.test(needed)) return false;
  let any = false;
  for (const candidate of candidates) any = deferGlob(work, `${candidate}.*`) || any;
  return any;
}

/** Keeps a library, and the variants of it that glibc prefers on newer processors. */
function keepWithVariants(work: Work, library: TreePath, reason: Reason): TreePath | undefined {
  const real = keepPath(work, library, reason, "run");
  const { tree } = work.input;
  const folder = joinPath(parentOf(library), "glibc-hwcaps");
  const variants = realFolder(work, folder);
  if (variants === undefined || real === undefined) return real;
  for (const level of tree.children(variants.path)) {
    const variant = joinPath(joinPath(variants.path, level), baseName(library));
    if (tree.lookup(variant) === undefined) continue;
    keepPath(work, variant, { ...reason, evidence: `${reason.evidence}, its ${level} variant` }, "run");
  }
  return real;
}

/** VERNEED against what the loaded library defines. A library without any version definition satisfies all (ld.so warns only). */
function checkVersions(work: Work, process: Process, object: Loaded): void {
  for (const { file, version, weak } of object.elf.versionsNeeded) {
    const library = loaded(process, file);
    if (weak || library === undefined || library.elf.versionsDefined.length === 0) continue;
    if (library.elf.versionsDefined.includes(version)) continue;
    addMissing(work, {
      what: `${file}(${version})`,
      kind: "symbol-version",
      neededBy: object.path,
      evidence: `VERNEED ${version}; ${library.path} does not define it`,
    });
  }
}

/** musl's libc is its loader, and answers to the names of all the libraries that it holds. */
function ownName(process: Process, needed: string): Loaded | undefined {
  if (!/^lib(?:c|pthread|rt|m|dl|util|xnet)\./.test(needed)) return undefined;
  return process.muslLoader;
}

function isMuslLoader(object: Loaded): boolean {
  return baseName(object.path).startsWith("ld-musl-");
}

function libcOf(object: Loaded, present: LoadedNames): Libc {
  const { interpreter, needed } = object.elf;
  if (interpreter !== undefined) return interpreter.includes("/ld-musl-") ? "musl" : "glibc";
  if (needed.some((name) => name.startsWith("libc.musl-") || name === "libc.so")) return "musl";
  if (needed.includes("libc.so.6")) return "glibc";
  return present.muslLoader === undefined ? "glibc" : "musl";
}
