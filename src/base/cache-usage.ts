// What the cache holds, and making room in it. Safe beside running builds: what is younger than a minute, and what a process
// with a live lease may be using, stays; what goes, goes by one rename or unlink, so that no process sees half of it.
import { lstat, readdir, rename, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { type Cache, cacheTemporary } from "./cache.ts";
import { oldestLease } from "./cache-lease.ts";
import { systemCode, ToolError } from "./errors.ts";
import { diskError } from "./files.ts";
import { hold } from "./holders.ts";
import { type ProcessState, stateOfProcess } from "./processes.ts";

/** The cache's folders: downloads and images' layers; small results; unpacked packages; layers of build steps; what cache mounts keep; leftovers; this program, compiled. */
export const cacheKinds = ["blobs", "records", "unpacked", "layers", "mounts", "tmp", "compiled"] as const;

type CacheKind = (typeof cacheKinds)[number];

export interface CacheEntry {
  readonly kind: CacheKind;
  readonly path: string;
  readonly sizeBytes: number;
  /** As well as the file system tells: the time it was made, or read (to the hour, or to the day where only atime tells). */
  readonly lastUsedMs: number;
}

export interface PruneOptions {
  /** Removes what was not used for as long. */
  readonly olderThanMs?: number;
  /** Then removes what was unused for longest, until this is left. */
  readonly sizeBytesMax?: number;
  readonly nowMs: number;
  /** Removes a folder with files that build steps gave to users of their own, where this process may not. */
  readonly removeForeign?: (path: string) => Promise<void>;
}

export interface Pruned {
  readonly removed: readonly CacheEntry[];
  /** What the options asked to remove, but a running build may need. */
  readonly inUse: readonly CacheEntry[];
}

const youngMs = 60_000;
/** base/cache.ts notes a use at most once an hour. */
const useResolutionMs = 3_600_000;
/** Folders of a kind whose entries lie one level deeper. */
const nested: ReadonlySet<CacheKind> = new Set(["records", "mounts", "compiled"]);

/** Everything in the cache, in no order. @throws ToolError "disk" */
export async function cacheEntries(cache: Cache): Promise<CacheEntry[]> {
  const entries: CacheEntry[] = [];
  for (const kind of cacheKinds) {
    for (const path of await pathsOf(cache, kind)) {
      const measured = await measure(kind, path);
      if (measured !== undefined) entries.push({ kind, path, ...measured });
    }
  }
  return entries;
}

/** Makes room. Leftovers of processes that died are always removed. @throws ToolError "disk" */
export async function pruneCache(cache: Cache, options: PruneOptions): Promise<Pruned> {
  const { nowMs } = options;
  const entries = (await cacheEntries(cache)).sort((a, b) => a.lastUsedMs - b.lastUsedMs);
  const wanted = unwanted(entries, options);
  const removed: CacheEntry[] = [];
  const inUse: CacheEntry[] = [];
  for (const entry of wanted) {
    // A build may begin while this goes on: its lease is there before it looks at anything.
    if (mayBeUsed(entry, await oldestLease(cache, nowMs), nowMs)) inUse.push(entry);
    else {
      const outcome = await remove(cache, entry, options);
      if (outcome === "removed") removed.push(entry);
      else if (outcome === "held") inUse.push(entry);
    }
  }
  return { removed, inUse };
}

function unwanted(
  entries: readonly CacheEntry[],
  { olderThanMs, sizeBytesMax, nowMs }: PruneOptions,
): CacheEntry[] {
  const old = (entry: CacheEntry): boolean =>
    entry.kind === "tmp" || (olderThanMs !== undefined && entry.lastUsedMs < nowMs - olderThanMs);
  const wanted = entries.filter(old);
  if (sizeBytesMax === undefined) return wanted;
  const rest = entries.filter((entry) => !old(entry));
  let left = rest.reduce((sum, entry) => sum + entry.sizeBytes, 0);
  for (const entry of rest) {
    if (left <= sizeBytesMax) break;
    left -= entry.sizeBytes;
    wanted.push(entry);
  }
  return wanted;
}

function mayBeUsed(entry: CacheEntry, leaseMs: number | undefined, nowMs: number): boolean {
  const maker = entry.kind === "tmp" ? stateOfMaker(entry.path) : "elsewhere";
  if (maker !== "elsewhere") return maker === "alive";
  if (entry.lastUsedMs > nowMs - youngMs) return true;
  if (leaseMs === undefined) return false;
  // The use of an unpacked package is not noted anywhere: while a build runs, each of them may be its.
  return entry.kind === "unpacked" || entry.lastUsedMs >= leaseMs - useResolutionMs;
}

/** The process that made a temporary entry. */
function stateOfMaker(path: string): ProcessState {
  return stateOfProcess(basename(path).split("-").slice(0, -1).join("-"));
}

async function remove(
  cache: Cache,
  entry: CacheEntry,
  options: PruneOptions,
): Promise<"removed" | "held" | "gone"> {
  try {
    const measured = await measure(entry.kind, entry.path);
    if (measured === undefined || measured.lastUsedMs !== entry.lastUsedMs) return "gone";
    // Who would have it is kept out until it is gone, and makes another one then.
    if (entry.kind === "mounts" && (await hold(heldOf(entry.path), "alone")).kind !== "held") return "held";
    const away = cacheTemporary(cache);
    await rename(entry.path, away);
    await removeTree(away, options);
    return "removed";
  } catch (thrown) {
    if (systemCode(thrown) === "ENOENT") return "gone";
    if (thrown instanceof ToolError) throw thrown;
    throw diskError(`removing ${entry.path}`, thrown);
  }
}

/** Where those that use a cache mount are; its time is that of the last use's begin or end. */
function heldOf(mount: string): string {
  return join(mount, "held");
}

async function removeTree(path: string, { removeForeign }: PruneOptions): Promise<void> {
  try {
    await rm(path, { recursive: true, force: true });
  } catch (thrown) {
    if (removeForeign === undefined || !isForbidden(thrown)) throw thrown;
    await removeForeign(path);
  }
}

function isForbidden(thrown: unknown): boolean {
  const code = systemCode(thrown);
  return code === "EACCES" || code === "EPERM";
}

async function pathsOf(cache: Cache, kind: CacheKind): Promise<string[]> {
  const folder = join(cache.folder, kind);
  const paths = await childrenOf(folder);
  return nested.has(kind) ? (await Promise.all(paths.map(childrenOf))).flat() : paths;
}

async function childrenOf(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).map((name) => join(folder, name));
  } catch (thrown) {
    const code = systemCode(thrown);
    // What a step's user has closed is counted as empty.
    if (code === "ENOENT" || code === "ENOTDIR" || code === "EACCES") return [];
    throw diskError(`reading the cache folder ${folder}`, thrown);
  }
}

