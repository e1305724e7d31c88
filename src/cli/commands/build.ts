// `distill build`: from a spec or a Dockerfile to an image, wherever it is wanted.
import { basename } from "node:path";
import { levels } from "../../audit/levels.ts";
import { InvalidInput } from "../../base/diagnostics.ts";
import { unbuiltInit } from "../../frontends/spec/unbuilt.ts";
import { type ImagePlan, type Phase, phases } from "../../graph/plan.ts";
import { type BuildFile, findBuildFile } from "../build/build-file.ts";
import { stepOptions } from "../build/step-options.ts";
import { type BuildSettings, buildProject, type PlatformBuild } from "../build-project.ts";
import { type Command, defineCommand } from "../command.ts";
import type { Context } from "../context.ts";
import { deliver, destinationsOf } from "../deliver.ts";
import { displayName } from "../display-name.ts";
import { refuseBelow } from "../level-gate.ts";
import { writeMetadata } from "../metadata.ts";
import type { Arguments } from "../options.ts";
import { choosePlatforms, type Project, projectOptions, readProject } from "../project.ts";

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
  "insecure-registry": {
    kind: "list",
    value: "HOST",
    summary: "a registry that may speak plain HTTP or show any certificate",
  },
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
        ? await ofSpec(context, positionals[0], file, given)
        : await ofDockerfile(context, file, given);
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

type Options = Arguments<typeof options>["options"];

interface Made {
  readonly name: string;
  readonly phase: Phase;
  readonly built: readonly PlatformBuild[];
  readonly destinations: ReturnType<typeof destinationsOf>;
}

async function ofSpec(
  context: Context,
  folder: string | undefined,
  { file }: BuildFile,
  given: Options,
): Promise<Made> {
  refuseForSpec(given);
  const project = await readProject(context, folder, file);
  const plan = planFor(project, given.target ?? "run", context.cwd);
  const platforms = choosePlatforms(project, given.platform);
  const settings: BuildSettings = {
    plan,
    platforms,
    frozen: given.frozen,
    compression: given.compression,
    layers: given.layers,
    steps: async () => {
      const { stepSettings } = await import("../build/step-settings.ts");
      return stepSettings(context, project, given);
    },
    insecureHosts: given["insecure-registry"],
  };
  const { name } = project.spec;
  const { phase } = plan;
  const destinations = destinationsOf({ ...given, phase, name, platforms });
  const built = await buildProject(context, project, settings);
  refuseBelow(given["allow-level"] ?? (phase === "init" ? "distro" : "truly-distroless"), built, plan);
  return { name, phase, built, destinations };
}

/** An option that would do nothing was meant for something else. @throws InvalidInput */
function refuseForSpec(given: Options): void {
  const wrong = [
    ...(given.label.length > 0 ? [["--label", "write them in the spec: run: {labels: {...}}"]] : []),
    ...(given.lock ? [["--lock", "`distill lock` writes a spec's lock"]] : []),
    ...(given["build-context"].length > 0
      ? [["--build-context", "a spec copies from its own folder and from stages"]]
      : []),
  ];
  if (wrong.length === 0) return;
  throw new InvalidInput(
    wrong.map(([name = "", hint = ""]) => ({
      severity: "error",
      rule: "wrong-usage",
      message: `${name} means nothing for a spec`,
      hint,
    })),
  );
}

async function ofDockerfile(context: Context, file: BuildFile, given: Options): Promise<Made> {
  const [{ buildDockerfile }, { stepSettings }, { namedValues }, { hostPlatform }] = await Promise.all([
    import("../build/build-dockerfile.ts"),
    import("../build/step-settings.ts"),
    import("../build/values.ts"),
    import("../host-image.ts"),
  ]);
  const platforms = given.platform.length === 0 ? [hostPlatform()] : [...new Set(given.platform)];
  const name = imageName(file, given.tag);
  const destinations = destinationsOf({ ...given, phase: "run", name, platforms });
  const built = await buildDockerfile(context, file, {
    ...(await stepSettings(context, file, given)),
    name,
    target: given.target,
    platforms,
    labels: namedValues("label", given.label),
    compression: given.compression,
    frozen: given.frozen,
    lock: given.lock,
    insecureHosts: given["insecure-registry"],
  });
  refuseBelow(given["allow-level"] ?? "distro", built);
  return { name, phase: "run", built, destinations };
}

/** The first tag, or the folder's name as far as it can be a repository's. */
function imageName({ folder }: BuildFile, [tag]: readonly string[]): string {
  if (tag !== undefined) return tag;
  const name = basename(folder)
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "");
  return name === "" ? "image" : name;
}

function planFor({ plans, spec, specFile }: Project, target: string, cwd: string): ImagePlan {
  const plan = plans.find(({ phase }) => phase === target);
  if (plan !== undefined) return plan;
  const unbuilt = target === "init" ? unbuiltInit(spec) : undefined;
  if (unbuilt !== undefined) throw new InvalidInput([unbuilt]);
  const shown = displayName(specFile, cwd);
  throw new InvalidInput([
    {
      severity: "error",
      rule: "no-such-phase",
      ...(target === "init"
        ? {
            message: `${shown} has no init phase made of packages`,
            hint: "give it `init: {packages: [...], command: [...]}`",
          }
        : { message: `${shown} has no phase ${target}`, hint: `--target takes ${phases.join(" or ")}` }),
    },
  ]);
}
