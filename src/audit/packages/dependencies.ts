// Dependencies reduced to what is installed: a name is met by the package of that name, or by those that provide it.
import { limits } from "../../base/limits.ts";
import { overLimit } from "./claim.ts";

export interface Providers {
  /** Names of packages that meet it: its own, else those that provide it, as many as limits.packageProvidersMax. */
  readonly of: (name: string) => readonly string[];
  readonly provide: (name: string, by: string) => void;
}

/**
 * `installed`: names of packages; `what`: their database. Both functions throw ToolError "limit" past packageDependenciesMax
 * names that are asked for, given or provided: few letters name many.
 */
export function providersOf(installed: Iterable<string>, what: string): Providers {
  const names = new Set(installed);
  const provided = new Map<string, Set<string>>();
  let count = 0;
  const spend = (more: number): void => {
    count += more;
    if (count > limits.packageDependenciesMax) throw overLimit(what, "packageDependenciesMax");
  };
  return {
    of: (name) => {
      const known = provided.get(name);
      spend(1 + (known?.size ?? 0));
      return names.has(name) ? [name] : [...(known ?? [])];
    },
    provide: (name, by) => {
      spend(1);
      const known = provided.get(name);
      if (known === undefined) provided.set(name, new Set([by]));
      else if (known.size < limits.packageProvidersMax) known.add(by);
    },
  };
}

/** Names of a field, the package's own left out: each as it comes, so that no list of all that is met is ever made. */
export function dependenciesOf(
  names: Iterable<string>,
  own: string,
  { of }: Pick<Providers, "of">,
): readonly string[] {
  const distinct = new Set<string>();
  for (const name of names) for (const one of of(name)) distinct.add(one);
  distinct.delete(own);
  return [...distinct];
}
