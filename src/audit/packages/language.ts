// Packages of programming languages: found by their descriptions, wherever in the tree these lie, and by what programs say of
// themselves. One walk finds all of them.
import { limits } from "../../base/limits.ts";
import type { Facts } from "../../content/facts.ts";
import type { FileEntry } from "../../tree/entry.ts";
import { root, type TreePath } from "../../tree/path.ts";
import type { Tree } from "../../tree/tree.ts";
import { overLimit, placesIn, type Reading } from "./claim.ts";
import { composerReader } from "./composer.ts";
import { gemReader } from "./gem.ts";
import { attempt, mergeReadings } from "./image-file.ts";
import type { LanguageReader, Surroundings } from "./language-file.ts";
import { npmReader } from "./npm.ts";
import { claimsOfContent } from "./programs.ts";
import { pythonReader } from "./python.ts";

const readers: readonly LanguageReader[] = [pythonReader, npmReader, gemReader, composerReader];

/** What system packages list is theirs, and part of them: `ofSystem` tells. */
export async function readLanguages(
  tree: Tree,
  facts: (file: FileEntry) => Facts,
  ofSystem: ReadonlySet<TreePath>,
): Promise<Reading> {
  const around: Surroundings = { tree, place: placesIn(tree, "the lists of language packages") };
  const readings: Reading[] = [];
  let count = 0;
  for (const file of tree.walk()) {
    if (file.kind !== "file" || ofSystem.has(file.path)) continue;
    const reader = readers.find((one) => one.matches(file.path));
    if (reader !== undefined) {
      count += 1;
      if (count > limits.packageMetadataFilesMax) break;
      readings.push(await attempt(file.path, async () => readingOf(await reader.read(file, around))));
    }
    const { build } = facts(file);
    if (build !== undefined)
      readings.push(
        await attempt(file.path, () => Promise.resolve(readingOf(claimsOfContent(file, { build })))),
      );
  }
  if (count > limits.packageMetadataFilesMax)
    readings.push(
      await attempt(root, () => Promise.reject(overLimit("the tree's packages", "packageMetadataFilesMax"))),
    );
  return mergeReadings(readings);
}

function readingOf(claims: Reading["claims"]): Reading {
  return { claims, unreadable: [] };
}
