// The packages chosen so far, with the look-ups that choosing needs, and the order of choosing, so that choices can be undone.
import type { Candidate } from "./candidate.ts";
import type { DependencyGroup } from "./dependency.ts";

export interface Chosen {
  readonly candidate: Candidate;
  /** Who wanted it, and through which dependency; undefined for what the user asked for. */
  readonly by: Chosen | undefined;
  readonly group?: DependencyGroup;
  /** Numbers of the choice points that it depends on being as they are. */
  readonly levels: ReadonlySet<number>;
}

export interface Selection {
  readonly trail: Chosen[];
  readonly byName: Map<string, Chosen>;
  /** By its own name and by every name that it provides. */
  readonly byAnyName: Map<string, Chosen[]>;
  /** By every name that it conflicts with or breaks. */
  readonly againstName: Map<string, Chosen[]>;
}

export function selectionOf(): Selection {
  return { trail: [], byName: new Map(), byAnyName: new Map(), againstName: new Map() };
}

export function addChoice(selection: Selection, chosen: Chosen): void {
  selection.trail.push(chosen);
  selection.byName.set(chosen.candidate.name, chosen);
  for (const name of anyNames(chosen.candidate)) push(selection.byAnyName, name, chosen);
  for (const name of namesAgainst(chosen.candidate)) push(selection.againstName, name, chosen);
}

/** Takes back the latest choices until `length` are left. */
export function undoTo(selection: Selection, length: number): void {
  while (selection.trail.length > length) {
    const chosen = selection.trail.pop();
    if (chosen === undefined) return;
    selection.byName.delete(chosen.candidate.name);
    for (const name of anyNames(chosen.candidate)) selection.byAnyName.get(name)?.pop();
    for (const name of namesAgainst(chosen.candidate)) selection.againstName.get(name)?.pop();
  }
}

function push(map: Map<string, Chosen[]>, name: string, chosen: Chosen): void {
  const list = map.get(name);
  if (list === undefined) map.set(name, [chosen]);
  else list.push(chosen);
}

function anyNames(candidate: Candidate): Set<string> {
  return new Set([candidate.name, ...candidate.relations.provides.keys()]);
}

function namesAgainst(candidate: Candidate): Set<string> {
  return new Set(candidate.relations.conflicts.map((one) => one.name));
}