type Measure = Pick<CacheEntry, "sizeBytes" | "lastUsedMs">;

async function measure(kind: CacheKind, path: string): Promise<Measure | undefined> {
  if (kind !== "layers" && kind !== "mounts") return await measureTree(path);
  // Times within a layer or a mount are its content's own; its use is noted on a folder.
  const noted = kind === "layers" ? path : heldOf(path);
  const [measured, lastUsedMs] = await Promise.all([measureTree(path), timeOf(noted)]);
  return measured === undefined || lastUsedMs === undefined ? undefined : { ...measured, lastUsedMs };
}

async function timeOf(path: string): Promise<number | undefined> {
  return (await lstat(path).catch(() => undefined))?.mtimeMs;
}

/** Size and last use of a file, or of a folder with all that is in it; undefined where another process removed it. */
async function measureTree(path: string): Promise<Measure | undefined> {
  try {
    const status = await lstat(path);
    const lastUsedMs = Math.max(status.mtimeMs, status.isDirectory() ? 0 : status.atimeMs);
    if (!status.isDirectory()) return { sizeBytes: status.size, lastUsedMs };
    const parts = await Promise.all((await childrenOf(path)).map(measureTree));
    const known = parts.filter((part) => part !== undefined);
    return {
      sizeBytes: known.reduce((sum, part) => sum + part.sizeBytes, 0),
      lastUsedMs: known.reduce((latest, part) => Math.max(latest, part.lastUsedMs), lastUsedMs),
    };
  } catch (thrown) {
    const code = systemCode(thrown);
    if (code === "ENOENT" || code === "EACCES") return undefined;
    throw diskError(`reading the cache entry ${path}`, thrown);
  }
}
