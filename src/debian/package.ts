// A .deb package as the composer sees it (deb(5), deb-control(5), deb-shlibs(5), deb-md5sums(5), deb-triggers(5)).
import type { Digest } from "../base/digest.ts";
import type { Facts } from "../content/facts.ts";
import type { Entry, FileEntry } from "../tree/entry.ts";
import type { TreePath } from "../tree/path.ts";

export type ScriptName = "preinst" | "postinst" | "prerm" | "postrm" | "config";

/** control.tar: cheap to read, so it is read for every locked package before any content is decoded. */
export interface PackageControl {
  /** "libc6:amd64". */
  readonly id: string;
  readonly digest: Digest;
  /** Fields of the control file, in file order; values with continuation lines joined by "\n". */
  readonly fields: ReadonlyMap<string, string>;
  /** Regular files that the package says it holds (md5sums and conffiles), merged-/usr already resolved. Not complete: no links. */
  readonly paths: readonly TreePath[];
  readonly conffiles: readonly TreePath[];
  /** Sonames that the package says it ships ("libpq.so.5"). */
  readonly sonames: readonly string[];
  readonly scripts: Readonly<Partial<Record<ScriptName, string>>>;
  /** The triggers file's lines. */
  readonly triggers: readonly string[];
  /** debconf's templates file (debconf-devel(7)): the defaults that scripts ask for. */
  readonly templates?: string;
  /** md5sums by path, for status.d. */
  readonly md5sums: ReadonlyMap<TreePath, string>;
}

/** data.tar: every entry, and the facts of every regular file. */
export interface PackageContents {
  readonly id: string;
  readonly entries: readonly Entry[];
  readonly facts: (file: FileEntry) => Facts;
}

/** The package's name in its id: "libc6" of "libc6:amd64". */
export function nameOf(id: string): string {
  const cut = id.indexOf(":");
  return cut < 0 ? id : id.slice(0, cut);
}
