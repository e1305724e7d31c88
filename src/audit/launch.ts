// What an image's config starts, as the closure wants to know it (image-spec config.md).
import type { Launch } from "../closure/closure.ts";
import type { ImageConfig } from "../oci/model.ts";

/** What a user says in place of the config: for a bare tree, or a base image that starts nothing. */
export interface LaunchOverride {
  readonly entrypoint?: readonly string[];
}

/** The launch of a config; of a bare tree (no config) nothing starts unless the override says so. */
export function launchOfImage(
  config: ImageConfig | undefined,
  override: LaunchOverride,
  architecture: string,
): Launch {
  const run = config?.config;
  const replaced = override.entrypoint !== undefined;
  return {
    entrypoint: override.entrypoint ?? run?.Entrypoint ?? [],
    // As with `docker run --entrypoint`: the config's command was meant for the config's entrypoint.
    command: replaced ? [] : (run?.Cmd ?? []),
    env: environmentOf(run?.Env ?? []),
    workingDir: run?.WorkingDir === undefined || run.WorkingDir === "" ? "/" : run.WorkingDir,
    user: run?.User ?? "",
    healthcheck: run?.Healthcheck?.Test ?? [],
    architecture,
  };
}

/** NAME=value; a name alone has no value that the image knows. The last one counts. */
function environmentOf(entries: readonly string[]): Record<string, string> {
  // Without a prototype, any name is a variable like others: "__proto__", "constructor".
  const environment = Object.create(null) as Record<string, string>;
  for (const entry of entries) {
    const cut = entry.indexOf("=");
    if (cut > 0) environment[entry.slice(0, cut)] = entry.slice(cut + 1);
  }
  return environment;
}
