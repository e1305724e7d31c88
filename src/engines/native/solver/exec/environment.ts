// A step's environment: what the Dockerfile gives, and the little that BuildKit adds (executor and runc): a PATH where there is
// none, HOME of the user, proxies and secrets. Nothing of the host's own.

const defaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** Predefined build arguments that every step sees, in both spellings (docs.docker.com/reference/dockerfile). */
const proxyNames = ["HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "NO_PROXY", "ALL_PROXY"];

export interface EnvironmentParts {
  /** "NAME=value"; the last one of a name counts. */
  readonly env: readonly string[];
  readonly proxies: ReadonlyMap<string, string>;
  /** Variables of secrets. */
  readonly secrets: ReadonlyMap<string, string>;
  /** Where step certificates lie, for programs that look at no bundle. */
  readonly certificates: ReadonlyMap<string, string>;
  /** Where the first ssh agent is. */
  readonly agent: string | undefined;
  readonly home: string;
}

/** "NAME=value", each name once. */
export function stepEnvironment(parts: EnvironmentParts): readonly string[] {
  const values = new Map<string, string>();
  for (const one of parts.env) {
    const cut = one.indexOf("=");
    if (cut > 0) values.set(one.slice(0, cut), one.slice(cut + 1));
  }
  const addDefault = (name: string, value: string): void => {
    if (!values.has(name)) values.set(name, value);
  };
  for (const [name, value] of proxiesOf(parts.proxies)) addDefault(name, value);
  addDefault("PATH", defaultPath);
  for (const [name, value] of parts.certificates) addDefault(name, value);
  if (parts.agent !== undefined) addDefault("SSH_AUTH_SOCK", parts.agent);
  for (const [name, value] of parts.secrets) values.set(name, value);
  if ((values.get("HOME") ?? "") === "") values.set("HOME", parts.home);
  return [...values].map(([name, value]) => `${name}=${value}`);
}

/** Each that was given, in both spellings: programs differ in which one they read. */
function proxiesOf(given: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const proxies = new Map<string, string>();
  for (const name of proxyNames) {
    const lower = name.toLowerCase();
    const value = given.get(name) ?? given.get(lower);
    if (value === undefined) continue;
    proxies.set(name, given.get(name) ?? value);
    proxies.set(lower, given.get(lower) ?? value);
  }
  return proxies;
}
