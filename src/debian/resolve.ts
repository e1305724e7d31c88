// From names to exact packages. Greedy as apt is: dependencies depth first in the order they are written, the first
// alternative that can be had, what is chosen stays. Only where that fails are earlier choices revised, and of those only such
// as had a part in the failure (conflict-directed backjumping), so that the search ends soon on what can't be satisfied.
//
// Every chosen package carries the choice points that its presence depends on. Recommends and Essential imply nothing.
import { ToolError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import { type Candidate, conflictsWith, satisfies } from "./candidate.ts";
import { type Dependency, type DependencyGroup, formatGroup } from "./dependency.ts";
import { explainDeadEnd, failuresShownMax, unknownPackage, unsatisfiable } from "./explain-failure.ts";
import type { LockedPackage } from "./locked.ts";
import { onlyExcluded, optionsOf, type Wishes, wishesOf } from "./options.ts";
import type { PackageRequest } from "./request.ts";
import { addChoice, type Chosen, type Selection, selectionOf, undoTo } from "./selection.ts";
import type { Universe } from "./universe.ts";

export interface Resolution {
  /** Sorted by name. */
  readonly packages: readonly LockedPackage[];
  /** Dependencies that were left out because the request excludes what they name. */
  readonly dropped: readonly DroppedDependency[];
}

export interface DroppedDependency {
  readonly package: string;
  readonly dependency: string;
}

/** What is still to be satisfied, the next one first. Persistent, so that a choice point keeps its own. */
interface Agenda {
  readonly item: Item;
  readonly next: Agenda | undefined;
}

type Item =
  | { readonly kind: "request"; readonly name: string }
  | { readonly kind: "expand"; readonly name: string }
  | { readonly kind: "group"; readonly group: DependencyGroup; readonly by: Chosen };

interface ChoicePoint {
  readonly item: Item;
  readonly options: readonly Candidate[];
  readonly agenda: Agenda | undefined;
  readonly trailLength: number;
  nextOption: number;
  /** The choice points that its failed options failed for. */
  readonly blame: Set<number>;
}

interface Search {
  readonly universe: Universe;
  readonly wishes: Wishes;
  readonly selection: Selection;
  readonly points: ChoicePoint[];
  /** The first dead ends, in words. */
  readonly failures: Set<string>;
  agenda: Agenda | undefined;
  steps: number;
}

/**
 * The packages that satisfy the requests and, in turn, their dependencies.
 * @throws ToolError "unsatisfiable" with who wanted what, and what there is; "invalid-input" for a malformed request
 */
export function resolvePackages(universe: Universe, requests: readonly PackageRequest[]): Resolution {
  const wishes = wishesOf(universe, requests);
  for (const name of wishes.wanted) {
    if (wishes.versions(name).length === 0) throw unknownPackage(universe, wishes, name);
  }
  const search: Search = {
    universe,
    wishes,
    selection: selectionOf(),
    points: [],
    failures: new Set(),
    agenda: initialAgenda(wishes.wanted),
    steps: 0,
  };
  while (search.agenda !== undefined) {
    const { item, next } = search.agenda;
    search.agenda = next;
    advance(search, item);
  }
  return resolutionOf(search);
}

/** All requests are chosen before any dependency, so that they decide between alternatives. */
function initialAgenda(names: readonly string[]): Agenda | undefined {
  const items: Item[] = [
    ...names.map((name): Item => ({ kind: "request", name })),
    ...names.map((name): Item => ({ kind: "expand", name })),
  ];
  return items.reduceRight<Agenda | undefined>((next, item) => ({ item, next }), undefined);
}

function advance(search: Search, item: Item): void {
  const { selection, wishes, universe } = search;
  switch (item.kind) {
    case "expand": {
      const chosen = selection.byName.get(item.name);
      if (chosen !== undefined) expand(search, chosen);
      return;
    }
    case "request":
      if (selection.byName.has(item.name)) return;
      place(search, item, wishes.versions(item.name));
      return;
    case "group":
      if (isSatisfied(selection, item.group, universe.architecture) !== undefined) return;
      placeGroup(search, item);
      return;
  }
}

function placeGroup(search: Search, item: Extract<Item, { kind: "group" }>): void {
  const { wishes, universe } = search;
  if (wishes.excludes(item.group)) return;
  const options = optionsOf(universe, wishes, item.group);
  if (options.length === 0 && onlyExcluded(universe, wishes, item.group)) return;
  place(search, item, options);
}

function expand(search: Search, chosen: Chosen): void {
  search.agenda = chosen.candidate.relations.depends.reduceRight<Agenda | undefined>(
    (next, group) => ({ item: { kind: "group", group, by: chosen }, next }),
    search.agenda,
  );
}

function place(search: Search, item: Item, options: readonly Candidate[]): void {
  const point: ChoicePoint = {
    item,
    options,
    agenda: search.agenda,
    trailLength: search.selection.trail.length,
    nextOption: 0,
    blame: new Set(),
  };
  if (!tryOptions(search, point)) {
    if (search.failures.size <= failuresShownMax) search.failures.add(deadEndOf(search, item, options));
    backjump(search, point);
  }
}

/** Chooses the next option that nothing speaks against. False where none is left. */
function tryOptions(search: Search, point: ChoicePoint): boolean {
  const { selection, universe } = search;
  while (point.nextOption < point.options.length) {
    const candidate = point.options[point.nextOption++];
    if (candidate === undefined) break;
    if (++search.steps > limits.resolverStepsMax)
      throw unsatisfiable(search.wishes, search.failures, "resolverStepsMax");
    const obstacle = obstacleTo(selection, candidate, universe.architecture);
    if (obstacle !== undefined) {
      for (const level of obstacle.levels) point.blame.add(level);
      continue;
    }
    const by = point.item.kind === "group" ? point.item.by : undefined;
    const levels = new Set(by?.levels);
    if (point.nextOption < point.options.length) {
      search.points.push(point);
      levels.add(search.points.length);
    } else {
      for (const level of point.blame) levels.add(level);
    }
    const chosen: Chosen = { candidate, by, ...wantedGroup(point.item), levels };
    addChoice(selection, chosen);
    if (selection.trail.length > limits.packagesInImageMax) {
      throw new ToolError("limit", {
        what: "resolving packages",
        why: `more than ${limits.packagesInImageMax} are needed (packagesInImageMax)`,
      });
    }
    if (point.item.kind === "group") expand(search, chosen);
    return true;
  }
  return false;
}

/** Goes back to the latest choice that had a part in the failure, and on from there with its next option. */
function backjump(search: Search, failed: ChoicePoint): void {
  let exhausted = failed;
  for (;;) {
    const blame = new Set(exhausted.blame);
    if (exhausted.item.kind === "group") for (const level of exhausted.item.by.levels) blame.add(level);
    const level = Math.max(0, ...blame);
    if (level === 0) throw unsatisfiable(search.wishes, search.failures);
    const point = search.points[level - 1];
    if (point === undefined) throw unsatisfiable(search.wishes, search.failures);
    search.points.length = level - 1;
    undoTo(search.selection, point.trailLength);
    search.agenda = point.agenda;
    blame.delete(level);
    for (const one of blame) point.blame.add(one);
    if (tryOptions(search, point)) return;
    exhausted = point;
  }
}

/** A chosen package that rules the candidate out: another version of it, or one that conflicts with it. */
function obstacleTo(selection: Selection, candidate: Candidate, architecture: string): Chosen | undefined {
  const same = selection.byName.get(candidate.name);
  if (same !== undefined) return same;
  for (const name of [candidate.name, ...candidate.relations.provides.keys()]) {
    for (const chosen of selection.againstName.get(name) ?? []) {
      if (conflictsWith(chosen.candidate, candidate, architecture) !== undefined) return chosen;
    }
  }
  for (const conflict of candidate.relations.conflicts) {
    for (const chosen of selection.byAnyName.get(conflict.name) ?? []) {
      if (conflictsWith(candidate, chosen.candidate, architecture) !== undefined) return chosen;
    }
  }
  return undefined;
}

/** The chosen package that satisfies a group: of the first alternative that one satisfies, real ones first. */
function isSatisfied(selection: Selection, group: DependencyGroup, architecture: string): Chosen | undefined {
  for (const dependency of group) {
    const found = chosenFor(selection, dependency, architecture);
    if (found !== undefined) return found;
  }
  return undefined;
}

function chosenFor(selection: Selection, dependency: Dependency, architecture: string): Chosen | undefined {
  const real = selection.byName.get(dependency.name);
  if (real !== undefined && satisfies(real.candidate, dependency, architecture)) return real;
  return (selection.byAnyName.get(dependency.name) ?? []).find((one) =>
    satisfies(one.candidate, dependency, architecture),
  );
}

function wantedGroup(item: Item): { readonly group?: DependencyGroup } {
  return item.kind === "group" ? { group: item.group } : {};
}

function deadEndOf(search: Search, item: Item, options: readonly Candidate[]): string {
  const { selection, universe } = search;
  const ruledOut = options.flatMap((candidate) => {
    const obstacle = obstacleTo(selection, candidate, universe.architecture);
    return obstacle === undefined ? [] : [{ candidate, obstacle }];
  });
  return item.kind === "group"
    ? explainDeadEnd(universe, { by: item.by, wish: item.group, ruledOut })
    : explainDeadEnd(universe, { by: undefined, wish: [{ name: item.name }], ruledOut });
}

function resolutionOf(search: Search): Resolution {
  const { selection, wishes, universe } = search;
  const wanted = new Set(wishes.wanted);
  const dropped: DroppedDependency[] = [];
  const packages = [...selection.trail]
    .sort((a, b) => (a.candidate.name < b.candidate.name ? -1 : 1))
    .map(({ candidate }): LockedPackage => {
      const depends = new Set<string>();
      for (const group of candidate.relations.depends) {
        const found = isSatisfied(selection, group, universe.architecture);
        if (found !== undefined) depends.add(found.candidate.name);
        else dropped.push({ package: candidate.name, dependency: formatGroup(group) });
      }
      depends.delete(candidate.name);
      const { name, version, architecture, suites, file } = candidate;
      const requested = wanted.has(name);
      return {
        name,
        version,
        architecture,
        suite: suites[0],
        ...file,
        depends: [...depends].sort(),
        requested,
      };
    });
  return { packages, dropped };
}
