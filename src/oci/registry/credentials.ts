// Credentials as docker, podman and skopeo keep them: containers-auth.json(5) and docker's config.json ("auths",
// "credHelpers", "credsStore"), with the protocol of docker-credential-helpers.
//
// The first file that knows the registry decides: REGISTRY_AUTH_FILE alone where it is set, otherwise
// $XDG_RUNTIME_DIR/containers/auth.json, ~/.config/containers/auth.json, $DOCKER_CONFIG/config.json or ~/.docker/config.json.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { messageOf, systemCode, ToolError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import type { Environment } from "./connections.ts";
import { askCredentialHelper } from "./credential-helper.ts";

export type Credentials =
  | {
      readonly kind: "password";
      readonly username: string;
      readonly password: string;
      readonly source: string;
    }
  /** An OAuth2 refresh token, exchanged for access tokens. */
  | { readonly kind: "identity-token"; readonly token: string; readonly source: string }
  /** Sent as it is: "registrytoken". */
  | { readonly kind: "registry-token"; readonly token: string; readonly source: string };

/** Credentials for a repository of a registry, or undefined: anonymous. @throws ToolError "configuration" */
export type FindCredentials = (
  registry: string,
  repository: string,
  signal: AbortSignal,
) => Promise<Credentials | undefined>;

export function credentialsFromFiles(environment: Environment): FindCredentials {
  let files: Promise<readonly AuthFile[]> | undefined;
  return async (registry, repository, signal) => {
    files ??= readAuthFiles(environment);
    for (const file of await files) {
      const found = await credentialsIn(file, registry, repository, environment, signal);
      if (found !== undefined) return found;
    }
    return undefined;
  };
}

interface AuthFile {
  readonly path: string;
  readonly auths: Readonly<Record<string, unknown>>;
  readonly credHelpers: Readonly<Record<string, unknown>>;
  readonly credsStore: string | undefined;
}

async function readAuthFiles(environment: Environment): Promise<readonly AuthFile[]> {
  const explicit = environment["REGISTRY_AUTH_FILE"];
  if (explicit !== undefined && explicit !== "") {
    const file = await readAuthFile(explicit);
    if (file !== undefined) return [file];
    throw new ToolError("configuration", {
      what: "reading the registry credentials",
      why: `REGISTRY_AUTH_FILE names ${explicit}, which is not there`,
      hint: "correct the variable, or unset it",
    });
  }
  const files = await Promise.all(authFilePaths(environment).map(readAuthFile));
  return files.filter((file) => file !== undefined);
}

function authFilePaths(environment: Environment): readonly string[] {
  const {
    HOME: home,
    XDG_RUNTIME_DIR: runtime,
    XDG_CONFIG_HOME: config,
    DOCKER_CONFIG: docker,
  } = environment;
  const paths: string[] = [];
  if (runtime) paths.push(join(runtime, "containers/auth.json"));
  if (config) paths.push(join(config, "containers/auth.json"));
  else if (home) paths.push(join(home, ".config/containers/auth.json"));
  if (docker) paths.push(join(docker, "config.json"));
  else if (home) paths.push(join(home, ".docker/config.json"));
  return paths;
}

async function readAuthFile(path: string): Promise<AuthFile | undefined> {
  const refuse = (why: string): ToolError =>
    new ToolError("configuration", {
      what: `reading the registry credentials in ${path}`,
      why,
      hint: "correct the file, or make it again with docker login or podman login",
    });
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (thrown) {
    const code = systemCode(thrown);
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw refuse(messageOf(thrown));
  }
  if (text.length > limits.credentialsFileBytesMax) throw refuse("it is larger than credentialsFileBytesMax");
  const root = parseObject(text);
  if (root === undefined) throw refuse("it is not a JSON object");
  const store = root["credsStore"];
  return {
    path,
    auths: asObject(root["auths"]) ?? {},
    credHelpers: asObject(root["credHelpers"]) ?? {},
    credsStore: typeof store === "string" && store !== "" ? store : undefined,
  };
}

async function credentialsIn(
  file: AuthFile,
  registry: string,
  repository: string,
  environment: Environment,
  signal: AbortSignal,
): Promise<Credentials | undefined> {
  const helper = file.credHelpers[registry] ?? file.credHelpers[legacyServer(registry)] ?? file.credsStore;
  if (typeof helper === "string" && helper !== "") {
    const found = await askCredentialHelper(helper, legacyServer(registry), environment, signal);
    if (found !== undefined) return found;
  }
  for (const key of lookupKeys(registry, repository)) {
    for (const [written, entry] of Object.entries(file.auths)) {
      if (written !== key && normalizedServer(written) !== key) continue;
      const found = credentialsOf(asObject(entry) ?? {}, file.path);
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

/** From the most specific to the bare host (containers-auth.json(5)). */
function lookupKeys(registry: string, repository: string): readonly string[] {
  const parts = `${registry}/${repository}`.split("/");
  return parts.map((_, index) => parts.slice(0, parts.length - index).join("/"));
}

/** Docker keeps Docker Hub's login under the address of its first registry. */
function legacyServer(registry: string): string {
  return registry === "docker.io" ? "https://index.docker.io/v1/" : registry;
}

/** "https://index.docker.io/v1/" and "registry-1.docker.io" mean docker.io; other keys lose scheme and API path. */
function normalizedServer(key: string): string {
  const bare = key.replace(/^https?:\/\//, "").replace(/\/(?:v[12]\/?)?$/, "");
  return bare === "index.docker.io" || bare === "registry-1.docker.io" ? "docker.io" : bare;
}

function credentialsOf(entry: Readonly<Record<string, unknown>>, source: string): Credentials | undefined {
  const { identitytoken, registrytoken, auth, username, password } = entry;
  if (isText(registrytoken)) return { kind: "registry-token", token: registrytoken, source };
  if (isText(identitytoken)) return { kind: "identity-token", token: identitytoken, source };
  if (isText(auth)) {
    const decoded = Buffer.from(auth, "base64").toString("utf8");
    const colon = decoded.indexOf(":");
    if (colon <= 0) {
      throw new ToolError("configuration", {
        what: `reading the registry credentials in ${source}`,
        why: 'an "auth" value is not the base64 of USER:PASSWORD',
        hint: "log in again with docker login or podman login",
      });
    }
    // Docker pads old values with NUL bytes.
    const padded = decoded.slice(colon + 1);
    return {
      kind: "password",
      username: decoded.slice(0, colon),
      password: padded.replace(/\0+$/, ""),
      source,
    };
  }
  if (isText(username) && isText(password)) return { kind: "password", username, password, source };
  return undefined;
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}

function parseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    return asObject(JSON.parse(text));
  } catch {
    return undefined;
  }
}

function asObject(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : undefined;
}
