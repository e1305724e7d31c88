// What ldconfig(8) makes of a tree: /etc/ld.so.cache, and the soname links that packages don't ship themselves. It reads
// the facts of files, so it works for every architecture on any machine. Follows glibc's elf/ldconfig.c (search_dir).
// Legacy hwcap folders (tls/, haswell/ ...) of glibc < 2.37 are not looked into: no Debian release from 11 on ships one.

import type { Facts } from "../content/facts.ts";
import type { FileEntry, Origin, SymlinkEntry } from "../tree/entry.ts";
import { baseName, isName, joinPath, type TreePath } from "../tree/path.ts";
import { resolve } from "../tree/resolve.ts";
import type { Tree } from "../tree/tree.ts";
import { type Architecture, architectureOf } from "./architecture.ts";
import { type CacheEntry, compareLibraries, encodeLdCache, knowsHwcaps } from "./ld-cache-file.ts";
import { type LibraryFolder, libraryFolders } from "./ld-so-conf.ts";

export interface LdCacheInput {
  readonly tree: Tree;
  readonly facts: (file: FileEntry) => Facts;
  /** Debian's name: "amd64". */
  readonly architecture: string;
  /** Debian's version of glibc; undefined: that of the package which libc.so.6 is from. */
  readonly glibcVersion?: string;
}

export interface LdCache {
  /** The bytes of /etc/ld.so.cache. */
  readonly content: Uint8Array;
  /** Links that ldconfig would make: none for packages that ship theirs. */
  readonly links: readonly SymlinkEntry[];
}

/**
 * The cache for the libraries of a tree; undefined where no glibc of the architecture is there to read it.
 * @throws what reading ld.so.conf from the tree throws
 */
export async function ldSoCache(input: LdCacheInput): Promise<LdCache | undefined> {
  const { tree } = input;
  const architecture = architectureOf(input.architecture);
  const glibcVersion = input.glibcVersion ?? (architecture && versionOfGlibc(tree, architecture));
  if (architecture === undefined || glibcVersion === undefined) return undefined;

  const entries: CacheEntry[] = [];
  const links: SymlinkEntry[] = [];
  const hwcapsNames = new Set<string>();
  const add = (folder: LibraryFolder, hwcaps?: string): void => {
    for (const found of librariesIn(input, architecture, folder.realPath)) {
      // Below glibc-hwcaps the loader opens the file itself; elsewhere the link with the soname's name.
      const name = hwcaps === undefined ? found.soname : found.name;
      entries.push({
        soname: found.soname,
        path: joinPath(folder.path, name),
        flags: found.flags,
        osVersion: found.osVersion,
        ...(hwcaps === undefined ? {} : { hwcaps: { name: hwcaps, isaLevel: found.isaLevel } }),
      });
      if (hwcaps === undefined && !found.isLink) links.push(...missingLink(tree, folder.realPath, found));
    }
  };
  for (const folder of await libraryFolders(tree, architecture.triplet)) {
    add(folder);
    if (!knowsHwcaps(glibcVersion)) continue;
    for (const { name, ...below } of hwcapsFolders(tree, folder)) {
      hwcapsNames.add(name);
      add(below, name);
    }
  }
  const format = { glibcVersion, bigEndian: architecture.bigEndian, hwcapsNames: [...hwcapsNames] };
  return { content: encodeLdCache(entries, format), links };
}

function versionOfGlibc(tree: Tree, architecture: Architecture): string | undefined {
  const libc = resolve(tree, joinPath(`/lib/${architecture.triplet}` as TreePath, "libc.so.6"));
  const origin = libc?.entry.origins.findLast(
    (one): one is Origin & { kind: "package" } => one.kind === "package",
  );
  return origin?.version;
}

function hwcapsFolders(
  tree: Tree,
  folder: LibraryFolder,
): readonly (LibraryFolder & { readonly name: string })[] {
  const parent = joinPath(folder.realPath, "glibc-hwcaps");
  return tree.children(parent).flatMap((name) => {
    const realPath = joinPath(parent, name);
    if (name.startsWith(".") || tree.lookup(realPath)?.kind !== "directory") return [];
    return [{ name, realPath, path: joinPath(joinPath(folder.path, "glibc-hwcaps"), name) }];
  });
}

interface Library {
  readonly soname: string;
  /** The name it was found under. */
  readonly name: string;
  readonly isLink: boolean;
  readonly flags: number;
  readonly osVersion: number;
  readonly isaLevel: number;
}

/** One library for each soname of a folder: a file rather than a link, among equals the one with the greater name. */
function librariesIn(input: LdCacheInput, architecture: Architecture, folder: TreePath): Iterable<Library> {
  const libraries = new Map<string, Library>();
  for (const name of input.tree.children(folder)) {
    if (!looksLikeLibrary(name)) continue;
    const found = readLibrary(input, architecture, joinPath(folder, name));
    if (found === undefined) continue;
    const before = libraries.get(found.soname);
    if (before === undefined || isBetter(found, before)) libraries.set(found.soname, found);
  }
  return libraries.values();
}

function isBetter(found: Library, before: Library): boolean {
  if (found.isLink !== before.isLink) return before.isLink;
  return compareLibraries(before.name, found.name) < 0;
}

function looksLikeLibrary(name: string): boolean {
  const prefixed = name.startsWith("lib") || name.startsWith("ld-") || name.startsWith("ld.so.");
  return prefixed && name.includes(".so") && !name.includes(".#prelink#") && !name.endsWith("-gdb.py");
}

function readLibrary(input: LdCacheInput, architecture: Architecture, path: TreePath): Library | undefined {
  const entry = resolve(input.tree, path)?.entry;
  if (entry?.kind !== "file") return undefined;
  const elf = input.facts(entry).elf;
  if (elf?.type !== "shared") return undefined;
  const flags = architecture.cacheFlags(elf);
  if (flags === undefined) return undefined;
  const name = baseName(path);
  const soname = elf.soname ?? name;
  // Whoever built it meant mischief: it would name something outside of the folder.
  if (!isName(soname)) return undefined;
  const isLink = input.tree.lookup(path)?.kind === "symlink" && isPlainLink(name, soname);
  return {
    // A link counts by its own name: `libfoo.so -> libfoo.so.1` is an entry of its own.
    soname: isLink ? name : soname,
    name,
    isLink,
    flags,
    osVersion: packKernelAbi(elf.kernelAbi),
    isaLevel: elf.isaNeeded,
  };
}

/** The soname's link, or the one for ld(1); any other link counts as if it were the file. */
function isPlainLink(name: string, soname: string): boolean {
  return name === soname || (name.endsWith(".so") && soname.startsWith(name));
}

function packKernelAbi(abi: readonly [number, number, number] | undefined): number {
  return abi === undefined ? 0 : ((abi[0] & 0xff) << 16) | ((abi[1] & 0xff) << 8) | (abi[2] & 0xff);
}

/** The link `soname -> name` where nothing has the soname's name. */
function missingLink(tree: Tree, folder: TreePath, library: Library): readonly SymlinkEntry[] {
  const path = joinPath(folder, library.soname);
  if (library.soname === library.name || tree.lookup(path) !== undefined) return [];
  const origins = [{ kind: "effect", effect: "ldconfig" }] as const;
  return [{ kind: "symlink", path, target: library.name, mode: 0o777, uid: 0, gid: 0, mtime: 0, origins }];
}
