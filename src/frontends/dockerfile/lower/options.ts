// What lowering a Dockerfile needs beside its text, and what it gives: the contract between the command line and this frontend.
import type { Diagnostic } from "../../../base/diagnostics.ts";
import type { Digest } from "../../../base/digest.ts";
import type { BuildTarget } from "../../../graph/vertex.ts";
import type { ImageConfig } from "../../../oci/model.ts";

/** What `--build-context NAME=VALUE` gives: it stands for a stage or an image of that name. */
export type NamedContext =
  /** A folder of the user; the name of a `local` operation. */
  | { readonly kind: "local"; readonly name: string }
  /** `docker-image://REF`. */
  | { readonly kind: "image"; readonly reference: string }
  /** `https://host/repo.git#ref:folder`, as ADD has it. */
  | { readonly kind: "git"; readonly url: string }
  /** An archive that is unpacked. */
  | { readonly kind: "http"; readonly url: string };

export interface LowerOptions {
  /** "linux/amd64", "linux/arm/v7"; at least one. A target is made for each. */
  readonly platforms: readonly string[];
  /** The machine that builds: BUILDPLATFORM. */
  readonly buildPlatform: string;
  /** A stage by its name, as BuildKit has it; absent: the last one. */
  readonly target?: string;
  readonly buildArgs: ReadonlyMap<string, string>;
  readonly labels: ReadonlyMap<string, string>;
  /** By lower-case name; "context" may be replaced as well. */
  readonly contexts: ReadonlyMap<string, NamedContext>;
  /** `--no-cache-filter`: stages whose vertices get `ignoreCache`; "all" for `--no-cache`. */
  readonly ignoreCache: ReadonlySet<string> | "all";
  /** What an image's name means. Called once for each name and platform that the target needs. */
  readonly resolveImage: (
    reference: string,
    platform: string,
  ) => Promise<{ readonly digest: Digest; readonly config: ImageConfig }>;
  /** The patterns of a context's .dockerignore ("context", or a named context's own). */
  readonly ignorePatterns: (context: string) => Promise<readonly string[]>;
  /** RFC 3339: the time of the result. */
  readonly created: string;
  /** Seconds since the epoch, where the user gave SOURCE_DATE_EPOCH. */
  readonly sourceDateEpoch?: number;
}

export interface Lowered {
  /** In the order of the platforms. */
  readonly targets: readonly BuildTarget[];
  /** Warnings. */
  readonly diagnostics: readonly Diagnostic[];
}
