// Where packages come from: the spec's mirrors, the environment's, the configuration file's, the host's apt sources.
import { join } from "node:path";
import { parse } from "yaml";
import { messageOf, ToolError } from "../base/errors.ts";
import { createHttp, type Http } from "../base/http.ts";
import { readTrustRoots } from "../base/trust-roots.ts";
import type { Archive } from "../debian/archive.ts";
import { createFetcher, type Fetcher } from "../debian/fetch.ts";
import { type HostFiles, readHostApt } from "../debian/host-apt.ts";
import { archivesOf, type Mirrors, type SourceConfiguration } from "../debian/sources.ts";
import type { ImagePlan } from "../graph/plan.ts";
import type { Context, Environment } from "./context.ts";

/** A connection to the outside, to be closed when the command ends. */
export interface Network {
  readonly http: Http;
  readonly fetcher: Fetcher;
}

export async function openNetwork(context: Context): Promise<Network> {
  const http = createHttp({ environment: context.env, extraRoots: await readTrustRoots(context.env) });
  return { http, fetcher: createFetcher(http, context) };
}

/**
 * All archives that the plans' repositories name.
 * @param files the machine's: configuration, apt sources, keyrings
 * @throws ToolError "configuration", "invalid-input"
 */
export async function findArchives(
  { env }: Pick<Context, "env">,
  plans: readonly Pick<ImagePlan, "packages" | "repositories">[],
  files: HostFiles,
): Promise<readonly Archive[]> {
  const [plan] = plans;
  if (plan === undefined || plans.every(({ packages }) => packages.length === 0)) return [];
  const host = await readHostApt(files);
  const file = await configuredMirrors(env, files);
  const own = environmentMirrors(env);
  const configuration: SourceConfiguration = {
    ...(own === undefined ? {} : { environment: own }),
    ...(file === undefined ? {} : { configurationFile: file }),
    hostSources: host.sources,
    checkValidUntil: host.checkValidUntil,
    files,
  };
  return plan.repositories.flatMap((repository) => archivesOf(repository, configuration));
}

function environmentMirrors(env: Environment): Mirrors | undefined {
  const debian = env["DISTILL_DEBIAN_MIRROR"] ?? "";
  const security = env["DISTILL_DEBIAN_SECURITY_MIRROR"] ?? "";
  if (debian !== "") return security === "" ? { debian } : { debian, security };
  if (security === "") return undefined;
  throw new ToolError("configuration", {
    what: "reading DISTILL_DEBIAN_SECURITY_MIRROR",
    why: "it is set without DISTILL_DEBIAN_MIRROR, so nothing would be read from it",
    hint: "set both, or neither",
  });
}

/** The first configuration file that there is: the user's, then the machine's. */
async function configuredMirrors(env: Environment, files: HostFiles): Promise<Mirrors | undefined> {
  const { HOME: home = "", XDG_CONFIG_HOME: xdg = "" } = env;
  const folder = xdg === "" ? home && join(home, ".config") : xdg;
  const own = folder === "" ? [] : [join(folder, "distill", "config.yaml")];
  for (const file of [...own, "/etc/distill/config.yaml"]) {
    const content = await files.read(file);
    if (content !== undefined) return mirrorsIn(Buffer.from(content).toString("utf8"), file);
  }
  return undefined;
}

function mirrorsIn(text: string, file: string): Mirrors | undefined {
  let document: unknown;
  try {
    document = parse(text, { maxAliasCount: 0 });
  } catch (thrown) {
    throw configurationError(file, messageOf(thrown));
  }
  if (document === null || document === undefined) return undefined;
  const { debian } = membersOf(document, ["debian"], file);
  if (debian === undefined) return undefined;
  const { mirror, "security-mirror": security } = membersOf(debian, ["mirror", "security-mirror"], file);
  if (typeof mirror !== "string" || !["string", "undefined"].includes(typeof security)) {
    throw configurationError(
      file,
      "debian.mirror and debian.security-mirror are URLs, the first is required",
    );
  }
  return typeof security === "string" ? { debian: mirror, security } : { debian: mirror };
}

/** The members of a map; a name that is not known is a mistake, since nothing would come of it. */
function membersOf(
  value: unknown,
  known: readonly string[],
  file: string,
): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw configurationError(file, `${JSON.stringify(value)} is no map`);
  }
  const unknown = Object.keys(value).find((name) => !known.includes(name));
  if (unknown !== undefined) throw configurationError(file, `it has no ${JSON.stringify(unknown)}`);
  return value as Readonly<Record<string, unknown>>;
}

function configurationError(file: string, why: string): ToolError {
  return new ToolError("configuration", {
    what: `reading ${file}`,
    why,
    hint: "it may hold `debian: {mirror: URL, security-mirror: URL}`",
  });
}
