// What a plan puts into the tree beside packages: copied files, written files, folders, links.

import { bytesOf } from "../../../base/bytes.ts";
import type { Diagnostic, Span } from "../../../base/diagnostics.ts";
import { type Digest, digestOf } from "../../../base/digest.ts";
import { assert } from "../../../base/errors.ts";
import { type Facts, factsOf } from "../../../content/facts.ts";
import { inMemory } from "../../../formats/random-access.ts";
import { type Addition, copiedPrefix, declaredName } from "../../../graph/plan.ts";
import type { Entry, Origin } from "../../../tree/entry.ts";
import { addEntry, finishTree, type TreeBuilder, treeBuilder } from "../../../tree/memory-tree.ts";
import { joinPath, parentOf, path, root, type TreePath } from "../../../tree/path.ts";
import { placeEntry, placeOf } from "../../../tree/placing.ts";
import { resolve } from "../../../tree/resolve.ts";
import type { Tree } from "../../../tree/tree.ts";
import type { Copies, CopyFailure } from "./context-files.ts";

export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

export interface AdditionSettings {
  /** Of these additions, already read. */
  readonly copies: Copies;
  /** Seconds since the epoch, for every entry. */
  readonly mtime: number;
  /** The ids behind "user", "user:group" or numbers; undefined where there is no such account. */
  readonly ownerOf: (text: string) => Owner | undefined;
}

export interface AddedEntries {
  readonly entries: readonly Entry[];
  readonly facts: ReadonlyMap<Digest, Facts>;
  readonly diagnostics: readonly Diagnostic[];
}

const rootOwner: Owner = { uid: 0, gid: 0 };

/** The entries of all additions, in their order; later ones replace earlier ones. @throws ToolError "disk" */
export async function entriesOf(
  additions: readonly Addition[],
  settings: AdditionSettings,
): Promise<AddedEntries> {
  const entries: Entry[] = [];
  const facts = new Map<Digest, Facts>();
  const diagnostics: Diagnostic[] = [];
  for (const addition of additions) {
    const owner = "owner" in addition ? settings.ownerOf(addition.owner) : rootOwner;
    if (owner === undefined) {
      diagnostics.push(unknownOwner(addition));
    } else if (addition.kind === "copy") {
      const made = settings.copies.get(addition);
      assert(made !== undefined, "every copy was read");
      if ("problem" in made) {
        diagnostics.push(copyDiagnostic(made, addition.span));
        continue;
      }
      entries.push(...made.entries.map((entry) => ({ ...entry, ...owner })));
      for (const [digest, found] of await made.facts()) facts.set(digest, found);
    } else {
      entries.push(entryOf(addition, owner, settings.mtime, facts));
    }
  }
  return { entries, facts, diagnostics };
}

/**
 * The tree with the entries laid over it. They go where links to folders lead (/bin/x into /usr/bin where /bin is a link); a
 * folder that is copied onto one which is there leaves it as it is; neither takes the place of the other kind.
 */
export function layOver(
  tree: Tree,
  entries: readonly Entry[],
): { readonly tree: Tree; readonly diagnostics: readonly Diagnostic[] } {
  const builder = treeBuilder(tree);
  const diagnostics: Diagnostic[] = [];
  for (const entry of entries) {
    const obstacle = obstacleTo(builder, entry);
    if (obstacle !== undefined) diagnostics.push(inTheWay(entry, obstacle));
    else if (entry.kind === "directory") layFolder(builder, entry);
    else placeEntry(builder, entry);
  }
  return { tree: finishTree(builder), diagnostics };
}

function layFolder(builder: TreeBuilder, entry: Entry): void {
  const real = parentOf(placeOf(builder, joinPath(entry.path, "_")));
  const present = builder.entries.get(real);
  if (present?.kind === "directory" && isCopied(entry))
    addEntry(builder, { ...present, origins: entry.origins });
  else placeEntry(builder, entry);
}

function isCopied({ origins }: Entry): boolean {
  return origins.some(
    (origin) =>
      origin.kind === "stage" || (origin.kind === "declared" && origin.what.startsWith(copiedPrefix)),
  );
}

