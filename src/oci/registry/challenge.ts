// The WWW-Authenticate header (RFC 9110 section 11.6.1) as registries send it, and the scopes of the token protocol
// (distribution: docs/spec/auth/scope.md).

export interface Challenge {
  /** Lower case: "basic", "bearer". */
  readonly scheme: string;
  /** Lower-case names. */
  readonly parameters: ReadonlyMap<string, string>;
}

/** All challenges of a header; several headers may be joined by ", ". Never throws: what isn't understood is left out. */
export function parseChallenges(header: string): readonly Challenge[] {
  const challenges: { scheme: string; parameters: Map<string, string> }[] = [];
  let at = 0;
  while (at < header.length) {
    separator.lastIndex = at;
    at += separator.exec(header)?.[0].length ?? 0;
    parameter.lastIndex = at;
    const found = parameter.exec(header);
    if (found !== null) {
      const value = found[3] ?? (found[2] ?? "").replace(/\\(.)/g, "$1");
      challenges.at(-1)?.parameters.set((found[1] ?? "").toLowerCase(), value);
      at += found[0].length;
      continue;
    }
    scheme.lastIndex = at;
    const name = scheme.exec(header);
    if (name !== null) challenges.push({ scheme: name[0].toLowerCase(), parameters: new Map() });
    at += name?.[0].length ?? 1;
  }
  return challenges;
}

const token = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
const separator = /[\s,]*/y;
const parameter = new RegExp(`(${token})\\s*=\\s*(?:"((?:[^"\\\\]|\\\\.)*)"|(${token}))`, "y");
const scheme = new RegExp(token, "y");

/** One scope: what may be done with a repository, "repository:library/postgres:pull,push". */
export interface Scope {
  readonly repository: string;
  readonly actions: readonly ("pull" | "push")[];
}

function formatScope(scope: Scope): string {
  return `repository:${scope.repository}:${scope.actions.join(",")}`;
}

/** What we want and what the registry said that it wants, each once, in a stable order. */
export function scopeNames(scopes: readonly Scope[], challenge: Challenge | undefined): readonly string[] {
  const asked = (challenge?.parameters.get("scope") ?? "").split(" ").filter((name) => name !== "");
  const ours = scopes.map(formatScope);
  const covered = (name: string): boolean => ours.some((own) => covers(own, name));
  return [...new Set([...ours, ...asked.filter((name) => !covered(name))])].sort();
}

function covers(own: string, asked: string): boolean {
  const [ownName, ownActions] = cutLast(own);
  const [askedName, askedActions] = cutLast(asked);
  const may = new Set(ownActions.split(","));
  return ownName === askedName && askedActions.split(",").every((action) => may.has(action));
}

function cutLast(scopeName: string): readonly [string, string] {
  const colon = scopeName.lastIndexOf(":");
  return [scopeName.slice(0, colon), scopeName.slice(colon + 1)];
}
