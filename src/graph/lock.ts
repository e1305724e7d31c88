// distill.lock: the exact packages of every platform, from signed indexes; no host name. A build from it needs no index.
// The file's format and its reading are in lock-file.ts.
import { canonicalJson, type Json } from "../base/canonical-json.ts";
import { type Digest, digestOf } from "../base/digest.ts";
import type { LockedPackage } from "../debian/locked.ts";
import type { PinnedImage } from "./image-lock.ts";
import type { Phase, StagePhase } from "./plan.ts";

/** What packages are locked for: a phase of the image, or a stage of `build`. */
export type LockedPhase = Phase | StagePhase;

/** The packages of one phase (plan.ts) on one platform: all are locked together, so that they agree. */
export interface LockedPlatform {
  /** "linux/amd64". */
  readonly platform: string;
  readonly phase: LockedPhase;
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
  /** The images that stages of `build` start from, sorted by reference and platform; absent where there are none. */
  readonly images?: readonly PinnedImage[];
}

/** What decides which packages a lock holds. Mirrors and keyrings only say where these come from, so they are not in it. */
export interface LockRequest {
  readonly platforms: readonly string[];
  readonly repositories: readonly LockRequestRepository[];
  /** By phase; as the spec lists them, in its order: the order decides between alternatives. */
  readonly packages: Readonly<Partial<Record<LockedPhase, readonly string[]>>>;
  /** Of stages, in full ("docker.io/library/alpine:3.18"); absent where no stage starts from an image. */
  readonly images?: readonly string[];
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
    canonicalJson({
      platforms: [...request.platforms].sort(),
      repositories,
      packages: request.packages,
      images: request.images === undefined ? undefined : [...new Set(request.images)].sort(),
    }),
  );
}

export interface PlatformChange {
  readonly platform: string;
  readonly phase: LockedPhase;
  readonly added: readonly LockedPackage[];
  readonly removed: readonly LockedPackage[];
  /** The same name with other content: another version, or the same one built again. */
  readonly changed: readonly { readonly before: LockedPackage; readonly after: LockedPackage }[];
}

/** What differs, platform by platform and phase by phase; those without a change are left out. Without `before`, everything was added. */
export function compareLocks(before: Lock | undefined, after: Lock): PlatformChange[] {
  const keys = new Map(
    [...(before?.platforms ?? []), ...after.platforms].map((one) => [`${one.platform} ${one.phase}`, one]),
  );
  return [...keys.values()]
    .map((one) => comparePlatform(one, packagesOf(before, one), packagesOf(after, one)))
    .filter((one) => one.added.length + one.removed.length + one.changed.length > 0);
}

type Place = Pick<LockedPlatform, "platform" | "phase">;

/** The packages of one phase on one platform; undefined where the lock hasn't got it. */
export function lockedPackages(lock: Lock, { platform, phase }: Place): readonly LockedPackage[] | undefined {
  return lock.platforms.find((one) => one.platform === platform && one.phase === phase)?.packages;
}

function packagesOf(lock: Lock | undefined, place: Place): ReadonlyMap<string, LockedPackage> {
  const found = lock === undefined ? undefined : lockedPackages(lock, place);
  return new Map((found ?? []).map((one) => [one.name, one]));
}

function comparePlatform(
  { platform, phase }: Place,
  before: ReadonlyMap<string, LockedPackage>,
  after: ReadonlyMap<string, LockedPackage>,
): PlatformChange {
  return {
    platform,
    phase,
    added: [...after.values()].filter((one) => !before.has(one.name)),
    removed: [...before.values()].filter((one) => !after.has(one.name)),
    changed: [...after.values()].flatMap((one) => {
      const old = before.get(one.name);
      return old === undefined || old.digest === one.digest ? [] : [{ before: old, after: one }];
    }),
  };
}

/** An image of a stage that a lock pins otherwise than the one before. */
export interface ImageChange {
  readonly reference: string;
  readonly platform: string;
  /** Undefined where it wasn't pinned. */
  readonly before: Digest | undefined;
  /** Undefined where it isn't any more. */
  readonly after: Digest | undefined;
}

/** Which images of stages differ, in the order of the new lock; those that are gone come last. */
export function compareImages(before: Lock | undefined, after: Lock): readonly ImageChange[] {
  const keyOf = ({ platform, reference }: PinnedImage): string => `${reference} ${platform}`;
  const old = new Map((before?.images ?? []).map((one) => [keyOf(one), one]));
  const fresh = new Map((after.images ?? []).map((one) => [keyOf(one), one]));
  return [...new Map([...fresh, ...old])].flatMap(([key, { platform, reference }]): ImageChange[] => {
    const change = { reference, platform, before: old.get(key)?.digest, after: fresh.get(key)?.digest };
    return change.before === change.after ? [] : [change];
  });
}
