// Folders that outlive steps: RUN --mount=type=cache. They lie in the cache folder, one for each namespace, id and initial
// content, and further ones where steps may not share it (moby/buildkit solver/llbsolver/mounts):
//
//   mounts/<64 hex>/<n>/data   what steps see
//   mounts/<64 hex>/<n>/held   while a process uses it for itself alone, or shares it: its name in there
//
// `shared`: all at the same time. `private`: a folder that nobody else has. `locked`: the first one, when nobody has it.
// Invariant: a process that was killed holds nothing: what it wrote into `held` names it, and is not believed
// once it is gone.
import { randomBytes, randomInt } from "node:crypto";
import { mkdir, open, readdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { type Cache, cacheTemporary } from "../../../../base/cache.ts";
import { canonicalJson } from "../../../../base/canonical-json.ts";
import { type Digest, digestOf, hexOf } from "../../../../base/digest.ts";
import { systemCode, ToolError } from "../../../../base/errors.ts";
import { diskError } from "../../../../base/files.ts";
import { limits } from "../../../../base/limits.ts";

export interface CacheMountRequest {
  readonly namespace: string;
  readonly id: string;
  readonly sharing: "shared" | "private" | "locked";
  /** Of what it holds at first: caches that begin differently are different ones. */
  readonly initial: Digest | undefined;
}

export interface CacheMount {
  readonly folder: string;
  /** Lets others have it. */
  release(): Promise<void>;
}

/** Makes a new folder's content; `folder` isn't there yet. */
export type FillMount = (folder: string) => Promise<void>;

/** Between looks at a folder that someone else has; spread, so that two who got into each other's way don't again. */
const pollIntervalMs = 25;
const pollSpreadMs = 50;

/** What a request's folders are called; requests of one name are for the same cache. */
export function cacheMountName({ id, initial, namespace }: CacheMountRequest): string {
  return hexOf(digestOf(canonicalJson([namespace, id, initial ?? null])));
}

/** @throws ToolError "limit" where too many steps have one each; "disk"; the signal's reason while it waits */
export async function openCacheMount(
  cache: Cache,
  request: CacheMountRequest,
  fill: FillMount,
  signal: AbortSignal,
): Promise<CacheMount> {
  const folder = join(cache.folder, "mounts", cacheMountName(request));
  try {
    for (;;) {
      signal.throwIfAborted();
      const found = await tryFolders(cache, folder, request.sharing, fill);
      if (found !== undefined) return found;
      await wait(pollIntervalMs + randomInt(pollSpreadMs), undefined, { signal }).catch(() => undefined);
    }
  } catch (thrown) {
    if (systemCode(thrown) === undefined || signal.aborted) throw thrown;
    throw diskError(`opening the cache mount ${JSON.stringify(request.id)}`, thrown);
  }
}

/** The first folder that can be had; undefined where it has to be tried again. */
async function tryFolders(
  cache: Cache,
  folder: string,
  sharing: CacheMountRequest["sharing"],
  fill: FillMount,
): Promise<CacheMount | undefined> {
  for (let number = 0; number < limits.cacheMountFoldersMax; number++) {
    const slot = join(folder, String(number));
    await makeSlot(cache, slot, fill);
    const held = await hold(slot, sharing === "shared" ? "shared" : "alone");
    if (typeof held === "function") return { folder: join(slot, "data"), release: held };
    if (held === "contended" || sharing === "locked") return undefined;
  }
  throw new ToolError("limit", {
    what: "opening a cache mount",
    why: `${limits.cacheMountFoldersMax} steps have a folder of it for themselves (cacheMountFoldersMax)`,
  });
}

/** A slot appears whole, by one rename; who is second finds it there. */
async function makeSlot(cache: Cache, slot: string, fill: FillMount): Promise<void> {
  if ((await readdir(slot).catch(() => undefined)) !== undefined) return;
  const temporary = cacheTemporary(cache);
  // What steps leave in it (set-user-id programs, devices) is for steps alone.
  await mkdir(temporary, { mode: 0o700 });
  await mkdir(join(temporary, "held"));
  await fill(join(temporary, "data"));
  await mkdir(join(slot, ".."), { recursive: true });
  try {
    await rename(temporary, slot);
  } catch (thrown) {
    if (!["ENOTEMPTY", "EEXIST"].includes(systemCode(thrown) ?? "")) throw thrown;
    await rm(temporary, { recursive: true, force: true });
  }
}

/**
 * Enters the holders of a slot, if those that are in it let one in: `alone` none, `shared` others that share. Everyone writes
 * first and looks then: of two at the same time at least one sees the other, and leaves.
 */
async function hold(
  slot: string,
  kind: "shared" | "alone",
): Promise<(() => Promise<void>) | "taken" | "contended"> {
  const held = join(slot, "held");
  const lets = (names: readonly string[]): boolean =>
    names.every((name) => kind === "shared" && name.startsWith("shared-"));
  if (!lets(await liveHolders(held))) return "taken";
  const own = `${kind}-${process.pid}-${await startOf(process.pid)}-${randomBytes(6).toString("hex")}`;
  await (await open(join(held, own), "wx")).close();
  const release = (): Promise<void> => rm(join(held, own), { force: true });
  if (lets((await liveHolders(held)).filter((name) => name !== own))) return release;
  await release();
  return "contended";
}

/** Names of those that hold a slot; names of processes that are gone are removed. */
async function liveHolders(held: string): Promise<readonly string[]> {
  const live: string[] = [];
  for (const name of await readdir(held)) {
    const [, pid = "", start = ""] = name.split("-");
    if ((await startOf(Number(pid))) === start) live.push(name);
    else await rm(join(held, name), { force: true });
  }
  return live;
}

/** When a process began, in the kernel's ticks: its number alone may be another's by now. "" where there is none. */
async function startOf(pid: number): Promise<string> {
  try {
    const text = await readFile(`/proc/${pid}/stat`, "latin1");
    // The second field is a name in parentheses that may hold anything; the start is the 22nd.
    return text.slice(text.lastIndexOf(")") + 2).split(" ")[19] ?? "";
  } catch (thrown) {
    if (["ENOENT", "ESRCH"].includes(systemCode(thrown) ?? "")) return "";
    throw thrown;
  }
}
