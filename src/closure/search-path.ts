// Where a dynamic loader looks, in its own order: ld.so(8) of glibc, ldso/dynlink.c of musl.
import { limits } from "../base/limits.ts";
import type { ElfFacts } from "../formats/elf.ts";
import { joinPath, parentOf, root, type TreePath, treePath } from "../tree/path.ts";
import type { Tree } from "../tree/tree.ts";
import type { ClosureInput } from "./closure.ts";

export type Libc = "glibc" | "musl";

/** An ELF object that is, or would be, mapped into a process, with the object that brought it. */
export interface Loaded {
  /** Its real path: `$ORIGIN` is the folder of it. */
  readonly path: TreePath;
  readonly elf: ElfFacts;
  readonly loader?: Loaded;
}

/** What is the same for every search in a tree. */
export interface LoaderSettings {
  readonly libraryPath: string;
  /** Folders of ld.so.conf, then glibc's trusted ones. */
  readonly glibc: readonly TreePath[];
  readonly musl: readonly TreePath[];
}

interface Machine {
  /** Debian's multiarch folder; loaders of other distributions never look there, and find nothing there either. */
  readonly multiarch: readonly string[];
  /** `$PLATFORM`. */
  readonly platform: string;
}

/** By e_machine and class; `$LIB` is the multiarch folder on Debian, lib64 or lib elsewhere. */
const machines: ReadonlyMap<string, Machine> = new Map([
  ["62/64", { multiarch: ["x86_64-linux-gnu"], platform: "x86_64" }],
  ["62/32", { multiarch: ["x86_64-linux-gnux32"], platform: "x86_64" }],
  ["3/32", { multiarch: ["i386-linux-gnu"], platform: "i686" }],
  ["183/64", { multiarch: ["aarch64-linux-gnu"], platform: "aarch64" }],
  ["40/32", { multiarch: ["arm-linux-gnueabihf", "arm-linux-gnueabi"], platform: "v7l" }],
  ["243/64", { multiarch: ["riscv64-linux-gnu"], platform: "riscv64" }],
  ["21/64", { multiarch: ["powerpc64le-linux-gnu"], platform: "power8" }],
  ["22/64", { multiarch: ["s390x-linux-gnu"], platform: "z900" }],
]);

const confFolder = "/etc/ld.so.conf.d/";

/** The settings of a tree for objects like `elf`; `known` remembers them by machine and class. */
export function loaderSettings(
  input: ClosureInput,
  elf: ElfFacts,
  known: Map<string, LoaderSettings>,
): LoaderSettings {
  const key = `${elf.machine}/${elf.class}`;
  const present = known.get(key);
  if (present !== undefined) return present;
  const settings = {
    libraryPath: input.launch.env["LD_LIBRARY_PATH"] ?? "",
    glibc: [...new Set(glibcFolders(input, elf))].slice(0, limits.libraryFoldersMax),
    musl: muslFolders(input, elf),
  };
  known.set(key, settings);
  return settings;
}

/** The folders searched for a NEEDED without a slash of `object`, in order; only those that exist in the tree. */
export function searchFolders(
  tree: Tree,
  object: Loaded,
  libc: Libc,
  settings: LoaderSettings,
): readonly TreePath[] {
  const list = libc === "musl" ? muslOrder(object, settings) : glibcOrder(tree, object, settings);
  return [...new Set(list)];
}

/** A NEEDED that holds a slash is a path, after the tokens are expanded; relative ones start in the working directory. */
export function neededPaths(
  tree: Tree,
  needed: string,
  object: Loaded,
  workingDir: string,
): readonly TreePath[] {
  return expand(tree, needed, object)
    .map((one) => treePath(one.startsWith("/") ? one : `${workingDir}/${one}`))
    .filter((one) => one !== undefined);
}

function glibcOrder(tree: Tree, object: Loaded, settings: LoaderSettings): TreePath[] {
  const folders: TreePath[] = [];
  if (object.elf.runpath === undefined) {
    // DT_RPATH of the object and of everything that led to it, the program last; void in an object that has a RUNPATH.
    for (let by: Loaded | undefined = object; by !== undefined; by = by.loader) {
      if (folders.length > limits.libraryFoldersMax) break;
      if (by.elf.runpath === undefined) folders.push(...listed(tree, by.elf.rpath, by, ":"));
    }
  }
  folders.push(...listed(tree, settings.libraryPath, object, /[:;]/));
  folders.push(...listed(tree, object.elf.runpath, object, ":"));
  folders.push(...settings.glibc);
  return folders;
}

/** musl: LD_LIBRARY_PATH, then the run paths of the object and of everything that led to it, then its path file. */
function muslOrder(object: Loaded, settings: LoaderSettings): TreePath[] {
  const folders = plainList(settings.libraryPath, /[:\n]/);
  for (let by: Loaded | undefined = object; by !== undefined; by = by.loader) {
    if (folders.length > limits.libraryFoldersMax) break;
    const { path } = by;
    const text = by.elf.runpath ?? by.elf.rpath ?? "";
    folders.push(...plainList(text.replace(/\$(?:ORIGIN|\{ORIGIN\})/g, parentOf(path)), ":"));
  }
  folders.push(...settings.musl);
  return folders;
}

