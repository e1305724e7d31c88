// Relationship fields of packages: Depends, Pre-Depends, Conflicts, Breaks, Provides and their like (Debian policy 7.1;
// deb-control(5); build profiles: deb-src-control(5)).
//
//   field       = group *("," group)
//   group       = alternative *("|" alternative)
//   alternative = name [":" qualifier] ["(" relation version ")"] ["[" architectures "]"] *("<" profiles ">")
import { type Relation, satisfiesRelation } from "./version.ts";

export interface Dependency {
  readonly name: string;
  /** "any", "native" or an architecture. */
  readonly qualifier?: string;
  readonly constraint?: VersionConstraint;
  /** Architectures that it holds for; "!" before each where it holds for all others. */
  readonly architectures?: readonly string[];
  /** Restriction formulas: it holds where any list is met; a list is met where all of its terms are ("!nocheck"). */
  readonly profiles?: readonly (readonly string[])[];
}

export interface VersionConstraint {
  readonly relation: Relation;
  readonly version: string;
}

/** Alternatives, the preferred one first: any of them satisfies the group. */
export type DependencyGroup = readonly Dependency[];

export interface ParsedRelations {
  readonly groups: readonly DependencyGroup[];
  /** Pieces that do not follow the grammar, as written; empty for a well-formed field. */
  readonly malformed: readonly string[];
}

const relations: Readonly<Record<string, Relation>> = {
  "<<": "<<",
  "<=": "<=",
  "=": "=",
  ">=": ">=",
  ">>": ">>",
  // Obsolete spellings, which dpkg reads as "or equal".
  "<": "<=",
  ">": ">=",
};

/** Of an alternative whose runs of blanks are one each: optional runs side by side would be tried in every division. */
const alternativePattern =
  /^([A-Za-z0-9][A-Za-z0-9+._-]*)(?::([a-z0-9-]+))? ?(?:\( ?([<>=]{1,2}) ?([^()<>= ]+) ?\))? ?(?:\[([^\][]*)\])?((?: ?<[^<>]*>)*)$/;

/** Reads a field's value. A malformed alternative is reported and left out; a group left empty is left out. */
export function parseRelations(value: string): ParsedRelations {
  const groups: DependencyGroup[] = [];
  const malformed: string[] = [];
  for (const part of value.split(",")) {
    if (part.trim() === "") continue;
    const group: Dependency[] = [];
    for (const piece of part.split("|")) {
      const dependency = parseAlternative(piece.trim());
      if (dependency === undefined) malformed.push(piece.trim());
      else group.push(dependency);
    }
    if (group.length > 0) groups.push(group);
  }
  return { groups, malformed };
}

function parseAlternative(text: string): Dependency | undefined {
  const match = alternativePattern.exec(text.replace(/\s+/g, " "));
  if (match === null) return undefined;
  const [, name = "", qualifier, sign, version, architectures, profiles] = match;
  const relation = sign === undefined ? undefined : relations[sign];
  if (sign !== undefined && relation === undefined) return undefined;
  const formulas = [...(profiles ?? "").matchAll(/<([^<>]*)>/g)].map((one) => words(one[1] ?? ""));
  return {
    name,
    ...(qualifier === undefined ? {} : { qualifier }),
    ...(relation === undefined || version === undefined ? {} : { constraint: { relation, version } }),
    ...(architectures === undefined ? {} : { architectures: words(architectures) }),
    ...(formulas.length === 0 ? {} : { profiles: formulas }),
  };
}

function words(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== "");
}

/** Whether a dependency's restrictions hold on `architecture` with these build profiles active. */
export function appliesTo(
  dependency: Dependency,
  architecture: string,
  activeProfiles: ReadonlySet<string> = new Set(),
): boolean {
  const { architectures, profiles } = dependency;
  if (architectures !== undefined && architectures.length > 0) {
    const negated = architectures[0]?.startsWith("!") === true;
    const named = architectures.some((one) => architectureMatches(one.replace(/^!/, ""), architecture));
    if (named === negated) return false;
  }
  if (profiles === undefined) return true;
  return profiles.some((terms) =>
    terms.every((term) =>
      term.startsWith("!") ? !activeProfiles.has(term.slice(1)) : activeProfiles.has(term),
    ),
  );
}

/** Wildcards of policy 11.1 for Linux architectures: "any", "linux-any", "any-amd64". */
function architectureMatches(pattern: string, architecture: string): boolean {
  return (
    pattern === architecture ||
    pattern === "any" ||
    pattern === "linux-any" ||
    pattern === `any-${architecture}` ||
    pattern === `linux-${architecture}`
  );
}

/** Whether a version meets a constraint. No constraint is met by every version. */
export function meets(constraint: VersionConstraint | undefined, version: string): boolean {
  return constraint === undefined || satisfiesRelation(version, constraint.relation, constraint.version);
}

/** The text of one alternative: "libc6:any (>= 2.36)". */
export function formatDependency(dependency: Dependency): string {
  const { name, qualifier, constraint, architectures, profiles } = dependency;
  const parts = [qualifier === undefined ? name : `${name}:${qualifier}`];
  if (constraint !== undefined) parts.push(`(${constraint.relation} ${constraint.version})`);
  if (architectures !== undefined) parts.push(`[${architectures.join(" ")}]`);
  for (const terms of profiles ?? []) parts.push(`<${terms.join(" ")}>`);
  return parts.join(" ");
}

/** The text of a whole group: "default-mta | mail-transport-agent". */
export function formatGroup(group: DependencyGroup): string {
  return group.map(formatDependency).join(" | ");
}
