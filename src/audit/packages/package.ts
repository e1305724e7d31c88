// Packages as the databases inside an image tell of them.
import type { Entry } from "../../tree/entry.ts";
import type { TreePath } from "../../tree/path.ts";

export type PackageType = "deb" | "apk" | "rpm" | "python" | "npm" | "gem" | "go" | "cargo" | "java" | "php";

export interface PackageRef {
  readonly type: PackageType;
  /** "libc6:amd64" is told as name "libc6" and architecture "amd64". */
  readonly name: string;
  readonly version: string;
  readonly architecture?: string;
}

const systemTypes: ReadonlySet<PackageType> = new Set(["deb", "apk", "rpm"]);

/** Whether a distribution's package manager installs it: it lists its files, and language packages may lie inside it. */
export function isSystemPackage({ type }: Pick<PackageRef, "type">): boolean {
  return systemTypes.has(type);
}

export interface InstalledPackage extends PackageRef {
  /** What it depends on, by name, of those that are installed (system packages only). */
  readonly depends: readonly string[];
  /** The database or file that tells of it: "/var/lib/dpkg/status". */
  readonly source: TreePath;
}

/** The packages of an image, and which file belongs to which. */
export interface PackageIndex {
  readonly packages: readonly InstalledPackage[];
  /** The package that brought an entry: a system package, or the innermost language package around it. */
  ownerOf(entry: Entry): InstalledPackage | undefined;
  /** Databases that are there and can't be read, each with why: nobody knows then which package a file is of. */
  readonly unreadable: readonly { readonly path: TreePath; readonly why: string }[];
}
