// `distill build`: from a spec or a Dockerfile to an image, wherever it is wanted.
import { findBuildFile } from "../build/build-file.ts";
import { buildOptions } from "../build/options.ts";
import { type Command, defineCommand } from "../command.ts";
import { deliver } from "../deliver.ts";
import { writeMetadata } from "../metadata.ts";

export const command: Command = defineCommand({
  name: "build",
  summary: "build the image(s) of a distill.yaml or a Dockerfile",
  usage: "[DIR]",
  options: buildOptions,
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
