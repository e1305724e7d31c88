// The packages of an image, from the databases and descriptions that it holds. Names and versions are what these say, and nobody
// vouches for them; they tell where a file comes from, never what it is.
import type { Facts } from "../../content/facts.ts";
import type { FileEntry } from "../../tree/entry.ts";
import type { Tree } from "../../tree/tree.ts";
import { readApk } from "./apk.ts";
import { readDpkg } from "./dpkg.ts";
import { mergeReadings } from "./image-file.ts";
import { readLanguages } from "./language.ts";
import type { PackageIndex } from "./package.ts";
import { packageIndex } from "./package-index.ts";
import { readRpm } from "./rpm/rpm.ts";

/**
 * Reads every package database and description of the tree. What is there and can't be read is told in `unreadable`.
 * @throws what reading a file's content throws: a layer that can't be read any more
 */
export async function readPackages(tree: Tree, facts: (file: FileEntry) => Facts): Promise<PackageIndex> {
  const system = mergeReadings([await readDpkg(tree), await readApk(tree), await readRpm(tree)]);
  const ofSystem = new Set(system.claims.flatMap(({ paths }) => paths));
  const language = await readLanguages(tree, facts, ofSystem);
  const unreadable = [...system.unreadable, ...language.unreadable];
  return packageIndex(tree, { system: system.claims, language: language.claims }, unreadable);
}
