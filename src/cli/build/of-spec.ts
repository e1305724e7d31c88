// `distill build` of a distill.yaml.
import { InvalidInput } from "../../base/diagnostics.ts";
import { unbuiltInit } from "../../frontends/spec/unbuilt.ts";
import { type ImagePlan, phases } from "../../graph/plan.ts";
import { type BuildSettings, buildProject } from "../build-project.ts";
import type { Context } from "../context.ts";
import { destinationsOf } from "../deliver.ts";
import { displayName } from "../display-name.ts";
import { refuseBelow } from "../level-gate.ts";
import { choosePlatforms, type Project, readProject } from "../project.ts";
import type { BuildFile } from "./build-file.ts";
import type { BuildOptions, Made } from "./made.ts";

/** @throws InvalidInput, ToolError: as reading the spec, locking and building do; "check-failed" below the level */
export async function ofSpec(
  context: Context,
  folder: string | undefined,
  { file }: BuildFile,
  given: BuildOptions,
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
      const { stepSettings } = await import("./step-settings.ts");
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
function refuseForSpec(given: BuildOptions): void {
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
