// Whether shells, userlands and package managers are usable as such, and what level that leaves (audit/levels.ts: distro, slim,
// in-name-only).
import type { Identity } from "../../content/identity.ts";
import { baseName, joinPath, path, type TreePath } from "../../tree/path.ts";
import { resolve } from "../../tree/resolve.ts";
import type { Tree } from "../../tree/tree.ts";
import type { Level } from "../levels.ts";
import { apkFolders, dpkgStatus, pacmanFolder, rpmFolders } from "../packages/places.ts";
import type { Subject } from "../subject.ts";
import type { Inode } from "./inodes.ts";
import { programPrimitives } from "./primitives.ts";

export interface Usability {
  /** How good an image can be at most with this shell, multi-call binary or package manager in it. */
  levelOf(inode: Inode, group: readonly Identity[]): Level;
}

/** So many programs make a userland (audit/levels.ts). */
const userlandMin = 10;

/**
 * Where the package managers of systems keep what is installed. Without that none of them works; those of languages don't make
 * a distribution of an image.
 */
const databases: Readonly<Record<string, readonly TreePath[]>> = {
  apt: [dpkgStatus],
  dpkg: [dpkgStatus],
  apk: apkFolders.map((folder) => joinPath(folder, "installed")),
  rpm: rpmFolders,
  dnf: rpmFolders,
  microdnf: rpmFolders,
  yum: rpmFolders,
  zypper: rpmFolders,
  pacman: [joinPath(pacmanFolder, "local")],
  opkg: ["/usr/lib/opkg/status", "/var/lib/opkg/status"].map(path),
  xbps: ["/var/db/xbps"].map(path),
  emerge: ["/var/db/pkg"].map(path),
  nix: ["/nix/var/nix/db"].map(path),
};

export function usabilityOf(subject: Subject, inodes: readonly Inode[]): Usability {
  const own = inodes.map((inode) => ({
    inode,
    identities: (inode.facts.identities ?? []).filter(isTheFile),
  }));
  const usable = own.filter((one) => one.inode.callable.length > 0);
  const hasShell = usable.some((one) => one.identities.some(holdsShell));
  const userland = new Set(
    usable
      .filter((one) => one.identities.some(({ kind }) => kind === "userland"))
      .flatMap((one) => one.inode.callable.map(baseName)),
  );
  const hasUserland =
    userland.size >= userlandMin ||
    usable.some((one) => one.identities.some(({ kind }) => kind === "multi-call"));
  const isManaged = usable.some((one) => one.identities.some((identity) => works(subject.tree, identity)));
  const withShell: Level = isManaged ? "distro" : hasUserland ? "slim" : "in-name-only";
  return {
    levelOf: (inode, group) => {
      if (!hasShell || inode.callable.length === 0 || !group.every(isTheFile)) return "in-name-only";
      // A package manager that doesn't work is one program more.
      const isManager = group.some((one) => one.kind === "package-manager");
      const isMore = group.some((one) => one.kind === "shell" || one.kind === "multi-call");
      if (isManager && !isMore && !group.some((one) => works(subject.tree, one))) return "in-name-only";
      return withShell;
    },
  };
}

/** A program of its own: neither a library nor something inside the file. */
function isTheFile(identity: Identity): boolean {
  return identity.within === undefined && identity.embedded !== true;
}

/** Whether it is a shell: not every multi-call binary holds one. */
function holdsShell(identity: Identity): boolean {
  if (identity.kind === "shell") return true;
  return identity.kind === "multi-call" && programPrimitives(identity.id).includes("shell");
}

/** Whether a package manager finds its database: a file with something in it, or a folder. */
function works(tree: Tree, { id, kind }: Identity): boolean {
  if (kind !== "package-manager") return false;
  return (databases[id] ?? []).some((at) => {
    const found = resolve(tree, at);
    if (found?.entry.kind === "directory") return isInhabited(tree, found.path);
    return found?.entry.kind === "file" && found.entry.sizeBytes > 0;
  });
}

function isInhabited(tree: Tree, folder: TreePath): boolean {
  return tree.children(folder).some((name) => tree.lookup(joinPath(folder, name)) !== undefined);
}
