// From settings of steps to what the native engine is opened with.
import { assert } from "../../base/errors.ts";
import type { SolverServices } from "../../engines/native/solver/solver.ts";
import type { BaseImages } from "./base-images.ts";
import type { EngineInputs } from "./native-engine.ts";
import type { StepSettings } from "./step-settings.ts";

/** Build arguments that are no arguments of the Dockerfile but the user's way out (docker's predefined ones). */
const proxyNames = ["HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "NO_PROXY", "ALL_PROXY"];

/** `packages` composes stages of a spec; a Dockerfile has none. */
export function engineInputs(
  settings: StepSettings,
  images: BaseImages,
  epoch: number | undefined,
  packages: SolverServices["packages"] = noPackages,
): EngineInputs {
  const { agents, buildArgs, contexts, ignoreCache, onError, secrets, stepCertificates } = settings;
  const names = proxyNames.flatMap((name) => [name, name.toLowerCase()]);
  const proxies = names.flatMap((name) => {
    const value = buildArgs.get(name);
    return value === undefined ? [] : [[name, value] as const];
  });
  return {
    locals: contexts.folders,
    image: (reference, digest, platform) => images.image(reference, digest, platform),
    packages,
    secrets,
    agents,
    proxies: new Map(proxies),
    stepCertificates,
    settings: {
      noCache: ignoreCache === "all",
      cacheNamespace: buildArgs.get("BUILDKIT_CACHE_MOUNT_NS") ?? "",
      onError,
      ...(epoch === undefined ? {} : { sourceDateEpoch: epoch }),
    },
  };
}

function noPackages(): Promise<never> {
  assert(false, "only a spec has stages of packages");
}
