// Debian version numbers and their order: deb-version(7), Debian policy 5.6.12.
// Invariant: `compareVersions` is a total order, equal to that of `dpkg --compare-versions`.

export interface Version {
  readonly epoch: number;
  readonly upstream: string;
  /** Empty where the version has none ("native" packages); equal in order to "0". */
  readonly revision: string;
}

const epochMax = 2_147_483_647;

/** The parts of a well-formed version, else undefined. */
export function parseVersion(text: string): Version | undefined {
  const colon = text.indexOf(":");
  const epochText = colon < 0 ? "0" : text.slice(0, colon);
  if (!/^[0-9]{1,10}$/.test(epochText) || Number(epochText) > epochMax) return undefined;
  const rest = text.slice(colon + 1);
  const dash = rest.lastIndexOf("-");
  const upstream = dash < 0 ? rest : rest.slice(0, dash);
  const revision = dash < 0 ? "" : rest.slice(dash + 1);
  if (!/^[0-9][A-Za-z0-9.+~:-]*$/.test(upstream)) return undefined;
  if (dash >= 0 && !/^[A-Za-z0-9.+~]+$/.test(revision)) return undefined;
  return { epoch: Number(epochText), upstream, revision };
}

/** Negative where `a` is earlier than `b`, positive where later, 0 where they are equal in order ("1.0" and "1.0-0"). */
export function compareVersions(a: string, b: string): number {
  if (a === b) return 0;
  const x = cut(a);
  const y = cut(b);
  return x.epoch - y.epoch || compareParts(x.upstream, y.upstream) || compareParts(x.revision, y.revision);
}

/** As `parseVersion`, for text that an index holds: malformed versions still have a place in the order. */
function cut(text: string): Version {
  const colon = text.indexOf(":");
  const rest = colon < 0 ? text : text.slice(colon + 1);
  const dash = rest.lastIndexOf("-");
  const epoch = colon < 0 ? 0 : Number(text.slice(0, colon));
  return {
    epoch: Number.isSafeInteger(epoch) ? epoch : 0,
    upstream: dash < 0 ? rest : rest.slice(0, dash),
    revision: dash < 0 ? "" : rest.slice(dash + 1),
  };
}

/** Runs of other characters and runs of digits in turn; the former by `rank`, the latter as numbers of any length. */
function compareParts(a: string, b: string): number {
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    while ((i < a.length && !isDigit(a, i)) || (j < b.length && !isDigit(b, j))) {
      const difference = rank(a, i) - rank(b, j);
      if (difference !== 0) return difference;
      i++;
      j++;
    }
    while (a.charCodeAt(i) === 48) i++;
    while (b.charCodeAt(j) === 48) j++;
    let first = 0;
    while (isDigit(a, i) && isDigit(b, j)) {
      if (first === 0) first = a.charCodeAt(i) - b.charCodeAt(j);
      i++;
      j++;
    }
    if (isDigit(a, i)) return 1;
    if (isDigit(b, j)) return -1;
    if (first !== 0) return first;
  }
  return 0;
}

function isDigit(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code >= 48 && code <= 57;
}

/** "~" sorts before the end of a part, letters after it, everything else after letters. */
function rank(text: string, at: number): number {
  if (at >= text.length || isDigit(text, at)) return 0;
  const code = text.charCodeAt(at);
  if (code === 126) return -1;
  const letter = (code >= 65 && code <= 90) || (code >= 97 && code <= 122);
  return letter ? code : code + 256;
}

export type Relation = "<<" | "<=" | "=" | ">=" | ">>";

/** Whether `version` stands in `relation` to `bound`. */
export function satisfiesRelation(version: string, relation: Relation, bound: string): boolean {
  const order = compareVersions(version, bound);
  switch (relation) {
    case "<<":
      return order < 0;
    case "<=":
      return order <= 0;
    case "=":
      return order === 0;
    case ">=":
      return order >= 0;
    case ">>":
      return order > 0;
  }
}
