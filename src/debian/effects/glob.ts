// Pathname expansion (XCU 2.6.6) over what packages ship and what the script made.
import { baseName, joinPath, parentOf, treePath } from "../../tree/path.ts";
import { hasPattern, matchesName } from "./pattern.ts";
import type { State } from "./state.ts";
import { known, unknown, type Value } from "./value.ts";

/** The names that a pattern matches; itself where it matches none. Patterns in more than the last component aren't decided. */
export function expandGlob(state: State, pattern: string, literal: Value): Value[] {
  const cut = pattern.lastIndexOf("/");
  const folderPattern = absolute(state, cut < 0 ? "" : pattern.slice(0, cut), pattern.startsWith("/"));
  const folder =
    folderPattern === undefined || hasPattern(folderPattern) ? undefined : treePath(folderPattern);
  if (folder === undefined) return [unknown(`the names that match "${pattern}" can't be told`)];
  const names = new Set(state.world.context.filesIn(folder));
  for (const [path, made] of state.files) {
    if (parentOf(path) !== folder) continue;
    if (made.kind === "absent") names.delete(baseName(path));
    else names.add(baseName(path));
  }
  const answers = [...names].map((name) => ({ name, matches: matchesName(pattern.slice(cut + 1), name) }));
  if (answers.some(({ matches }) => matches === undefined)) {
    return [unknown(`the names that match "${pattern}" can't be told`)];
  }
  const matching = answers.flatMap(({ name, matches }) => (matches === true ? [name] : [])).sort();
  return matching.length === 0
    ? [literal]
    : matching.map((name) => known(cut < 0 ? name : joinPath(folder, name)));
}

function absolute(state: State, folder: string, isAbsolute: boolean): string | undefined {
  if (isAbsolute) return folder === "" ? "/" : folder;
  return state.directory.known ? `${state.directory.text}/${folder}` : undefined;
}
