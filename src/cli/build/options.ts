// The options of `distill build`, and what both kinds of build files make of them.
import { levels } from "../../audit/levels.ts";
import type { Phase } from "../../graph/plan.ts";
import type { PlatformBuild } from "../build-project.ts";
import type { Destinations } from "../deliver.ts";
import type { Arguments } from "../options.ts";
import { projectOptions } from "../project-options.ts";
import { stepOptions } from "./step-options.ts";

export const buildOptions = {
  ...projectOptions,
  tag: { kind: "list", short: "t", value: "REF", summary: "name of the image" },
  output: {
    kind: "list",
    short: "o",
    value: "DEST",
    summary: "oci:DIR[:TAG], oci-archive:FILE, docker-archive:FILE, dir:DIR or tar:FILE",
  },
  push: { kind: "flag", summary: "push to the registries that the tags name" },
  load: { kind: "flag", summary: "load into the local docker or podman" },
  platform: {
    kind: "list",
    value: "LIST",
    commas: true,
    summary: "linux/amd64,linux/arm64 (default: the spec's; of a Dockerfile this machine's)",
  },
  target: {
    kind: "text",
    value: "PHASE|STAGE",
    summary:
      "of a spec run (default) or init, whose tags get -init; of a Dockerfile a stage (default: the last)",
  },
  label: { kind: "list", value: "NAME=VALUE", summary: "of a Dockerfile's image" },
  ...stepOptions,
  frozen: { kind: "flag", summary: "fail (exit code 1) if the lock is missing or out of date" },
  lock: { kind: "flag", summary: "pin the base images of a Dockerfile in Dockerfile.lock" },
  compression: {
    kind: "choice",
    value: "KIND",
    choices: ["gzip", "zstd"],
    default: "gzip",
    summary: "of layers",
  },
  layers: {
    kind: "choice",
    value: "STRATEGY",
    choices: ["auto", "single", "package"],
    default: "auto",
    summary:
      "auto: packages below, what the spec adds above; single: one layer; package: one for each package",
  },
  "allow-level": {
    kind: "choice",
    value: "LEVEL",
    choices: levels,
    summary:
      "lowest level that is accepted (default: of a spec truly-distroless; init images and Dockerfiles: any)",
  },
  metadata: { kind: "text", value: "FILE", summary: "write digests, sizes, level and times as JSON" },
  "insecure-registry": {
    kind: "list",
    value: "HOST",
    summary: "a registry that may speak plain HTTP or show any certificate",
  },
} as const;

export type BuildOptions = Arguments<typeof buildOptions>["options"];

/** Images that are at least of the level that was asked for, and where they go. */
export interface Made {
  readonly name: string;
  readonly phase: Phase;
  readonly built: readonly PlatformBuild[];
  readonly destinations: Destinations;
}
