// What could satisfy a dependency, the preferred first.
import { ToolError } from "../base/errors.ts";
import { type Candidate, satisfies } from "./candidate.ts";
import type { Dependency, DependencyGroup } from "./dependency.ts";
import { type PackageRequest, type Pin, pinAllows } from "./request.ts";
import type { Universe } from "./universe.ts";

/** The user's requests, as they bear on every choice. */
export interface Wishes {
  /** Real package names to choose, in the order of the requests. */
  readonly wanted: readonly string[];
  /** The versions of a package that the requests allow, the best first. */
  versions(name: string): readonly Candidate[];
  /** Whether one of the alternatives is excluded by its name: the dependency is left out then. */
  excludes(group: DependencyGroup): boolean;
  isExcluded(name: string): boolean;
}

/** @throws ToolError "unsatisfiable" for a virtual package that several provide, or two requests that contradict each other */
export function wishesOf(universe: Universe, requests: readonly PackageRequest[]): Wishes {
  const excluded = new Set(requests.flatMap((one) => (one.kind === "exclude" ? [one.name] : [])));
  const pins = new Map<string, Pin[]>();
  const wanted = new Set<string>();
  const versions = (name: string): readonly Candidate[] => {
    if (excluded.has(name)) return [];
    const all = universe.versions(name);
    const own = pins.get(name);
    return own === undefined ? all : all.filter((one) => own.every((pin) => pinAllows(pin, one)));
  };
  for (const request of requests) {
    if (request.kind === "exclude") continue;
    if (excluded.has(request.name)) {
      throw new ToolError("unsatisfiable", {
        what: `choosing ${request.name}`,
        why: "it is asked for, and excluded too",
        hint: `remove "${request.text}" or "!${request.name}"`,
      });
    }
    const name = realName(universe, request.name, excluded);
    wanted.add(name);
    pins.set(name, [...(pins.get(name) ?? []), request.pin]);
  }
  return {
    wanted: [...wanted],
    versions,
    excludes: (group) => group.some((one) => excluded.has(one.name)),
    isExcluded: (name) => excluded.has(name),
  };
}

/** A virtual name with one provider means that one; apt does the same. */
function realName(universe: Universe, name: string, excluded: ReadonlySet<string>): string {
  if (universe.versions(name).length > 0) return name;
  const providers = [...new Set(universe.providers(name).map((one) => one.name))]
    .filter((one) => !excluded.has(one))
    .sort();
  const only = providers[0];
  if (only === undefined || providers.length === 1) return only ?? name;
  throw new ToolError("unsatisfiable", {
    what: `choosing ${name}`,
    why: `it is a virtual package, provided by ${providers.slice(0, 12).join(", ")}${providers.length > 12 ? " and others" : ""}`,
    hint: "name one of them",
  });
}

/**
 * Candidates for a group in apt's order: alternatives as written; for each the real package, then those that provide it. The
 * best version of a package comes first; older ones follow behind everything else, for when nothing else fits.
 */
export function optionsOf(universe: Universe, wishes: Wishes, group: DependencyGroup): Candidate[] {
  const best: Candidate[] = [];
  const older: Candidate[] = [];
  for (const dependency of group) {
    for (const versions of packagesFor(universe, wishes, dependency)) {
      for (const [index, candidate] of versions.entries()) {
        if (!satisfies(candidate, dependency, universe.architecture)) continue;
        const list = index === 0 ? best : older;
        if (!best.includes(candidate) && !older.includes(candidate)) list.push(candidate);
      }
    }
  }
  return [...best, ...older];
}

/** Whether a group that has no options would have some, were it not for the exclusions: it is left out then, too. */
export function onlyExcluded(universe: Universe, wishes: Wishes, group: DependencyGroup): boolean {
  return group.some((dependency) =>
    universe
      .providers(dependency.name)
      .some((one) => wishes.isExcluded(one.name) && satisfies(one, dependency, universe.architecture)),
  );
}

function packagesFor(universe: Universe, wishes: Wishes, dependency: Dependency): (readonly Candidate[])[] {
  const { name } = dependency;
  const providers = new Set(universe.providers(name).map((one) => one.name));
  providers.delete(name);
  const virtual = [...providers]
    .filter((one) => !wishes.isExcluded(one))
    .map((one) => wishes.versions(one))
    .sort((a, b) => compareProviders(a[0], b[0]));
  return [wishes.versions(name), ...virtual];
}

/** The more important first, then by name: the order does not depend on that of the index. */
function compareProviders(a: Candidate | undefined, b: Candidate | undefined): number {
  if (a === undefined || b === undefined) return 0;
  return a.relations.priority - b.relations.priority || (a.name < b.name ? -1 : 1);
}
