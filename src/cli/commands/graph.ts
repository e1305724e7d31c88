// `distill graph`: what a build of a Dockerfile would do, without doing it.
import type { BuildTarget } from "../../graph/vertex.ts";
import { type BuildFile, findBuildFile } from "../build/build-file.ts";
import { requireDockerfile } from "../build/require-dockerfile.ts";
import { stepOptions } from "../build/step-options.ts";
import { type Command, defineCommand } from "../command.ts";
import type { Context } from "../context.ts";
import type { Arguments } from "../options.ts";

const formats = ["text", "dot", "json"] as const;

const options = {
  file: { kind: "text", short: "f", value: "FILE", summary: "the Dockerfile (default: Dockerfile in DIR)" },
  target: { kind: "text", value: "STAGE", summary: "a stage (default: the last)" },
  platform: {
    kind: "list",
    value: "LIST",
    commas: true,
    summary: "linux/amd64,linux/arm64 (default: this machine's)",
  },
  "build-arg": stepOptions["build-arg"],
  "build-context": stepOptions["build-context"],
  format: { kind: "choice", value: "FORMAT", choices: formats, default: "text", summary: "how to say it" },
  ast: { kind: "flag", summary: "print the instructions as they were read instead; asks no registry" },
  "insecure-registry": {
    kind: "list",
    value: "HOST",
    summary: "a registry that may speak plain HTTP or show any certificate",
  },
} as const;

type Options = Arguments<typeof options>["options"];

export const command: Command = defineCommand({
  name: "graph",
  summary: "show what a build of a Dockerfile would do",
  usage: "[DIR]",
  options,
  examples: [
    { does: "the steps of a build, and what each needs", line: "distill graph examples/go-app" },
    { does: "a picture", line: "distill graph --format dot . | dot -Tsvg > build.svg" },
    { does: "how a Dockerfile is read", line: "distill graph --ast -f Dockerfile" },
  ],
  async run(context, { options: given, positionals }) {
    const file = await findBuildFile(context, positionals[0], given.file);
    requireDockerfile(context, file);
    if (given.ast) {
      const [{ parseFile }, { printDockerfile }, { printable }] = await Promise.all([
        import("../build/lower-file.ts"),
        import("../../frontends/dockerfile/print.ts"),
        import("../../report/text.ts"),
      ]);
      context.stdout.write(printable(printDockerfile((await parseFile(context, file.file)).ast)));
      return 0;
    }
    context.stdout.write(await render(await targetsOf(context, file, given), given.format, context));
    return 0;
  },
});

/** Images are asked for their configs, as a build does; nothing is built. */
async function targetsOf(context: Context, file: BuildFile, given: Options): Promise<readonly BuildTarget[]> {
  const [
    { openBaseImages },
    { emitWarnings },
    { readPins },
    { lowerFile },
    { contextsOf, namedValues },
    { withCache },
  ] = await Promise.all([
    import("../build/base-images.ts"),
    import("../warnings.ts"),
    import("../build/image-pins.ts"),
    import("../build/lower-file.ts"),
    import("../build/values.ts"),
    import("../cache.ts"),
  ]);
  return withCache(context, async (cache) => {
    const pinned = await readPins(context, file.file, false);
    const images = openBaseImages(context, { cache, insecureHosts: given["insecure-registry"], pinned });
    try {
      const { diagnostics, targets } = await lowerFile(context, file, images, {
        target: given.target,
        platforms: [...new Set(given.platform)],
        buildArgs: namedValues("build-arg", given["build-arg"], context.env),
        labels: new Map(),
        contexts: await contextsOf(given["build-context"], file.folder, context.cwd),
        ignoreCache: new Set(),
      });
      emitWarnings(context, diagnostics);
      return targets;
    } finally {
      images.close();
    }
  });
}

async function render(
  targets: readonly BuildTarget[],
  format: (typeof formats)[number],
  context: Context,
): Promise<string> {
  switch (format) {
    case "dot":
      return (await import("../../report/graph/dot.ts")).graphDot(targets);
    case "json":
      return (await import("../../report/graph/json.ts")).graphJson(targets);
    default:
      return (await import("../../report/graph/text.ts")).graphText(targets, context.stdout.columns);
  }
}