/** What stands where the entry would have to replace a folder by something else, or something else by a folder. */
function obstacleTo(builder: TreeBuilder, { kind, path: wanted }: Entry): Entry | undefined {
  const at = placeOf(builder, wanted);
  for (let folder = parentOf(at); folder !== root; folder = parentOf(folder)) {
    const holding = builder.entries.get(folder);
    if (holding?.kind === "directory") break;
    if (holding !== undefined) return holding;
  }
  const present = builder.entries.get(at);
  if (present === undefined || kind === "symlink" || present.kind === "symlink") return undefined;
  return (kind === "directory") === (present.kind === "directory") ? undefined : present;
}

/** Links to folders that lead to what the additions name: they stay, or its name would be gone. */
export function linksTowards(tree: Tree, additions: readonly Addition[]): ReadonlySet<TreePath> {
  const links = new Set<TreePath>();
  for (const addition of additions) {
    const named = path(addition.kind === "copy" ? addition.target : addition.path);
    for (const link of resolve(tree, parentOf(named))?.links ?? []) links.add(link);
  }
  return links;
}

function entryOf(
  addition: Exclude<Addition, { kind: "copy" }>,
  owner: Owner,
  mtime: number,
  facts: Map<Digest, Facts>,
): Entry {
  const common = { path: path(addition.path), origins: [originOf(addition)], ...owner, mtime };
  switch (addition.kind) {
    case "directory":
      return { ...common, kind: "directory", mode: addition.mode };
    case "link":
      return { ...common, kind: "symlink", mode: 0o777, target: addition.target };
    case "file": {
      const content = Buffer.from(addition.text);
      const digest = digestOf(content);
      facts.set(digest, factsOf(inMemory(content)));
      return {
        ...common,
        kind: "file",
        mode: addition.mode,
        sizeBytes: content.length,
        digest,
        content: bytesOf(content),
      };
    }
  }
}

function originOf(addition: Exclude<Addition, { kind: "copy" }>): Origin {
  return { kind: "declared", what: declaredName(addition), ...spanOf(addition.span) };
}

function inTheWay(entry: Entry, obstacle: Entry): Diagnostic {
  const origin = entry.origins.at(-1);
  return {
    severity: "error",
    rule: "path-in-the-way",
    message: `${entry.path} can't be made: ${obstacle.path} is a ${obstacle.kind} in the image`,
    hint: "choose another path, or leave out what brings it",
    ...spanOf(origin?.kind === "declared" || origin?.kind === "stage" ? origin.span : undefined),
  };
}

function unknownOwner(addition: Addition): Diagnostic {
  const owner = "owner" in addition ? addition.owner : "";
  return {
    severity: "error",
    rule: "unknown-owner",
    message: `no user or group ${JSON.stringify(owner)} in the image`,
    hint: "declare it under `users`, or give numbers (70:70)",
    ...spanOf(addition.span),
  };
}

const copyProblems = {
  absent: {
    rule: "copy-source-absent",
    message: (source: string, place: string) => `there is no ${source} in ${place}`,
    hint: "the source of a copy is relative to the spec's folder; build it first if it is made there",
  },
  outside: {
    rule: "copy-source-outside",
    message: (source: string, place: string) => `${source} leads out of ${place}`,
    hint: "copy or move the file into the spec's folder",
  },
  special: {
    rule: "copy-source-special",
    message: (source: string) => `${source} is neither file, folder nor link`,
    hint: "sockets, pipes and devices can't be copied into an image",
  },
} as const satisfies Record<CopyFailure["problem"], unknown>;

function copyDiagnostic({ hint, problem, source, stage }: CopyFailure, span: Span | undefined): Diagnostic {
  const { rule, message, hint: usual } = copyProblems[problem];
  const place = stage === undefined ? "the context" : `the stage ${stage}`;
  const told = hint ?? (stage === undefined || problem === "special" ? usual : undefined);
  return {
    severity: "error",
    rule,
    message: message(JSON.stringify(source), place),
    ...(told === undefined ? {} : { hint: told }),
    ...spanOf(span),
  };
}

function spanOf(span: Span | undefined): { readonly span?: Span } {
  return span === undefined ? {} : { span };
}
