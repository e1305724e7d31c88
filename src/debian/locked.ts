// One .deb, exactly: what resolving yields, what distill.lock holds, and what composing starts from.
import type { Digest } from "../base/digest.ts";

/** Everything that composing needs to know before the file itself is there. */
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
