// Builds a project's images: the lock, then each platform, from the cache where nothing changed.
import { availableParallelism } from "node:os";
import type { LayerStrategy } from "../assemble/strategy.ts";
import { type Cache, openCache } from "../base/cache.ts";
import { lazy } from "../base/lazy.ts";
import type { Archive } from "../debian/archive.ts";
import { downloadPackages } from "../debian/download.ts";
import type { LockedPackage } from "../debian/locked.ts";
import { createUnpacker, type Unpacker } from "../debian/unpack.ts";
import { type BuiltImage, buildImage } from "../engines/native/build-image.ts";
import { type Lock, lockedPackages } from "../graph/lock.ts";
import type { ImagePlan } from "../graph/plan.ts";
import type { Context } from "./context.ts";
import { isCurrent, needsLock, readLock, refuseStale, resolveLock, writeLock } from "./locking.ts";
import type { Project } from "./project.ts";
import { findArchives, type Network, openNetwork } from "./repositories.ts";

export interface BuildSettings {
  readonly plan: ImagePlan;
  readonly platforms: readonly string[];
  /** Fail where the lock is missing or stale, and never write it. */
  readonly frozen: boolean;
  readonly compression: "gzip" | "zstd";
  readonly layers: LayerStrategy;
}

export interface PlatformBuild extends BuiltImage {
  readonly platform: string;
  readonly durationMs: number;
}

/** @throws as the lock, downloading and building do */
export async function buildProject(
  context: Context,
  project: Project,
  settings: BuildSettings,
): Promise<readonly PlatformBuild[]> {
  const cache = await openCache(context.cacheFolder);
  const resources = openResources(context, project, cache);
  try {
    const lock = needsLock(project)
      ? await currentLock(context, project, settings.frozen, async () =>
          resolveLock(context, project, await resources.archives(), await resources.network(), cache),
        )
      : undefined;
    const services = { cache, task: context, unpacker: resources.unpacker };
    const fetch = async (packages: readonly LockedPackage[]): ReturnType<typeof downloadPackages> =>
      packages.length === 0
        ? []
        : downloadPackages((await resources.network()).fetcher, cache, await resources.archives(), packages);
    const built: PlatformBuild[] = [];
    for (const platform of settings.platforms) {
      const started = context.now();
      const id = `build ${platform}`;
      context.emit({ type: "start", id, name: `building ${project.spec.name} for ${platform}` });
      const { plan, compression, layers } = settings;
      const packages =
        lock === undefined ? [] : (lockedPackages(lock, { platform, phase: plan.phase }) ?? []);
      const image = await buildImage(
        {
          plan,
          packages,
          platform,
          context: project.folder,
          mtime: dateOf(lock, context),
          compression,
          layers,
        },
        services,
        fetch,
      );
      context.emit({ type: "end", id, cached: image.cached });
      built.push({ ...image, platform, durationMs: context.now() - started });
    }
    return built;
  } finally {
    await resources.close();
  }
}

/** What a build may need and a build from the cache doesn't: connections, mirrors, threads. Each is made when first asked for. */
interface Resources {
  readonly network: () => Promise<Network>;
  readonly archives: () => Promise<readonly Archive[]>;
  readonly unpacker: Unpacker;
  close(): Promise<void>;
}

function openResources(context: Context, project: Project, cache: Cache): Resources {
  const closers: (() => Promise<void> | void)[] = [];
  const unpacker = lazy(() => {
    const made = createUnpacker({ cache, workers: availableParallelism(), task: context });
    closers.push(() => made.close());
    return made;
  });
  return {
    network: lazy(async () => {
      const network = await openNetwork(context);
      closers.push(() => network.http.close());
      return network;
    }),
    archives: lazy(() => findArchives(context, project.plans)),
    unpacker: { unpack: (packages) => unpacker().unpack(packages), close: () => Promise.resolve() },
    async close(): Promise<void> {
      for (const close of closers) await close();
    },
  };
}

async function currentLock(
  context: Context,
  project: Project,
  frozen: boolean,
  resolve: () => Promise<Lock>,
): Promise<Lock> {
  const lock = await readLock(context, project.lockFile);
  if (isCurrent(lock, project)) return lock;
  if (frozen) refuseStale(context, project, lock);
  const made = await resolve();
  await writeLock(context, project, made);
  return made;
}

/** The date of an image is that of its packages' indexes: a fact of the lock, so a build from it gives the same bytes. */
function dateOf(lock: Lock | undefined, { env }: Context): number {
  const epoch = env["SOURCE_DATE_EPOCH"];
  if (epoch !== undefined && /^\d+$/.test(epoch)) return Number(epoch);
  const dates = (lock?.suites ?? []).map(({ date }) => Date.parse(date) / 1000);
  return Math.max(0, ...dates);
}
