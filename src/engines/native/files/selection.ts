// What of a tree a copy takes: sources named or matched by a pattern, --exclude, and the folders of --parents. It doesn't depend
// on where things go, so it serves both the copy and the key under which its result is found again.
//
// As in BuildKit (tonistiigi/fsutil copy): a pattern names files and folders without following links; the folder that a pattern
// found isn't searched further; --exclude is relative to each source, and never leaves out a source itself.
import type { Digest } from "../../../base/digest.ts";
import {
  cleanPath,
  matchPath,
  type PatternList,
  type PatternState,
  parsePatterns,
} from "../../../formats/ignore-patterns.ts";
import { hasWildcard } from "../../../formats/path-pattern.ts";
import type { CopyAction } from "../../../graph/operation.ts";
import type { Entry } from "../../../tree/entry.ts";
import { baseName, joinPath, parentOf, root, type TreePath, treePath } from "../../../tree/path.ts";
import type { Tree } from "../../../tree/tree.ts";
import { entryDigest } from "./entry-digest.ts";
import { parseMode } from "./mode.ts";
import { realPath } from "./real-path.ts";
import { type Found, findMatching } from "./wildcards.ts";

/** One file or folder that a copy takes, with what of it. */
export interface SelectedSource {
  /** Its last name, before links were followed: what it is called in a target folder. Empty for the root. */
  readonly name: string;
  readonly entry: Entry;
  /** The source itself first, folders before what they hold. */
  readonly items: readonly SelectedItem[];
}

export interface SelectedItem {
  readonly entry: Entry;
  /** The path from the source on; empty for itself. */
  readonly below: string;
  /** A folder that isn't selected itself, but holds what is. */
  readonly passing: boolean;
}

export type Selection =
  | { readonly sources: readonly SelectedSource[] }
  | { readonly problem: "absent" | "links" | "link-in-parents"; readonly at: TreePath }
  | { readonly problem: "pattern"; readonly text: string };

/** What the action takes of the tree, or why that can't be told. */
export function selectSources(action: CopyAction, tree: Tree): Selection {
  const { exclude, parents } = action;
  const { include, required, source } = parents ? splitPivot(action.source) : { source: action.source };
  const start = treePath(source);
  if (start === undefined) return { problem: "absent", at: root };
  if (required !== undefined) {
    const missing = missingParent(tree, required);
    if (missing !== undefined) return missing;
  }
  const found: Found = action.allowWildcard
    ? findMatching(tree, start, action.followLinks)
    : { paths: [start] };
  if ("problem" in found) return found;
  if (found.paths.length === 0 && !action.allowEmptyWildcard) return { problem: "absent", at: start };
  const included = include === undefined ? undefined : parsePatterns([include]);
  const excluded = exclude.length === 0 ? undefined : parsePatterns(exclude);
  const malformed = [included, excluded].find((parsed) => parsed !== undefined && parsed.value === undefined);
  if (malformed !== undefined) {
    return { problem: "pattern", text: malformed === included ? source : exclude.join(", ") };
  }
  const filter: Filter = { include: included?.value, exclude: excluded?.value };
  const sources: SelectedSource[] = [];
  for (const name of found.paths) {
    const real = realPath((path) => tree.lookup(path), name, action.followLinks);
    if ("problem" in real)
      return real.problem === "links" ? { problem: "links", at: real.at } : { problem: "absent", at: name };
    const entry = tree.lookup(real.path);
    if (entry === undefined) return { problem: "absent", at: real.path };
    sources.push({ name: baseName(name), entry, items: itemsOf(tree, entry, filter) });
  }
  return { sources };
}

/**
 * The digest of what a copy would take: names below its sources, kinds, modes, owners, contents and targets, where they can
 * show in the result; no times. A selection that isn't there has a digest as well: the copy will say what is wrong.
 */
export function selectionDigest(action: CopyAction, tree: Tree): Digest {
  const selection = selectSources(action, tree);
  const digest = entryDigest();
  if (!("sources" in selection)) {
    digest.note(JSON.stringify(selection));
    return digest.finish();
  }
  const mode = action.mode === undefined ? undefined : parseMode(action.mode);
  const omit = { owner: action.owner !== undefined, mode: mode?.kind === "octal" };
  for (const { entry, items, name } of selection.sources) {
    // A folder that gives its content has neither a name nor attributes in the result.
    const isOpen = entry.kind === "directory" && action.contentsOnly;
    digest.note(isOpen ? "content" : `source ${name}`);
    for (const item of items) {
      if (isOpen && item.below === "") continue;
      if (item.passing) digest.note("passing");
      digest.add(item.below, item.entry, omit);
    }
  }
  return digest.finish();
}

/** "a/./b/c" for --parents: from `a`, what matches "b/c"; without a pivot, from the root. */
function splitPivot(text: string): { source: string; include: string; required: TreePath | undefined } {
  const cut = text.indexOf("/./");
  const source = cut < 0 ? "/" : text.slice(0, cut);
  const pattern = cleanPath(`/${cut < 0 ? text : text.slice(cut + 3)}`);
  const isLiteral = !hasWildcard(source) && !hasWildcard(pattern);
  return {
    source,
    include: pattern === "/" ? "**" : pattern.slice(1),
    required: isLiteral ? treePath(`${source}/${pattern}`) : undefined,
  };
}

/** Why --parents doesn't find a path that it names: it isn't there, or lies beyond a link, of which none is followed. */
function missingParent(tree: Tree, path: TreePath): Selection | undefined {
  if (tree.lookup(path) !== undefined) return undefined;
  for (let at = parentOf(path); at !== root; at = parentOf(at)) {
    if (tree.lookup(at)?.kind === "symlink") return { problem: "link-in-parents", at };
  }
  return { problem: "absent", at: path };
}

interface Filter {
  readonly include: PatternList | undefined;
  readonly exclude: PatternList | undefined;
}

function itemsOf(tree: Tree, source: Entry, { exclude, include }: Filter): readonly SelectedItem[] {
  const items: SelectedItem[] = [{ entry: source, below: "", passing: false }];
  /** Folders above that aren't selected and not yet told. */
  const passing: SelectedItem[] = [];
  const visit = (
    folder: TreePath,
    prefix: string,
    included?: PatternState,
    excluded?: PatternState,
  ): void => {
    for (const name of tree.children(folder)) {
      const entry = tree.lookup(joinPath(folder, name));
      if (entry === undefined) continue;
      const below = prefix === "" ? name : `${prefix}/${name}`;
      const inside = include && matchPath(include, below, included);
      const outside = exclude && matchPath(exclude, below, excluded);
      const selected = inside?.matched !== false && outside?.matched !== true;
      if (selected) items.push(...passing.splice(0), { entry, below, passing: false });
      if (entry.kind !== "directory") continue;
      if (outside?.matched === true && exclude?.hasExceptions !== true) continue;
      if (!selected) passing.push({ entry, below, passing: true });
      visit(entry.path, below, inside?.state, outside?.state);
      // Nothing below it was selected.
      if (!selected) passing.pop();
    }
  };
  if (source.kind === "directory") visit(source.path, "");
  return items;
}
