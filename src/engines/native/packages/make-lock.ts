// From plans to a lock: the indexes of the request's suites, brought up to date and verified, and the packages that they give
// for every phase on every platform. The only step of a build that looks at an index.
import type { Cache } from "../../../base/cache.ts";
import type { Digest } from "../../../base/digest.ts";
import type { Archive } from "../../../debian/archive.ts";
import { withEssential } from "../../../debian/essential.ts";
import type { Fetcher } from "../../../debian/fetch.ts";
import { openRepository, type SuiteState } from "../../../debian/repository.ts";
import { parseRequest } from "../../../debian/request.ts";
import { type DroppedDependency, resolvePackages } from "../../../debian/resolve.ts";
import type { Lock, LockedPhase, LockedPlatform } from "../../../graph/lock.ts";
import type { PackageRequest } from "../../../graph/plan.ts";

export interface LockRequest {
  /** Of phases and stages: what each asks for. */
  readonly plans: readonly { readonly phase: LockedPhase; readonly packages: readonly PackageRequest[] }[];
  /** "linux/amd64" ... */
  readonly platforms: readonly string[];
  /** What the lock answers (lock.ts, `requestDigest`). */
  readonly request: Digest;
  readonly archives: readonly Archive[];
}

export interface MadeLock {
  readonly lock: Lock;
  /** Dependencies that the request's exclusions left out. */
  readonly dropped: readonly DroppedDependency[];
}

/**
 * Resolves all phases on all platforms.
 * @throws ToolError as `openRepository` and `resolvePackages` do
 */
export async function makeLock(request: LockRequest, fetcher: Fetcher, cache: Cache): Promise<MadeLock> {
  const platforms: LockedPlatform[] = [];
  const suites = new Map<string, SuiteState>();
  const dropped: DroppedDependency[] = [];
  for (const platform of request.platforms) {
    const wanted = request.plans.filter((plan) => plan.packages.length > 0);
    if (wanted.length === 0) {
      platforms.push(...request.plans.map(({ phase }) => ({ platform, phase, packages: [] })));
      continue;
    }
    const repository = await openRepository(fetcher, cache, request.archives, debianArchitecture(platform));
    try {
      for (const suite of repository.suites) suites.set(`${suite.archive} ${suite.suite}`, suite);
      for (const plan of request.plans) {
        const requests = plan.packages.map(({ text }) => parseRequest(text));
        const resolution = resolvePackages(
          repository.universe,
          isStage(plan.phase) ? withEssential(requests, repository.universe) : requests,
        );
        platforms.push({ platform, phase: plan.phase, packages: resolution.packages });
        dropped.push(...resolution.dropped);
      }
    } finally {
      repository.close();
    }
  }
  return {
    lock: { lockVersion: 1, request: request.request, suites: [...suites.values()], platforms },
    dropped,
  };
}

/** Stages are systems in which things are built; an image gets what it asks for. */
function isStage(phase: LockedPhase): boolean {
  return phase !== "run" && phase !== "init";
}

/** OCI's architecture names are Debian's for the platforms that a spec may name. */
export function debianArchitecture(platform: string): string {
  return platform.slice(platform.indexOf("/") + 1);
}
