// Which package an entry belongs to, from what packages claim. Invariants: what a system package lists is that package's, whoever
// else claims it; a folder that several packages list is nobody's.
import { lazy } from "../../base/lazy.ts";
import type { Entry } from "../../tree/entry.ts";
import { parentOf, root, type TreePath } from "../../tree/path.ts";
import { resolve } from "../../tree/resolve.ts";
import type { Tree } from "../../tree/tree.ts";
import type { Claim, Unreadable } from "./claim.ts";
import type { InstalledPackage, PackageIndex } from "./package.ts";

/** A folder of several packages has none. */
type Owners = Map<TreePath, InstalledPackage | undefined>;

export function packageIndex(
  tree: Tree,
  claims: { readonly system: readonly Claim[]; readonly language: readonly Claim[] },
  unreadable: readonly Unreadable[],
): PackageIndex {
  const listed: Owners = new Map();
  for (const claim of claims.system) addPaths(tree, listed, claim);
  const folders: Owners = new Map();
  for (const claim of claims.language) {
    addPaths(tree, listed, claim);
    for (const folder of claim.folders) addOwner(folders, folder, claim.package, true);
  }
  const packages = [...claims.system, ...claims.language].map((claim) => claim.package);
  return { packages, unreadable, ownerOf: ownership(tree, listed, folders) };
}

function addPaths(tree: Tree, owners: Owners, claim: Claim): void {
  for (const path of claim.paths) {
    const entry = tree.lookup(path);
    if (entry !== undefined) addOwner(owners, path, claim.package, isFolder(tree, entry));
  }
}

/** The first has a file; a folder that another one has too is shared. */
function addOwner(owners: Owners, path: TreePath, owner: InstalledPackage, folder: boolean): void {
  if (!owners.has(path)) owners.set(path, owner);
  else if (folder && owners.get(path) !== owner) owners.set(path, undefined);
}

function isFolder(tree: Tree, entry: Entry): boolean {
  if (entry.kind === "symlink") return resolve(tree, entry.path)?.entry.kind === "directory";
  return entry.kind === "directory";
}

function ownership(
  tree: Tree,
  listed: Owners,
  folders: Owners,
): (entry: Entry) => InstalledPackage | undefined {
  const direct = (path: TreePath): InstalledPackage | undefined =>
    listed.has(path) ? listed.get(path) : innermost(folders, path);
  const byLink = lazy(() => {
    const owners = new Map<string, InstalledPackage>();
    for (const entry of tree.walk()) {
      if (entry.kind !== "file" || entry.link === undefined || owners.has(entry.link)) continue;
      const owner = direct(entry.path);
      if (owner !== undefined) owners.set(entry.link, owner);
    }
    return owners;
  });
  const ofEntry = (entry: Entry): InstalledPackage | undefined => {
    const owner = direct(entry.path);
    if (owner !== undefined || entry.kind !== "file") return owner;
    const linked = entry.link === undefined ? undefined : byLink().get(entry.link);
    return linked ?? ofBytecode(tree, entry.path, direct);
  };
  return (entry) => {
    const owner = ofEntry(entry);
    if (owner !== undefined || entry.kind !== "symlink") return owner;
    // Links that scripts made (alternatives, ldconfig, BusyBox's commands) are of what they lead to.
    const target = resolve(tree, entry.path)?.entry;
    return target === undefined ? undefined : ofEntry(target);
  };
}

function innermost(folders: Owners, path: TreePath): InstalledPackage | undefined {
  if (folders.size === 0) return undefined;
  for (let at = path; at !== root; at = parentOf(at)) {
    if (folders.has(at)) return folders.get(at);
  }
  return undefined;
}

/** `__pycache__/name.cpython-311.pyc` is made of `name.py` when a package is installed; no list has it (PEP 3147). */
function ofBytecode(
  tree: Tree,
  path: TreePath,
  direct: (path: TreePath) => InstalledPackage | undefined,
): InstalledPackage | undefined {
  if (!path.endsWith(".pyc")) return undefined;
  const [, folder, name] = /^(.*)\/__pycache__\/([^/.]+)\.[^/]+\.pyc$/.exec(path) ?? [];
  if (folder === undefined || name === undefined) return undefined;
  const source = tree.lookup(`${folder}/${name}.py` as TreePath);
  return source === undefined ? undefined : direct(source.path);
}
