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
  const budget = readingBudget();
  const around = { tree, place: placesIn(tree, what), charge: budget.charge };
  const readings: Reading[] = [];
  for (const file of tree.walk()) {
    if (file.kind !== "file" || ofSystem.has(file.path)) continue;
    const reader = readers.find((one) => one.matches(file.path));
    if (reader !== undefined) {
      budget.count();
      readings.push(await attempt(file.path, () => readingBy(reader, file, around)));
      if (budget.over() !== undefined) break;
    }
    const { build } = facts(file);
    if (build !== undefined)
      readings.push(
        await attempt(file.path, () => Promise.resolve(readingOf(claimsOfContent(file, { build })))),
      );
  }
  const over = budget.over();
  if (over !== undefined) readings.push(await attempt(root, () => Promise.reject(overLimit(what, over))));
  return mergeReadings(readings);
}

const what = "the lists of language packages";

async function readingBy(reader: LanguageReader, file: FileEntry, around: Surroundings): Promise<Reading> {
  around.charge(file);
  return readingOf(await reader.read(file, around));
}

type BudgetLimit = "packageMetadataFilesMax" | "languagePackagesBytesMax";

/** What all of them may take together; `over` tells what was used up. */
function readingBudget(): Pick<Surroundings, "charge"> & {
  readonly count: () => void;
  readonly over: () => BudgetLimit | undefined;
} {
  let files = 0;
  let bytes = 0;
  const over = (): BudgetLimit | undefined => {
    if (files > limits.packageMetadataFilesMax) return "packageMetadataFilesMax";
    return bytes > limits.languagePackagesBytesMax ? "languagePackagesBytesMax" : undefined;
  };
  return {
    over,
    count: () => {
      files += 1;
    },
    charge: (file) => {
      bytes += file.sizeBytes;
      const limit = over();
      if (limit !== undefined) throw overLimit(file.path, limit);
    },
  };
}

function readingOf(claims: Reading["claims"]): Reading {
  return { claims, unreadable: [] };
}
