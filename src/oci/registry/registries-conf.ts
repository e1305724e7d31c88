// registries.conf(5), version 2, of containers/image: mirrors, other locations, insecure and blocked registries, short names.
//
// Files as skopeo and podman read them: CONTAINERS_REGISTRIES_CONF in place of the main file; else the user's
// ~/.config/containers/registries.conf with its .d alone; else /etc/containers/registries.conf. Then the drop-ins of
// /etc/containers/registries.conf.d and of the user's registries.conf.d, by name; a later [[registry]] replaces an earlier
// one of the same prefix. Version 1 ([registries.search] ...) is refused; credential-helpers, short-name-mode are not used.
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { messageOf, systemCode, ToolError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import type { Environment } from "./connections.ts";
import { parseToml, type TomlTable, type TomlValue } from "./toml.ts";

export interface RegistriesConf {
  readonly unqualifiedSearch: readonly string[];
  /** Short name -> name with a host. */
  readonly aliases: ReadonlyMap<string, string>;
  readonly entries: readonly RegistryEntry[];
}

export interface RegistryEntry {
  /** "host", "host/namespace/repository", "*.domain". */
  readonly prefix: string;
  /** What stands in place of the prefix; empty: nothing is replaced. */
  readonly location: string;
  readonly insecure: boolean;
  readonly blocked: boolean;
  readonly mirrors: readonly MirrorEntry[];
  /** The file that says so, for messages. */
  readonly file: string;
}

interface MirrorEntry {
  readonly location: string;
  readonly insecure: boolean;
  readonly serves: "all" | "digest-only" | "tag-only";
}

const emptyRegistriesConf: RegistriesConf = { unqualifiedSearch: [], aliases: new Map(), entries: [] };

const systemFolderDefault = "/etc/containers";

/** @throws ToolError "configuration" with file and line */
export async function readRegistriesConf(
  environment: Environment,
  systemFolder: string = systemFolderDefault,
): Promise<RegistriesConf> {
  let conf = emptyRegistriesConf;
  for (const file of await configurationFiles(environment, systemFolder)) {
    const text = await readConfiguration(file);
    if (text !== undefined) conf = merge(conf, parseRegistriesConf(text, file));
  }
  return conf;
}

async function configurationFiles(
  environment: Environment,
  systemFolder: string,
): Promise<readonly string[]> {
  const explicit = environment["CONTAINERS_REGISTRIES_CONF"] ?? "";
  const config = environment["XDG_CONFIG_HOME"] ?? "";
  const home = environment["HOME"] ?? "";
  const base = config !== "" ? config : home !== "" ? join(home, ".config") : undefined;
  const user = base === undefined ? undefined : join(base, "containers");
  const userDropIns = user === undefined ? [] : await dropIns(join(user, "registries.conf.d"));
  if (explicit !== "") {
    if ((await readConfiguration(explicit)) === undefined) {
      throw wrong(explicit, "CONTAINERS_REGISTRIES_CONF names it, and it is not there");
    }
  } else if (user !== undefined && (await readConfiguration(join(user, "registries.conf"))) !== undefined) {
    return [join(user, "registries.conf"), ...userDropIns];
  }
  const main = explicit !== "" ? explicit : join(systemFolder, "registries.conf");
  return [main, ...(await dropIns(join(systemFolder, "registries.conf.d"))), ...userDropIns];
}

async function dropIns(folder: string): Promise<readonly string[]> {
  try {
    const names = await readdir(folder);
    return names
      .filter((name) => name.endsWith(".conf"))
      .sort()
      .map((name) => join(folder, name));
  } catch (thrown) {
    const code = systemCode(thrown);
    if (code === "ENOENT" || code === "ENOTDIR") return [];
    throw wrong(folder, messageOf(thrown));
  }
}

async function readConfiguration(file: string): Promise<string | undefined> {
  try {
    const text = await readFile(file, "utf8");
    if (text.length <= limits.registriesConfBytesMax) return text;
  } catch (thrown) {
    const code = systemCode(thrown);
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw wrong(file, messageOf(thrown));
  }
  throw wrong(file, `it is larger than registriesConfBytesMax (${limits.registriesConfBytesMax})`);
}

function merge(conf: RegistriesConf, next: RegistriesConf): RegistriesConf {
  const replaced = new Set(next.entries.map((entry) => entry.prefix));
  return {
    unqualifiedSearch: next.unqualifiedSearch.length > 0 ? next.unqualifiedSearch : conf.unqualifiedSearch,
    aliases: new Map([...conf.aliases, ...next.aliases]),
    entries: [...conf.entries.filter((entry) => !replaced.has(entry.prefix)), ...next.entries],
  };
}

/** One file's content. Unknown keys are let pass, as containers/image does. @throws ToolError "configuration" */
export function parseRegistriesConf(text: string, file: string): RegistriesConf {
  const { value: root, diagnostics } = parseToml(text, file);
  if (root === undefined) {
    const [first] = diagnostics;
    throw wrong(
      `${file}:${first?.span?.line ?? 1}:${first?.span?.column ?? 1}`,
      first?.message ?? "it is not TOML",
    );
  }
  if (root.has("registries")) {
    throw wrong(
      file,
      "it is written in version 1 of the format ([registries.search] ...)",
      "rewrite it in version 2 ([[registry]] ...)",
    );
  }
  const registry = root.get("registry") ?? [];
  if (!isTables(registry)) throw wrong(file, '"registry" is not written as [[registry]]');
  const aliases = root.get("aliases") ?? new Map<string, TomlValue>();
  if (!(aliases instanceof Map)) throw wrong(file, '"aliases" is not a table');
  const alias = [...(aliases as TomlTable)].filter(
    (one): one is [string, string] => typeof one[1] === "string" && one[1] !== "",
  );
  return {
    unqualifiedSearch: hosts(root.get("unqualified-search-registries") ?? [], file),
    aliases: new Map(alias),
    entries: registry.map((table) => entryOf(table, file)),
  };
}

function entryOf(table: TomlTable, file: string): RegistryEntry {
  const location = text(table, "location", file).replace(/\/+$/, "");
  const prefix = (text(table, "prefix", file) || location).replace(/\/+$/, "");
  if (prefix === "") throw wrong(file, 'a [[registry]] has neither "prefix" nor "location"');
  const wildcard = prefix.startsWith("*.");
  if (prefix.includes("*", wildcard ? 1 : 0)) {
    throw wrong(file, `the prefix ${JSON.stringify(prefix)} has a "*" elsewhere than in a leading "*."`);
  }
  const byDigestOnly = flag(table, "mirror-by-digest-only", file);
  const mirrors = table.get("mirror") ?? [];
  if (!isTables(mirrors)) throw wrong(file, '"mirror" is not written as [[registry.mirror]]');
  return {
    prefix,
    location: location !== "" || wildcard ? location : prefix,
    insecure: flag(table, "insecure", file),
    blocked: flag(table, "blocked", file),
    mirrors: mirrors.map((mirror) => mirrorOf(mirror, byDigestOnly, file)),
    file,
  };
}

function mirrorOf(table: TomlTable, byDigestOnly: boolean, file: string): MirrorEntry {
  const location = text(table, "location", file).replace(/\/+$/, "");
  if (location === "") throw wrong(file, 'a [[registry.mirror]] has no "location"');
  const serves = text(table, "pull-from-mirror", file) || "all";
  if (serves !== "all" && serves !== "digest-only" && serves !== "tag-only") {
    throw wrong(
      file,
      `"pull-from-mirror" is ${JSON.stringify(serves)}`,
      "write all, digest-only or tag-only",
    );
  }
  if (byDigestOnly && table.has("pull-from-mirror")) {
    throw wrong(file, '"pull-from-mirror" and "mirror-by-digest-only" contradict each other');
  }
  return { location, insecure: flag(table, "insecure", file), serves: byDigestOnly ? "digest-only" : serves };
}

function hosts(value: TomlValue, file: string): readonly string[] {
  const list: unknown = value;
  if (!Array.isArray(list) || !list.every((one) => typeof one === "string"))
    throw wrong(file, '"unqualified-search-registries" is not a list of strings');
  return list;
}

function isTables(value: TomlValue): value is readonly TomlTable[] {
  return Array.isArray(value) && (value as readonly TomlValue[]).every((one) => one instanceof Map);
}

function text(table: TomlTable, name: string, file: string): string {
  const value = table.get(name) ?? "";
  if (typeof value !== "string") throw wrong(file, `"${name}" is not a string`);
  if (value.includes("://"))
    throw wrong(file, `"${name}" is ${JSON.stringify(value)}`, "write it without a scheme");
  return value;
}

function flag(table: TomlTable, name: string, file: string): boolean {
  const value = table.get(name) ?? false;
  if (typeof value !== "boolean") throw wrong(file, `"${name}" is neither true nor false`);
  return value;
}

function wrong(file: string, why: string, hint = "see registries.conf(5)"): ToolError {
  return new ToolError("configuration", { what: `reading ${file}`, why, hint });
}
