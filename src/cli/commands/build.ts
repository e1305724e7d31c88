// `distill build`: from a spec to an image, wherever it is wanted.

import { levels } from "../../audit/levels.ts";
import { InvalidInput } from "../../base/diagnostics.ts";
import { unbuiltInit } from "../../frontends/spec/unbuilt.ts";
import type { ImagePlan } from "../../graph/plan.ts";
import { type BuildSettings, buildProject } from "../build-project.ts";
import { type Command, defineCommand } from "../command.ts";
import { deliver, destinationsOf } from "../deliver.ts";
import { displayName } from "../display-name.ts";
import { refuseBelow } from "../level-gate.ts";
import { writeMetadata } from "../metadata.ts";
import { choosePlatforms, type Project, projectOptions, readProject } from "../project.ts";

export const command: Command = defineCommand({
  name: "build",
  summary: "build the image(s) of a distill.yaml",
  usage: "[DIR]",
  options: {
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
      summary: "linux/amd64,linux/arm64 (default: the spec's)",
    },
    target: {
      kind: "choice",
      value: "PHASE",
      choices: ["run", "init"],
      default: "run",
      summary: "run: the image that ships; init: the image that prepares its volumes (tags get -init)",
    },
    frozen: { kind: "flag", summary: "fail (exit code 1) if distill.lock is missing or out of date" },
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
      summary: "lowest level that is accepted (default: truly-distroless; init images: any)",
    },
    metadata: { kind: "text", value: "FILE", summary: "write digests, sizes, level and times as JSON" },
    "insecure-registry": {
      kind: "list",
      value: "HOST",
      summary: "a registry that may speak plain HTTP or show any certificate",
    },
  },
  examples: [
    {
      does: "an archive for docker load",
      line: "distill build -o docker-archive:app.tar -t app examples/redis",
    },
    {
      does: "push for two platforms",
      line: "distill build --push -t registry.example.com/app:1 --platform linux/amd64,linux/arm64",
    },
    {
      does: "the init image into the local engine",
      line: "distill build --target init --load -t app examples/postgres",
    },
  ],
  async run(context, { options, positionals }) {
    const project = await readProject(context, positionals[0], options.file);
    const plan = planFor(project, options.target, context.cwd);
    const platforms = choosePlatforms(project, options.platform);
    const settings: BuildSettings = {
      plan,
      platforms,
      frozen: options.frozen,
      compression: options.compression,
      layers: options.layers,
    };
    const destinations = destinationsOf({
      ...options,
      phase: plan.phase,
      name: project.spec.name,
      platforms,
    });
    const started = context.now();
    const built = await buildProject(context, project, settings);
    refuseBelow(
      options["allow-level"] ?? (plan.phase === "init" ? "distro" : "truly-distroless"),
      built,
      plan,
    );
    const delivered = await deliver(context, built, destinations);
    const { renderSummary } = await import("../../report/summary.ts");
    context.stdout.write(
      renderSummary(
        {
          name: project.spec.name,
          images: built.map(({ platform, image, figures }) => ({
            platform,
            phase: plan.phase,
            digest: image.descriptor.digest,
            sizeBytes: image.layers.reduce((sum, { descriptor }) => sum + descriptor.size, 0),
            files: figures.files,
            level: figures.level,
          })),
          ...(built.length > 1 ? { indexDigest: delivered.digest } : {}),
          destinations: delivered.places,
          timeMs: context.now() - started,
        },
        context.stdout.colour,
      ),
    );
    if (options.metadata !== undefined) await writeMetadata(context, options.metadata, built, delivered);
    return 0;
  },
});

function planFor({ plans, spec, specFile }: Project, target: "run" | "init", cwd: string): ImagePlan {
  const plan = plans.find(({ phase }) => phase === target);
  if (plan !== undefined) return plan;
  const unbuilt = unbuiltInit(spec);
  if (unbuilt !== undefined) throw new InvalidInput([unbuilt]);
  throw new InvalidInput([
    {
      severity: "error",
      rule: "no-such-phase",
      message: `${displayName(specFile, cwd)} has no init phase made of packages`,
      hint: "give it `init: {packages: [...], command: [...]}`",
    },
  ]);
}
