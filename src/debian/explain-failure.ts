// Why a request can't be satisfied, in words: who wanted what through which chain, what there is instead.
import { ToolError } from "../base/errors.ts";
import { nearestName } from "../base/nearest.ts";
import { type Candidate, conflictsWith } from "./candidate.ts";
import { type Dependency, type DependencyGroup, formatDependency, formatGroup } from "./dependency.ts";
import type { Wishes } from "./options.ts";
import type { Chosen } from "./selection.ts";
import type { Universe } from "./universe.ts";

/** Dead ends that an error names; a search need not keep more. */
export const failuresShownMax = 5;

/** The error for a name that no suite has, or not in the version that was asked for. */
export function unknownPackage(universe: Universe, wishes: Wishes, name: string): ToolError {
  const versions = universe.versions(name);
  if (versions.length > 0) {
    return new ToolError("unsatisfiable", {
      what: `choosing ${name}`,
      why: `no version is as asked for; there is ${formatVersions(versions)}`,
    });
  }
  const near = nearestName(name, universe.names());
  return new ToolError("unsatisfiable", {
    what: `choosing ${name}`,
    why: wishes.isExcluded(name) ? "it is excluded" : "no suite has a package of this name",
    ...(near === undefined ? {} : { hint: `did you mean ${near}?` }),
  });
}

/** The error for a search that ended: with its dead ends, or at a limit. */
export function unsatisfiable(wishes: Wishes, failures: Iterable<string>, limit?: string): ToolError {
  const lines = [...failures];
  const shown = lines.slice(0, failuresShownMax);
  if (lines.length > failuresShownMax) shown.push("and more of this kind");
  return new ToolError("unsatisfiable", {
    what: `resolving ${wishes.wanted.join(", ")}`,
    why: `${limit === undefined ? "" : `no solution was found within ${limit}; `}${shown.join("; ")}`,
    hint: "name another version or alternative, or leave a dependency out with !name",
  });
}

export interface DeadEnd {
  /** Who needs it; undefined for a request. */
  readonly by: Chosen | undefined;
  readonly wish: DependencyGroup;
  /** What could have satisfied it, each with the chosen package that rules it out. */
  readonly ruledOut: readonly { readonly candidate: Candidate; readonly obstacle: Chosen }[];
}

/** One dead end in words. Told at once: later the selection is another. */
export function explainDeadEnd(universe: Universe, deadEnd: DeadEnd): string {
  const { by, wish, ruledOut } = deadEnd;
  const need = by === undefined ? formatGroup(wish) : `${chainOf(by)} needs ${formatGroup(wish)}`;
  const reasons =
    ruledOut.length > 0
      ? ruledOut.map((one) => contradiction(one.candidate, one.obstacle, universe.architecture))
      : wish.map((one) => absence(universe, one));
  return `${need}, but ${reasons.join(", and ")}`;
}

function contradiction(candidate: Candidate, obstacle: Chosen, architecture: string): string {
  const { candidate: other } = obstacle;
  const mine = `${candidate.name} ${candidate.version}`;
  if (other.name === candidate.name) {
    return `${other.name} ${other.version} is chosen already (${chainOf(obstacle)}), so ${mine} can't be`;
  }
  const theirs = `${other.name} ${other.version}`;
  const forward = conflictsWith(candidate, other, architecture);
  return forward === undefined
    ? `${theirs} (${chainOf(obstacle)}) conflicts with ${mine}`
    : `${mine} conflicts with ${theirs} (${chainOf(obstacle)})`;
}

function absence(universe: Universe, dependency: Dependency): string {
  const { name } = dependency;
  const versions = universe.versions(name);
  if (versions.length > 0) return `of ${name} there is only ${formatVersions(versions)}`;
  const providers = [...new Set(universe.providers(name).map((one) => one.name))];
  if (providers.length > 0)
    return `${name} is provided only by ${providers.slice(0, 6).join(", ")}, none of which fits`;
  const near = nearestName(name, universe.names());
  return `there is no ${formatDependency(dependency)}${near === undefined ? "" : ` (nearest name: ${near})`}`;
}

const versionsShownMax = 6;

function formatVersions(versions: readonly Candidate[]): string {
  const shown = versions.slice(0, versionsShownMax).map((one) => `${one.version} (${one.suites[0]})`);
  if (versions.length > versionsShownMax) shown.push("and older ones");
  return shown.join(", ");
}

/** "nginx (requested) -> nginx-common -> adduser". */
function chainOf(chosen: Chosen): string {
  const names: string[] = [];
  for (let at: Chosen | undefined = chosen; at !== undefined; at = at.by) names.unshift(at.candidate.name);
  return names.map((name, index) => (index === 0 ? `${name} (requested)` : name)).join(" -> ");
}
