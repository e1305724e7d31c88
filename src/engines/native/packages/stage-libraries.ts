// What the closure misses and a build stage has: shared libraries, and the dynamic loader, for programs and libraries that were
// copied from that stage. They are looked for where the stage's own loader would (ld.so(8)), for nothing else makes them fit.
//
// Packages of the image come first: what one of them supplies is never missing here. The C library is taken only where no other
// can be in the image: with two of them, one's loader would get the other's libraries.
import type { Cache } from "../../../base/cache.ts";
import type { Digest } from "../../../base/digest.ts";
import type { Closure, Launch, Missing } from "../../../closure/closure.ts";
import {
  type Libc,
  type Loaded,
  type LoaderSettings,
  loaderSettings,
  neededPaths,
  searchFolders,
} from "../../../closure/search-path.ts";
import { readSettingsWithin } from "../../../closure/settings.ts";
import type { Facts } from "../../../content/facts.ts";
import type { Entry, FileEntry } from "../../../tree/entry.ts";
import {
  baseName,
  isName,
  isWithin,
  joinPath,
  parentOf,
  type TreePath,
  treePath,
} from "../../../tree/path.ts";
import { resolve } from "../../../tree/resolve.ts";
import type { Tree } from "../../../tree/tree.ts";
import type { Copies } from "./context-files.ts";
import { factsOfFiles, type StageTree, type StageTrees } from "./stage-files.ts";

/** One that was taken. */
export interface PulledLibrary {
  /** As it is asked for: "libfoo.so.1", "/lib64/ld-linux-x86-64.so.2". */
  readonly what: string;
  readonly neededBy: string;
  readonly stage: string;
  /** In the stage. */
  readonly source: TreePath;
  /** In the image. */
  readonly path: TreePath;
}

export interface Pulled {
  readonly libraries: readonly PulledLibrary[];
  readonly entries: readonly Entry[];
  readonly facts: ReadonlyMap<Digest, Facts>;
}

export const nothingPulled: Pulled = { libraries: [], entries: [], facts: new Map() };

export interface PullInput {
  readonly closure: Pick<Closure, "missing">;
  /** Of the image as it is composed so far. */
  readonly tree: Tree;
  readonly facts: (file: FileEntry) => Facts;
  readonly launch: Launch;
  /** Of the image, by path (`readSettings`). */
  readonly settings: ReadonlyMap<TreePath, string>;
  readonly copies: Copies;
  readonly stages: StageTrees;
  /** Some package of the image brings a C library, or could. */
  readonly hasPackages: boolean;
  readonly cache: Cache;
  /** Seconds since the epoch. */
  readonly mtime: number;
}

/** With what stages have of what is missing; `before` itself where that is nothing. @throws what reading files of stages does */
export async function pullLibraries(input: PullInput, before: Pulled): Promise<Pulled> {
  const libraries = new Map(before.libraries.map((one) => [one.path, one]));
  const entries: Entry[] = [];
  const facts = new Map(before.facts);
  for (const missing of input.closure.missing) {
    const found = await findFor(missing, input, before);
    // What was taken and is missing all the same would be so again.
    if (found === undefined || libraries.has(found.pulled.path)) continue;
    libraries.set(found.pulled.path, found.pulled);
    facts.set(found.entry.digest, found.facts);
    entries.push(found.entry);
  }
  if (entries.length === 0) return before;
  return { libraries: [...libraries.values()], entries: [...before.entries, ...entries], facts };
}

/** "libfoo.so.1 from the stage app: no package of run has it" */
export function pulledText({ source, stage, what }: PulledLibrary): string {
  const from = baseName(source) === baseName(what as TreePath) ? "" : ` (${source})`;
  return `${what} from the stage ${stage}${from}: no package of run has it`;
}

interface Found {
  readonly pulled: PulledLibrary;
  readonly entry: FileEntry;
  readonly facts: Facts;
}

async function findFor(missing: Missing, input: PullInput, before: Pulled): Promise<Found | undefined> {
  if (missing.kind !== "library" && missing.kind !== "interpreter") return undefined;
  const by = treePath(missing.neededBy);
  const needing = by === undefined ? undefined : input.tree.lookup(by);
  const origin = needing?.origins.at(-1);
  if (needing?.kind !== "file" || origin?.kind !== "stage") return undefined;
  const { elf } = input.facts(needing);
  const stage = input.stages.get(origin.stage);
  if (elf === undefined || stage === undefined) return undefined;
  if (isOfLibc(missing.what) && input.hasPackages && !stage.ofPackages) return undefined;
  const object: Loaded = { path: needing.path, elf };
  const inStage: Loaded = { path: sourceOf(needing.path, input.copies, before), elf };
  const search = await searchIn(stage, inStage, input, missing);
  for (const candidate of search.candidates) {
    const entry = resolve(stage.tree, candidate)?.entry;
    if (entry?.kind !== "file") continue;
    const facts = (await factsOfFiles([entry], input.cache)).get(entry.digest);
    if (facts?.elf === undefined) continue;
    if (facts.elf.machine !== elf.machine || facts.elf.class !== elf.class) continue;
    const named = placeFor(realPlace(stage.tree, candidate), missing, object, inStage, input, search.libc);
    const path = realPlace(input.tree, named);
    const { what, neededBy } = missing;
    const { link, ...rest } = entry;
    return {
      pulled: { what, neededBy, stage: origin.stage, source: candidate, path },
      entry: {
        ...rest,
        path,
        uid: 0,
        gid: 0,
        mtime: input.mtime,
        origins: [{ kind: "stage", stage: origin.stage, found: true }],
      },
      facts,
    };
  }
  return undefined;
}

