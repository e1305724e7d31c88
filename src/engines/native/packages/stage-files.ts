// Files of build stages as entries of the image: what copies name in a stage's tree.
import { createHash } from "node:crypto";
import { closeSync, openSync } from "node:fs";
import { collect } from "../../../base/bytes.ts";
import { type Cache, storeBlob } from "../../../base/cache.ts";
import type { Json } from "../../../base/canonical-json.ts";
import { type Digest, finishDigest } from "../../../base/digest.ts";
import { lazy } from "../../../base/lazy.ts";
import { parallel } from "../../../base/pool.ts";
import { type Facts, factsOf } from "../../../content/facts.ts";
import { inMemory, ofFile } from "../../../formats/random-access.ts";
import type { CopyAction } from "../../../graph/operation.ts";
import type { Addition } from "../../../graph/plan.ts";
import type { Entry, FileEntry, Origin } from "../../../tree/entry.ts";
import { joinPath, path as literalPath, type TreePath } from "../../../tree/path.ts";
import type { Tree } from "../../../tree/tree.ts";
import { nearestPath } from "../files/missing.ts";
import { type SelectedSource, selectSources } from "../files/selection.ts";
import type { CopiedEntries, Copies, CopyAddition, CopyFailure } from "./context-files.ts";

export interface StageTree {
  readonly tree: Tree;
  /** It starts from packages, so its C library is that of the image's release. */
  readonly ofPackages: boolean;
}

/** Solved stages by name. Contents are readable as long as the store of their snapshots is. */
export type StageTrees = ReadonlyMap<string, StageTree>;

interface Settings {
  readonly stages: StageTrees;
  readonly cache: Cache;
  /** Seconds since the epoch, for every entry: what a step makes is as old as the step. */
  readonly mtime: number;
}

/**
 * What the copies from stages among `additions` put into the tree, root's until an owner is known. Modes are the stage's unless
 * given. A folder's content goes into the target folder; a file becomes the target; what a source that is a link leads to is
 * taken, links below it are taken as they are.
 */
export function copyFromStages(additions: readonly Addition[], settings: Settings): Copies {
  const copies = new Map<CopyAddition, CopiedEntries | CopyFailure>();
  for (const addition of additions) {
    const stage = addition.kind === "copy" ? addition.from : undefined;
    const found = stage === undefined ? undefined : settings.stages.get(stage);
    if (addition.kind !== "copy" || stage === undefined || found === undefined) continue;
    copies.set(addition, copyFromStage(addition, stage, found.tree, settings));
  }
  return copies;
}

/**
 * Names what the closure may look at in stages beside what is copied: their libraries (stage-libraries.ts). Where it is equal,
 * and so are the copies, an image is.
 */
export function librariesOf(stages: StageTrees): Json {
  return [...stages].map(([name, { ofPackages, tree }]): Json => {
    const hash = createHash("sha256");
    for (const entry of tree.walk()) {
      const isSetting = entry.path.startsWith("/etc/ld");
      if (!isSetting && !/\.so(?:\.|$)/.test(entry.path)) continue;
      const content = entry.kind === "file" ? entry.digest : entry.kind === "symlink" ? entry.target : "";
      hash.update(`${JSON.stringify([entry.kind, entry.path, content])}\n`);
    }
    return [name, ofPackages, finishDigest(hash)];
  });
}

function copyFromStage(
  copy: CopyAddition,
  stage: string,
  tree: Tree,
  settings: Settings,
): CopiedEntries | CopyFailure {
  const selection = selectSources(actionOf(copy), tree);
  const [source] = "sources" in selection ? selection.sources : [];
  if (source === undefined) {
    const near = nearestPath(tree, literalPath(copy.source));
    const hint = near === undefined ? undefined : `did you mean ${near}?`;
    return { problem: "absent", source: copy.source, stage, ...(hint === undefined ? {} : { hint }) };
  }
  const origin: Origin = { kind: "stage", stage, ...(copy.span === undefined ? {} : { span: copy.span }) };
  const entries = entriesOf(source, copy, origin, settings.mtime);
  const special = entries.find(({ kind }) => kind !== "file" && kind !== "directory" && kind !== "symlink");
  if (special !== undefined) return { problem: "special", source: special.path, stage };
  return {
    entries,
    facts: lazy(() => factsOfFiles(entries, settings.cache)),
    sources: sourcesOf(source, copy),
  };
}

function actionOf({ source }: CopyAddition): CopyAction {
  return {
    kind: "copy",
    input: 0,
    source,
    target: "/",
    allowWildcard: false,
    allowEmptyWildcard: false,
    contentsOnly: true,
    followLinks: true,
    unpack: false,
    parents: false,
    exclude: [],
  };
}

function entriesOf(source: SelectedSource, copy: CopyAddition, origin: Origin, mtime: number): Entry[] {
  const target = literalPath(copy.target);
  return source.items.map(({ below, entry }): Entry => {
    const at = { path: targetOf(target, below), origins: [origin], uid: 0, gid: 0, mtime };
    if (entry.kind !== "file") return { ...entry, ...at };
    const mode = copy.mode ?? entry.mode;
    // Names of one inode in the stage are names of one in the image, where both come by the same copy.
    return {
      ...entry,
      ...at,
      mode,
      ...(entry.link === undefined ? {} : { link: `${target}:${entry.link}` }),
    };
  });
}

/** Where in the stage each copied file lies: `$ORIGIN` there is another one than in the image. */
function sourcesOf({ items }: SelectedSource, copy: CopyAddition): ReadonlyMap<TreePath, TreePath> {
  const target = literalPath(copy.target);
  return new Map(items.map(({ below, entry }) => [targetOf(target, below), entry.path]));
}

function targetOf(target: TreePath, below: string): TreePath {
  return below === "" ? target : joinPath(target, below);
}

/** The facts of the files among entries. @throws what reading them does; ToolError "disk" */
export async function factsOfFiles(
  entries: readonly Entry[],
  cache: Cache,
): Promise<ReadonlyMap<Digest, Facts>> {
  const files = new Map(entries.flatMap((entry) => (entry.kind === "file" ? [[entry.digest, entry]] : [])));
  const facts = await parallel(
    [...files.values()],
    4,
    async (file) => [file.digest, await factsOfFile(file, cache)] as const,
  );
  return new Map(facts);
}

/** Larger files are read by offset, from a copy in the cache. */
const inMemoryBytesMax = 1 << 20;

async function factsOfFile({ content, digest, path, sizeBytes }: FileEntry, cache: Cache): Promise<Facts> {
  if (sizeBytes <= inMemoryBytesMax) return factsOf(inMemory(await collect(content, inMemoryBytesMax, path)));
  const { file } = await storeBlob(cache, content, digest);
  const descriptor = openSync(file, "r");
  try {
    return factsOf(ofFile(descriptor, 0, sizeBytes));
  } finally {
    closeSync(descriptor);
  }
}
