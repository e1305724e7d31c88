// Dependencies reduced to what is installed: a name is met by the package of that name, or by those that provide it.
import { limits } from "../../base/limits.ts";

export interface Providers {
  /** Names of packages that meet it: its own, else those that provide it, as many as limits.packageProvidersMax. */
  readonly of: (name: string) => readonly string[];
  readonly provide: (name: string, by: string) => void;
}

/** `installed`: names of packages. */
export function providersOf(installed: Iterable<string>): Providers {
  const names = new Set(installed);
  const provided = new Map<string, Set<string>>();
  return {
    of: (name) => (names.has(name) ? [name] : [...(provided.get(name) ?? [])]),
    provide: (name, by) => {
      const known = provided.get(name);
      if (known === undefined) provided.set(name, new Set([by]));
      else if (known.size < limits.packageProvidersMax) known.add(by);
    },
  };
}

/** Names without repetitions, and without the package's own. */
export function distinctNames(names: Iterable<string>, own: string): readonly string[] {
  const distinct = new Set(names);
  distinct.delete(own);
  return [...distinct];
}
