// Folders that outlive steps: RUN --mount=type=cache. They lie in the cache folder, one for each namespace, id and initial
// content, and further ones where steps may not share it (moby/buildkit solver/llbsolver/mounts):
//
//   mounts/<64 hex>/<n>/data   what steps see
//   mounts/<64 hex>/<n>/held   while a process uses it for itself alone, or shares it: its name in there
//
// `shared`: all at the same time. `private`: a folder that nobody else has. `locked`: the first one, when nobody has it.
// Invariant: a process that was killed holds nothing (base/holders.ts); what nobody holds, `cache prune` may remove.
import { randomInt } from "node:crypto";
import { mkdir, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { type Cache, cacheTemporary } from "../../../../base/cache.ts";
import { canonicalJson } from "../../../../base/canonical-json.ts";
import { type Digest, digestOf, hexOf } from "../../../../base/digest.ts";
import { systemCode, ToolError } from "../../../../base/errors.ts";
import { diskError } from "../../../../base/files.ts";
import { hold } from "../../../../base/holders.ts";
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
    const held = await hold(join(slot, "held"), sharing === "shared" ? "shared" : "alone");
    if (held.kind === "held") return { folder: join(slot, "data"), release: held.release };
    if (held.kind === "contended" || sharing === "locked") return undefined;
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
