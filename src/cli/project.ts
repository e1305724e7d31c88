// The project on the command line: a folder with a spec, read and lowered.
import { basename, dirname, join, resolve } from "node:path";
import { InvalidInput, requireValue } from "../base/diagnostics.ts";
import { lowerInit, lowerRun } from "../frontends/spec/lower.ts";
import { parseSpec } from "../frontends/spec/parse.ts";
import type { Spec } from "../frontends/spec/spec.ts";
import { lowerStagePlans, stageImages } from "../frontends/spec/stages.ts";
import type { ImagePlan, StagePlan } from "../graph/plan.ts";
import { readBuildFile } from "./build/build-file.ts";
import type { Context } from "./context.ts";
import { displayName } from "./display-name.ts";
import { hostPlatform } from "./host-image.ts";
import { emitWarnings } from "./warnings.ts";

export interface Project {
  readonly spec: Spec;
  /** The context: the folder that copies are relative to; the spec's own where no other is named. Absolute. */
  readonly folder: string;
  /** Absolute. */
  readonly specFile: string;
  /** Beside the spec: distill.yaml has distill.lock. */
  readonly lockFile: string;
  /** `run`, then `init` where the spec has one made of packages. */
  readonly plans: readonly ImagePlan[];
  /** Of the stages that `run` needs and that start from packages. */
  readonly stagePlans: readonly StagePlan[];
  /** What the other stages that it needs start from, as the spec names it. */
  readonly stageImages: readonly string[];
  /** "linux/amd64" ...; at least one. */
  readonly platforms: readonly string[];
}

/**
 * Reads the spec: the file that is named, or the folder's (default: the current one's). Warnings are emitted.
 * @throws InvalidInput with every mistake, ToolError "usage" where there is no spec
 */
export async function readProject(
  context: Context,
  folderArgument: string | undefined,
  fileOption: string | undefined,
): Promise<Project> {
  const named = resolve(context.cwd, folderArgument ?? ".");
  const specFile = fileOption === undefined ? join(named, "distill.yaml") : resolve(context.cwd, fileOption);
  const folder = folderArgument === undefined ? dirname(specFile) : named;
  const shown = displayName(specFile, context.cwd);
  const text = await readBuildFile(specFile, shown);
  const parsed = parseSpec(text, shown);
  const spec = requireValue(parsed);
  emitWarnings(context, parsed.diagnostics);
  const run = lowerRun(spec, dirname(specFile));
  const init = lowerInit(spec, dirname(specFile));
  const platforms = spec.platforms.map(({ value }) => `${value.os}/${value.architecture}`);
  return {
    spec,
    folder,
    specFile,
    lockFile: join(dirname(specFile), `${basename(specFile).replace(/\.ya?ml$/, "")}.lock`),
    plans: init === undefined ? [run] : [run, init],
    stagePlans: lowerStagePlans(spec, dirname(specFile)),
    stageImages: [...new Set(stageImages(spec).map(({ value }) => value))],
    platforms: platforms.length === 0 ? [hostPlatform()] : platforms,
  };
}

/**
 * The platforms that are asked for, each once; all of the project's where none is.
 * @throws InvalidInput for one that the spec has not
 */
export function choosePlatforms(project: Project, asked: readonly string[]): readonly string[] {
  const unknown = asked.filter((one) => !project.platforms.includes(one));
  if (unknown.length > 0) {
    throw new InvalidInput([
      {
        severity: "error",
        rule: "unknown-platform",
        message: `the spec has no platform ${unknown.join(", ")}`,
        hint: `it has ${project.platforms.join(", ")}; add others under \`platforms\``,
      },
    ]);
  }
  return asked.length === 0 ? project.platforms : [...new Set(asked)];
}

/** Whether an image of the project takes anything from a stage. */
export function hasStages({ stageImages, stagePlans }: Pick<Project, "stageImages" | "stagePlans">): boolean {
  return stageImages.length + stagePlans.length > 0;
}
