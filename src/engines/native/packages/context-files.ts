// Files of the build context (the spec's folder) as tree entries. The context is the user's own, yet links in it may lead
// anywhere: nothing outside the folder is read.
import { lstat, open, readdir, readlink, realpath } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import type { Digest } from "../../../base/digest.ts";
import { systemCode } from "../../../base/errors.ts";
import { diskError } from "../../../base/files.ts";
import { lazy } from "../../../base/lazy.ts";
import { decodeName, encodeName } from "../../../base/names.ts";
import { type Facts, factsOf } from "../../../content/facts.ts";
import { ofFile } from "../../../formats/random-access.ts";
import { type Addition, declaredName } from "../../../graph/plan.ts";
import type { Entry, Origin } from "../../../tree/entry.ts";
import { baseName, joinPath, path as literalPath, type TreePath, treePath } from "../../../tree/path.ts";
import { contentOnDisk, examineFile } from "../files/disk-file.ts";

export type CopyAddition = Extract<Addition, { kind: "copy" }>;

/**
 * What a copy puts into the tree, root's until its owner is known. Modes are 0755 where the owner may execute and for folders,
 * else 0644, unless given.
 */
export interface CopiedEntries {
  readonly entries: readonly Entry[];
  /** Of the files; read when first asked for, since a build that finds its image in the cache needs none. */
  readonly facts: () => Promise<ReadonlyMap<Digest, Facts>>;
  /** Of a copy from a stage: where each entry lies there, by its path here. */
  readonly sources?: ReadonlyMap<TreePath, TreePath>;
}

/** Every copy of a plan, read once: the same bytes decide a build's key and its layers. */
export type Copies = ReadonlyMap<CopyAddition, CopiedEntries | CopyFailure>;

export interface ContextSettings {
  /** The folder that copies are relative to. */
  readonly context: string;
  /** Seconds since the epoch, for every entry: a checkout's own times would not be reproducible. */
  readonly mtime: number;
  readonly signal: AbortSignal;
}

/** A copy whose source isn't usable: a mistake of the spec, reported with its place by the caller. */
export interface CopyFailure {
  readonly problem: "absent" | "outside" | "special";
  readonly source: string;
  /** Absent for the context. */
  readonly stage?: string;
  readonly hint?: string;
}

/**
 * Reads what the copies among `additions` name below the context; those from stages are stage-files.ts's. A folder's content goes into the target folder; a file
 * becomes the target, or lies in it where the target ends with a slash.
 * @throws ToolError "disk"; the signal's reason
 */
export async function readCopies(additions: readonly Addition[], settings: ContextSettings): Promise<Copies> {
  const copies = new Map<CopyAddition, CopiedEntries | CopyFailure>();
  for (const addition of additions) {
    if (addition.kind === "copy" && addition.from === undefined)
      copies.set(addition, await readCopy(addition, settings));
  }
  return copies;
}

async function readCopy(copy: CopyAddition, settings: ContextSettings): Promise<CopiedEntries | CopyFailure> {
  const source = join(settings.context, copy.source);
  const inside = await isInside(source, settings.context);
  if (inside !== "inside") return { problem: inside, source: copy.source };
  const collected: Collected = { entries: [], files: new Map(), copy, settings };
  try {
    const status = await lstat(encodeName(source));
    const into = literalPath(copy.target);
    const failure = await add(
      collected,
      source,
      status.isDirectory() || !copy.target.endsWith("/")
        ? into
        : joinPath(into, baseName(literalPath(copy.source))),
    );
    return failure ?? { entries: collected.entries, facts: lazy(() => factsIn(collected.files)) };
  } catch (thrown) {
    if (systemCode(thrown) === undefined) throw thrown;
    throw diskError(`reading ${copy.source}`, thrown);
  }
}

interface Collected {
  readonly entries: Entry[];
  /** Where each content lies. */
  readonly files: Map<Digest, string>;
  readonly copy: CopyAddition;
  readonly settings: ContextSettings;
}

async function isInside(source: string, context: string): Promise<"inside" | "outside" | "absent"> {
  try {
    const [real, base] = await Promise.all([realpath(source), realpath(context)]);
    return real === base || real.startsWith(`${base}${sep}`) ? "inside" : "outside";
  } catch (thrown) {
    if (systemCode(thrown) === "ENOENT" || systemCode(thrown) === "ENOTDIR") return "absent";
    throw diskError(`reading ${source}`, thrown);
  }
}

async function add(collected: Collected, source: string, at: TreePath): Promise<CopyFailure | undefined> {
  const { copy, settings } = collected;
  const { context, mtime, signal } = settings;
  signal.throwIfAborted();
  const status = await lstat(encodeName(source), { bigint: true });
  const common = {
    path: at,
    origins: [originOf(copy)],
    uid: 0,
    gid: 0,
    mtime,
  };
  if (status.isSymbolicLink()) {
    collected.entries.push({ ...common, kind: "symlink", mode: 0o777, target: await linkTarget(source) });
  } else if (status.isDirectory()) {
    collected.entries.push({ ...common, kind: "directory", mode: 0o755 });
    for (const name of await namesIn(source)) {
      const child = treePath(`${at}/${name}`);
      if (child === undefined) return { problem: "special", source: relative(context, join(source, name)) };
      const failure = await add(collected, join(source, name), child);
      if (failure !== undefined) return failure;
    }
  } else if (status.isFile()) {
    const examined = await examineFile(source, status, signal);
    collected.files.set(examined.digest, source);
    const mode = copy.mode ?? ((status.mode & 0o100n) === 0n ? 0o644 : 0o755);
    collected.entries.push({
      ...common,
      kind: "file",
      mode,
      ...examined,
      content: contentOnDisk(source, examined),
    });
  } else {
    return { problem: "special", source: relative(context, source) };
  }
  return undefined;
}

/** Names of a folder, as bytes have them, in one order everywhere. @throws as readdir does */
async function namesIn(folder: string): Promise<readonly string[]> {
  return (await readdir(encodeName(folder), { encoding: "buffer" })).map(decodeName).sort();
}

/** What a link says. @throws as readlink does */
async function linkTarget(link: string): Promise<string> {
  return decodeName(await readlink(encodeName(link), { encoding: "buffer" }));
}

function originOf(copy: CopyAddition): Origin {
  const what = declaredName(copy);
  return copy.span === undefined ? { kind: "declared", what } : { kind: "declared", what, span: copy.span };
}

/** A file that has changed since gives the facts of other bytes; reading it for a layer will tell. */
async function factsIn(files: ReadonlyMap<Digest, string>): Promise<ReadonlyMap<Digest, Facts>> {
  const facts = new Map<Digest, Facts>();
  for (const [digest, file] of files) {
    try {
      const handle = await open(encodeName(file), "r");
      try {
        facts.set(digest, factsOf(ofFile(handle.fd, 0, (await handle.stat()).size)));
      } finally {
        await handle.close();
      }
    } catch (thrown) {
      throw diskError(`reading ${file}`, thrown);
    }
  }
  return facts;
}
