// distill.lock: the exact packages of every platform, from signed indexes; no host name. A build from it needs no index.
import type { Digest } from "../base/digest.ts";
import type { LockedPackage } from "../debian/locked.ts";
import type { Phase } from "./plan.ts";

/** The packages of one phase of the spec (plan.ts) on one platform: run and init are locked together, in one file. */
export interface LockedPlatform {
  /** "linux/amd64". */
  readonly platform: string;
  readonly phase: Phase;
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
