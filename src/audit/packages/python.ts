// Python's packages as installers record them: NAME-VERSION.dist-info with METADATA and RECORD (PEP 376, PEP 627), and setuptools'
// older .egg-info, a folder or a single file, and .egg folders.
import { limits } from "../../base/limits.ts";
import type { FileEntry } from "../../tree/entry.ts";
import { baseName, joinPath, parentOf, root, type TreePath } from "../../tree/path.ts";
import type { Tree } from "../../tree/tree.ts";
import { type Claim, malformed, packageRef } from "./claim.ts";
import { fileAt, readText } from "./image-file.ts";
import { foldersAt, type LanguageReader, type Surroundings } from "./language-file.ts";

/** Beside packages, and nobody's alone. */
const sharedFolders: ReadonlySet<string> = new Set(["..", ".", "__pycache__", "bin"]);

export const pythonReader: LanguageReader = {
  matches: (path) =>
    /\.dist-info\/METADATA$|\.egg-info(?:\/PKG-INFO)?$|\.egg\/EGG-INFO\/PKG-INFO$/.test(path),
  read: async (file, around) => {
    const ref = await readMetadata(file);
    const claimed = await claimedBy(file, around);
    return [{ package: { ...ref, source: file.path, depends: [] }, ...claimed }];
  },
};

/** Headers up to the first blank line, "Name" and "Version" among them (core metadata specification). */
async function readMetadata(file: FileEntry): Promise<ReturnType<typeof packageRef>> {
  const text = await readText(file, "packageMetadataBytesMax");
  const end = /\r?\n\r?\n/.exec(text)?.index ?? text.length;
  const headers = linesOf(text.slice(0, end));
  const [name, version] = ["name", "version"].map((header) => {
    const line = headers.find((one) => one.toLowerCase().startsWith(`${header}:`));
    return line?.slice(header.length + 1).trim();
  });
  if (name === undefined) throw malformed(file.path, "it has no header Name");
  return packageRef({ type: "python", name, version: version ?? "" }, file.path);
}

type Claimed = Pick<Claim, "paths" | "folders">;

async function claimedBy(file: FileEntry, { tree, place, charge }: Surroundings): Promise<Claimed> {
  if (file.path.endsWith(".egg-info")) return { paths: [file.path], folders: [] };
  const info = parentOf(file.path);
  const site = parentOf(info);
  if (baseName(info) === "EGG-INFO") return { paths: [], folders: foldersAt(tree, [site]) };
  const [list, base, parse] = info.endsWith(".dist-info")
    ? (["RECORD", site, recordedNames] as const)
    : (["installed-files.txt", info, linesOf] as const);
  const record = fileAt(tree, joinPath(info, list));
  if (record === undefined) return byTopLevel(tree, info, site);
  charge(record);
  const names = parse(await readText(record, "packageListBytesMax"));
  const paths = names.flatMap((name) => place(name.startsWith("/") ? name : `${base}/${name}`) ?? []);
  return { paths, folders: [info, ...foldersAt(tree, topFolders(paths, site))] };
}

/** The first column of RECORD: a path from the folder that holds the .dist-info, quoted as in CSV where it has commas. */
function recordedNames(text: string): readonly string[] {
  return linesOf(text).map((line) => {
    if (!line.startsWith('"')) return line.slice(0, Math.max(0, line.indexOf(",")));
    const end = line.lastIndexOf('",');
    return line.slice(1, Math.max(1, end)).replaceAll('""', '"');
  });
}

/** Lines longer than any path and what stands beside it say nothing here. */
function linesOf(text: string): readonly string[] {
  return text.split(/\r?\n/).filter((line) => line !== "" && line.length <= 2 * limits.pathBytesMax);
}

/** The folders of `site` that its files lie in: what appears there later (bytecode) is the package's too. */
function topFolders(paths: readonly TreePath[], site: TreePath): readonly string[] {
  const within = site === root ? "/" : `${site}/`;
  const names = new Set<string>();
  for (const path of paths) {
    if (!path.startsWith(within)) continue;
    const cut = path.indexOf("/", within.length);
    const name = cut < 0 ? undefined : path.slice(within.length, cut);
    if (name !== undefined && !sharedFolders.has(name)) names.add(name);
  }
  return [...names].map((name) => `${within}${name}`);
}

/** Without a list of files: the import packages that top_level.txt names. */
async function byTopLevel(tree: Tree, info: TreePath, site: TreePath): Promise<Claimed> {
  const file = fileAt(tree, joinPath(info, "top_level.txt"));
  const names = file === undefined ? [] : linesOf(await readText(file, "packageMetadataBytesMax"));
  const usable = names.filter((name) => /^[\w-]+(?:\/[\w-]+)*$/.test(name));
  const modules = usable.flatMap((name) => fileAt(tree, joinPath(site, `${name}.py`))?.path ?? []);
  return {
    paths: modules,
    folders: [
      info,
      ...foldersAt(
        tree,
        usable.map((name) => joinPath(site, name)),
      ),
    ],
  };
}
