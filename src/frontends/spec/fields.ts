// distill.yaml, field by field: the one description that validation, JSON Schema and reference are made from.

import type { ObjectShape } from "../../formats/document/shape.ts";
import { buildStage, initPhase } from "./fields-phases.ts";
import { run } from "./fields-run.ts";
import { test } from "./fields-test.ts";

const repository: ObjectShape = {
  kind: "object",
  name: "repository",
  fields: {
    debian: {
      shape: { kind: "text", format: "release" },
      description: "The release whose packages are used, by codename.",
      example: "bookworm",
      required: true,
    },
    suites: {
      shape: { kind: "list", item: { kind: "text", format: "suite" }, min: 1, unique: true },
      description: "The suites that are read together; the highest version wins.",
      example: "[bookworm, bookworm-security]",
      default: "the release, its updates and its security suite",
    },
    components: {
      shape: { kind: "list", item: { kind: "text", format: "suite" }, min: 1, unique: true },
      description: "The components of each suite.",
      example: "[main, contrib]",
      default: "[main]",
    },
    mirror: {
      shape: { kind: "text", format: "mirror address" },
      description: "The archive to fetch from. A spec that names none can be built behind any mirror.",
      example: "https://mirror.example/debian",
      default: "DISTILL_DEBIAN_MIRROR, else the configuration file, else this machine's apt sources",
    },
    "security-mirror": {
      shape: { kind: "text", format: "mirror address" },
      description: "The archive of the security suite.",
      example: "https://mirror.example/debian-security",
      default: "as for mirror",
    },
    snapshot: {
      shape: { kind: "text", format: "snapshot" },
      description:
        "The state of the archive at a time, from a snapshot archive that the configuration names.",
      example: "20240131T000000Z",
    },
    keyring: {
      shape: { kind: "text", format: "relative path" },
      description: "The OpenPGP keys that must have signed the release, in a file beside the spec.",
      example: "keys/archive-keyring.gpg",
      default: "the distribution's keyring",
    },
    trusted: {
      shape: { kind: "boolean" },
      description: "`false` takes an archive without a valid signature. Every build says so.",
      example: "false",
      default: "true",
    },
  },
};

export const spec: ObjectShape = {
  kind: "object",
  name: "distill.yaml",
  fields: {
    apiVersion: {
      shape: { kind: "choice", what: "version of the format", values: ["distill/v1"] },
      description: "The version of this format.",
      example: "distill/v1",
      required: true,
    },
    name: {
      shape: { kind: "text", format: "image name" },
      description: "What the image is called where no tag is given.",
      example: "postgres",
      required: true,
    },
    platforms: {
      shape: {
        kind: "list",
        item: {
          kind: "choice",
          what: "platform",
          values: ["linux/amd64", "linux/arm64"],
          nearest: platformMeant,
        },
        min: 1,
        unique: true,
      },
      description: "The platforms that are locked and built; several make one index.",
      example: "[linux/amd64, linux/arm64]",
      default: "the platform of the machine that builds",
    },
    repositories: {
      shape: { kind: "list", item: repository, min: 1 },
      description: "Where packages come from.",
      example: "[{debian: bookworm}]",
      default: "Debian's stable release from the configured mirror",
    },
    build: {
      shape: { kind: "map", key: "stage name", value: buildStage },
      description:
        "Stages by name: full systems in which things are made and copied out. Nothing of them ships.",
      example: "{app: {packages: [golang-go], steps: [{run: go build -o /out/app .}]}}",
    },
    init: {
      shape: initPhase,
      description: "The init image: what prepares the volumes, and exits before the image starts.",
      example: "{packages: [postgresql-15], command: [initdb]}",
    },
    run: {
      shape: run,
      description: "The image: only this ships in the running container.",
      example: "{packages: [postgresql-15], entrypoint: [/usr/lib/postgresql/15/bin/postgres]}",
      required: true,
    },
    test: {
      shape: { kind: "list", item: test },
      description: "Checks that run in the image after the build, without a shell.",
      example: '[{run: [/usr/bin/app, --version], stdout: {contains: "1."}}]',
    },
  },
};

/** The platform behind the names that kernels, Debian and people use. */
function platformMeant(text: string): string | undefined {
  const architecture = text.toLowerCase().replace(/^linux[/-]/, "");
  if (["amd64", "x86_64", "x86-64", "x64"].includes(architecture)) return "linux/amd64";
  if (["arm64", "aarch64", "arm64/v8", "armv8"].includes(architecture)) return "linux/arm64";
  return undefined;
}
