// `distill build`: from a spec or a Dockerfile to an image, wherever it is wanted.
import { levels } from "../../audit/levels.ts";
import { findBuildFile } from "../build/build-file.ts";
import { insecureRegistry, stepOptions } from "../build/step-options.ts";
import { type Command, defineCommand } from "../command.ts";
import { deliver } from "../deliver.ts";
import { writeMetadata } from "../metadata.ts";
import { projectOptions } from "../project-options.ts";

const options = {
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
  "insecure-registry": insecureRegistry,
} as const;

export const command: Command = defineCommand({
  name: "build",
  summary: "build the image(s) of a distill.yaml or a Dockerfile",
  usage: "[DIR]",
  options,
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
      does: "a stage of a Dockerfile, with a secret",
      line: "distill build -f Dockerfile --target app --secret id=token,src=token.txt -o oci:out .",
    },
    {
      does: "the init image into the local engine",
      line: "distill build --target init --load -t app examples/postgres",
    },
  ],
  async run(context, { options: given, positionals }) {
    const started = context.now();
    const file = await findBuildFile(context, positionals[0], given.file);
    const made =
      file.kind === "spec"
        ? await (await import("../build/of-spec.ts")).ofSpec(context, positionals[0], file, given)
        : await (await import("../build/of-dockerfile.ts")).ofDockerfile(context, file, given);
    const { built, destinations, name, phase } = made;
    const delivered = await deliver(context, built, destinations);
    const { renderSummary } = await import("../../report/summary.ts");
    context.stdout.write(
      renderSummary(
        {
          name,
          images: built.map(({ platform, image, figures }) => ({
            platform,
            phase,
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
    if (given.metadata !== undefined) await writeMetadata(context, given.metadata, built, delivered);
    return 0;
  },
});
