// Where the package managers of systems keep what is installed: one table for what reads it, what works with it and what is
// residue of it.
import { path, type TreePath } from "../../tree/path.ts";

/** dpkg's database; status.d beside it, of images without dpkg, is for scanners. */
export const dpkgFolder: TreePath = path("/var/lib/dpkg");
export const dpkgStatus: TreePath = path("/var/lib/dpkg/status");
/** Folders of apk's database. */
export const apkFolders: readonly TreePath[] = ["/lib/apk/db", "/usr/lib/apk/db"].map(path);
/** Folders that distributions have rpm's database in. */
export const rpmFolders: readonly TreePath[] = [
  "/var/lib/rpm",
  "/usr/lib/sysimage/rpm",
  "/usr/share/rpm",
].map(path);
export const pacmanFolder: TreePath = path("/var/lib/pacman");
