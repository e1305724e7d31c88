// update-alternatives(1), from every --install of an image at once: the highest priority wins, of equal ones the first; a
// choice (--set, or the user's) beats priorities. The links are those of a real system: LINK -> /etc/alternatives/NAME -> PATH.
import type { Origin } from "../../tree/entry.ts";
import { isName, joinPath, path as literalPath } from "../../tree/path.ts";
import { placeOf } from "../../tree/placing.ts";
import type { AlternativeLink } from "../effects/effect.ts";
import { type Applying, makeSymlink } from "./applying.ts";

export interface AlternativeRequest extends AlternativeLink {
  readonly priority: number;
  readonly slaves: readonly AlternativeLink[];
  readonly origin: Origin;
}

/** A choice that no package makes possible. */
export interface RefusedChoice {
  /** As the user wrote it: a name, or a link's path. */
  readonly name: string;
  readonly wanted: string;
  /** What there is to choose from; nothing where no package has such a name. */
  readonly offered: readonly string[];
}

const folder = literalPath("/etc/alternatives");

/**
 * Places the links of every name.
 * @param chosen by the user: the link's path, or its name, to the wanted path
 * @returns those choices that can't be followed
 */
export function placeAlternatives(
  state: Applying,
  chosen: Readonly<Record<string, string>>,
): readonly RefusedChoice[] {
  const byName = new Map<string, AlternativeRequest[]>();
  for (const request of state.alternatives) {
    const requests = byName.get(request.name);
    if (requests === undefined) byName.set(request.name, [request]);
    else requests.push(request);
  }
  for (const [name, requests] of byName) {
    const winner = choose(
      requests,
      chosen[name] ?? chosen[requests[0]?.link ?? ""] ?? state.choices.get(name),
    );
    if (winner === undefined) continue;
    for (const link of [winner, ...winner.slaves]) placeLinks(state, link, winner.origin);
  }
  return Object.entries(chosen).flatMap(([name, wanted]): RefusedChoice[] => {
    const requests = state.alternatives.filter((one) => one.name === name || one.link === name);
    const offered = [...new Set<string>(requests.map((one) => one.path))].sort();
    return offered.includes(wanted) ? [] : [{ name, wanted, offered }];
  });
}

function choose(
  requests: readonly AlternativeRequest[],
  wanted: string | undefined,
): AlternativeRequest | undefined {
  const declared = wanted === undefined ? undefined : requests.find((request) => request.path === wanted);
  if (declared !== undefined) return declared;
  let best: AlternativeRequest | undefined;
  for (const request of requests) if (best === undefined || request.priority > best.priority) best = request;
  return best;
}

/** A real file in the link's place stays, as update-alternatives leaves it. */
function placeLinks(state: Applying, { link, name, path }: AlternativeLink, origin: Origin): void {
  if (!isName(name)) return;
  const at = placeOf(state.builder, link);
  const present = state.builder.entries.get(at);
  if (present !== undefined && present.kind !== "symlink") return;
  const middle = joinPath(folder, name);
  makeSymlink(state, middle, path, origin);
  makeSymlink(state, at, middle, origin);
}
