// All packages of all suites, by name, the best version first. Stanzas are read and parsed when somebody asks for their name.
import { type Candidate, candidateOf } from "./candidate.ts";
import type { PackagesIndex } from "./packages-index.ts";
import { compareVersions } from "./version.ts";

export interface Universe {
  readonly architecture: string;
  /** Every version of a real package; the latest first, and of equal ones the one of the first suite. */
  versions(name: string): readonly Candidate[];
  /** Every version of every package that provides a name, the latest of each package first. */
  providers(name: string): readonly Candidate[];
  names(): Iterable<string>;
}

/** @param indexes in order of preference */
export function createUniverse(indexes: readonly PackagesIndex[], architecture: string): Universe {
  const known = new Map<string, readonly Candidate[]>();
  const versions = (name: string): readonly Candidate[] => {
    const held = known.get(name);
    if (held !== undefined) return held;
    const found = readVersions(indexes, name, architecture);
    known.set(name, found);
    return found;
  };
  return {
    architecture,
    versions,
    providers: (name) => readProviders(indexes, name, versions),
    *names() {
      for (const index of indexes) yield* index.names();
    },
  };
}

function readVersions(indexes: readonly PackagesIndex[], name: string, architecture: string): Candidate[] {
  const found: Candidate[] = [];
  for (const index of indexes) {
    for (const number of index.lookUp(name).real) {
      const candidate = candidateOf(index.stanza(number), index.suite, architecture);
      if (candidate === undefined) continue;
      const at = found.findIndex(
        (one) => one.version === candidate.version && one.file.digest === candidate.file.digest,
      );
      const same = found[at];
      if (same === undefined) found.push(candidate);
      else found[at] = { ...same, suites: [...same.suites, ...candidate.suites] };
    }
  }
  // The sort is stable: suites keep their order among equal versions.
  return found.sort((a, b) => compareVersions(b.version, a.version));
}

function readProviders(
  indexes: readonly PackagesIndex[],
  name: string,
  versions: (name: string) => readonly Candidate[],
): Candidate[] {
  const names = new Set<string>();
  for (const index of indexes) {
    for (const number of index.lookUp(name).provided) names.add(index.stanza(number).get("Package") ?? "");
  }
  return [...names].flatMap((one) => versions(one).filter((each) => each.relations.provides.has(name)));
}
