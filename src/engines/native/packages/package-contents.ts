// Locked packages as their .debs tell them: control data of all, content of those that are wanted.
import type { Cache, StoredBlob } from "../../../base/cache.ts";
import type { Digest } from "../../../base/digest.ts";
import { ToolError } from "../../../base/errors.ts";
import { parallel } from "../../../base/pool.ts";
import type { Facts } from "../../../content/facts.ts";
import { readControl } from "../../../debian/control.ts";
import type { LockedPackage } from "../../../debian/locked.ts";
import type { PackageContents, PackageControl } from "../../../debian/package.ts";
import type { PackageFile, Unpacker } from "../../../debian/unpack.ts";
import { field } from "../../../formats/deb822.ts";
import type { XzMemory } from "../../../formats/xz.ts";
import type { KnownPackage } from "./package-view.ts";

/** Locked packages with the .deb of each, in the same order. */
export interface PackageDebs {
  readonly packages: readonly LockedPackage[];
  readonly debs: readonly StoredBlob[];
}

/** What is unpacked so far; it grows. */
export interface Unpacked {
  readonly contents: Map<string, PackageContents>;
  readonly byDigest: Map<Digest, Facts>;
}

export function nothingUnpacked(): Unpacked {
  return { contents: new Map(), byDigest: new Map() };
}

/** The control data of all, in the lock's order. @throws ToolError "malformed" */
export async function readControls(
  input: PackageDebs,
  { cache }: { readonly cache: Cache },
): Promise<KnownPackage[]> {
  const xzMemory: XzMemory = { idle: undefined };
  return parallel(input.packages, 8, async (locked, index) => {
    const deb = input.debs[index];
    if (deb === undefined) throw new Error("internal error: every locked package has its .deb");
    const control = await readControl(debFileOf(deb), cache, xzMemory);
    checkIdentity(locked, control);
    return { locked, control };
  });
}

/** The index named a package, and its .deb says itself what it is. @throws ToolError "malformed" where they differ */
function checkIdentity({ name, version, architecture }: LockedPackage, { id, fields }: PackageControl): void {
  const found = `${id} ${field(fields, "Version") ?? ""}`;
  const expected = `${name}:${architecture} ${version}`;
  if (found === expected) return;
  throw new ToolError("malformed", {
    what: `reading the package ${expected}`,
    why: `its control file says that it is ${found}`,
    hint: "the archive's index and its package disagree: lock again, or use another mirror",
  });
}

function debFileOf({ file, sizeBytes, digest }: StoredBlob): PackageFile["deb"] {
  return { file, sizeBytes, digest };
}

/** Unpacks those of the wanted packages that aren't there yet. @throws as unpacking does */
export async function unpackWanted(
  wanted: ReadonlySet<string>,
  input: PackageDebs,
  packages: readonly KnownPackage[],
  present: ReadonlyMap<string, PackageContents>,
  { unpacker }: { readonly unpacker: Unpacker },
): Promise<readonly PackageContents[]> {
  const files = packages.flatMap(({ locked, control }, index): PackageFile[] => {
    const deb = input.debs[index];
    if (deb === undefined || !wanted.has(control.id) || present.has(control.id)) return [];
    return [{ id: control.id, version: locked.version, deb: debFileOf(deb) }];
  });
  return unpacker.unpack(files);
}

/** Unpacks what is wanted and not there yet. @throws as unpacking does */
export async function addContents(
  wanted: ReadonlySet<string>,
  input: PackageDebs,
  packages: readonly KnownPackage[],
  unpacked: Unpacked,
  services: { readonly unpacker: Unpacker },
): Promise<void> {
  for (const contents of await unpackWanted(wanted, input, packages, unpacked.contents, services)) {
    unpacked.contents.set(contents.id, contents);
    for (const entry of contents.entries) {
      if (entry.kind === "file") unpacked.byDigest.set(entry.digest, contents.facts(entry));
    }
  }
}
