// A commit of a git repository (ADD of a repository, a context that is one). Known by its commit: the same commit gives the same
// tree, with the commit's time, root's files, and the modes that git itself keeps; whatever the machine's umask, clock or
// configuration.
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { cacheTemporary } from "../../../../base/cache.ts";
import type { Digest } from "../../../../base/digest.ts";
import { ToolError } from "../../../../base/errors.ts";
import { lazy } from "../../../../base/lazy.ts";
import type { GitOperation } from "../../../../graph/operation.ts";
import type { Entry } from "../../../../tree/entry.ts";
import { isWithin, root, type TreePath, treePath } from "../../../../tree/path.ts";
import type { Tree } from "../../../../tree/tree.ts";
import { openLocal } from "../../files/local.ts";
import type { Snapshot } from "../../snapshots/snapshot.ts";
import { sourceKey } from "../keys.ts";
import { readResult, snapshotOf, storeResult } from "../records.ts";
import { resultOfSnapshot } from "../result.ts";
import type { SolverServices } from "../solver.ts";
import type { Source } from "../sources.ts";
import { type GitOptions, git } from "./git-command.ts";

interface Commit {
  readonly id: string;
  /** In full ("refs/heads/main"); absent where the commit itself was named. */
  readonly ref?: string;
  /** Of the annotated tag that was named: a checksum may mean it as well. */
  readonly tag?: string;
}

