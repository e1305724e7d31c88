// distill.lock: the exact packages of every platform, from signed indexes; no host name. A build from it needs no index.
import type { Digest } from "../base/digest.ts";

/** One .deb, exactly. Everything that composing needs to know before the file itself is there. */
export interface LockedPackage {
  readonly name: string;
  readonly version: string;
  /** The package's own: "amd64", "arm64" or "all". */
  readonly architecture: string;
  /** The suite whose index named it ("bookworm-security"). */
  readonly suite: string;
  /** Pool path below the archive's root: "pool/main/p/postgresql-15/....deb". */
  readonly path: string;
  readonly sizeBytes: number;
  readonly digest: Digest;
  /** Names of locked packages that satisfy its Depends and Pre-Depends. */
  readonly depends: readonly string[];
  /** Asked for by the spec, not only by a dependency. */
  readonly requested: boolean;
}

export interface LockedPlatform {
  /** "linux/amd64". */
  readonly platform: string;
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
