// What a command that builds or explains works with: the lock, the cache, and, made when first asked for, connections,
// mirrors and threads. A build that finds its image in the cache opens none of these.
import { availableParallelism } from "node:os";
import { type Cache, findBlob, type StoredBlob } from "../base/cache.ts";
import { ToolError } from "../base/errors.ts";
import { lazy } from "../base/lazy.ts";
import { parallel } from "../base/pool.ts";
import type { Archive } from "../debian/archive.ts";
import { downloadPackages } from "../debian/download.ts";
import { localFiles } from "../debian/host-apt.ts";
import type { LockedPackage } from "../debian/locked.ts";
import { createUnpacker, type Unpacker } from "../debian/unpack.ts";
import { type Lock, type LockedPhase, lockedPackages } from "../graph/lock.ts";
import { withCache } from "./cache.ts";
import type { Context } from "./context.ts";
import {
  isCurrent,
  lockedPlans,
  needsLock,
  readLock,
  refuseStale,
  resolveLock,
  writeLock,
} from "./locking.ts";
import type { Project } from "./project.ts";
import { findArchives, type Network, openNetwork } from "./repositories.ts";

export interface Session {
  readonly cache: Cache;
  readonly unpacker: Unpacker;
  /** The project's lock, read or made (and then written). @throws ToolError "lock-differs" with `frozen` */
  currentLock(frozen: boolean): Promise<Lock | undefined>;
  /** A lock resolved anew, not written. */
  freshLock(): Promise<Lock>;
  /** The .debs of packages, in their order, from the cache or the mirrors. */
  readonly fetch: (packages: readonly LockedPackage[]) => Promise<readonly StoredBlob[]>;
}

/** Decoding is bound by the disk past this many; each thread costs some 50 MB. */
const workersMax = 8;

/** Runs `work` with a session and closes what it opened. @throws whatever `work` throws */
export async function withSession<T>(
  context: Context,
  project: Project,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  return withCache(context, async (cache) => {
    const closers: (() => Promise<void> | void)[] = [];
    try {
      return await work(openSession(context, project, cache, closers));
    } finally {
      for (const close of closers) await close();
    }
  });
}

function openSession(
  context: Context,
  project: Project,
  cache: Cache,
  closers: (() => Promise<void> | void)[],
): Session {
  // Ended as soon as a composition is done, since idle threads hold memory; made again if there is another one.
  let threads: Unpacker | undefined;
  const closeThreads = async (): Promise<void> => {
    const ending = threads;
    threads = undefined;
    await ending?.close();
  };
  closers.push(closeThreads);
  const network = lazy(async (): Promise<Network> => {
    const made = await openNetwork(context);
    closers.push(() => made.http.close());
    return made;
  });
  const archives = lazy(
    (): Promise<readonly Archive[]> => findArchives(context, lockedPlans(project), localFiles),
  );
  const freshLock = async (): Promise<Lock> =>
    resolveLock(context, project, await archives(), await network(), cache);
  return {
    cache,
    unpacker: {
      unpack(packages): ReturnType<Unpacker["unpack"]> {
        threads ??= createUnpacker({
          cache,
          workers: Math.min(availableParallelism(), workersMax),
          task: context,
        });
        return threads.unpack(packages);
      },
      close: closeThreads,
    },
    freshLock,
    async currentLock(frozen): Promise<Lock | undefined> {
      if (!needsLock(project)) return undefined;
      const lock = await readLock(context, project.lockFile);
      if (isCurrent(lock, project)) return lock;
      if (frozen) refuseStale(context, project, lock);
      const made = await freshLock();
      await writeLock(context, project, made);
      return made;
    },
    async fetch(packages): Promise<readonly StoredBlob[]> {
      // What is all there needs neither a mirror nor a connection.
      const held = await parallel(packages, 16, (one) => findBlob(cache, one.digest, one.sizeBytes));
      const present = held.filter((blob) => blob !== undefined);
      if (present.length === packages.length) return present;
      return downloadPackages((await network()).fetcher, cache, await archives(), packages);
    },
  };
}

/**
 * The locked packages of a phase on a platform; none where the project has nothing to lock.
 * @throws ToolError "lock-differs" where there is a lock, and this is not in it
 */
export function packagesFor(
  lock: Lock | undefined,
  platform: string,
  phase: LockedPhase,
): readonly LockedPackage[] {
  if (lock === undefined) return [];
  const packages = lockedPackages(lock, { platform, phase });
  if (packages !== undefined) return packages;
  throw new ToolError("lock-differs", {
    what: `reading the locked packages of ${phase} for ${platform}`,
    why: "the lock does not have them, though it claims to answer what the spec asks for",
    hint: "run `distill lock` and commit the lock",
  });
}

/** 9999-12-31T23:59:59Z: the last second that RFC 3339 can write. */
const dateMax = 253_402_300_799;

/**
 * The date of an image is that of its packages' indexes: a fact of the lock, so a build from it gives the same bytes.
 * SOURCE_DATE_EPOCH takes its place (https://reproducible-builds.org/specs/source-date-epoch/).
 * @throws ToolError "usage" where that is no date
 */
export function dateOf(lock: Lock | undefined, { env }: Pick<Context, "env">): number {
  const epoch = env["SOURCE_DATE_EPOCH"] ?? "";
  if (epoch !== "") {
    if (/^\d+$/.test(epoch) && Number(epoch) <= dateMax) return Number(epoch);
    throw new ToolError("usage", {
      what: "reading SOURCE_DATE_EPOCH",
      why: `${JSON.stringify(epoch)} is not a number of seconds since 1970, or too large`,
      hint: "set it to the output of `date +%s`, or leave it unset",
    });
  }
  const dates = (lock?.suites ?? []).map(({ date }) => Date.parse(date) / 1000);
  return Math.max(0, ...dates);
}
