// `distill build` of a Dockerfile.
import type { Context } from "../context.ts";
import { destinationsOf } from "../deliver.ts";
import { hostPlatform } from "../host-image.ts";
import { imageName } from "../image-name.ts";
import { refuseBelow } from "../level-gate.ts";
import { buildDockerfile } from "./build-dockerfile.ts";
import type { BuildFile } from "./build-file.ts";
import type { BuildOptions, Made } from "./made.ts";
import { stepSettings } from "./step-settings.ts";
import { namedValues } from "./values.ts";

/** @throws InvalidInput, ToolError: as reading the file and building do; "check-failed" below the level */
export async function ofDockerfile(context: Context, file: BuildFile, given: BuildOptions): Promise<Made> {
  const platforms = given.platform.length === 0 ? [hostPlatform()] : [...new Set(given.platform)];
  const name = given.tag[0] ?? imageName(file.folder);
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
