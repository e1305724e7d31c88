// Where an image is fetched from, and where it is pushed to, by registries.conf(5): mirrors before the registry itself,
// other locations, blocked ones; and what a short name may stand for.
import { ToolError } from "../../base/errors.ts";
import { formatReference, parseReference, type Reference } from "../reference.ts";
import type { Scope } from "./challenge.ts";
import type { RegistriesConf, RegistryEntry } from "./registries-conf.ts";

/** A repository of a registry, and what we may do there. */
export interface Repository {
  readonly registry: string;
  readonly repository: string;
  readonly insecure: boolean;
  readonly scopes: readonly Scope[];
}

export interface SourceRules {
  readonly conf: RegistriesConf;
  /** Whether the user called this host insecure. */
  isInsecure(registry: string): boolean;
}

/**
 * All places to look for an image, in order; the first that has it counts. At least one.
 * @throws ToolError "configuration" where every place is blocked, or a rewritten name is none
 */
export function pullSources(rules: SourceRules, reference: Reference): readonly Repository[] {
  const sources: Repository[] = [];
  let blocked: RegistryEntry | undefined;
  for (const candidate of candidates(rules.conf, reference)) {
    const entry = entryFor(rules.conf, candidate);
    if (entry?.blocked === true) blocked = entry;
    else sources.push(...sourcesOf(rules, candidate, entry));
  }
  if (sources.length === 0 && blocked !== undefined) throw blockedError(reference, blocked);
  return sources;
}

/**
 * Where a push goes: to the registry that is named, never to a mirror or another location.
 * @throws ToolError "configuration" where it is blocked
 */
export function pushTarget(
  rules: SourceRules,
  reference: Reference,
  mountFrom: readonly string[],
): Repository {
  const { registry, repository } = reference;
  const entry = entryFor(rules.conf, reference);
  if (entry?.blocked === true) throw blockedError(reference, entry);
  return {
    registry,
    repository,
    insecure: entry?.insecure === true || rules.isInsecure(registry),
    // One token for the whole push: for the target and, for mounts, the sources.
    scopes: [
      { repository, actions: ["pull", "push"] },
      ...mountFrom.map((from): Scope => ({ repository: from, actions: ["pull"] })),
    ],
  };
}

/** What a name without a host may stand for: its alias, or itself in each registry that is searched, or at Docker Hub. */
function candidates(conf: RegistriesConf, reference: Reference): readonly Reference[] {
  if (reference.qualified) return [reference];
  const short = reference.repository.replace(/^library\//, "");
  const alias = conf.aliases.get(short);
  const names = alias !== undefined ? [alias] : conf.unqualifiedSearch.map((host) => `${host}/${short}`);
  if (names.length === 0) return [reference];
  return names.map((name) => ({
    ...reference,
    ...placeOf(name, "an entry for short names"),
    qualified: true,
  }));
}

function sourcesOf(
  rules: SourceRules,
  reference: Reference,
  entry: RegistryEntry | undefined,
): readonly Repository[] {
  const { registry, repository } = reference;
  const at = (place: Place, insecure: boolean): Repository => ({
    ...place,
    insecure: insecure || rules.isInsecure(place.registry),
    scopes: [{ repository: place.repository, actions: ["pull"] }],
  });
  if (entry === undefined) return [at({ registry, repository }, false)];
  const kind = reference.digest === undefined ? "tag-only" : "digest-only";
  const mirrors = entry.mirrors.filter((mirror) => mirror.serves === "all" || mirror.serves === kind);
  return [
    ...mirrors.map((mirror) => at(rewritten(reference, entry, mirror.location), mirror.insecure)),
    at(
      entry.location === "" ? { registry, repository } : rewritten(reference, entry, entry.location),
      entry.insecure,
    ),
  ];
}

/** The entry with the longest prefix of the reference. */
function entryFor(conf: RegistriesConf, reference: Reference): RegistryEntry | undefined {
  let best: RegistryEntry | undefined;
  for (const entry of conf.entries) {
    if (entry.prefix.length <= (best?.prefix.length ?? 0)) continue;
    if (matchedLength(nameOf(reference), entry.prefix) !== undefined) best = entry;
  }
  return best;
}

/** How much of "host/repository" a prefix covers. It ends where a part of the name ends; "*." covers any subdomain. */
function matchedLength(name: string, prefix: string): number | undefined {
  let end = prefix.length;
  if (prefix.startsWith("*.")) {
    const rest = prefix.slice(1);
    const start = name.indexOf(rest);
    if (start <= 0 || name.slice(0, start).includes("/")) return undefined;
    end = start + rest.length;
  } else if (!name.startsWith(prefix)) {
    return undefined;
  }
  return end === name.length || name[end] === "/" ? end : undefined;
}

type Place = Pick<Repository, "registry" | "repository">;

function rewritten(reference: Reference, entry: RegistryEntry, location: string): Place {
  const name = nameOf(reference);
  const rest = name.slice(matchedLength(name, entry.prefix) ?? name.length);
  return placeOf(`${location}${rest}`, entry.file);
}

function placeOf(name: string, origin: string): Place {
  let place: Reference | undefined;
  try {
    place = parseReference(name);
  } catch (thrown) {
    if (!(thrown instanceof ToolError)) throw thrown;
  }
  if (place?.qualified === true) return { registry: place.registry, repository: place.repository };
  throw new ToolError("configuration", {
    what: "choosing where to fetch an image from",
    why: `${origin} leads to ${JSON.stringify(name)}, which is not HOST/NAME`,
    hint: "see registries.conf(5)",
  });
}

function nameOf(reference: Reference): string {
  return `${reference.registry}/${reference.repository}`;
}

function blockedError(reference: Reference, entry: RegistryEntry): ToolError {
  return new ToolError("configuration", {
    what: `reaching ${formatReference(reference)}`,
    why: `${entry.file} blocks ${entry.prefix}`,
    hint: "use another registry, or change that file",
  });
}