const commitPattern = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;
const refPattern = /^(?!-)(?!.*\.\.)[^\s\p{Cc}~^:?*[\\]{1,255}$/u;

/** @throws ToolError "not-found", "network", "unauthorized", "digest-mismatch" */
export async function openGit(
  operation: GitOperation,
  services: SolverServices,
  signal: AbortSignal,
): Promise<Source> {
  const what = `cloning ${operation.remote}`;
  const options = { what, environment: services.hostEnvironment ?? {}, signal, asUser: true };
  const commit = await resolveCommit(operation, options);
  requireChecksum(operation, commit, what);
  const { keepGitFolder, subdirectory } = operation;
  const key = sourceKey("git", [
    commit.id,
    subdirectory ?? null,
    // Git's own folder names both.
    keepGitFolder ? [operation.remote, commit.ref ?? true] : false,
  ]);
  const recorded = await readResult(services, key);
  const known = recorded === undefined ? undefined : await snapshotOf(recorded, services);
  const snapshot = lazy(async () => known ?? (await cloned(operation, commit, key, services, options)));
  const tree = lazy(async () => resultOfSnapshot(await snapshot(), services.store).tree());
  return { key, result: { snapshot, tree }, cached: known !== undefined };
}

/** As git-checkout has it: a branch before a tag of the same name; a tag means the commit that it is of. */
async function resolveCommit({ ref, remote }: GitOperation, options: GitOptions): Promise<Commit> {
  if (ref !== undefined && commitPattern.test(ref)) return { id: ref };
  const wanted = ref ?? "HEAD";
  if (!refPattern.test(wanted)) {
    throw new ToolError("not-found", {
      what: options.what,
      why: `${JSON.stringify(wanted)} can't name a branch, tag or commit`,
    });
  }
  const output = await git(["ls-remote", "--symref", "--", remote, wanted, `${wanted}^{}`], options);
  const ids = new Map<string, string>();
  let branch: string | undefined;
  for (const line of output.split("\n")) {
    const [id = "", name = ""] = line.split("\t");
    if (id.startsWith("ref: ")) branch = id.slice("ref: ".length);
    else if (commitPattern.test(id)) ids.set(name, id);
  }
  if (ref === undefined) {
    const id = ids.get("HEAD");
    if (id !== undefined) return { id, ...(branch === undefined ? {} : { ref: branch }) };
  }
  const short = wanted.replace(/^refs\//, "");
  for (const name of [`refs/${short}`, `refs/heads/${short}`, `refs/tags/${short}`]) {
    const named = ids.get(name);
    const peeled = ids.get(`${name}^{}`);
    if (named !== undefined && peeled !== undefined) return { id: peeled, ref: name, tag: named };
    if (named !== undefined) return { id: named, ref: name };
  }
  throw new ToolError("not-found", {
    what: options.what,
    why: `the repository has no branch or tag ${JSON.stringify(wanted)}`,
  });
}

function requireChecksum({ checksum }: GitOperation, { id, tag }: Commit, what: string): void {
  const wanted = checksum?.toLowerCase();
  if (wanted === undefined || (wanted !== "" && (id.startsWith(wanted) || tag?.startsWith(wanted) === true)))
    return;
  throw new ToolError("digest-mismatch", { what, why: `the commit is ${id}, the checksum says ${checksum}` });
}

async function cloned(
  operation: GitOperation,
  commit: Commit,
  key: Digest,
  services: SolverServices,
  options: GitOptions,
): Promise<Snapshot> {
  const folder = cacheTemporary(services.cache);
  await mkdir(folder);
  try {
    await checkOut(folder, operation, commit, options);
    const time = await git(["-C", folder, "show", "-s", "--format=%ct", commit.id], {
      ...options,
      asUser: false,
    });
    // Every submodule has a .git of its own, with the name of this folder in it.
    const exclude = operation.keepGitFolder ? [] : ["**/.git"];
    const local = { kind: "local", name: operation.remote, exclude, follow: [] } as const;
    const { tree } = await openLocal(folder, local, {
      cache: services.cache,
      signal: options.signal,
      now: services.task.now,
    });
    const layer = await services.store.fromEntries(
      entriesOf(tree, operation, Number(time.trim()), options.what),
    );
    const snapshot = { layers: [layer] };
    await storeResult(services, key, { layers: [{ id: layer.id }], parts: [] });
    return snapshot;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function checkOut(
  folder: string,
  { keepGitFolder, remote }: GitOperation,
  { id, ref }: Commit,
  options: GitOptions,
): Promise<void> {
  const inFolder = (...args: readonly string[]): readonly string[] => ["-C", folder, ...args];
  const plain = { ...options, asUser: false };
  const format = id.length === 64 ? ["--object-format=sha256"] : [];
  await git(inFolder("init", "--quiet", "--template=", ...format), plain);
  await git(inFolder("remote", "add", "--", "origin", remote), plain);
  await fetch(inFolder, id, ref, options);
  await git(inFolder("checkout", "--quiet", "--force", "--detach", id), plain);
  const submodules = inFolder("submodule", "--quiet", "update", "--init", "--recursive", "--force");
  await git([...submodules, "--depth=1"], options).catch(async (thrown: unknown) => {
    // A server need not give a commit that no branch ends with.
    if (options.signal.aborted) throw thrown;
    await git(submodules, options);
  });
  // They were fetched with the user's credentials, and so laid out with the user's filters and ends of lines.
  const again = "git read-tree --empty && git reset --hard --quiet";
  await git(inFolder("submodule", "--quiet", "foreach", "--recursive", again), plain);
  if (!keepGitFolder) return;
  if (ref?.startsWith("refs/") === true) await git(inFolder("update-ref", ref, id), plain);
  // What git notes of this clone: inode numbers and times of its index, where it fetched from and when.
  for (const name of ["index", "FETCH_HEAD", "ORIG_HEAD", "logs"]) {
    await rm(join(folder, ".git", name), { recursive: true, force: true });
  }
  await git(inFolder("read-tree", id), plain);
}

/** The commit alone; where the server gives only what a name stands for, that; where it can't be shallow, with its history. */
async function fetch(
  inFolder: (...args: readonly string[]) => readonly string[],
  id: string,
  ref: string | undefined,
  options: GitOptions,
): Promise<void> {
  const base = ["fetch", "--quiet", "--no-tags", "--no-recurse-submodules"];
  const ways = [
    [...base, "--depth=1", "--", "origin", id],
    ...(ref === undefined ? [] : [[...base, "--depth=1", "--", "origin", ref]]),
    [...base, "--", "origin", ...(ref === undefined ? ["+refs/*:refs/remotes/origin/*"] : [ref])],
  ];
  let failure: unknown;
  for (const way of ways) {
    try {
      await git(inFolder(...way), options);
      await git(inFolder("cat-file", "-e", `${id}^{commit}`), { ...options, asUser: false });
      return;
    } catch (thrown) {
      options.signal.throwIfAborted();
      failure ??= thrown;
    }
  }
  throw failure;
}

/** The entries below the subdirectory, as git means them. */
function* entriesOf(
  tree: Tree,
  { subdirectory }: GitOperation,
  mtime: number,
  what: string,
): Generator<Entry> {
  const folder = requireFolder(tree, subdirectory, what);
  for (const entry of tree.walk()) {
    if (entry.path === folder || !isWithin(entry.path, folder)) continue;
    const path = (folder === root ? entry.path : entry.path.slice(folder.length)) as TreePath;
    const executable = entry.kind === "directory" || (entry.mode & 0o100) !== 0;
    const mode = entry.kind === "symlink" ? 0o777 : executable ? 0o755 : 0o644;
    yield { ...entry, path, mode, uid: 0, gid: 0, mtime };
  }
}

/** A link could lead out of the repository, or to another place of it than the name says. */
function requireFolder(tree: Tree, subdirectory: string | undefined, what: string): TreePath {
  const folder = treePath(subdirectory ?? "/");
  if (folder !== undefined && (folder === root || tree.lookup(folder)?.kind === "directory")) return folder;
  throw new ToolError("not-found", {
    what,
    why: `the repository has no folder ${JSON.stringify(subdirectory)}`,
  });
}