function plainList(text: string, separator: string | RegExp): TreePath[] {
  return text
    .split(separator, limits.searchPathFoldersMax)
    .map((one) => (one.startsWith("/") ? treePath(one) : undefined))
    .filter((one) => one !== undefined);
}

/** The folders of a run path. Relative and empty ones mean the working directory of whoever starts it: nothing to rely on. */
function listed(
  tree: Tree,
  text: string | undefined,
  object: Loaded,
  separator: string | RegExp,
): TreePath[] {
  if (text === undefined || text === "") return [];
  return text
    .split(separator, limits.searchPathFoldersMax)
    .flatMap((one) => expand(tree, one, object))
    .map((one) => (one.startsWith("/") ? treePath(one) : undefined))
    .filter((one) => one !== undefined);
}

/** `$ORIGIN`, `$LIB`, `$PLATFORM`, with or without braces; `$LIB` gives each value that a glibc may have been built with. */
function expand(tree: Tree, text: string, object: Loaded): string[] {
  if (!text.includes("$")) return [text];
  const machine = machineOf(object.elf);
  const origin = parentOf(object.path);
  const fixed = text
    .replace(/\$(?:ORIGIN\b|\{ORIGIN\})/g, () => (origin === root ? "" : origin))
    .replace(/\$(?:PLATFORM\b|\{PLATFORM\})/g, () => machine?.platform ?? "");
  const token = /\$(?:LIB\b|\{LIB\})/g;
  if (!fixed.includes("$")) return [fixed];
  const values = [
    ...(machine?.multiarch ?? []).map((one) => `lib/${one}`),
    object.elf.class === 64 ? "lib64" : "lib",
    "lib",
  ];
  // Debian's glibc says lib/TRIPLET; another one lib64 or lib. The tree tells which it is.
  const multiarch = values.filter((one) => tree.lookup(joinPath(root, `usr/${one}`)) !== undefined);
  const value = multiarch[0] ?? values[values.length - 1] ?? "lib";
  return [fixed.replace(token, () => value)];
}

function machineOf(elf: ElfFacts): Machine | undefined {
  return machines.get(`${elf.machine}/${elf.class}`);
}

/**
 * What ld.so.cache would hold, by precedence: the folders of ld.so.conf in its order, then the trusted folders that the
 * loader falls back to.
 */
function glibcFolders(input: ClosureInput, elf: ElfFacts): TreePath[] {
  const folders = configured(input);
  for (const triplet of machineOf(elf)?.multiarch ?? []) {
    folders.push(`/lib/${triplet}` as TreePath, `/usr/lib/${triplet}` as TreePath);
  }
  const wide = elf.class === 64 ? ["/lib64", "/usr/lib64"] : ["/lib32", "/usr/lib32"];
  return [...folders, ...(["/lib", "/usr/lib", ...wide] as TreePath[])];
}

function configured(input: ClosureInput): TreePath[] {
  const main = input.settings?.get("/etc/ld.so.conf" as TreePath);
  // Without the file ldconfig has nothing but its trusted folders; a tree whose text wasn't read counts as Debian's.
  if (main === undefined && input.settings !== undefined) return [];
  const included: Included = { files: new Set(), patterns: 0 };
  return confLines(input, main ?? `include ${confFolder}*.conf`, included);
}

/** What was included so far: a file's folders come where it is met first, and nothing of it later. */
interface Included {
  readonly files: Set<TreePath>;
  patterns: number;
}

function confLines(input: ClosureInput, text: string, included: Included): TreePath[] {
  const folders: TreePath[] = [];
  for (const line of text.split("\n")) {
    if (folders.length > limits.libraryFoldersMax) break;
    const words = line.replace(/#.*/, "").trim();
    const include = /^include\s+(.+)$/.exec(words)?.[1];
    if (include === undefined) {
      // "hwcap ..." lines of old releases name no folder. A folder may carry "=libc6", a type that ldconfig ignores.
      for (const word of words.split(/[\s,:]+/)) {
        const folder = word.startsWith("/") ? treePath(word.replace(/=.*/, "")) : undefined;
        if (folder !== undefined) folders.push(folder);
      }
    } else {
      for (const pattern of include.split(/\s+/, limits.loaderIncludesMax)) {
        for (const folder of includedFolders(input, pattern, included)) folders.push(folder);
      }
    }
  }
  return folders;
}

function includedFolders(input: ClosureInput, pattern: string, included: Included): TreePath[] {
  included.patterns += 1;
  if (included.patterns > limits.loaderIncludesMax) return [];
  const absolute = pattern.startsWith("/") ? pattern : `/etc/${pattern}`;
  const star = absolute.indexOf("*");
  const matches = [...(input.settings ?? [])].filter(([path]) =>
    star < 0
      ? path === absolute
      : path.startsWith(absolute.slice(0, star)) &&
        path.endsWith(absolute.slice(absolute.lastIndexOf("*") + 1)),
  );
  return matches
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([path, text]) => {
      if (included.files.has(path)) return [];
      included.files.add(path);
      return confLines(input, text, included);
    });
}

function muslFolders(input: ClosureInput, elf: ElfFacts): TreePath[] {
  const platform = machineOf(elf)?.platform ?? "";
  const text = [...(input.settings ?? [])].find(([path]) => path.startsWith(`/etc/ld-musl-${platform}`))?.[1];
  return plainList(text ?? "/lib:/usr/local/lib:/usr/lib", /[:\n]/);
}