/** Where in its stage a file of the image lies. */
function sourceOf(path: TreePath, copies: Copies, { libraries }: Pulled): TreePath {
  for (const copy of copies.values()) {
    const source = "problem" in copy ? undefined : copy.sources?.get(path);
    if (source !== undefined) return source;
  }
  return libraries.find((one) => one.path === path)?.source ?? path;
}

/** The path with the links among its folders followed. */
function realPlace(tree: Tree, path: TreePath): TreePath {
  const folder = resolve(tree, parentOf(path))?.path;
  return folder === undefined ? path : joinPath(folder, baseName(path));
}

interface Search {
  readonly libc: Libc;
  /** Paths in the stage, in the loader's order. */
  readonly candidates: readonly TreePath[];
}

async function searchIn(
  stage: StageTree,
  object: Loaded,
  input: PullInput,
  missing: Missing,
): Promise<Search> {
  const { tree } = stage;
  const libc = libcOf(object, tree);
  const { what } = missing;
  if (missing.kind === "interpreter" || what.includes("/")) {
    const at = what.startsWith("/") ? treePath(what) : undefined;
    const paths = at === undefined ? neededPaths(tree, what, object, input.launch.workingDir) : [at];
    return { libc, candidates: missing.kind === "interpreter" && at === undefined ? [] : paths };
  }
  if (!isName(what)) return { libc, candidates: [] };
  const { texts } = await readSettingsWithin(tree);
  const folders = searchFolders(tree, object, libc, settingsOf(input, tree, texts, object));
  return { libc, candidates: folders.map((folder) => joinPath(folder, what)) };
}

function settingsOf(
  { facts, launch }: Pick<PullInput, "facts" | "launch">,
  tree: Tree,
  settings: ReadonlyMap<TreePath, string>,
  { elf }: Loaded,
): LoaderSettings {
  return loaderSettings({ tree, facts, launch, keep: [], drop: [], settings }, elf, new Map());
}

/**
 * Where it goes: the same path, where the image's loader looks there; beside what needs it, where it is beside that in the
 * stage; else the folder in which every loader looks.
 */
function placeFor(
  source: TreePath,
  missing: Missing,
  object: Loaded,
  inStage: Loaded,
  input: PullInput,
  libc: Libc,
): TreePath {
  const { kind, what } = missing;
  if (kind === "interpreter" || what.includes("/")) return what.startsWith("/") ? (what as TreePath) : source;
  const settings = settingsOf(input, input.tree, input.settings, object);
  const folders = searchFolders(input.tree, object, libc, settings);
  const folder = parentOf(source);
  if (folders.includes(folder)) return source;
  const origin = parentOf(inStage.path);
  const shared = commonFolder(origin, folder);
  const up = origin
    .slice(shared.length)
    .split("/")
    .filter((part) => part !== "").length;
  let beside = parentOf(object.path);
  for (let level = 0; level < up; level++) beside = parentOf(beside);
  const moved = treePath(`${beside}/${folder.slice(shared.length)}`);
  if (moved !== undefined && folders.includes(moved)) return joinPath(moved, baseName(source));
  const trusted = folders.filter((one) => isWithin(one, "/usr/lib" as TreePath));
  return joinPath(trusted[0] ?? folders.at(-1) ?? folder, baseName(source));
}

/** The deepest folder that holds both. */
function commonFolder(one: TreePath, other: TreePath): TreePath {
  let at = one;
  while (!isWithin(other, at)) at = parentOf(at);
  return at;
}

function libcOf({ elf }: Loaded, tree: Tree): Libc {
  if (elf.interpreter !== undefined) return elf.interpreter.includes("ld-musl-") ? "musl" : "glibc";
  return tree.children("/lib" as TreePath).some((name) => name.startsWith("ld-musl-")) ? "musl" : "glibc";
}

/** The parts of glibc, which are of one version or don't work together; musl is one file. */
const libcNames =
  /^(?:libc|libm|libpthread|libdl|librt|libresolv|libutil|libanl|libmvec|libBrokenLocale|libnsl|libnss_[a-z]+|libthread_db|libc\.musl-\w+)\.so(?:\.\d+)?$|^ld(?:-linux|-musl|64)?[\w.-]*\.so(?:\.\d+)?$/;

/** Whether a soname or interpreter is the C library's. */
export function isOfLibc(what: string): boolean {
  return libcNames.test(what.slice(what.lastIndexOf("/") + 1));
}
