// Where packages come from: the spec's mirrors, the environment's, the configuration file's, the host's apt sources.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "yaml";
import { messageOf, systemCode, ToolError } from "../base/errors.ts";
import { createHttp, type Http } from "../base/http.ts";
import type { Archive } from "../debian/archive.ts";
import { createFetcher, type Fetcher } from "../debian/fetch.ts";
import { localFiles, readHostApt } from "../debian/host-apt.ts";
import { archivesOf, type Mirrors, type SourceConfiguration } from "../debian/sources.ts";
import type { ImagePlan } from "../graph/plan.ts";
import type { Context, Environment } from "./context.ts";

/** A connection to the outside, to be closed when the command ends. */
export interface Network {
  readonly http: Http;
  readonly fetcher: Fetcher;
}

export async function openNetwork(context: Context): Promise<Network> {
  const http = createHttp({ environment: context.env, extraRoots: await extraRoots(context.env) });
  return { http, fetcher: createFetcher(http, context) };
}

/** All archives that the plans' repositories name. @throws ToolError "configuration", "invalid-input" */
export async function findArchives(
  context: Context,
  plans: readonly ImagePlan[],
): Promise<readonly Archive[]> {
  const [plan] = plans;
  if (plan === undefined || plans.every(({ packages }) => packages.length === 0)) return [];
  const host = await readHostApt(localFiles);
  const file = await configuredMirrors(context.env);
  const own = environmentMirrors(context.env);
  const configuration: SourceConfiguration = {
    ...(own === undefined ? {} : { environment: own }),
    ...(file === undefined ? {} : { configurationFile: file }),
    hostSources: host.sources,
    checkValidUntil: host.checkValidUntil,
    files: localFiles,
  };
  return plan.repositories.flatMap((repository) => archivesOf(repository, configuration));
}

function environmentMirrors(env: Environment): Mirrors | undefined {
  const debian = env["DISTILL_DEBIAN_MIRROR"];
  const security = env["DISTILL_DEBIAN_SECURITY_MIRROR"];
  if (debian === undefined || debian === "") return undefined;
  return security === undefined || security === "" ? { debian } : { debian, security };
}

/** The first configuration file that there is: the user's, then the machine's. */
async function configuredMirrors(env: Environment): Promise<Mirrors | undefined> {
  const home =
    env["XDG_CONFIG_HOME"] ?? (env["HOME"] === undefined ? undefined : join(env["HOME"], ".config"));
  const files = [
    ...(home === undefined ? [] : [join(home, "distill", "config.yaml")]),
    "/etc/distill/config.yaml",
  ];
  for (const file of files) {
    const text = await readOptional(file);
    if (text !== undefined) return mirrorsIn(text, file);
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
  const debian = member(member(document, "debian"), "mirror");
  const security = member(member(document, "debian"), "security-mirror");
  if (debian === undefined) return undefined;
  if (typeof debian !== "string" || !["string", "undefined"].includes(typeof security)) {
    throw configurationError(file, "debian.mirror and debian.security-mirror are URLs");
  }
  return typeof security === "string" ? { debian, security } : { debian };
}

function member(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null && name in value
    ? (value as Readonly<Record<string, unknown>>)[name]
    : undefined;
}

function configurationError(file: string, why: string): ToolError {
  return new ToolError("configuration", {
    what: `reading ${file}`,
    why,
    hint: "it may hold `debian: {mirror: URL, security-mirror: URL}`",
  });
}

/** Trust roots besides Node's own, as other tools of the field take them (openssl, curl, Go). */
async function extraRoots(env: Environment): Promise<readonly string[]> {
  const file = env["SSL_CERT_FILE"];
  const text = file === undefined || file === "" ? undefined : await readOptional(file);
  return text === undefined ? [] : [text];
}

async function readOptional(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, "utf8");
  } catch (thrown) {
    if (systemCode(thrown) === "ENOENT" || systemCode(thrown) === "ENOTDIR") return undefined;
    throw new ToolError("configuration", { what: `reading ${file}`, why: messageOf(thrown), cause: thrown });
  }
}
