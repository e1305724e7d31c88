// distill.lock: the exact packages of every platform, from signed indexes; no host name. A build from it needs no index.
// The file's format and its reading are in lock-file.ts.
import { canonicalJson, type Json } from "../base/canonical-json.ts";
import { type Digest, digestOf } from "../base/digest.ts";
import type { LockedPackage } from "../debian/locked.ts";

export interface LockedPlatform {
  /** "linux/amd64". */
  readonly platform: string;
  /** Sorted by name; every name once. */
  readonly packages: readonly LockedPackage[];
}

export interface LockedSuite {
  readonly suite: string;
  /** Which archive of a mirror: "debian" or "debian-security". */
  readonly archive: string;
  /** Date of the InRelease file that was verified (RFC 3339), and its digest. */
  readonly date: string;
  readonly digest: Digest;
}

export interface Lock {
  readonly lockVersion: 1;
  /** Digest of what was asked for (repositories, packages, platforms): tells whether the lock is out of date. */
  readonly request: Digest;
  readonly suites: readonly LockedSuite[];
  readonly platforms: readonly LockedPlatform[];
}

/** What decides which packages a lock holds. Mirrors and keyrings only say where these come from, so they are not in it. */
export interface LockRequest {
  readonly platforms: readonly string[];
  readonly repositories: readonly LockRequestRepository[];
  /** As the spec lists them, in its order: the order decides between alternatives. */
  readonly packages: readonly string[];
}

export interface LockRequestRepository {
  readonly debian: string;
  readonly suites?: readonly string[];
  readonly components: readonly string[];
  readonly snapshot?: string;
}

/** The digest that a lock keeps of its request. */
export function requestDigest(request: LockRequest): Digest {
  const repositories = request.repositories.map(
    ({ debian, suites, components, snapshot }): Json => ({ debian, suites, components, snapshot }),
  );
  return digestOf(
    canonicalJson({ platforms: [...request.platforms].sort(), repositories, packages: request.packages }),
  );
}

export interface PlatformChange {
  readonly platform: string;
  readonly added: readonly LockedPackage[];
  readonly removed: readonly LockedPackage[];
  /** The same name with other content: another version, or the same one built again. */
  readonly changed: readonly { readonly before: LockedPackage; readonly after: LockedPackage }[];
}

/** What differs, platform by platform; platforms without a change are left out. Without `before`, everything was added. */
export function compareLocks(before: Lock | undefined, after: Lock): PlatformChange[] {
  const names = new Set([...(before?.platforms ?? []), ...after.platforms].map((one) => one.platform));
  return [...names]
    .map((platform) => comparePlatform(platform, packagesOf(before, platform), packagesOf(after, platform)))
    .filter((one) => one.added.length + one.removed.length + one.changed.length > 0);
}

function packagesOf(lock: Lock | undefined, platform: string): ReadonlyMap<string, LockedPackage> {
  const found = lock?.platforms.find((one) => one.platform === platform);
  return new Map((found?.packages ?? []).map((one) => [one.name, one]));
}

function comparePlatform(
  platform: string,
  before: ReadonlyMap<string, LockedPackage>,
  after: ReadonlyMap<string, LockedPackage>,
): PlatformChange {
  return {
    platform,
    added: [...after.values()].filter((one) => !before.has(one.name)),
    removed: [...before.values()].filter((one) => !after.has(one.name)),
    changed: [...after.values()].flatMap((one) => {
      const old = before.get(one.name);
      return old === undefined || old.digest === one.digest ? [] : [{ before: old, after: one }];
    }),
  };
}
