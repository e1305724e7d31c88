// What `distill build` hands to what builds a kind of file, and gets from it.
import type { Level } from "../../audit/levels.ts";
import type { Phase } from "../../graph/plan.ts";
import type { PlatformBuild } from "../build-project.ts";
import type { Destinations } from "../deliver.ts";
import type { StepOptions } from "./step-options.ts";

/** The command line, as far as both kinds of files look at it. */
export interface BuildOptions extends StepOptions {
  readonly tag: readonly string[];
  readonly output: readonly string[];
  readonly push: boolean;
  readonly load: boolean;
  readonly platform: readonly string[];
  readonly target: string | undefined;
  readonly label: readonly string[];
  readonly frozen: boolean;
  readonly lock: boolean;
  readonly compression: "gzip" | "zstd";
  readonly layers: "auto" | "single" | "package";
  readonly "allow-level": Level | undefined;
  readonly "insecure-registry": readonly string[];
}

/** Images that are at least of the level that was asked for, and where they go. */
export interface Made {
  readonly name: string;
  readonly phase: Phase;
  readonly built: readonly PlatformBuild[];
  readonly destinations: Destinations;
}
