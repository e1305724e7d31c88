// A package that could be chosen: what the resolver needs of one stanza (Debian policy 5.3, 7; repository format "Packages").
import { type Digest, digestOfHex } from "../base/digest.ts";
import { ToolError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import { field, type Stanza } from "../formats/deb822.ts";
import { appliesTo, type Dependency, type DependencyGroup, meets, parseRelations } from "./dependency.ts";

export interface Candidate {
  readonly name: string;
  readonly version: string;
  readonly architecture: string;
  /** The suites that have this very file; the first is the one that the lock names. */
  readonly suites: readonly [string, ...string[]];
  readonly file: PoolFile;
  readonly relations: CandidateRelations;
}

interface PoolFile {
  readonly path: string;
  readonly sizeBytes: number;
  readonly digest: Digest;
}

interface CandidateRelations {
  /** Pre-Depends, then Depends. */
  readonly depends: readonly DependencyGroup[];
  /** Conflicts and Breaks. */
  readonly conflicts: readonly Dependency[];
  /** Name to the versions that it is provided in; none for an unversioned Provides. */
  readonly provides: ReadonlyMap<string, readonly string[]>;
  /** Multi-Arch: allowed, so that `name:any` means it too. */
  readonly anyAllowed: boolean;
  /** 0 for required ... 4 for extra. */
  readonly priority: number;
  /** Name of the source package. */
  readonly source: string;
}

const priorities = ["required", "important", "standard", "optional", "extra"];

/**
 * The candidate of a stanza; undefined where it is for another architecture.
 * @throws ToolError "malformed"
 */
export function candidateOf(stanza: Stanza, suite: string, architecture: string): Candidate | undefined {
  const own = field(stanza, "Architecture") ?? "";
  if (own !== "all" && own !== architecture) return undefined;
  const name = field(stanza, "Package") ?? "";
  const version = field(stanza, "Version") ?? "";
  const priority = priorities.indexOf(field(stanza, "Priority") ?? "optional");
  return {
    name,
    version,
    architecture: own,
    suites: [suite],
    file: poolFile(stanza, name, suite),
    relations: {
      depends: [
        ...groupsOf(stanza, "Pre-Depends", architecture),
        ...groupsOf(stanza, "Depends", architecture),
      ],
      conflicts: [
        ...groupsOf(stanza, "Conflicts", architecture).flat(),
        ...groupsOf(stanza, "Breaks", architecture).flat(),
      ],
      provides: providesOf(groupsOf(stanza, "Provides", architecture)),
      anyAllowed: field(stanza, "Multi-Arch") === "allowed",
      priority: priority < 0 ? priorities.length : priority,
      source: (field(stanza, "Source") ?? name).replace(/\s.*$/s, ""),
    },
  };
}

function poolFile(stanza: Stanza, name: string, suite: string): PoolFile {
  const path = field(stanza, "Filename") ?? "";
  const digest = digestOfHex(field(stanza, "SHA256") ?? "");
  const size = field(stanza, "Size") ?? "";
  const escapes = path.startsWith("/") || path.split("/").some((part) => part === ".." || part === "");
  if (name === "" || path === "" || escapes || digest === undefined || !/^[0-9]{1,15}$/.test(size)) {
    throw new ToolError("malformed", {
      what: `reading the Packages file of ${suite}`,
      why: `the stanza of ${name || "a nameless package"} has no usable Filename, Size and SHA256`,
    });
  }
  if (Number(size) > limits.debBytesMax) {
    throw new ToolError("limit", {
      what: `reading the Packages file of ${suite}`,
      why: `${name} is larger than ${limits.debBytesMax} bytes (debBytesMax)`,
    });
  }
  return { path: path.replace(/^\.\//, ""), sizeBytes: Number(size), digest };
}

/** Malformed alternatives are left out, so that one odd package does not make a whole suite useless. */
function groupsOf(stanza: Stanza, name: string, architecture: string): DependencyGroup[] {
  const value = field(stanza, name);
  if (value === undefined) return [];
  return parseRelations(value)
    .groups.map((group) => group.filter((one) => appliesTo(one, architecture)))
    .filter((group) => group.length > 0);
}

function providesOf(groups: readonly DependencyGroup[]): ReadonlyMap<string, readonly string[]> {
  const provides = new Map<string, string[]>();
  for (const { name, constraint } of groups.flat()) {
    const versions = provides.get(name) ?? [];
    if (constraint !== undefined) versions.push(constraint.version);
    provides.set(name, versions);
  }
  return provides;
}

/** `Conflicts: name:any` names the package whatever its Multi-Arch field is, other than in a dependency. */
function namesPackage(candidate: Candidate, conflict: Dependency, architecture: string): boolean {
  const { qualifier, ...rest } = conflict;
  return satisfies(candidate, qualifier === undefined || qualifier === "any" ? rest : conflict, architecture);
}

/** Whether a candidate is what a dependency asks for: by its own name or by one that it provides. */
export function satisfies(candidate: Candidate, dependency: Dependency, architecture: string): boolean {
  const { qualifier, constraint, name } = dependency;
  if (qualifier === "any") {
    if (!candidate.relations.anyAllowed) return false;
  } else if (qualifier !== undefined && qualifier !== "native" && qualifier !== architecture) {
    return false;
  }
  if (candidate.name === name) return meets(constraint, candidate.version);
  const provided = candidate.relations.provides.get(name);
  // A constraint can only be met by a versioned Provides (policy 7.5).
  return (
    provided !== undefined && (constraint === undefined || provided.some((one) => meets(constraint, one)))
  );
}

/** Whether a conflict or break of `one` names `other`. A package never conflicts with itself. */
export function conflictsWith(
  one: Candidate,
  other: Candidate,
  architecture: string,
): Dependency | undefined {
  if (one.name === other.name) return undefined;
  return one.relations.conflicts.find((conflict) => namesPackage(other, conflict, architecture));
}
